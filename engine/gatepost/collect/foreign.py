"""Numbers in the JSON of other tools: some write counts as 96.0, none means a number by a text."""

from __future__ import annotations

import math
from typing import Any

__all__ = ["as_count", "as_number"]


def as_number(value: Any) -> float | int | None:
    """Return a finite number, or nothing where the value is something else (a text, true, NaN)."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value


def as_count(value: Any) -> int | None:
    """Return a count, also where it is written as 2.0; nothing where the value is not a whole number from 0 on."""
    found = as_number(value)
    return int(found) if found is not None and found >= 0 and float(found).is_integer() else None
