"""What an attacker may do to a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.collect.attacks.space import Space, make_space
from gatepost.collect.interface import CollectorError

FEATURES = ["whole", "real", "gaps", "fixed", "word"]


def table() -> pd.DataFrame:
    random = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "whole": random.integers(10, 60, 50),
            "real": random.normal(0, 3, 50),
            "gaps": random.integers(0, 9, 50).astype(float),
            "fixed": 4,
            "word": random.choice(["a", "b"], 50),
            "unread": random.normal(0, 1, 50),
        }
    )
    frame.loc[::5, "gaps"] = np.nan
    return frame


def space(units: str = "sd", mutable: tuple[str, ...] = ("whole", "real", "gaps")) -> Space:
    return make_space(table(), np.arange(0, 50, 2), FEATURES, mutable, units)[0]


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ("sd", lambda column: column.std(ddof=0)),
        ("raw", lambda column: 1.0),
        ("share_of_range", lambda column: column.max() - column.min()),
    ],
)
def test_units_are_of_the_whole_data_not_of_the_sample(units: str, expected: Any) -> None:
    found = space(units)
    assert np.allclose(found.scale, [expected(table()[name]) for name in found.columns])
    assert found.low.tolist() == [table()[name].min() for name in found.columns]
    assert found.whole.tolist() == [True, False, True]


def test_columns_that_cannot_move_are_noted() -> None:
    found, notes = make_space(table(), np.arange(5), FEATURES, ["whole", "fixed", "unread"], "sd")
    assert found.columns == ("whole",)
    assert notes == ("fixed holds a single value, so it has no range to move in", "the model does not read unread")


@pytest.mark.parametrize(
    ("mutable", "said", "advice"),
    [("wohle", "has no column `wohle`", "did you mean `whole`?"), ("word", "does not hold numbers", "numeric")],
)
def test_a_column_that_is_no_number_or_not_there_is_refused(mutable: str, said: str, advice: str) -> None:
    with pytest.raises(CollectorError, match=said) as caught:
        make_space(table(), np.arange(5), FEATURES, ["whole", mutable], "sd")
    assert caught.value.option == ("mutable", 1)
    assert advice in caught.value.advice


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    eps=st.floats(0.01, 4.0),
    reach=st.floats(0.0, 8.0),
    norm=st.sampled_from(["inf", "2"]),
    units=st.sampled_from(["sd", "raw", "share_of_range"]),
)
def test_whatever_an_attack_gives_is_brought_to_what_the_data_can_be(
    seed: int, eps: float, reach: float, norm: str, units: str
) -> None:
    found = space(units)
    rows = np.arange(len(found.start))
    wild = found.start + np.random.default_rng(seed).normal(0, reach, found.start.shape) * found.scale
    values = found.project(wild, rows, eps, norm)
    assert found.distance(values, rows, norm).max() <= eps
    missing = np.isnan(found.start)
    assert (np.isnan(values) == missing).all()
    assert ((values >= found.low) & (values <= found.high) | missing).all()
    assert (np.isnan(values[:, found.whole]) | (values[:, found.whole] == np.rint(values[:, found.whole]))).all()
    frame = found.with_values(values, rows)
    assert frame.dtypes.tolist() == found.frame.dtypes.tolist()
    assert frame[["fixed", "word"]].equals(found.frame[["fixed", "word"]])


def test_a_whole_number_goes_as_far_as_the_budget_lets_it() -> None:
    found = space("raw", ("whole",))
    rows = np.arange(len(found.start))
    values = found.project(found.start + 2.9, rows, 2.9, "inf")
    assert (values == np.minimum(found.start + 2, found.high)).all()
    values = found.project(found.start - 0.9, rows, 1.0, "2")
    assert (values == np.maximum(found.start - 1, found.low)).all()
