"""How values read: integers exact, other numbers with 4 significant digits, more where two would read the same."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

__all__ = ["LEAST_DIGITS", "digits_for", "show"]

LEAST_DIGITS, _MOST = 4, 17


def digits_for(values: Iterable[Any]) -> int:
    """Return the significant digits with which all the different numbers among the values read differently."""
    numbers = {float(v) for v in values if isinstance(v, (int, float)) and not isinstance(v, bool)}
    for digits in range(LEAST_DIGITS, _MOST):
        if len({_number(number, digits) for number in numbers}) == len(numbers):
            return digits
    return _MOST


def show(value: Any, digits: int = LEAST_DIGITS) -> str:
    """Return a value as a person reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value, digits)
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, datetime):
        return f"{value.replace(microsecond=0, tzinfo=None).isoformat()}Z"
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}s"
    if isinstance(value, list):
        if len(value) <= 5 and all(isinstance(item, (str, int, float)) for item in value):
            return ", ".join(show(item, digits) for item in value)
        return f"{len(value)} items"
    if isinstance(value, dict):
        return f"{len(value)} fields"
    return json.dumps(value, default=str)


def _number(value: float, digits: int) -> str:
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    if magnitude >= 15 or magnitude < -5:
        return f"{value:.{digits - 1}e}"
    # The digits before the point are never rounded away.
    decimals = max(0, digits - 1 - magnitude)
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
