"""What a collector found, made plain JSON data in one place: decimals, dates, NumPy's scalars and arrays."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.evidence.pointers import pointer

__all__ = ["plain", "scalar"]

_MOST_WHOLE = 10**38


def plain(value: Any, path: tuple[str | int, ...] = ()) -> Any:
    """Return data as JSON holds it.

    Raises:
        CollectorError: a value has no place in JSON; the message names the field.
    """
    if type(value) in (str, int, bool):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(part, (*path, str(key))) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part, (*path, number)) for number, part in enumerate(value)]
    found = scalar(value)
    if isinstance(found, (list, dict)):
        return plain(found, path)
    if isinstance(found, float) and not math.isfinite(found):
        raise CollectorError(f"{pointer(path)} is {found}, not a finite number")
    if found is None or isinstance(found, (str, int, float)):
        return found
    raise CollectorError(f"{pointer(path)} is of the type {type(value).__name__}, which evidence does not hold")


def scalar(value: Any) -> Any:
    """Return a single value of an engine or a library as Python's own: a number, a text, a boolean; others unchanged.

    A decimal that is whole becomes an integer, dates and times become their ISO 8601 text.
    """
    if not isinstance(value, type) and type(value).__module__ in ("numpy", "pandas") and hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (Decimal, Fraction)):
        # Beyond that, the integer of a decimal with a large exponent could have any number of digits.
        is_small = math.isfinite(value) and -_MOST_WHOLE < value < _MOST_WHOLE
        return int(value) if is_small and value == int(value) else float(value)
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    return value
