from __future__ import annotations

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.collect.tabular.averages import _few_digits

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(FINITE, FINITE)
def test_a_middle_leaves_no_more_than_the_range_is_wide(one: float, other: float) -> None:
    low, high = min(one, other), max(one, other)
    middle = _few_digits(low, high)
    assert math.isfinite(middle)
    widest = max(abs(low - middle), abs(high - middle))
    assert middle == 0 or widest <= (high - low) or low == high


@pytest.mark.parametrize("value", [0.0, -0.0, 5e-324, 1e9, -1e308])
def test_a_constant_column_is_its_own_middle(value: float) -> None:
    assert _few_digits(value, value) == value


def test_what_is_left_of_whole_numbers_is_exact() -> None:
    values = pd.Series([2**40 + number for number in range(-3, 4)], dtype="float64")
    middle = _few_digits(values.min(), values.max())
    assert (values - middle).sum() + 7 * middle == values.sum()
