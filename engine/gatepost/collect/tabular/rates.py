"""The confusion matrix of groups of rows, and the rates that it gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from gatepost.collect.statistics.proportions import Share, proportion
from gatepost.collect.tabular.columns import View
from gatepost.collect.tabular.totals import Totals, totals

__all__ = ["Groups", "balanced_accuracy", "confusion", "f1", "indicator", "linearised", "share"]

_LINEARISED = "wilson, linearised effective n"
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
    """The cells of each group; without labels ``tn`` holds all that is not selected, ``fp`` all that is."""

    cells: Mapping[str, Totals]
    labelled: bool

    def share(self, group: str, rate: str) -> Share | None:
        """Give a rate of a group; none where it has no denominator, or needs labels."""
        if not self.labelled and rate != "selection_rate":
            return None
        return share(self.cells[group], *_RATES[rate])

    def rows(self, group: str, cells: Iterable[str] = _ALL) -> int:
        """Count the rows of some cells of a group."""
        return sum(self.cells[group].counts.get(cell, 0) for cell in cells)

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


def confusion(view: View, by: tuple[str, ...], truth: Any, predicted: Any) -> Groups:
    """Count the confusion matrix of each group.

    Args:
        view: the table, with weights and clusters where there are such.
        by: the roles whose values make the groups.
        truth: an Ibis expression, whether the true value is favorable; none without labels.
        predicted: the same of the prediction.
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
    return Groups(totals(view, by, cells), truth is not None)


def share(group: Totals, top: Iterable[str], bottom: Iterable[str]) -> Share | None:
    """Give the quotient of sums of cells, with its effective number of rows.

    Weighted rows count by Kish's formula, (sum w)^2 / sum w^2 (Survey Sampling, 1965). Clustered ones count by the
    design effect: so many rows as would give a simple random sample the variance of the linearised ratio.
    """
    above, below = [c for c in top if c in group.sums], [c for c in bottom if c in group.sums]
    total = sum(Fraction(group.sums[cell]) for cell in below)
    if total <= 0:
        return None
    n = sum(group.counts[cell] for cell in below)
    exact = sum((Fraction(group.sums[cell]) for cell in above), Fraction()) / total
    kish = _kish(group, below)
    if group.units == group.n:
        return Share(exact, n, kish, "wilson" if kish == n else "wilson, Kish's effective n")
    value, weight = float(exact), float(total)
    gradient = {cell: ((cell in above) - value) / weight for cell in below}
    return Share(exact, n, _effective(group, value, gradient, n, kish), "wilson, design effect of clusters")


def linearised(sums: Mapping[str, float]) -> dict[str, tuple[Fraction, dict[str, float]]]:
    """Return the rates of a confusion matrix, with the derivative of each by each cell.

    One without a denominator is left out. F1 is tp / (tp + (fp + fn) / 2), the balanced accuracy the mean of recall
    and specificity.
    """
    half = Fraction(1, 2)
    parts: dict[str, tuple[tuple[str, ...], dict[str, Fraction | int]]] = {
        "accuracy": (("tp", "tn"), dict.fromkeys(_ALL, 1)),
        "precision": (("tp",), {"tp": 1, "fp": 1}),
        "recall": (("tp",), {"tp": 1, "fn": 1}),
        "specificity": (("tn",), {"fp": 1, "tn": 1}),
        "f1": (("tp",), {"tp": 1, "fp": half, "fn": half}),
    }
    found = {}
    for name, (top, bottom) in parts.items():
        below = sum((Fraction(sums[cell]) * factor for cell, factor in bottom.items()), Fraction())
        if below > 0:
            exact = sum((Fraction(sums[cell]) for cell in top), Fraction()) / below
            value, weight = float(exact), float(below)
            found[name] = (exact, {c: ((c in top) - value * float(factor)) / weight for c, factor in bottom.items()})
    if "recall" in found and "specificity" in found:
        halves = found["recall"], found["specificity"]
        gradient = {cell: slope / 2 for _, part in halves for cell, slope in part.items()}
        found["balanced_accuracy"] = (sum((exact for exact, _ in halves), Fraction()) / 2, gradient)
    return found


def f1(group: Totals) -> Share | None:
    """Give the F1 score as a share; nothing without a positive row or prediction."""
    found = linearised(group.sums).get("f1")
    if found is None:
        return None
    exact, gradient = found
    cells = ("tp", "fp", "fn")
    n, kish = sum(group.counts[cell] for cell in cells), _kish(group, cells)
    most = kish if group.units == group.n else n  # how clustered rows depend, the gradient tells
    effective = _effective(group, float(exact), gradient, most, kish)
    return Share(exact, n, effective, _LINEARISED)


def balanced_accuracy(group: Totals) -> Share | None:
    """Give the balanced accuracy as a share; nothing where only one class occurs."""
    found = linearised(group.sums).get("balanced_accuracy")
    if found is None:
        return None
    exact, gradient = found
    # Where both rates are equal, the mean is as uncertain as a share of so many rows; more is never claimed, or a
    # class of three rows, all of them right, would seem certain.
    rates = [share(group, *_RATES[rate]) for rate in ("tpr", "tnr")]
    most = 4 / sum(1 / rate.n_effective for rate in rates if rate is not None)
    effective = _effective(group, float(exact), gradient, most, most)
    return Share(exact, sum(group.counts.values()), effective, _LINEARISED)


def _kish(group: Totals, cells: Iterable[str]) -> float:
    chosen = list(cells)
    weight = float(sum(group.sums[cell] for cell in chosen))
    squares = sum(group.product(one, other) for one in chosen for other in chosen)
    return weight * weight / squares if squares else 1.0


def _effective(group: Totals, value: float, gradient: Mapping[str, float], most: float, kish: float) -> float:
    """Give how many independent rows of equal weight, at most ``most``, leave a share as uncertain as it is."""
    variance = group.variance(gradient)
    if variance <= 0 or not 0 < value < 1:
        return max(1.0, kish)
    return max(1.0, min(most, value * (1 - value) / variance))
