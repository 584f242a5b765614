"""Values made of counts are the doubles nearest to the exact ratio, and their differences are rounded once."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.evidence.exact import difference, half_width, number

COUNTS = st.integers(1, 10_000_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS)
def test_a_share_of_rows_stands_for_its_counts(counts: tuple[int, int]) -> None:
    k, n = counts
    assert number(k / n, n) == Fraction(k, n)


@given(COUNTS, COUNTS)
def test_a_difference_of_shares_is_rounded_once(one: tuple[int, int], other: tuple[int, int]) -> None:
    (a, b), (c, d) = one, other
    found = difference({"value": a / b, "n": b}, {"value": c / d, "n": d})
    assert found == float(Fraction(a, b) - Fraction(c, d))


@pytest.mark.parametrize("n", [20, 40, 100, 200, 1000])
def test_a_drop_of_exactly_the_limit_is_never_above_it(n: int) -> None:
    lost = 15 * n // 100
    for right in range(lost, n + 1):
        assert difference({"value": right / n, "n": n}, {"value": (right - lost) / n, "n": n}) == 0.15


def test_without_counts_the_decimal_form_counts() -> None:
    for hundredths in range(15, 101):
        high, low = hundredths / 100, (hundredths - 15) / 100
        assert difference({"value": high}, {"value": low}) == 0.15
    assert difference({"value": 3}, {"value": 1}) == 2.0
    assert number(0.1, 3) == Fraction(1, 10)
    assert number(1e-7) == Fraction(1, 10**7)


def test_half_widths_are_those_of_the_decimal_ends() -> None:
    assert half_width(0.55, 1.05) == 0.25
    assert half_width(0.1, 0.4) == 0.15 != (0.4 - 0.1) / 2
    assert half_width(1, 3) == 1.0


def test_what_no_double_holds_is_no_difference() -> None:
    assert difference({"value": 1.7e308, "n": 5}, {"value": -1.7e308}) is None
