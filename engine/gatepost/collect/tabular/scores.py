"""What scores tell of groups of rows: the area under the ROC curve, calibration, and who is above the median."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatepost.collect.statistics.calibration import Bin
from gatepost.collect.statistics.means import area_metric, area_under_curve, paired_areas
from gatepost.collect.tabular.columns import View
from gatepost.collect.tabular.totals import group_name

__all__ = ["BINS", "MAX_RANKED", "are_probabilities", "areas", "bins", "median", "paired_area"]

BINS = 10
MAX_RANKED = 50_000_000
"""Rows that are ranked at most: ranks need the scores in memory, some 40 bytes a row."""


def are_probabilities(view: View, role: str = "score") -> bool:
    """Tell whether all scores lie between 0 and 1."""
    with view.opened.reading():
        low, high, _ = _range(view.table.select(score=view.table[role]))
    return low >= 0 and high <= 1


def areas(view: View, crossings: list[tuple[str, ...]], truth: Any) -> dict[tuple[str, ...], dict[str, Any]]:
    """Give the area under the ROC curve as a metric, by crossing and group; all rows are sorted once.

    A group in which only one class occurs has none. Clustered rows give no interval.
    """
    import numpy as np

    roles = sorted({role for crossing in crossings for role in crossing})
    codes, values = _codes(view, roles)
    columns = {"truth": truth, "score": view.table.score, **codes}
    if "weight" in view.roles:
        columns["weight"] = view.table.weight
    with view.opened.reading():
        rows = view.table.select(**columns).order_by("score").to_pyarrow()
    arrays = {name: rows[name].to_numpy() for name in columns}
    del rows
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for crossing in crossings:
        code: Any = np.zeros(len(arrays["score"]), dtype=np.int32)
        for role in crossing:
            code = code * len(values[role]) + arrays[role]
        found[crossing] = {}
        for number in np.flatnonzero(np.bincount(code)) if crossing else [0]:
            chosen = code == number if crossing else slice(None)
            weight = arrays["weight"][chosen] if "weight" in arrays else None
            area = area_under_curve(
                arrays["truth"][chosen], arrays["score"][chosen], weight, frequency=view.frequency
            )
            if area is None:
                continue
            metric = area_metric(area)
            if "cluster" in view.roles:
                metric = {"value": metric["value"], "n": metric["n"]}
            found[crossing][group_name(_decoded(int(number), crossing, values))] = metric
    return found


def paired_area(view: View, truth: Any) -> tuple[float, float | None] | None:
    """Give the area under the ROC curve less that of the baseline's score, and its standard error."""
    columns = {"truth": truth, "score": view.table.score, "other": view.table.other_score}
    if "weight" in view.roles:
        columns["weight"] = view.table.weight
    with view.opened.reading():
        rows = view.table.select(**columns).to_pyarrow()
    arrays = {name: rows[name].to_numpy() for name in columns}
    weight = arrays.get("weight")
    return paired_areas(arrays["truth"], arrays["score"], arrays["other"], weight, frequency=view.frequency)


def _codes(view: View, roles: list[str]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Give each role as small numbers, made by the engine, and the values that they stand for."""
    import ibis

    codes, values = {}, {}
    for role in roles:
        with view.opened.reading():
            rows = view.table.select(view.table[role]).distinct().to_pyarrow().to_pylist()
        values[role] = [row[role] for row in rows]
        column = view.table[role]
        cases = [
            (column.isnull() if value is None else column.isnan() if value != value else column == value, number)
            for number, value in enumerate(values[role])
        ]
        codes[role] = ibis.cases(*cases, else_=0).cast("int16")
    return codes, values


def _decoded(number: int, crossing: tuple[str, ...], values: Mapping[str, list[Any]]) -> tuple[Any, ...]:
    found = []
    for role in reversed(crossing):
        number, place = divmod(number, len(values[role]))
        found.append(values[role][place])
    return tuple(reversed(found))


def bins(view: View, by: tuple[str, ...], truth: Any) -> dict[str, list[Bin]]:
    """Give ten bins of equal width from 0 to 1 for each group; one without rows is left out."""
    import ibis

    score = view.table.score
    weight = view.table.weight if "weight" in view.roles else ibis.literal(1.0)
    number = ibis.least((score * BINS).floor().cast("int64"), BINS - 1)
    table = view.table.select(*by, bin=number, w=weight, ws=weight * score, wy=weight * truth.cast("float64"))
    # A row that stands for w rows has the square of its weight w times 1.
    rows, square = (table.w.sum(), table.w) if view.frequency else (table.count(), table.w * table.w)
    with view.opened.reading():
        grouped = table.group_by([*by, "bin"]).aggregate(
            n=rows, w=table.w.sum(), w2=square.sum(), ws=table.ws.sum(), wy=table.wy.sum()
        )
        answers = grouped.to_pyarrow().to_pylist()
    found: dict[str, list[Bin]] = {}
    for row in sorted(answers, key=lambda row: int(row["bin"])):
        low = int(row["bin"]) / BINS
        one = Bin(
            low,
            low + 1 / BINS,
            round(row["n"]),
            row["w"],
            row["w"] ** 2 / row["w2"],
            row["ws"] / row["w"],
            min(1.0, row["wy"] / row["w"]),
        )
        found.setdefault(group_name(tuple(row[role] for role in by)), []).append(one)
    return found


def median(view: View) -> float:
    """Return the median of the scores; of an even number of rows the mean of the middle two.

    The middle is closed in on by counting, for an engine's own median keeps all values in memory.
    """
    import ibis

    rows = view.table.weight.cast("int64") if view.frequency else ibis.literal(1)
    table = view.table.select(score=view.table.score, rows=rows)
    with view.opened.reading():
        n = int(table.aggregate(n=table.rows.sum()).to_pyarrow().to_pylist()[0]["n"])
    low, high = _middle(view, table, (n + 1) // 2), _middle(view, table, n // 2 + 1)
    return (low + high) / 2


def _middle(view: View, table: Any, rank: int) -> float:
    """Return the ``rank``-th smallest score (from 1)."""
    before = 0
    while True:
        with view.opened.reading():
            low, high, n = _range(table)
        if low == high or n <= 200_000:
            break
        width = (high - low) / 1000
        number = ((table.score - low) / width).floor().cast("int64")
        parts = table.select("rows", part=number).group_by("part")
        with view.opened.reading():
            counts = parts.aggregate(n=lambda t: t.count(), rows=lambda t: t.rows.sum()).to_pyarrow().to_pylist()
        for row in sorted(counts, key=lambda row: int(row["part"])):
            if before + row["rows"] >= rank:
                table = table.filter(number == int(row["part"]))
                break
            before += int(row["rows"])
        if row["n"] == n:  # the width is too small for these floats to part them
            break
    if low == high:
        return low
    with view.opened.reading():
        found = table.order_by("score").to_pyarrow().to_pylist()
    for row in found:
        before += int(row["rows"])
        if before >= rank:
            break
    return float(row["score"])


def _range(table: Any) -> tuple[float, float, int]:
    row = table.aggregate(low=table.score.min(), high=table.score.max(), n=table.count()).to_pyarrow().to_pylist()[0]
    return float(row["low"]), float(row["high"]), int(row["n"])
