"""Great Expectations: a suite run on a table, or the result of a run elsewhere; fills ``data``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gatepost.collect.digests import file_digest, text_digest
from gatepost.collect.great_expectations.looked_at import columns_of, condition_text
from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.collect.json_file import json_file
from gatepost.collect.sources.file import existing_file
from gatepost.collect.sources.great_expectations_results import Outcome, check_facts, imported_outcomes, kwargs_digest
from gatepost.evidence.pointers import pointer as json_pointer
from gatepost.problems import Place

name = "great_expectations"
_TOOL = "Great Expectations"
version = "3"
sections: tuple[str, ...] = ("data",)
extra = "great-expectations"
options: Mapping[str, Any] = {
    "type": "object",
    "description": "Runs a suite of Great Expectations 1.x on a table, or reads the result of a run elsewhere.",
    "examples": [{"data": "data/holdout.parquet", "suite": "expectations/suite.json"}],
    "properties": {
        "data": {
            "type": "string",
            "x-input": "file",
            "minLength": 1,
            "description": "The table to check: a .csv or .parquet file, relative to gatepost.yaml. With `suite`.",
        },
        "suite": {
            "type": "string",
            "minLength": 1,
            "x-input": "demand",
            "description": "The suite of expectations, as Great Expectations 1.x writes it in JSON. With `data`.",
        },
        "parameters": {
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean"]},
            "description": "Values of the suite's parameters (`$PARAMETER`), by name. With `suite`.",
        },
        "result": {
            "type": "string",
            "minLength": 1,
            "description": "A validation result in JSON, of a suite or a checkpoint; instead of `data` and `suite`.",
        },
    },
    "additionalProperties": False,
}


def describe(options: Mapping[str, Any]) -> str:
    """Name the table and the suite, or the result."""
    if "result" in options:
        return str(options["result"])
    return f"{options.get('data', '')}, {options.get('suite', '')}"


def fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Give the digests of the files.

    Raises:
        CollectorError: there is no such file, or the options name too few or too many.
    """
    _check_options(options)
    if "result" in options:
        return Fingerprint({"result": file_digest(_file(options, "result", context))})
    # The paths count as well: the evidence names them.
    parts = {key: f"{options[key]} {file_digest(_file(options, key, context))}" for key in ("data", "suite")}
    return Fingerprint(parts)


def collect(options: Mapping[str, Any], context: Context) -> Collected:
    """Fill ``data.checks``, an entry for each expectation in the order of the file, and ``data.datasets``.

    A check is ``error`` where Great Expectations could not evaluate it (a column is missing, the types do not
    fit), and ``vacuous`` where it looked at no value: an empty table, a column of nulls only, a row condition
    that no row meets. The values that broke an expectation are counted, never copied. ``locations`` points at
    each expectation in the suite, or at its entry in the result.

    Raises:
        CollectorError: no such file; data that cannot be read; no valid JSON; an empty suite; an unknown type or
            a wrong argument of an expectation; a result of another shape.
    """
    _check_options(options)
    return _imported(options, context) if "result" in options else _measured(options, context)


def _file(options: Mapping[str, Any], key: str, context: Context) -> Path:
    return existing_file(options[key], context, (key,), demand=key == "suite")


def _check_options(options: Mapping[str, Any]) -> None:
    given = [key for key in ("data", "suite", "result") if key in options]
    if "parameters" in options and "suite" not in given:
        raise CollectorError("`parameters` without `suite`", option=("parameters",), advice="name `data` and `suite`")
    if given in (["result"], ["data", "suite"]):
        return
    if "result" in given:
        raise CollectorError(
            f"`result` and `{given[0]}` exclude each other",
            option=("result",),
            advice="name `data` and `suite` to run a suite, or `result` to read what a run left",
        )
    lacking = "suite" if given == ["data"] else "data"
    raise CollectorError(
        f"`{lacking}` is missing",
        option=tuple(given),
        advice="name `data` and `suite`, or `result`",
    )


def _measured(options: Mapping[str, Any], context: Context) -> Collected:
    from gatepost.collect.sources.great_expectations_run import run_suite

    data, suite = _file(options, "data", context), _file(options, "suite", context)
    document = json_file(suite, context.shown(suite), "suite", _TOOL)
    shown, digest = context.shown(data), file_digest(data)
    run = run_suite(document, data, str(options["data"]), options.get("parameters", {}), context.say)
    places = [document.place(("expectations", number)) for number in range(len(run.outcomes))]
    datasets = [
        {"name": data.stem, "source": shown, "digest": digest, "rows": run.rows, "columns": run.columns},
    ]
    return _collected(
        [(outcome, shown) for outcome in run.outcomes],
        places,
        datasets,
        uri=shown,
        digest=text_digest(f"{digest} {file_digest(suite)}"),
        notes=(f"suite {document.shown}",),
    )


def _imported(options: Mapping[str, Any], context: Context) -> Collected:
    path = _file(options, "result", context)
    document = json_file(path, context.shown(path), "result", _TOOL)
    outcomes: list[tuple[Outcome, str]] = []
    places: list[Place] = []
    names: list[str] = []
    for pointer, dataset, found in imported_outcomes(document):
        names.append(dataset)
        outcomes += [(outcome, dataset) for outcome in found]
        places += [document.place((*pointer, "results", number)) for number in range(len(found))]
    return _collected(
        outcomes,
        places,
        [{"name": dataset} for dataset in dict.fromkeys(names) if dataset],
        uri=document.shown,
        digest=file_digest(path),
        notes=("read from a result that was made elsewhere; which data it saw is not checked",),
    )


def _collected(
    outcomes: list[tuple[Outcome, str]],
    places: list[Place],
    datasets: list[dict[str, Any]],
    uri: str,
    digest: str,
    notes: tuple[str, ...],
) -> Collected:
    checks = []
    for (outcome, dataset), identity in zip(outcomes, _ids([outcome for outcome, _ in outcomes]), strict=True):
        facts = check_facts(outcome)
        checks.append({"id": identity, "tool": name, **facts} | ({"dataset": dataset} if dataset else {}))
    section: dict[str, Any] = {"checks": checks}
    if datasets:
        section["datasets"] = datasets
    return Collected(
        sections={"data": section},
        locations={json_pointer(("data", "checks", number)): place for number, place in enumerate(places)},
        uri=uri,
        digest=digest,
        notes=notes,
    )


def _ids(outcomes: list[Outcome]) -> Iterator[str]:
    """Name each check by type, columns and row condition; namesakes get a digest of their arguments."""
    plain = [_plain_id(outcome) for outcome in outcomes]
    often = Counter(plain)
    seen: Counter[str] = Counter()
    for outcome, identity in zip(outcomes, plain, strict=True):
        full = identity if often[identity] == 1 else f"{identity} #{kwargs_digest(outcome.kwargs)}"
        seen[full] += 1
        yield full if seen[full] == 1 else f"{full}-{seen[full]}"


def _plain_id(outcome: Outcome) -> str:
    columns = columns_of(outcome.kwargs)
    identity = f"{outcome.kind}({', '.join(columns)})" if columns else outcome.kind
    condition = condition_text(outcome.kwargs)
    return f"{identity} where {condition}" if condition else identity
