"""Axes: from values to places on a drawing, with round ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Scale", "scale"]


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear axis from ``low`` to ``high`` over ``length`` units of the drawing, from ``start``."""

    low: float
    high: float
    start: float
    length: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Return the place of a value, to a tenth of a unit; what lies outside is put at the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * self.length, 1)


def scale(values: Iterable[float], start: float, length: float, *, least: tuple[float, float] | None = None) -> Scale:
    """Make an axis that holds all values, and at least the range ``least``.

    Its ticks are 1, 2 or 5 times a power of ten apart.
    """
    finite = [value for value in values if math.isfinite(value)] + list(least or ())
    low, high = min(finite, default=0.0), max(finite, default=1.0)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    step = _step((high - low) / 5)
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    count = round((high - low) / step)
    return Scale(low, high, start, length, tuple(round(low + number * step, 12) for number in range(count + 1)))


def _step(rough: float) -> float:
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
