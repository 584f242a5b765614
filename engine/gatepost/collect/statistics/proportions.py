"""Intervals of shares and of ratios of shares."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from statistics import NormalDist
from typing import Any

__all__ = [
    "CONFIDENCE",
    "Share",
    "counted",
    "difference",
    "holm",
    "proportion",
    "ratio_interval",
    "ratio_p_value",
    "score_z",
    "wilson",
]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """A share of ``n`` rows that say as much as ``n_effective`` independent rows of equal weight.

    ``exact`` is the quotient of counts (or of the sums of weights); what is made of several shares is made of these,
    and rounded once.
    """

    exact: Fraction
    n: int
    n_effective: float
    method: str = "wilson"

    @property
    def value(self) -> float:
        """The double nearest to the share."""
        return float(self.exact)


def wilson(share: float, n: float, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Give Wilson's score interval of a share (JASA 22, 1927); ``n`` is positive, and may be an effective number."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # At an empty or full cell the end is the share itself, which rounding would miss.
    low = 0.0 if share == 0 else max(0.0, middle - half)
    return low, 1.0 if share == 1 else min(1.0, middle + half)


def counted(successes: int, n: int) -> Share | None:
    """Give the share of counted rows, or nothing where there are none."""
    return Share(Fraction(successes, n), n, n) if n else None


def proportion(share: Share | None) -> dict[str, Any] | None:
    """Give a share as a metric, or nothing where there is no denominator."""
    if share is None:
        return None
    low, high = wilson(share.value, share.n_effective)
    return {"value": share.value, "low": low, "high": high, "n": share.n, "method": share.method}


def difference(one: Share, other: Share, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Give Newcombe's hybrid score interval of a difference of two shares (Statistics in Medicine 17, 1998)."""
    (low1, high1), (low2, high2) = (wilson(s.value, s.n_effective, confidence) for s in (one, other))
    gap = one.value - other.value
    return (
        max(-1.0, gap - math.hypot(one.value - low1, high2 - other.value)),
        min(1.0, gap + math.hypot(high1 - one.value, other.value - low2)),
    )


def score_z(x1: float, n1: float, x2: float, n2: float, ratio: float) -> float:
    """Give Miettinen and Nurminen's score statistic for p1 / p2 = ``ratio`` (Statistics in Medicine 4, 1985).

    Positive where the observed ratio is larger.
    """
    total = n1 + n2
    a = total * ratio
    b = -(n1 * ratio + x1 + n2 + x2 * ratio)
    c = x1 + x2
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    p2 = min(1.0, max(0.0, (-b - root) / (2 * a))) if a > 0 else x2 / n2
    p1 = min(1.0, ratio * p2)
    variance = (p1 * (1 - p1) / n1 + ratio * ratio * p2 * (1 - p2) / n2) * total / max(1.0, total - 1)
    difference = x1 / n1 - ratio * x2 / n2
    if variance <= 0:
        return 0.0 if abs(difference) < 1e-12 else math.copysign(math.inf, difference)
    return difference / math.sqrt(variance)


def ratio_interval(
    x1: float, n1: float, x2: float, n2: float, confidence: float = CONFIDENCE
) -> tuple[float, float | None]:
    """Give the score interval of p1 / p2 for x1 of n1 against x2 of n2 (Miettinen and Nurminen 1985).

    It holds for empty and full cells too. The upper end is absent where no ratio is too large.
    """
    from scipy.stats import norm

    limit = float(norm.ppf(1 - (1 - confidence) / 2))
    low = 0.0 if x1 == 0 else _crossing(lambda r: score_z(x1, n1, x2, n2, r) - limit)
    high = None if x2 == 0 else _crossing(lambda r: score_z(x1, n1, x2, n2, r) + limit)
    return low or 0.0, high


def _crossing(function: Callable[[float], float]) -> float | None:
    """Find where a falling function of the ratio crosses zero."""
    from scipy.optimize import brentq

    lower, upper = 1e-9, 1.0
    if function(lower) <= 0:
        return lower
    while function(upper) > 0:
        upper *= 2
        if upper > 1e9:
            return None
    return float(brentq(function, lower, upper, xtol=1e-12, rtol=1e-12))


def ratio_p_value(x1: float, n1: float, x2: float, n2: float) -> float:
    """Give the two-sided p value of the score test that both shares are equal."""
    from scipy.stats import norm

    return float(min(1.0, 2 * norm.sf(abs(score_z(x1, n1, x2, n2, 1.0)))))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values for being tested together (Holm 1979)."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted
