from __future__ import annotations

import numpy as np
import pytest

from gatepost.collect.statistics.proportions import (
    counted,
    holm,
    proportion,
    ratio_interval,
    ratio_p_value,
    score_z,
    wilson,
)


def test_wilson_equals_the_textbook() -> None:
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (x, n), interval in published.items():
        assert wilson(x / n, n) == pytest.approx(interval, abs=5e-5)


def test_a_share_without_rows_is_absent() -> None:
    assert proportion(counted(0, 0)) is None
    assert proportion(counted(1, 2)) == pytest.approx(
        {"value": 0.5, "low": 0.0945, "high": 0.9055, "n": 2, "method": "wilson"}, abs=1e-4
    )


@pytest.mark.parametrize("cells", [(30, 100, 50, 100), (3, 40, 20, 30), (9, 10, 55, 60)])
def test_the_score_interval_is_where_the_test_turns(cells: tuple[int, int, int, int]) -> None:
    low, high = ratio_interval(*cells)
    assert high is not None
    assert score_z(*cells, low) == pytest.approx(1.95996, abs=1e-4)
    assert score_z(*cells, high) == pytest.approx(-1.95996, abs=1e-4)
    ratio = (cells[0] / cells[1]) / (cells[2] / cells[3])
    assert low < ratio < high


@pytest.mark.parametrize(
    "cells", [(0, 30, 50, 100), (30, 30, 100, 100), (30, 30, 30, 30), (1, 1, 50, 100), (5, 5, 3, 9)]
)
def test_empty_and_full_cells_have_an_interval_that_holds_the_ratio(cells: tuple[int, int, int, int]) -> None:
    low, high = ratio_interval(*cells)
    ratio = (cells[0] / cells[1]) / (cells[2] / cells[3])
    assert high is not None
    assert low <= ratio <= high
    assert low < high
    assert 0 <= ratio_p_value(*cells) <= 1


def test_a_reference_without_anyone_has_no_upper_end() -> None:
    assert ratio_interval(5, 10, 0, 10)[1] is None


def test_the_test_agrees_with_the_interval() -> None:
    for x in range(5, 50, 5):
        low, high = ratio_interval(x, 50, 30, 60)
        assert high is not None
        assert (ratio_p_value(x, 50, 30, 60) < 0.05) == (not low <= 1 <= high)


def test_holm_is_that_of_the_paper() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_the_score_interval_covers_what_it_says() -> None:
    generator = np.random.default_rng(7)
    covered = 0
    for _ in range(600):
        x1, x2 = int(generator.binomial(60, 0.2)), int(generator.binomial(80, 0.3))
        low, high = ratio_interval(x1, 60, x2, 80)
        covered += low <= 2 / 3 <= (high or 1e9)
    assert 0.925 <= covered / 600 <= 0.975
