from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.evidence.numbers import digits_for, show


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.71023, "0.7102"),
        (0.8, "0.8"),
        (1.0, "1"),
        (12345.6, "12346"),
        (-0.00012345, "-0.0001234"),
        (1e-9, "1.000e-09"),
        (1e20, "1.000e+20"),
        (9007199254740993, "9007199254740993"),
        (0.0, "0"),
        (True, "true"),
        ("é", "é"),
        ([1, 2.5], "1, 2.5"),
        (["a"] * 9, "9 items"),
        ({"a": 1}, "1 fields"),
        (datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC), "2026-01-02T03:04:05Z"),
        (datetime.timedelta(hours=1), "3600s"),
    ],
)
def test_values_read_as_a_person_would_write_them(value: Any, shown: str) -> None:
    assert show(value) == shown


def test_numbers_that_would_read_the_same_get_more_digits() -> None:
    values = [0.79999, 0.8]
    digits = digits_for(values)
    assert [show(value, digits) for value in values] == ["0.79999", "0.8"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=4, unique=True))
def test_different_numbers_never_read_the_same(values: list[float]) -> None:
    digits = digits_for(values)
    assert len({show(value, digits) for value in values}) == len(set(values)) or digits == 17
