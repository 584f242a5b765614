"""What Great Expectations found, as evidence: nothing that was not looked at passes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.collect.digests import text_digest
from gatepost.collect.foreign import as_count
from gatepost.collect.great_expectations.agreement import COUNTS, disagreement_of_entry, disagreement_of_totals
from gatepost.collect.great_expectations.looked_at import (
    Known,
    columns_of,
    condition_text,
    known_counts,
    looked_at,
    values_counted,
)
from gatepost.collect.json_file import JsonFile

__all__ = ["Outcome", "broken_because", "check_facts", "imported_outcomes", "kwargs_digest"]

_DOMAIN = ("batch_id", "column", "column_A", "column_B", "column_list", "condition_parser", "row_condition")
_SEVERITIES = ("critical", "warning", "info")
_MOST_OBSERVED = 50
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """One expectation and what came of it.

    ``evaluated`` is how many values were looked at: a count, or None for what is no matter of values (the number
    of rows, the names of the columns). ``unknown`` says why that count should be there and is not. ``broke`` is
    the reason why the expectation could not be evaluated.
    """

    kind: str
    kwargs: Mapping[str, Any]
    severity: str
    success: bool
    result: Mapping[str, Any]
    evaluated: int | None = None
    unknown: str = ""
    broke: str = ""


def kwargs_digest(kwargs: Mapping[str, Any]) -> str:
    """Give eight hexadecimal digits of the arguments' digest."""
    kept = {key: value for key, value in kwargs.items() if key != "batch_id" and value is not None}
    return text_digest(json.dumps(kept, sort_keys=True, default=str)).removeprefix("sha256:")[:8]


def broken_because(entry: Mapping[str, Any]) -> str:
    """Give the message of the exception in an entry of a result, or an empty string.

    ``exception_info`` is one exception, or a map of them by metric.
    """
    info = entry.get("exception_info")
    if not isinstance(info, Mapping):
        return ""
    single = [info] if "raised_exception" in info else [part for part in info.values() if isinstance(part, Mapping)]
    raised = [part for part in single if part.get("raised_exception") in (True, "True")]
    if not raised:
        return ""
    message = str(raised[0].get("exception_message") or "").strip().removeprefix("Error: ")
    return (message.splitlines() or ["the expectation raised an exception"])[0][:_LONGEST_REASON]


def check_facts(outcome: Outcome) -> dict[str, Any]:
    """Give the fields of ``data.checks`` for an outcome; what is unknown is left out.

    ``unexpected_share`` is a share of the values that were looked at, 0 to 1.
    """
    status, reason = _status(outcome)
    facts: dict[str, Any] = {"kind": outcome.kind, "status": status, "severity": outcome.severity}
    columns = columns_of(outcome.kwargs)
    if columns:
        facts["column"] = ", ".join(columns)
    if reason:
        facts["reason"] = reason
    expected = _plain({key: value for key, value in outcome.kwargs.items() if key not in _DOMAIN})
    if expected:
        facts["expected"] = expected
    observed = _plain(outcome.result.get("observed_value"))
    if isinstance(observed, list) and len(observed) > _MOST_OBSERVED:
        observed = f"{len(observed)} values"
    if observed is not None and status != "error":
        facts["observed"] = observed
    if outcome.evaluated is not None and status != "error":
        facts["evaluated_count"] = outcome.evaluated
    unexpected, looked = as_count(outcome.result.get("unexpected_count")), values_counted(outcome.result)
    # Of an aggregate, what is unexpected is a count of distinct values: no share of the rows.
    if unexpected is not None and looked and status != "error":
        facts["unexpected_count"] = unexpected
        facts["unexpected_share"] = unexpected / looked
    return facts


def _status(outcome: Outcome) -> tuple[str, str]:
    if outcome.broke:
        return "error", outcome.broke
    if outcome.evaluated == 0:
        condition = condition_text(outcome.kwargs)
        where = f" where {condition}" if condition else ""
        columns = " and ".join(f"`{column}`" for column in columns_of(outcome.kwargs))
        return "vacuous", f"no value of {columns or 'the table'}{where} to look at"
    if not outcome.success:
        return "fail", ""
    return ("vacuous", outcome.unknown) if outcome.unknown else ("pass", "")


