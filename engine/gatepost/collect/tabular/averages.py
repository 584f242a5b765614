"""Means over groups of rows, and what is made of them: errors of a regression, Brier score, log loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from gatepost.collect.statistics.means import mean
from gatepost.collect.tabular.columns import View
from gatepost.collect.tabular.totals import Totals, totals

__all__ = ["averages", "losses", "regression", "scoring"]

_EPSILON = 2.220446049250313e-16


def averages(
    view: View, by: tuple[str, ...], columns: Mapping[str, Any], roots: tuple[str, ...] = ()
) -> dict[str, dict[str, Any]]:
    """Give the means of columns by group as metrics; of those in ``roots`` the square root."""
    import ibis

    found = totals(view, by, {**columns, "one": ibis.literal(1)}, products=True)
    return {
        name: {column: _mean(group, column, root=column in roots) for column in columns}
        for name, group in found.items()
    }


def _mean(group: Totals, column: str, *, root: bool) -> dict[str, Any]:
    weight = float(group.sums["one"])
    center = float(group.sums[column]) / weight
    residual = group.product(column, column) - 2 * center * group.product(column, "one")
    residual += center * center * group.product("one", "one")
    error = math.sqrt(max(0.0, residual)) / weight * math.sqrt(group.units / max(1, group.units - 1))
    clustered = group.units != group.n
    method = "student-t, clusters" if clustered else "student-t"
    return mean(center, error if group.units > 1 else None, group.n, group.units - 1, method, root=root)


def regression(view: View, by: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Give the errors of a regression by group: ``mae``, ``rmse``, ``mean_error`` (prediction less truth)."""
    error = view.table.predicted - view.table.truth
    columns = {"mae": error.abs(), "rmse": error * error, "mean_error": error}
    return averages(view, by, columns, roots=("rmse",))


def scoring(view: View, by: tuple[str, ...], truth: Any) -> dict[str, dict[str, Any]]:
    """Give ``brier`` and ``log_loss`` of scores that are probabilities, by group."""
    found = averages(view, by, losses(view.table.score, truth))
    for metrics in found.values():  # a weighted mean of ones may exceed 1 by rounding
        metrics["brier"]["value"] = min(1.0, metrics["brier"]["value"])
    return found


def losses(score: Any, truth: Any) -> dict[str, Any]:
    """Give ``brier`` and ``log_loss`` of each row as Ibis expressions."""
    import ibis

    positive = truth.cast("float64")
    clipped = ibis.greatest(ibis.least(score, 1 - _EPSILON), _EPSILON)
    loss = ibis.ifelse(truth, -clipped.ln(), -(1 - clipped).ln())
    return {"brier": (score - positive) * (score - positive), "log_loss": loss}
