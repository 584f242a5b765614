"""Running a suite with Great Expectations on a pandas table, silently and offline."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatepost.collect.great_expectations.conditions import refused_part
from gatepost.collect.great_expectations.looked_at import (
    NOT_NULL,
    TABLE_LEVEL,
    Known,
    columns_of,
    condition_text,
    domain_key,
    known_counts,
    looked_at,
)
from gatepost.collect.great_expectations.parameters import with_parameters
from gatepost.collect.interface import CollectorError
from gatepost.collect.json_file import JsonFile
from gatepost.collect.process_wide import PROCESS_WIDE
from gatepost.collect.sources.great_expectations_results import Outcome, broken_because
from gatepost.collect.tabular.csv_cells import read_with_pandas
from gatepost.problems import did_you_mean

__all__ = ["Run", "run_suite"]

_MARK = "gatepost"
_ENTRY_KEYS = ("type", "kwargs", "severity", "meta", "notes", "description", "id", "rendered_content")


@dataclass(frozen=True, slots=True)
class Run:
    """The outcomes in the order of the suite, and the table's size."""

    outcomes: list[Outcome]
    rows: int
    columns: int


def run_suite(
    suite: JsonFile, data: Path, shown: str, parameters: Mapping[str, Any], say: Callable[[str], None]
) -> Run:
    """Run a suite on a CSV or Parquet file.

    ``parameters`` are the values of what the suite calls ``{"$PARAMETER": NAME}``; they come before the suite's own.

    Raises:
        CollectorError: no great_expectations; the data cannot be read; an empty suite; an expectation that there
            is not, or that has wrong arguments; a parameter without a value.
    """
    entries = with_parameters(suite, _entries(suite), parameters)
    with _quiet():
        table = _read(data, shown)
        expectations = [_expectation(suite, number, entry) for number, entry in enumerate(entries)]
        say(f"checking {len(entries)} expectations on {len(table)} rows")
        found, known = _validate(table, expectations, entries)
    names = [str(column) for column in table.columns]
    outcomes = [
        _outcome(entry, str(expectation.severity.value), result, known, names)
        for entry, expectation, result in zip(entries, expectations, found, strict=True)
    ]
    return Run(outcomes, len(table), len(names))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Import Great Expectations without its analytics, and keep it silent until the end."""
    # It is read once, at the import, and again by threads: so it stays.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logger = logging.getLogger("great_expectations")
    level = logger.level
    with PROCESS_WIDE, contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import great_expectations  # noqa: F401 - it sets up its logging when it is imported
            import pandas  # noqa: F401
        except ImportError as error:
            raise CollectorError(
                "running a suite needs great_expectations", advice="pip install 'gatepost[great-expectations]'"
            ) from error
        logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            logger.setLevel(level)


def _entries(suite: JsonFile) -> list[Mapping[str, Any]]:
    entries = suite.content.get("expectations")
    if not isinstance(entries, list):
        advice = "name a suite, or say `result:` for a validation result" if "results" in suite.content else ""
        raise suite.error("this is no suite: it has no list `expectations`", advice=advice)
    if not entries:
        raise suite.error(
            "the suite is empty: nothing would be checked", ("expectations",), "write an expectation into it"
        )
    for number, entry in enumerate(entries):
        pointer = ("expectations", number)
        if isinstance(entry, Mapping) and "expectation_type" in entry:
            raise suite.error(
                "this suite is of Great Expectations 0.x", pointer, "write `type` for `expectation_type`"
            )
        if not isinstance(entry, Mapping) or not isinstance(entry.get("type"), str):
            raise suite.error("an expectation needs a `type`", pointer)
        if not isinstance(entry.get("kwargs", {}), Mapping):
            raise suite.error("`kwargs` must be a map", pointer)
        for key in entry:
            if key not in _ENTRY_KEYS:
                advice = did_you_mean(key, _ENTRY_KEYS) or "arguments stand under `kwargs`"
                raise suite.error(f"an expectation has no `{key}`", (*pointer, key), advice)
    return entries


def _expectation(suite: JsonFile, number: int, entry: Mapping[str, Any]) -> Any:
    from great_expectations.exceptions import ExpectationNotFoundError
    from great_expectations.expectations.registry import (
        get_expectation_impl,
        list_registered_expectation_implementations,
    )

    pointer = ("expectations", number)
    kind = entry["type"]
    try:
        implementation = get_expectation_impl(kind)
    except ExpectationNotFoundError as error:
        advice = did_you_mean(kind, list_registered_expectation_implementations())
        raise suite.error(f"there is no expectation `{kind}`", (*pointer, "type"), advice) from error
    given = {key: value for key, value in entry.get("kwargs", {}).items() if key not in ("batch_id", "result_format")}
    severity = {"severity": entry["severity"]} if entry.get("severity") is not None else {}
    try:
        expectation = implementation(**given, **severity, meta={_MARK: number})
        strange = refused_part(getattr(expectation, "row_condition", None))
    # A pydantic error for wrong arguments, whatever a condition's parser raises for a wrong row condition.
    except Exception as error:
        what, advice = _argument_error(error, list(getattr(implementation, "__fields__", ())))
        raise suite.error(f"{kind}: {what}", pointer, advice) from error
    if strange:
        what = f"{kind}: the row condition is not a comparison of columns with values: `{strange:.80}`"
        advice = "compare columns, as in `age > 18 and country == 'FR'`; filter the data before for anything else"
        raise suite.error(what, (*pointer, "kwargs", "row_condition"), advice)
    return expectation


def _argument_error(error: Exception, known: list[str]) -> tuple[str, str]:
    errors = getattr(error, "errors", None)
    if not callable(errors):
        return str(error).splitlines()[0] if str(error) else type(error).__name__, ""
    parts, advice = [], ""
    for part in errors():
        where = ".".join(str(step) for step in part["loc"] if step != "__root__")
        message = str(part["msg"])
        if part["type"] == "value_error.extra":
            message, advice = "there is no such argument", advice or did_you_mean(where, known)
        parts.append(f"`{where}`: {message}" if where else message)
    return "; ".join(parts), advice


def _read(data: Path, shown: str) -> Any:
    import pandas

    try:
        if data.suffix.lower() in (".parquet", ".pq"):
            return pandas.read_parquet(data)
        if data.suffix.lower() == ".csv":
            return read_with_pandas(data)
    except pandas.errors.EmptyDataError as error:
        raise CollectorError(f"{shown} is empty", option=("data",), advice="write the data again") from error
    # Readers fail in many ways on a damaged file: pyarrow's errors, ParserError, UnicodeDecodeError, OSError.
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CollectorError(
            f"{shown} cannot be read: {reason}", option=("data",), advice="is the file complete? write it again"
        ) from error
    raise CollectorError(f"{shown} is neither .csv nor .parquet", option=("data",), advice="name such a file")


def _validate(
    table: Any, expectations: list[Any], entries: list[Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any]], Known]:
    """Give the result of each expectation, and how many values each column has under each row condition.

    Results come back in another order, so each expectation carries its number. An aggregate (a mean, the
    distinct values) does not say how many values it saw; a count of nulls beside it does.
    """
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig
    from great_expectations.expectations.registry import get_expectation_impl

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    definition = context.data_sources.add_pandas("gatepost").add_dataframe_asset("table")
    batch = definition.add_batch_definition_whole_dataframe("whole").get_batch({"dataframe": table})
    probes: dict[str, Any] = {}
    for entry in entries:
        kwargs = entry.get("kwargs", {})
        domain = {key: kwargs[key] for key in ("row_condition", "condition_parser") if key in kwargs}
        for column in columns_of(kwargs) if entry["type"] != TABLE_LEVEL else ():
            if column in list(table.columns):
                key = domain_key([column], condition_text(kwargs))
                probe = get_expectation_impl(NOT_NULL)(column=column, **domain, meta={_MARK: key})
                probes.setdefault(key, probe)
    suite = gx.ExpectationSuite(name="gatepost")
    suite.expectations = [*expectations, *probes.values()]
    # to_json_dict() still lets some numbers of numpy's through.
    answer = json.loads(json.dumps(batch.validate(suite, result_format="BASIC").to_json_dict(), default=str))
    by_mark = {result["expectation_config"]["meta"][_MARK]: result for result in answer["results"]}
    counts = [by_mark[key] for key in probes if not broken_because(by_mark[key])]
    known = known_counts((NOT_NULL, count["expectation_config"]["kwargs"], count["result"]) for count in counts)
    known.rows[""] = len(table)
    return [by_mark[number] for number in range(len(expectations))], known


def _outcome(
    entry: Mapping[str, Any],
    severity: str,
    result: Mapping[str, Any],
    known: Known,
    names: list[str],
) -> Outcome:
    kwargs, found = entry.get("kwargs", {}), result.get("result") or {}
    broke = broken_because(result)
    absent = [column for column in columns_of(kwargs) if column not in names]
    if absent and entry["type"] != TABLE_LEVEL:
        near = did_you_mean(absent[0], names)
        broke = f"the data has no column `{absent[0]}`" + (f"; {near}" if near else "")
    evaluated, unknown = looked_at(entry["type"], kwargs, found, known)
    return Outcome(
        kind=entry["type"],
        kwargs=kwargs,
        severity=severity,
        success=bool(result["success"]),
        result=found,
        evaluated=evaluated,
        unknown=unknown,
        broke=broke,
    )
