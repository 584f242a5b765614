"""Intervals of means, of the area under the ROC curve, and of what only resampling reaches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["area_under_curve", "mean", "resampled"]

SEED = 20260101
DRAWS = 2000


def mean(values: Any, transform: Callable[[float], float] | None = None) -> dict[str, Any]:
    """Give the mean of row-wise values as a metric, with the t interval; ``transform`` (monotone) is put on all.

    Args:
        values: numpy array of shape (n,).
    """
    import numpy as np
    from scipy import stats

    change = transform or (lambda value: value)
    n = len(values)
    center = float(np.mean(values))
    metric: dict[str, Any] = {"value": change(center), "n": n}
    if n < 2:
        return metric
    half = float(stats.t.ppf(0.975, n - 1) * np.std(values, ddof=1) / np.sqrt(n))
    low = center - half if transform is None else max(0.0, center - half)
    return {**metric, "low": change(low), "high": change(center + half), "method": "student-t"}


def area_under_curve(positive: Any, score: Any) -> dict[str, Any]:
    """Give the area under the ROC curve as a metric, with DeLong's variance (Biometrics 44, 1988) on the logit scale.

    Args:
        positive: boolean numpy array of shape (n,), with both values in it.
        score: numpy array of shape (n,), larger for the positive class.
    """
    import numpy as np
    from scipy import stats
    from sklearn.metrics import roc_auc_score

    value = float(roc_auc_score(positive, score))
    cases, controls = score[positive], score[~positive]
    metric = {"value": value, "n": len(score)}
    if len(cases) < 2 or len(controls) < 2:
        return metric
    # Midranks give each row's placement among the other class (Sun and Xu 2014).
    ranks = stats.rankdata(np.concatenate([cases, controls]))
    m, n = len(cases), len(controls)
    above = (ranks[:m] - stats.rankdata(cases)) / n
    below = 1 - (ranks[m:] - stats.rankdata(controls)) / m
    error = float(np.sqrt(np.var(above, ddof=1) / m + np.var(below, ddof=1) / n))
    if not 0 < value < 1 or error == 0:
        return metric
    logit = np.log(value / (1 - value))
    half = stats.norm.ppf(0.975) * error / (value * (1 - value))
    low, high = (float(1 / (1 + np.exp(-(logit + sign * half)))) for sign in (-1, 1))
    return {**metric, "low": low, "high": high, "method": "delong-logit"}


def resampled(counts: Any, statistic: Callable[[Any], Any], n: int) -> dict[str, Any]:
    """Give a statistic of counts as a metric, with the percentile interval of resampled counts.

    Args:
        counts: numpy array of shape (cells,), the cells of a confusion matrix.
        statistic: takes an array of shape (draws, cells) and gives one of shape (draws,).
        n: the rows that the statistic is about.
    """
    import numpy as np

    total = int(counts.sum())
    generator = np.random.default_rng(SEED)
    draws = generator.multinomial(total, counts / total, size=DRAWS)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = statistic(draws)
        value = float(statistic(counts[None, :])[0])
    low, high = np.percentile(found[np.isfinite(found)], [2.5, 97.5])
    # A percentile interval can miss its own estimate where a count is tiny.
    low, high = min(float(low), value), max(float(high), value)
    return {"value": value, "low": low, "high": high, "n": n, "method": "resampled-counts"}
