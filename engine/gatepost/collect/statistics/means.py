"""Intervals of means and of the area under the ROC curve."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import Any

__all__ = ["DRAWS", "SEED", "Z95", "Area", "area_metric", "area_under_curve", "mean", "paired_areas"]

SEED = 20260101
Z95 = NormalDist().inv_cdf(0.975)
"""The normal quantile of a two-sided 95 % interval."""
DRAWS = 2000
_MOST_PAIRS = 2**53  # as many are counted exactly in 64 bits, halves too


def mean(center: float, error: float | None, n: int, freedom: float, method: str) -> dict[str, Any]:
    """Return a mean as a metric, with the t interval.

    Args:
        center: the mean.
        error: its standard error; none where it cannot be told.
        n: the rows that it is of.
        freedom: degrees of freedom, the independent units less one.
        method: how the error was found.
    """
    from scipy.stats import t

    metric: dict[str, Any] = {"value": center, "n": n}
    if error is None or freedom < 1:
        return metric
    half = float(t.ppf(0.975, freedom)) * error
    return {**metric, "low": center - half, "high": center + half, "method": method}


@dataclass(frozen=True, slots=True)
class Area:
    """The area under the ROC curve, with its standard error where it has one (DeLong et al., Biometrics 44, 1988).

    ``cases`` and ``controls`` are the effective numbers of rows of the two classes.
    """

    value: float
    error: float | None
    n: int
    cases: float
    controls: float


def area_under_curve(positive: Any, score: Any, weight: Any = None, *, frequency: bool = False) -> Area | None:
    """Measure the area under the ROC curve; nothing where only one class occurs.

    Args:
        positive: boolean numpy array of shape (n,), sorted by score.
        score: numpy array of shape (n,), ascending; larger for the positive class.
        weight: numpy array of shape (n,), or none.
        frequency: whether a weight is how many rows a row stands for.
    """
    import numpy as np

    ones = np.ones(len(score)) if weight is None else weight
    squares = ones if frequency else ones**2
    above, below = np.where(positive, ones, 0.0), np.where(positive, 0.0, ones)
    # Rows of one score are ties: each counts half against the others.
    starts = np.flatnonzero(np.concatenate(([True], score[1:] != score[:-1])))
    cases, controls = np.add.reduceat(above, starts), np.add.reduceat(below, starts)
    m, n = cases.sum(), controls.sum()
    if m == 0 or n == 0:
        return None
    placed_cases = (np.cumsum(controls) - controls / 2) / n
    placed_controls = (np.cumsum(cases) - cases / 2) / m
    exact = _pairs_right(cases, controls)
    # Sums of weights in another order differ by rounding.
    value = min(1.0, float((cases * placed_cases).sum() / m)) if exact is None else float(exact)
    variance, known, effective = 0.0, True, []
    for chosen, total, placed, middle in (
        (positive, m, placed_cases, value),
        (~positive, n, placed_controls, 1 - value),
    ):
        own = np.where(chosen, squares, 0.0)
        rows = float(total if frequency else chosen.sum())
        effective.append(float(total**2 / own.sum()))
        known = known and rows > 1
        spread = (np.add.reduceat(own, starts) * (placed - middle) ** 2).sum()
        variance += float(spread / total**2 * rows / max(1.0, rows - 1))
    count = round(float(ones.sum())) if frequency else len(score)
    return Area(value, math.sqrt(variance) if known else None, count, *effective)


def _pairs_right(cases: Any, controls: Any) -> Fraction | None:
    """Return the share of pairs of a case and a control that are ordered rightly, ties by half.

    None where rows have weights that are no counts.

    Args:
        cases: numpy array of the rows of the positive class by score, ascending; a score occurs once.
        controls: the same of the negative class.
    """
    import numpy as np

    whole = all((rows == np.floor(rows)).all() for rows in (cases, controls))
    pairs = float(cases.sum()) * float(controls.sum())
    if not whole or pairs >= _MOST_PAIRS:
        return None
    ones, others = cases.astype(np.int64), controls.astype(np.int64)
    halves = int((ones * (2 * np.cumsum(others) - others)).sum())
    return Fraction(halves, 2 * int(pairs))


def paired_areas(
    positive: Any, score: Any, other: Any, weight: Any = None, *, frequency: bool = False
) -> tuple[float, float | None] | None:
    """Return the area under the ROC curve of a score less that of another, and its error (DeLong et al., 1988).

    Nothing where only one class occurs; no error where one has a single row.

    Args:
        positive: boolean numpy array of shape (n,).
        score: numpy array of shape (n,); larger for the positive class.
        other: the other score of the same rows.
        weight: numpy array of shape (n,), or none.
        frequency: whether a weight is how many rows a row stands for.
    """
    import numpy as np

    weights = np.ones(len(score)) if weight is None else weight
    if positive.all() or not positive.any():
        return None
    gaps = _placements(positive, score, weights) - _placements(positive, other, weights)
    difference, variance, known = 0.0, 0.0, True
    for chosen in (positive, ~positive):
        gap, own = gaps[chosen], weights[chosen]
        center = float((gap * own).sum() / own.sum())
        difference = center  # both classes give the same: the area is a mean over pairs of them
        rows = float(own.sum()) if frequency else float(len(gap))
        if rows < 2:
            known = False
            continue
        squares = own if frequency else own**2
        variance += float((squares * (gap - center) ** 2).sum() / own.sum() ** 2 * rows / (rows - 1))
    exact = [_pairs_right(*_by_score(positive, one, weights)) for one in (score, other)]
    if exact[0] is not None and exact[1] is not None:
        difference = float(exact[0] - exact[1])
    return difference, math.sqrt(variance) if known else None


def _by_score(positive: Any, score: Any, weights: Any) -> tuple[Any, Any]:
    """Return the rows of both classes by score, ascending."""
    import numpy as np

    order = np.argsort(score, kind="stable")
    ranked, chosen, own = score[order], positive[order], weights[order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    cases, controls = (np.add.reduceat(np.where(of, own, 0.0), starts) for of in (chosen, ~chosen))
    return cases, controls


def _placements(positive: Any, score: Any, weights: Any) -> Any:
    """Return for each row the share of the other class that it stands right to, ties by half."""
    import numpy as np

    order = np.argsort(score, kind="stable")
    ranked = score[order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    tie: Any = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(ranked))))
    found = np.empty(len(score))
    for chosen, is_case in ((positive, True), (~positive, False)):
        against = np.where(chosen[order], 0.0, weights[order])
        sums = np.add.reduceat(against, starts)
        below = (np.cumsum(sums) - sums / 2) / sums.sum()
        share = below[tie] if is_case else 1 - below[tie]
        mine = chosen[order]
        found[order[mine]] = share[mine]
    return found


def area_metric(area: Area) -> dict[str, Any]:
    """Return an area as a metric; its interval is the wider of two at each end.

    DeLong's on the logit scale covers too seldom with few rows of a class, and is none for an area of 0 or 1;
    Newcombe's score-based one (method 5, Statistics in Medicine 25, 2006) covers too seldom where the scores of one
    class are spread much wider than those of the other.
    """
    low, high = _newcombe(area)
    if area.error and 0 < area.value < 1:
        logit = math.log(area.value / (1 - area.value))
        half = Z95 * area.error / (area.value * (1 - area.value))
        ends = [1 / (1 + math.exp(min(700.0, -(logit + sign * half)))) for sign in (-1, 1)]
        low, high = min(low, ends[0]), max(high, ends[1])
    return {"value": area.value, "n": area.n, "low": low, "high": high, "method": "newcombe, delong-logit"}


def _newcombe(area: Area) -> tuple[float, float]:
    """Return the areas whose distance from the value is the normal quantile times their own error.

    The error is Hanley and McNeil's for exponential scores, with the mean number of rows for those of both classes.
    """
    from scipy.optimize import brentq

    mean_rows = (area.cases + area.controls) / 2 - 1

    def beyond(other: float) -> float:
        spread = 1 + mean_rows * ((1 - other) / (2 - other) + other / (1 + other))
        variance = other * (1 - other) / (area.cases * area.controls) * spread
        return abs(other - area.value) - Z95 * math.sqrt(max(0.0, variance))

    # At 0 and 1 the value itself is an answer too; the other one lies about this far from it.
    near = min(0.5, Z95**2 * (1 + mean_rows / 2) / (area.cases * area.controls)) / 10
    low = 0.0 if area.value <= 0 else float(brentq(beyond, 0.0, min(area.value, 1 - near)))
    high = 1.0 if area.value >= 1 else float(brentq(beyond, max(area.value, near), 1.0))
    return low, high
