"""Means over the classes of a confusion matrix, with intervals."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from gatepost.collect.statistics.proportions import Share, proportion

__all__ = ["class_means"]

Cells = tuple[Fraction, ...]


def class_means(sums: Any, squares: Any, rows: int) -> dict[str, dict[str, Any]]:
    """Give ``f1_macro``, ``f1_weighted`` and ``balanced_accuracy`` (mean recall) as scikit-learn defines them.

    Their variance is that of the linearised function of the cells, which are multinomial (Takahashi et al., Applied
    Intelligence 52, 2022).

    Args:
        sums: numpy array of shape (classes, classes), weights by true class (row) and predicted one (column).
        squares: the same of squared weights; none where cells do not tell the variance, so that there is no interval.
        rows: how many rows there are.
    """
    import numpy as np

    actual, said, right = sums.sum(axis=1), sums.sum(axis=0), np.diag(sums)
    counted = actual + said > 0  # a class that is neither true nor predicted anywhere has no F1
    occurs = actual > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        f1 = np.where(counted, 2 * right / (actual + said), 0.0)
        recall = np.where(occurs, right / actual, 0.0)
        # Derivatives of the F1 of a class: by its own cell 2 / (a + s) more, by each cell of its row and column less.
        slope = np.where(counted, f1 / (actual + said), 0.0)
        own = np.where(counted, 2 / (actual + said), 0.0)
        recall_slope = np.where(occurs, recall / actual, 0.0)
        recall_own = np.where(occurs, 1 / actual, 0.0)
    macro = counted / counted.sum()
    weighted = actual / actual.sum()
    balanced = occurs / occurs.sum()
    gradients = {
        "f1_macro": _gradient(own * macro, slope * macro, both=True),
        "f1_weighted": _gradient(own * weighted, slope * weighted, both=True)
        + ((f1 - f1 @ weighted) / actual.sum())[:, None],
        "balanced_accuracy": _gradient(recall_own * balanced, recall_slope * balanced, both=False),
    }
    most = {"f1_weighted": float(rows)} | dict.fromkeys(
        ("f1_macro", "balanced_accuracy"), _most(actual, squares, rows)
    )
    exact = _exact(*(tuple(map(Fraction, cells.tolist())) for cells in (actual, said, right)))
    return {name: _metric(exact[name], gradient, squares, rows, most[name]) for name, gradient in gradients.items()}


def _exact(actual: Cells, said: Cells, right: Cells) -> dict[str, Fraction]:
    """Return the means over classes from the rows (or weights) that are, that were said to be, and rightly so."""
    sizes = list(zip(actual, said, right, strict=True))
    counted = [(a, 2 * r / (a + s)) for a, s, r in sizes if a + s > 0]
    recalls = [r / a for a, _, r in sizes if a > 0]
    return {
        "f1_macro": sum((f1 for _, f1 in counted), Fraction()) / len(counted),
        "f1_weighted": sum((a * f1 for a, f1 in counted), Fraction()) / sum(actual),
        "balanced_accuracy": sum(recalls, Fraction()) / len(recalls),
    }


def _gradient(own: Any, slope: Any, *, both: bool) -> Any:
    import numpy as np

    found = np.diag(own) - slope[:, None]
    return found - slope[None, :] if both else found


def _most(actual: Any, squares: Any, rows: int) -> float:
    """Return how many rows a mean over K classes is worth at most: K^2 / sum of 1 / n_k.

    So many rows have a share with the variance of a mean of K shares of n_k rows, where all shares are equal. More is
    never claimed, or a class of three rows, all of them right, would seem certain.
    """
    if squares is None:
        return float(rows)
    sizes = [total**2 / own for total, own in zip(actual, squares.sum(axis=1), strict=True) if total > 0]
    return float(len(sizes) ** 2 / sum(1 / size for size in sizes))


def _metric(exact: Fraction, gradient: Any, squares: Any, rows: int, most: float) -> dict[str, Any]:
    value = float(exact)
    if squares is None:
        return {"value": value, "n": rows}
    variance = float((gradient**2 * squares).sum()) * rows / max(1, rows - 1)
    within = variance > 0 and 0 < value < 1
    effective = max(1.0, min(most, value * (1 - value) / variance)) if within else most
    metric = proportion(Share(exact, rows, effective, "wilson, linearised effective n"))
    assert metric is not None
    return metric
