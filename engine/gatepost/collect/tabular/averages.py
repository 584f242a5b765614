"""Means over groups of rows, and what is made of them: errors of a regression, Brier score, log loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.collect.statistics.skewness import LEAST_OF_A_CLASS, Kind, ends, too_skewed, without_interval
from gatepost.collect.tabular.columns import View
from gatepost.collect.tabular.totals import Totals, totals

__all__ = ["Average", "averages", "losses", "mean_of", "middles", "regression", "scoring"]

_EPSILON = 2.220446049250313e-16


@dataclass(frozen=True, slots=True)
class Average:
    """A column whose mean is a metric: an Ibis expression of numbers, what they are, and whether the root is taken.

    Sums are taken about ``middle``, for the squares of large numbers would drown their differences.
    """

    column: Any
    kind: Kind
    root: bool = False
    middle: float = 0.0


def averages(view: View, by: tuple[str, ...], wanted: Mapping[str, Average]) -> dict[str, dict[str, Any]]:
    """Return the means of columns by group as metrics."""
    import ibis

    columns = {
        name: one.column - ibis.literal(one.middle) if one.middle else one.column for name, one in wanted.items()
    }
    found = totals(view, by, {**columns, "one": ibis.literal(1)}, products=True, cubes=True)
    return {group: {name: mean_of(sums, name, one) for name, one in wanted.items()} for group, sums in found.items()}


def mean_of(group: Totals, name: str, average: Average) -> dict[str, Any]:
    """Return the mean of a column of a group, with products and cubes about its middle, as a metric."""
    weight = float(group.sums["one"])
    apart = float(group.sums[name]) / weight
    center = average.middle + apart
    metric: dict[str, Any] = {"value": _root(center) if average.root else center, "n": group.n}
    if group.units < 2:
        return metric
    gradient = {name: 1 / weight, "one": -apart / weight}
    error, skewness = math.sqrt(group.variance(gradient)), group.skewness(gradient)
    reason = too_skewed(average.kind, group.units, skewness)
    if reason is not None:
        return without_interval(metric, reason)
    low, high = ends(center, error, group.units - 1, skewness)
    if average.root:
        low, high = _root(low), _root(high)
    method = "hall, student-t, clusters" if group.units != group.n else "hall, student-t"
    return {**metric, "low": low, "high": high, "method": method}


def _root(value: float) -> float:
    return math.sqrt(max(0.0, value))


def middles(view: View, columns: Mapping[str, Any]) -> dict[str, float]:
    """Return a number near the middle of each column, of few digits, so that what is left after it is exact."""
    asked = {f"{end}_{name}": getattr(column, end)() for name, column in columns.items() for end in ("min", "max")}
    with view.opened.reading():
        row = view.table.aggregate(**asked).to_pyarrow().to_pylist()[0]
    return {name: _few_digits(float(row[f"min_{name}"] or 0), float(row[f"max_{name}"] or 0)) for name in columns}


def _few_digits(low: float, high: float) -> float:
    """Return the middle of a range, to an eighth of its width; 0 where the range holds 0, or nearly."""
    if high - low > max(abs(low), abs(high)) / 2:
        return 0.0
    if low == high:
        return low
    step = 2.0 ** (math.frexp(high - low)[1] - 3)
    if step < math.ulp(max(abs(low), abs(high))):  # the range itself is a digit or two wide
        return low
    return round((low / 2 + high / 2) / step) * step


def regression(view: View, by: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Return the errors of a regression by group: ``mae``, ``rmse``, ``mean_error`` (prediction less truth)."""
    error = view.table.predicted - view.table.truth
    columns = {"mae": error.abs(), "rmse": error * error, "mean_error": error}
    middle = middles(view, columns)
    wanted = {
        name: Average(column, "squared" if name == "rmse" else "unbounded", name == "rmse", middle[name])
        for name, column in columns.items()
    }
    return averages(view, by, wanted)


def scoring(view: View, by: tuple[str, ...], truth: Any) -> dict[str, dict[str, Any]]:
    """Return ``brier`` and ``log_loss`` of scores that are probabilities, by group."""
    wanted = {name: Average(column, "bounded") for name, column in losses(view.table.score, truth).items()}
    found = averages(view, by, wanted)
    rows = totals(view, by, {"true": truth, "false": ~truth})
    for group, metrics in found.items():
        # A weighted mean of ones may exceed 1 by rounding.
        metrics["brier"]["value"] = min(1.0, metrics["brier"]["value"])
        least = min(rows[group].counts.values())
        if least < LEAST_OF_A_CLASS:
            reason = f"one of the two classes has {least} rows, and intervals hold from {LEAST_OF_A_CLASS}"
            found[group] = {name: without_interval(metric, reason) for name, metric in metrics.items()}
    return found


def losses(score: Any, truth: Any) -> dict[str, Any]:
    """Return ``brier`` and ``log_loss`` of each row as Ibis expressions."""
    import ibis

    positive = truth.cast("float64")
    clipped = ibis.greatest(ibis.least(score, 1 - _EPSILON), _EPSILON)
    loss = ibis.ifelse(truth, -clipped.ln(), -(1 - clipped).ln())
    return {"brier": (score - positive) * (score - positive), "log_loss": loss}
