from __future__ import annotations

import datetime
import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatepost.collect.interface import CollectorError
from gatepost.collect.plain import plain


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Decimal("1.0"), 1),
        (Decimal("0.25"), 0.25),
        (Decimal("1e300"), 1e300),
        (Decimal(2**80), 2**80),
        (Fraction(1, 4), 0.25),
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array(["2026-01-01"], dtype="datetime64[D]"), ["2026-01-01"]),
        (pd.Series([1.5, 2.5]), [1.5, 2.5]),
        (pd.Timestamp("2026-01-02T03:04:05"), "2026-01-02T03:04:05"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), "2026-01-02T00:00:00+00:00"),
        ((1, "a", None, 2.5), [1, "a", None, 2.5]),
        ({1: {"a": np.int8(3)}}, {"1": {"a": 3}}),
    ],
    ids=repr,
)
def test_values_of_engines_and_libraries_become_json(value: Any, expected: Any) -> None:
    found = plain(value)
    assert found == expected
    assert json.loads(json.dumps(found)) == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (float("nan"), "/a/1 is nan, not a finite number"),
        (np.float32("inf"), "/a/1 is inf, not a finite number"),
        (Decimal("NaN"), "/a/1 is nan, not a finite number"),
        (1j, "/a/1 is of the type complex, which evidence does not hold"),
        (b"x", "/a/1 is of the type bytes, which evidence does not hold"),
        ({1}, "/a/1 is of the type set, which evidence does not hold"),
        (np.float64, "/a/1 is of the type type, which evidence does not hold"),
    ],
    ids=repr,
)
def test_what_json_cannot_hold_is_refused_with_its_field(value: Any, what: str) -> None:
    with pytest.raises(CollectorError) as caught:
        plain({"a": [0, value]})
    assert caught.value.what == what
