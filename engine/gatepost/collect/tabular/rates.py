"""The confusion matrix of groups of rows, and the rates that it gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.collect.statistics.proportions import Share, proportion
from gatepost.collect.tabular.columns import View
from gatepost.collect.tabular.totals import Totals, totals

__all__ = ["Groups", "confusion", "indicator", "share"]

_ALL = ("tp", "fp", "fn", "tn")
_RATES: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # name: (cells of the numerator, cells of the denominator)
    "selection_rate": (("tp", "fp"), _ALL),
    "tpr": (("tp",), ("tp", "fn")),
    "fnr": (("fn",), ("tp", "fn")),
    "fpr": (("fp",), ("fp", "tn")),
    "tnr": (("tn",), ("fp", "tn")),
    "precision": (("tp",), ("tp", "fp")),
    "accuracy": (("tp", "tn"), _ALL),
}


@dataclass(frozen=True, slots=True)
class Groups:
    """The cells of each group; without labels ``tn`` holds all that is not selected, ``fp`` all that is.

    ``frequency`` says that weights count rows.
    """

    cells: Mapping[str, Totals]
    labelled: bool
    frequency: bool = False

    def share(self, group: str, rate: str) -> Share | None:
        """Give a rate of a group; none where it has no denominator, or needs labels."""
        if not self.labelled and rate != "selection_rate":
            return None
        return share(self.cells[group], *_RATES[rate], frequency=self.frequency)

    def rows(self, group: str, cells: Iterable[str] = _ALL) -> int:
        """Count the rows of some cells of a group."""
        return sum(_count(self.cells[group], cell, self.frequency) for cell in cells)

    def selected(self, group: str) -> int:
        """Count the rows that are selected."""
        return self.rows(group, ("tp", "fp"))

    def rates(self, group: str) -> dict[str, Any]:
        """Give the rates of a group as metrics; one without a denominator is left out."""
        found = {rate: proportion(self.share(group, rate)) for rate in _RATES}
        return {rate: metric for rate, metric in found.items() if metric is not None}


def indicator(view: View, role: str, values: Iterable[Any]) -> Any:
    """Give an Ibis expression: whether a column has one of some values."""
    return view.table[role].isin(list(values))


def confusion(view: View, by: tuple[str, ...], truth: Any, predicted: Any, *, frequency: bool = False) -> Groups:
    """Count the confusion matrix of each group.

    Args:
        view: the table, with weights and clusters where there are such.
        by: the roles whose values make the groups.
        truth: an Ibis expression, whether the true value is favorable; none without labels.
        predicted: the same of the prediction.
        frequency: whether weights count rows.
    """
    if truth is None:
        cells = {"fp": predicted, "tn": ~predicted}
    else:
        cells = {
            "tp": truth & predicted,
            "fp": ~truth & predicted,
            "fn": truth & ~predicted,
            "tn": ~truth & ~predicted,
        }
    return Groups(totals(view, by, cells), truth is not None, frequency)


def share(group: Totals, top: Iterable[str], bottom: Iterable[str], *, frequency: bool = False) -> Share | None:
    """Give the quotient of sums of cells, with its effective number of rows.

    Weighted rows count by Kish's formula, (sum w)^2 / sum w^2 (Survey Sampling, 1965). Clustered ones count by the
    design effect: so many rows as would give a simple random sample the variance of the linearised ratio.
    """
    above, below = [c for c in top if c in group.sums], [c for c in bottom if c in group.sums]
    weight = float(sum(group.sums[cell] for cell in below))
    if weight <= 0:
        return None
    n = sum(_count(group, cell, frequency) for cell in below)
    # A sum of floats can differ from the same sum in another order.
    value = min(1.0, float(sum(group.sums[cell] for cell in above)) / weight)
    if not group.products:
        return Share(value, n, n)
    squares = sum(group.product(one, other) for one in below for other in below)
    kish = weight * weight / squares
    if group.units == group.n:
        return Share(value, n, n) if frequency else Share(value, n, kish, "wilson, Kish's effective n")
    residual = sum(group.product(one, other) for one in above for other in above)
    residual += -2 * value * sum(group.product(one, other) for one in above for other in below)
    residual += value * value * squares
    variance = residual / weight**2 * group.units / max(1, group.units - 1)
    effective = min(float(n), value * (1 - value) / variance) if variance > 0 and 0 < value < 1 else kish
    return Share(value, n, max(1.0, effective), "wilson, design effect of clusters")


def _count(group: Totals, cell: str, frequency: bool) -> int:
    return round(group.sums.get(cell, 0)) if frequency else group.counts.get(cell, 0)