def _plain(value: Any) -> Any:
    """Give a value without what evidence cannot hold: null, NaN, infinity; None where nothing is left."""
    if isinstance(value, Mapping):
        return {str(key): plain for key, part in value.items() if (plain := _plain(part)) is not None}
    if isinstance(value, list | tuple):
        return [plain for part in value if (plain := _plain(part)) is not None]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def imported_outcomes(
    document: JsonFile,
) -> Iterator[tuple[tuple[str | int, ...], str, list[Outcome]]]:
    """Give (pointer, name of the data, outcomes) of each suite's result in a result of a suite or a checkpoint.

    Raises:
        CollectorError: the file has another shape, holds no result, or contradicts itself.
    """
    runs = document.content.get("run_results")
    found: list[tuple[tuple[str | int, ...], Any]] = [((), document.content)]
    if isinstance(runs, Mapping):
        found = [(("run_results", key), run) for key, run in runs.items()]
    if not found:
        raise document.error("this checkpoint ran nothing", advice="run it on data, and write its result again")
    parts = [(pointer, run, _entries(document, pointer, run)) for pointer, run in found]
    for pointer, run, entries in parts:
        _agree(document, pointer, run, [entry["success"] for entry in entries], "expectations")
    if isinstance(runs, Mapping):
        passed = [all(entry["success"] for entry in entries) for _, _, entries in parts]
        _agree(document, (), document.content, passed, "validations")
    for pointer, run, entries in parts:
        evaluated = [entry for entry in entries if not broken_because(entry)]
        known = known_counts((entry["config"]["type"], entry["kwargs"], entry["result"]) for entry in evaluated)
        yield pointer, _dataset(run), [_imported(entry, known) for entry in entries]


def _agree(
    document: JsonFile, pointer: tuple[str | int, ...], whole: Mapping[str, Any], successes: list[bool], unit: str
) -> None:
    what = disagreement_of_totals(whole, successes, unit)
    if what:
        advice = "write the whole result again: entries were removed or changed, or only failures were written"
        raise document.error(f"the result contradicts itself: {what}", pointer, advice)


def _entries(document: JsonFile, pointer: tuple[str | int, ...], run: Any) -> list[Mapping[str, Any]]:
    results = run.get("results") if isinstance(run, Mapping) else None
    if not isinstance(results, list):
        raise document.error(
            "this is no validation result: it has no list `results`",
            pointer,
            "write it with `json.dumps(batch.validate(suite).to_json_dict())`",
        )
    if not results:
        raise document.error("the suite was empty: nothing was checked", (*pointer, "results"))
    return [_entry(document, (*pointer, "results", number), entry) for number, entry in enumerate(results)]


def _entry(document: JsonFile, pointer: tuple[str | int, ...], entry: Any) -> Mapping[str, Any]:
    config = entry.get("expectation_config") if isinstance(entry, Mapping) else None
    if not isinstance(config, Mapping) or not isinstance(entry.get("success"), bool):
        raise document.error("an entry needs `success` and `expectation_config`", pointer)
    if "expectation_type" in config:
        raise document.error("this result is of Great Expectations 0.x", pointer, "Gatepost reads those of 1.x")
    if not isinstance(config.get("type"), str) or not isinstance(config.get("kwargs", {}), Mapping):
        raise document.error("an `expectation_config` needs `type` and a map `kwargs`", pointer)
    if config.get("severity", "critical") not in _SEVERITIES:
        raise document.error(
            f"there is no severity `{config['severity']}`",
            (*pointer, "expectation_config"),
            "critical, warning or info",
        )
    if not isinstance(entry.get("result", {}), Mapping):
        raise document.error("`result` must be a map", pointer)
    result, kwargs = entry.get("result", {}), config.get("kwargs", {})
    for name in COUNTS:
        if result.get(name) is not None and as_count(result[name]) is None:
            what = f"`{name}` is {json.dumps(result[name])[:60]}, which is not a count"
            raise document.error(what, (*pointer, "result", name), "write the number of values, 0 or more")
    whole = {**entry, "result": result, "kwargs": kwargs, "config": config}
    if not broken_because(entry):
        what = disagreement_of_entry(config["type"], kwargs, entry["success"], result)
        if what:
            raise document.error(f"the entry contradicts itself: {what}", pointer, "write the result again")
    return whole


def _imported(entry: Mapping[str, Any], known: Known) -> Outcome:
    config, kwargs, result = entry["config"], entry["kwargs"], entry["result"]
    evaluated, unknown = looked_at(config["type"], kwargs, result, known)
    return Outcome(
        kind=config["type"],
        kwargs=kwargs,
        severity=config.get("severity", "critical"),
        success=entry["success"],
        result=result,
        evaluated=evaluated,
        unknown=unknown,
        broke=broken_because(entry),
    )


def _dataset(run: Mapping[str, Any]) -> str:
    meta = run.get("meta")
    batch = meta.get("active_batch_definition") if isinstance(meta, Mapping) else None
    return str(batch.get("data_asset_name") or "") if isinstance(batch, Mapping) else ""
