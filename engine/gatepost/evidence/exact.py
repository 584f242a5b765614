"""Exact arithmetic on values that evidence stores as doubles.

A share of counted rows is the double nearest to k / n. The difference of two such doubles is not the double nearest
to the difference of the shares: 0.85 - 0.70 is 0.15000000000000002. So differences are taken of the numbers that the
doubles stand for, and rounded once.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

__all__ = ["difference", "half_width", "number"]

_LARGEST_COUNT = 2**53


def number(value: float, n: int | None = None) -> Fraction:
    """Return the exact number that a double stands for.

    That is k / n where the double is the one nearest to a share of ``n`` rows, else its shortest decimal form, as it
    stands in the evidence file.
    """
    if n and abs(value) <= _LARGEST_COUNT / n:
        count = round(value * n)
        if count / n == value:
            return Fraction(count, n)
    return Fraction(repr(float(value)))


def difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> float | None:
    """Return the value of a metric minus that of another, rounded once; None where no double is that large."""
    try:
        return float(number(one["value"], one.get("n")) - number(other["value"], other.get("n")))
    except OverflowError:
        return None


def half_width(low: float, high: float) -> float:
    """Return half the width of an interval, from the decimal forms of its ends."""
    return float((Decimal(repr(high)) - Decimal(repr(low))) / 2)
