"""A model against the baseline on the same rows: differences, with what pairing tells of their uncertainty.

Rows that both get right or both get wrong say nothing of the difference, so that an interval over pairs is narrower
than two intervals beside each other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from itertools import product
from typing import Any

from gatepost.collect.statistics.means import Z95
from gatepost.collect.tabular.columns import View
from gatepost.collect.tabular.rates import linearised
from gatepost.collect.tabular.totals import Totals, totals

__all__ = ["agreement", "normal", "paired_means", "paired_rates"]


def paired_rates(view: View, truth: Any, predicted: Any, other: Any) -> dict[str, dict[str, Any]]:
    """Give the differences of the rates of two binary classifiers; accuracy by McNemar's test.

    Args:
        view: the rows, with weights and clusters where there are such.
        truth: an Ibis expression, whether the true value is favorable.
        predicted: the same of the prediction.
        other: the same of the baseline's prediction.
    """
    cells = {}
    for is_true, is_selected, is_other in product((True, False), repeat=3):
        wanted = [(truth, is_true), (predicted, is_selected), (other, is_other)]
        one, two, three = (column if flag else ~column for column, flag in wanted)
        cells[_cell(is_true, is_selected) + _cell(is_true, is_other)] = one & two & three
    group = totals(view, (), cells)[""]
    own, theirs = (linearised(_matrix(group, side)) for side in (0, 1))
    found = {}
    for name in own.keys() & theirs.keys():
        gradient = {cell: own[name][1].get(cell[:2], 0.0) - theirs[name][1].get(cell[2:], 0.0) for cell in group.sums}
        difference = float(own[name][0] - theirs[name][0])
        found[name] = normal(difference, math.sqrt(group.variance(gradient)), group.n)
    right = ("tp", "tn")
    better = sum(group.sums[cell] for cell in group.sums if cell[:2] in right and cell[2:] not in right)
    worse = sum(group.sums[cell] for cell in group.sums if cell[:2] not in right and cell[2:] in right)
    if not group.products:
        found["accuracy"] = _mcnemar(int(better), int(worse), group.n)
    return {name: found[name] for name in own if name in found}


def agreement(view: View, right: Any, other_right: Any) -> dict[str, dict[str, Any]]:
    """Give the difference of accuracies, by McNemar's test where rows are neither weighted nor clustered.

    Args:
        view: the rows.
        right: an Ibis expression, whether the prediction is right.
        other_right: the same of the baseline's.
    """
    cells = {"better": right & ~other_right, "worse": ~right & other_right, "same": right == other_right}
    group = totals(view, (), cells)[""]
    if not group.products:
        return {"accuracy": _mcnemar(int(group.sums["better"]), int(group.sums["worse"]), group.n)}
    better, worse, same = (Fraction(group.sums[cell]) for cell in ("better", "worse", "same"))
    weight = float(better + worse + same)
    value = float((better - worse) / (better + worse + same))
    gradient = {"better": (1 - value) / weight, "worse": (-1 - value) / weight, "same": -value / weight}
    return {"accuracy": normal(value, math.sqrt(group.variance(gradient)), group.n)}


def paired_means(
    view: View, columns: Mapping[str, tuple[Any, Any]], roots: tuple[str, ...] = ()
) -> dict[str, dict[str, Any]]:
    """Give the differences of means of two columns; of those in ``roots`` the difference of the square roots."""
    import ibis

    asked: dict[str, Any] = {"one": ibis.literal(1)}
    for name, (own, other) in columns.items():
        asked |= {f"{name}_own": own, f"{name}_other": other}
    group = totals(view, (), asked, products=True)[""]
    weight = float(group.sums["one"])
    found = {}
    for name in columns:
        means = [float(group.sums[f"{name}_{side}"]) / weight for side in ("own", "other")]
        slopes = [1.0, 1.0]
        if name in roots:
            means = [math.sqrt(value) for value in means]
            slopes = [1 / (2 * value) if value > 0 else 0.0 for value in means]
        gradient = {f"{name}_own": slopes[0] / weight, f"{name}_other": -slopes[1] / weight}
        # What makes the gradient that of quotients: all sums together, scaled, change nothing.
        gradient["one"] = -sum(slope * float(group.sums[column]) for column, slope in gradient.items()) / weight
        found[name] = normal(means[0] - means[1], math.sqrt(group.variance(gradient)), group.n)
    return found


def _cell(is_true: bool, is_selected: bool) -> str:
    return ("t" if is_true == is_selected else "f") + ("p" if is_selected else "n")


def _matrix(group: Totals, side: int) -> dict[str, float]:
    found: dict[str, float] = dict.fromkeys(("tp", "fp", "fn", "tn"), 0)
    for cell, value in group.sums.items():
        found[cell[2 * side : 2 * side + 2]] += value
    return found


def _mcnemar(better: int, worse: int, n: int) -> dict[str, Any]:
    """Give the difference of accuracies of n rows, of which only one model is right on ``better`` and ``worse``.

    The p value is that of the exact test (McNemar, Psychometrika 12, 1947), the interval Agresti and Min's, with two
    rows added (Statistics in Medicine 24, 2005).
    """
    from scipy.stats import binomtest

    difference = (better - worse) / n
    b, c, rows = better + 0.5, worse + 0.5, n + 2
    middle = (b - c) / rows
    half = Z95 * math.sqrt(max(0.0, b + c - (b - c) ** 2 / rows)) / rows
    p_value = float(binomtest(better, better + worse).pvalue) if better + worse else 1.0
    return {
        "difference": difference,
        "low": min(difference, middle - half),
        "high": max(difference, middle + half),
        "p_value": p_value,
        "n": n,
        "method": "mcnemar, agresti-min",
    }


def normal(difference: float, error: float | None, n: int, method: str = "paired, linearised") -> dict[str, Any]:
    """Return a difference with the normal interval; without one where there is no error, or none but a difference.

    Where no row differs, the models are the same on these rows: the difference is 0, and so are the ends.
    """
    if error == 0 and difference == 0:
        return {"difference": 0.0, "low": 0.0, "high": 0.0, "p_value": 1.0, "n": n, "method": "no row differs"}
    if not error:
        return {"difference": difference, "n": n}
    return {
        "difference": difference,
        "low": difference - Z95 * error,
        "high": difference + Z95 * error,
        "p_value": math.erfc(abs(difference) / error / math.sqrt(2)),
        "n": n,
        "method": method,
    }
