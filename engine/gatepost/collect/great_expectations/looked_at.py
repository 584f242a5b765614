"""How many values an expectation looked at: the same decision for a suite that was run and for an imported result."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gatepost.collect.foreign import as_count, as_number

__all__ = [
    "NOT_NULL",
    "TABLE_LEVEL",
    "Known",
    "columns_of",
    "condition_text",
    "domain_key",
    "known_counts",
    "looked_at",
    "values_counted",
]

TABLE_LEVEL = "expect_column_to_exist"
NOT_NULL = "expect_column_values_to_not_be_null"
_NULL = "expect_column_values_to_be_null"
# It counts nulls as well, and so has looked at something in a column of nulls.
_COUNTS_NULLS = "expect_column_proportion_of_non_null_values_to_be_between"
_ROW_COUNTS = ("expect_table_row_count_to_be_between", "expect_table_row_count_to_equal")
# They ask for the type of a column, which an empty one has too.
_OF_TYPES = (
    "expect_column_type_to_be",
    "expect_column_values_to_be_in_type_list",
    "expect_column_values_to_be_of_type",
)
# Without values these have no result; the sum of none is 0, and so is the number of different values among none.
_NEED_VALUES = tuple(f"expect_column_{kind}_" for kind in ("max", "mean", "median", "min", "quantile", "stdev"))
_UNKNOWN = "the result does not tell whether it looked at any value"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the table: rows by row condition, and values that are not null by column and condition."""

    rows: dict[str, int] = field(default_factory=dict)
    values: dict[str, int] = field(default_factory=dict)


def columns_of(kwargs: Mapping[str, Any]) -> list[str]:
    """Return the names of the columns that an expectation reads."""
    single = [kwargs[key] for key in ("column", "column_A", "column_B") if kwargs.get(key) is not None]
    several = kwargs.get("column_list")
    return [str(column) for column in (*single, *(several if isinstance(several, list) else ()))]


def condition_text(kwargs: Mapping[str, Any]) -> str:
    """Return the row condition in one line, or an empty string."""
    condition = kwargs.get("row_condition")
    if isinstance(condition, Mapping) and condition.get("type") == "pass_through":
        condition = condition.get("pass_through_filter")
    if isinstance(condition, Mapping):
        return json.dumps(condition, sort_keys=True)
    return " ".join(str(condition).split()) if condition else ""


def domain_key(columns: Iterable[str], condition: str) -> str:
    """Name the values of columns under a row condition."""
    return json.dumps([list(columns), condition])


def values_counted(result: Mapping[str, Any]) -> int | None:
    """Return how many values a result says it looked at: elements without the missing ones."""
    elements, missing = as_count(result.get("element_count")), as_count(result.get("missing_count"))
    return None if elements is None else max(0, elements - (missing or 0))


def known_counts(entries: Iterable[tuple[str, Mapping[str, Any], Mapping[str, Any]]]) -> Known:
    """Gather what the results of a run tell of the table.

    Args:
        entries: kind, arguments and result of each expectation that was evaluated.
    """
    known = Known()
    for kind, kwargs, result in entries:
        condition, columns = condition_text(kwargs), columns_of(kwargs)
        elements, unexpected = as_count(result.get("element_count")), as_count(result.get("unexpected_count"))
        if kind in _ROW_COUNTS and (rows := as_count(result.get("observed_value"))) is not None:
            known.rows[condition] = rows
        if elements is None:
            continue
        if len(columns) == 1:  # of several columns, rows may have been left out
            known.rows.setdefault(condition, elements)
        key = domain_key(columns, condition)
        if kind == NOT_NULL and unexpected is not None:
            known.values[key] = elements - unexpected
        elif kind == _NULL and unexpected is not None:
            known.values[key] = unexpected
        elif "missing_count" in result and (count := values_counted(result)) is not None:
            known.values.setdefault(key, count)
    return known


def looked_at(
    kind: str, kwargs: Mapping[str, Any], result: Mapping[str, Any], known: Known
) -> tuple[int | None, str]:
    """Return how many values an expectation looked at, and why that is not known where it should be.

    The number is none for what is not a matter of values (the number of rows, the names of columns), and where only
    this much is certain: there were some.
    """
    columns, condition = columns_of(kwargs), condition_text(kwargs)
    if kind == TABLE_LEVEL or kind.startswith("expect_table_"):
        return values_counted(result), ""
    rows = known.rows.get(condition)
    if rows == 0:
        return 0, ""
    own = values_counted(result)
    if own is not None:
        return own, ""
    if not columns:
        return None, _UNKNOWN if rows is None else ""
    if kind == _COUNTS_NULLS:
        found = rows
    else:
        found = known.values.get(domain_key(columns, condition))
        singles = [known.values.get(domain_key([column], condition)) for column in columns]
        if 0 in singles:
            return 0, ""
        if found is None and len(columns) > 1 and None not in singles:
            return None, ""
    if found is not None:
        return found, ""
    return None, "" if _shows_values(kind, result.get("observed_value")) else _UNKNOWN


def _shows_values(kind: str, observed: Any) -> bool:
    """Tell whether what was observed could not have been observed without a value."""
    if kind in _OF_TYPES or not kind.startswith("expect_column_"):
        return False
    if kind.startswith(_NEED_VALUES):
        found = observed.get("values") if isinstance(observed, Mapping) else observed
        parts = found if isinstance(found, list) else [found]
        return any(isinstance(part, str) or as_number(part) is not None for part in parts)
    if isinstance(observed, (list, str)):
        return bool(observed)
    return bool(as_number(observed))
