"""Intervals of means of skewed values, by Hall's transformation, and when a few values decide too much for any.

Skewness here is that of the mean: sum z^3 / (sum z^2)^1.5 over the deviations z, from -1 to 1. A single value that is
far from all others gives 1; errors whose squares have no variance stay near 0.4, however many rows there are.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

__all__ = ["LEAST_OF_A_CLASS", "Kind", "ends", "too_skewed", "without_interval"]

LEAST_OF_A_CLASS = 4
"""Rows of each class from which the losses of scores have an interval: without any, their spread looks like none."""

Kind = Literal["bounded", "unbounded", "squared"]
"""What is averaged: losses with a bound (or nearly: log loss), errors of any size, or squares of these."""
_MOST = {"bounded": 0.6, "unbounded": 0.4}


def ends(center: float, error: float, freedom: float, skewness: float) -> tuple[float, float]:
    """Return the ends of the 95 % interval: the wider of Hall's and Student's t at each end.

    Hall's transformation takes the skewness out of the t statistic (P. Hall, Journal of the Royal Statistical Society
    B 54, 1992); the t interval alone covers too seldom for skewed values, his alone sometimes a little.

    Args:
        center: the mean, or another function of means.
        error: its standard error.
        freedom: degrees of freedom, 1 at least.
        skewness: that of the mean, from -1 to 1.
    """
    from scipy.stats import t

    quantile = float(t.ppf(0.975, freedom))
    low, high = (center - error * _untransformed(sign * quantile, skewness) for sign in (1, -1))
    return min(low, center - error * quantile), max(high, center + error * quantile)


def _untransformed(value: float, skewness: float) -> float:
    """Return the t statistic whose transformation has a value."""
    if abs(skewness) < 1e-6:
        return value
    return 3 / skewness * (math.cbrt(1 + skewness * value - skewness**2 / 6) - 1)


def too_skewed(kind: Kind, units: int, skewness: float) -> str | None:
    """Return why a mean has no interval, or nothing where it has one: limits by simulation, in numbers.md.

    Args:
        kind: what is averaged.
        units: independent rows or clusters.
        skewness: that of the mean, from -1 to 1.
    """
    most = max(0.2, min(0.3, 4 / math.sqrt(units))) if kind == "squared" else _MOST[kind]
    if abs(skewness) <= most:
        return None
    return f"a few rows decide it: its skewness is {abs(skewness):.2f}, and intervals hold up to {most:.2g}"


def without_interval(metric: Mapping[str, Any], reason: str) -> dict[str, Any]:
    """Return a metric that says why it has no interval."""
    kept = {key: value for key, value in metric.items() if key in ("value", "n")}
    return {**kept, "no_interval_reason": reason}
