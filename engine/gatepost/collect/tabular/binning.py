"""Columns in bins: what kind each column is, where its bins end, and how many rows of a table fall into each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.collect.tabular.opening import Opened

__all__ = ["MAX_CATEGORIES", "Column", "are_categories", "categories", "columns", "counts", "edges", "number"]

MAX_CATEGORIES = 1000
_FEW = 20
_AT_ONCE = 50
_PARTS = 1000
_SORTED = 100_000


@dataclass(frozen=True, slots=True)
class Column:
    """A column: ``n`` rows, of them ``missing``; numbers lie from ``low`` to ``high``.

    ``distinct`` is about how many different numbers there are.
    """

    name: str
    numeric: bool
    n: int
    missing: int
    low: float = 0.0
    high: float = 0.0
    distinct: int = 0

    @property
    def few(self) -> bool:
        """Whether its numbers are so few that they are categories: codes, or counts of little."""
        return self.distinct <= _FEW


def number(table: Any, name: str) -> Any:
    """Return a column of numbers or times as an Ibis expression of floats, NaN as missing; none for others."""
    column = table[name]
    kind = column.type()
    if kind.is_floating():
        return column.cast("float64").nullif(float("nan")) + 0.0  # which makes 0 of -0
    if kind.is_numeric() and not kind.is_boolean():
        return column.cast("float64")
    if kind.is_date() or kind.is_timestamp():
        return column.cast("timestamp").epoch_seconds().cast("float64")
    return None


def columns(opened: Opened, names: Sequence[str]) -> dict[str, Column]:
    """Look at columns, some at once.

    Raises:
        CollectorError: one has infinite values.
    """
    found: dict[str, Column] = {}
    for part in _parts(names):
        asked: dict[str, Any] = {"n": opened.table.count()}
        for index, name in enumerate(part):
            value = number(opened.table, name)
            asked[f"m{index}"] = (opened.table[name] if value is None else value).isnull().sum()
            if value is not None:
                asked[f"l{index}"], asked[f"h{index}"] = value.min(), value.max()
                asked[f"d{index}"] = value.approx_nunique()
        row = _row(opened, asked)
        for index, name in enumerate(part):
            low, high = row.get(f"l{index}"), row.get(f"h{index}")
            if low is not None and high is not None and not (abs(low) < float("inf") and abs(high) < float("inf")):
                what = f"{opened.name}: `{name}` has infinite values"
                raise CollectorError(what, advice="remove these rows, or fix the values")
            found[name] = Column(
                name,
                f"l{index}" in asked,
                int(row["n"]),
                int(row[f"m{index}"] or 0),
                float(low or 0.0),
                float(high or 0.0),
                int(row.get(f"d{index}") or 0),
            )
    return found


def edges(opened: Opened, column: Column, bins: int) -> list[float]:
    """Return the upper ends of all bins but the last, so that each holds about as many rows.

    A bin holds the values up to its end. Ends are found by counting in ever smaller parts, for quantiles would sort
    the column; they are not the quantiles to the digit, and every count is made with them.
    """
    value = number(opened.table, column.name)
    present = column.n - column.missing
    wanted = [present * rank / bins for rank in range(1, bins)]
    slack = max(1.0, present / bins / 20)
    found = _ends(opened, value, (column.low, column.high), (0, present), wanted, slack) if present else []
    return sorted({end for end in found if end < column.high})


def _ends(
    opened: Opened,
    value: Any,
    span: tuple[float, float],
    rows_of: tuple[int, int],
    wanted: list[float],
    slack: float,
) -> list[float]:
    """Return the values up to which ``wanted`` many rows lie; ``rows_of`` the span are those before it and within."""
    (low, high), (before, n) = span, rows_of
    width = (high - low) / _PARTS
    if low == high or low + width == low or high - width == high:
        return [high] * len(wanted)
    table = opened.table.select(value=value).filter(lambda t: (t.value >= low) & (t.value <= high))
    if n <= _SORTED:
        with opened.reading():
            values = sorted(table.to_pyarrow()["value"].to_pylist())
        return [values[math.ceil(rank - before) - 1] for rank in wanted]
    part = ((table.value - low) / width).floor().cast("int64")
    table = table.mutate(part=part)
    with opened.reading():
        grouped = table.group_by("part").aggregate(n=table.count(), low=table.value.min(), high=table.value.max())
        rows = sorted(grouped.to_pyarrow().to_pylist(), key=lambda row: int(row["part"]))
    found: list[float] = []
    for row in rows:
        here = [rank for rank in wanted if before < rank <= before + row["n"]]
        if here and row["n"] > slack and row["low"] < row["high"]:
            found += _ends(opened, value, (row["low"], row["high"]), (before, int(row["n"])), here, slack)
        else:
            found += [row["high"]] * len(here)
        before += int(row["n"])
    return found


def counts(opened: Opened, ends: Mapping[str, list[float]]) -> dict[str, list[int]]:
    """Count the rows of each bin of columns of numbers, and last those that miss a value; some columns at once."""
    found: dict[str, list[int]] = {}
    for part in _parts(ends):
        asked: dict[str, Any] = {}
        for index, name in enumerate(part):
            value = number(opened.table, name)
            asked |= {f"e{index}_{place}": (value <= end).sum() for place, end in enumerate(ends[name])}
            asked |= {f"a{index}": value.count(), f"m{index}": value.isnull().sum()}
        row = _row(opened, asked)
        for index, name in enumerate(part):
            below = [int(row[f"e{index}_{place}"] or 0) for place in range(len(ends[name]))]
            steps = [*below, int(row[f"a{index}"])]
            inside = [after - before for before, after in zip([0, *steps], steps, strict=False)]
            found[name] = [*inside, int(row[f"m{index}"] or 0)]
    return found


def are_categories(old: Column, new: Column) -> bool:
    """Return whether two columns of numbers are compared value by value: those of few in the first."""
    return old.few and new.distinct <= MAX_CATEGORIES // 2


def categories(opened: Opened, column: Column) -> dict[Any, int] | None:
    """Count the values of a column, or return nothing where these are more than :data:`MAX_CATEGORIES`."""
    value = number(opened.table, column.name) if column.numeric else opened.table[column.name].cast("string")
    table = opened.table.select(value=value).filter(lambda t: t.value.notnull())
    with opened.reading():
        counted = table.group_by("value").aggregate(n=table.count()).limit(MAX_CATEGORIES + 1)
        rows = counted.to_pyarrow().to_pylist()
    return None if len(rows) > MAX_CATEGORIES else {row["value"]: int(row["n"]) for row in rows}


def _row(opened: Opened, asked: Mapping[str, Any]) -> dict[str, Any]:
    with opened.reading():
        rows: list[dict[str, Any]] = opened.table.aggregate(**asked).to_pyarrow().to_pylist()
    return rows[0]


def _parts(names: Iterable[str]) -> Iterable[list[str]]:
    left = iter(names)
    while part := list(islice(left, _AT_ONCE)):
        yield part
