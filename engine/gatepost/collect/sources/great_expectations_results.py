"""What Great Expectations found, as evidence: nothing that was not looked at passes."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.collect.digests import text_digest
from gatepost.collect.sources.great_expectations_files import JsonFile

__all__ = [
    "COUNTS_NULLS",
    "TABLE_LEVEL",
    "Outcome",
    "broken_because",
    "check_facts",
    "columns_of",
    "condition_text",
    "counted",
    "domain_key",
    "imported_outcomes",
    "kwargs_digest",
]

TABLE_LEVEL = "expect_column_to_exist"
# It counts nulls as well, and so has looked at something in a column of nulls.
COUNTS_NULLS = "expect_column_proportion_of_non_null_values_to_be_between"
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


def columns_of(kwargs: Mapping[str, Any]) -> list[str]:
    """Give the names of the columns that an expectation reads."""
    single = [kwargs[key] for key in ("column", "column_A", "column_B") if kwargs.get(key) is not None]
    several = kwargs.get("column_list")
    return [str(column) for column in (*single, *(several if isinstance(several, list) else ()))]


def condition_text(kwargs: Mapping[str, Any]) -> str:
    """Give the row condition in one line, or an empty string."""
    condition = kwargs.get("row_condition")
    if isinstance(condition, Mapping) and condition.get("type") == "pass_through":
        condition = condition.get("pass_through_filter")
    if isinstance(condition, Mapping):
        return json.dumps(condition, sort_keys=True)
    return " ".join(str(condition).split()) if condition else ""


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


def counted(result: Mapping[str, Any]) -> int | None:
    """Give how many values an expectation looked at, where its result tells: elements without the missing ones."""
    elements, missing = result.get("element_count"), result.get("missing_count")
    if not isinstance(elements, int):
        return None
    return max(0, elements - (missing if isinstance(missing, int) else 0))


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
    unexpected = outcome.result.get("unexpected_count")
    # Of an aggregate, what is unexpected is a count of distinct values: no share of the rows.
    if isinstance(unexpected, int) and counted(outcome.result) and status != "error":
        facts["unexpected_count"] = unexpected
        facts["unexpected_share"] = min(1.0, unexpected / (counted(outcome.result) or 1))
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
        CollectorError: the file has another shape, or holds no result.
    """
    runs = document.content.get("run_results")
    found: list[tuple[tuple[str | int, ...], Any]] = [((), document.content)]
    if isinstance(runs, Mapping):
        found = [(("run_results", key), run) for key, run in runs.items()]
    if not found:
        raise document.error("this checkpoint ran nothing", advice="run it on data, and write its result again")
    for pointer, run in found:
        results = run.get("results") if isinstance(run, Mapping) else None
        if not isinstance(results, list):
            raise document.error(
                "this is no validation result: it has no list `results`",
                pointer,
                "write it with `json.dumps(batch.validate(suite).to_json_dict())`",
            )
        if not results:
            raise document.error("the suite was empty: nothing was checked", (*pointer, "results"))
        entries = [_entry(document, (*pointer, "results", number), entry) for number, entry in enumerate(results)]
        known = _known_counts(entries)
        yield pointer, _dataset(run), [_imported(entry, known) for entry in entries]


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
    return {**entry, "result": entry.get("result", {}), "kwargs": config.get("kwargs", {}), "config": config}


def _known_counts(entries: list[Mapping[str, Any]]) -> dict[str, int]:
    """Give how many values each column has under each row condition, as far as other checks of the run tell."""
    known: dict[str, int] = {}
    for entry in entries:
        result, kwargs = entry["result"], entry["kwargs"]
        if entry["config"]["type"] == "expect_column_values_to_not_be_null" and not broken_because(entry):
            elements, nulls = result.get("element_count"), result.get("unexpected_count")
            if isinstance(elements, int) and isinstance(nulls, int):
                known[domain_key(kwargs)] = elements - nulls
        elif "missing_count" in result and (count := counted(result)) is not None:
            known.setdefault(domain_key(kwargs), count)
    return known


def domain_key(kwargs: Mapping[str, Any]) -> str:
    """Name the values that an expectation looks at: columns and row condition."""
    return json.dumps([columns_of(kwargs), condition_text(kwargs)])


def _imported(entry: Mapping[str, Any], known: Mapping[str, int]) -> Outcome:
    config, kwargs, result = entry["config"], entry["kwargs"], entry["result"]
    kind = config["type"]
    evaluated, unknown = counted(result), ""
    if evaluated is None and columns_of(kwargs) and kind != TABLE_LEVEL:
        evaluated = None if kind == COUNTS_NULLS else known.get(domain_key(kwargs))
        if evaluated is None and result.get("observed_value") is None:
            unknown = "the result does not tell whether it looked at any value"
    return Outcome(
        kind=kind,
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
