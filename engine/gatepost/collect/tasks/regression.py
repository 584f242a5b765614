"""A regression: its errors, and the share of the variance that it explains."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.collect.statistics.skewness import ends, too_skewed, without_interval
from gatepost.collect.tabular import averages
from gatepost.collect.tabular.measured import Measured
from gatepost.collect.tabular.totals import Totals, totals
from gatepost.collect.tasks.paired import paired_means

__all__ = ["Regression", "r_squared"]


class Regression:
    """Measures predicted numbers; ``notes`` stays empty."""

    def __init__(self, data: Measured, options: Mapping[str, Any]) -> None:
        if "predicted" not in data.view.roles:
            raise CollectorError(
                "a threshold parts two classes only", option=("threshold",), advice="name `prediction`"
            )
        for role in ("truth", "predicted"):
            if not data.view.table[role].type().is_numeric():
                chosen = data.view.roles[role]
                what = f"a regression needs numbers, and `{chosen.column}` holds none"
                raise CollectorError(what, option=chosen.option, advice="for classes see `task`")
        self.view = data.view
        self.notes: list[str] = []

    def metrics(self, crossings: list[tuple[str, ...]]) -> dict[tuple[str, ...], dict[str, dict[str, Any]]]:
        """Return the metrics of each group of each crossing."""
        found = {by: averages.regression(self.view, by) for by in crossings}
        for by in crossings:
            for group, sums in self._sums(by).items():
                explained = r_squared(sums)
                if explained is not None:
                    found[by][group]["r2"] = explained
        return found

    def whole(self) -> dict[str, Any]:
        """Return nothing more."""
        return {}

    def versus(self) -> dict[str, dict[str, Any]]:
        """Return the differences of errors to the baseline on the same rows."""
        table = self.view.table
        own, other = (table[role] - table.truth for role in ("predicted", "other"))
        columns = {"mae": (own.abs(), other.abs()), "rmse": (own * own, other * other)}
        return paired_means(self.view, columns, roots=("rmse",))

    def _sums(self, by: tuple[str, ...]) -> dict[str, Totals]:
        import ibis

        table = self.view.table
        middle = averages.middles(self.view, {"truth": table.truth})["truth"]
        error, truth = table.predicted - table.truth, table.truth - middle
        columns = {"e2": error * error, "y": truth, "y2": truth * truth, "one": ibis.literal(1)}
        return totals(self.view, by, columns, products=True, cubes=True)


def r_squared(group: Totals) -> dict[str, Any] | None:
    """Return R squared, 1 - sum of squared errors / sum of squares about the mean; nothing where truth does not vary.

    Its interval is that of ln(1 - R squared), linearised, for R squared itself is skewed near 1. ``group`` has sums,
    products and cubes of the squared errors ``e2``, the true values ``y``, their squares ``y2`` and ``one``.
    """
    e2, y, y2, weight = (float(group.sums[name]) for name in ("e2", "y", "y2", "one"))
    spread = y2 - y * y / weight
    if group.n < 2 or spread <= 1e-12 * max(y2, 1e-300):
        return None
    lost = e2 / spread
    metric: dict[str, Any] = {"value": 1 - lost, "n": group.n}
    if lost <= 0 or group.units < 2:
        return metric
    by_spread = -1 / spread
    gradient = {
        "e2": 1 / e2,
        "y2": by_spread,
        "y": by_spread * -2 * y / weight,
        "one": by_spread * y * y / weight**2,
    }
    skewness = group.skewness(gradient)
    # Squared errors alone too: those of predictions and of the mean may be skewed alike, and hide it.
    of_errors = group.skewness({"e2": 1 / e2, "one": -1 / weight})
    reason = too_skewed("squared", group.units, max(skewness, of_errors, key=abs))
    if reason is not None:
        return without_interval(metric, reason)
    low, high = ends(math.log(lost), math.sqrt(group.variance(gradient)), group.units - 1, skewness)
    return {
        **metric,
        "low": 1 - math.exp(high),
        "high": 1 - math.exp(low),
        "method": "hall, student-t, log of 1 - r2",
    }
