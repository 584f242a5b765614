from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from gatepost.report.html.scale import scale

numbers = st.floats(-1e9, 1e9, allow_nan=False)


@given(st.lists(numbers, min_size=1, max_size=20))
def test_an_axis_holds_all_values_between_round_ticks(values: list[float]) -> None:
    axis = scale(values, 10.0, 400.0)
    unseen = 1e-6 * (axis.high - axis.low)
    assert axis.low - unseen <= min(values)
    assert max(values) <= axis.high + unseen
    assert axis.ticks[0] == axis.low or math.isclose(axis.ticks[0], axis.low)
    assert list(axis.ticks) == sorted(set(axis.ticks))
    assert 2 <= len(axis.ticks) <= 8
    places = [axis.at(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(10.0 <= place <= 410.0 for place in places)


def test_round_ticks() -> None:
    assert scale([0.02, 0.93], 0, 100).ticks == (0, 0.2, 0.4, 0.6, 0.8, 1.0)
    assert scale([0.41], 0, 100, least=(0.0, 1.0)).ticks == (0, 0.2, 0.4, 0.6, 0.8, 1.0)
    assert scale([-0.03, 0.011], 0, 100).ticks == (-0.03, -0.02, -0.01, 0.0, 0.01, 0.02)
    assert scale([], 0, 100).ticks == (0, 0.2, 0.4, 0.6, 0.8, 1.0)
    assert scale([float("nan"), float("inf"), 3.0], 0, 100).at(3.0) == 50.0


def test_what_lies_outside_is_put_at_the_edge() -> None:
    axis = scale([0, 1], 0, 100)
    assert (axis.at(-5), axis.at(0.25), axis.at(7)) == (0, 25, 100)
