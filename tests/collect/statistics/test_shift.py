"""What chance alone gives: by simulation of tables without any drift, and against exact counts of all deals."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import chi2

from gatepost.collect.statistics.shift import population_stability_index, shift


def false_alarms(shares: np.ndarray, rows: tuple[int, int], columns: int, runs: int) -> int:
    """Return in how many runs at least one of the columns is beyond what chance gives."""
    generator = np.random.default_rng(11)
    found = 0
    for _ in range(runs):
        drawn = [[generator.multinomial(n, shares) for n in rows] for _ in range(columns)]
        moved = [shift(old, new, columns) for old, new in drawn]
        found += any(one.psi > one.psi_null95 for one in moved)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "shares", [np.ones(100), np.ones(1000), 1 / np.arange(1.0, 1001)], ids=["100", "1000", "rare"]
)
@pytest.mark.parametrize("rows", [(1000, 1000), (5000, 500)])
def test_many_categories_are_called_drift_as_seldom_as_few(shares: np.ndarray, rows: tuple[int, int]) -> None:
    # 5 % of 200 are 10; more than 18 come by chance in 1 of 100 cases.
    assert false_alarms(shares / shares.sum(), rows, 1, 200) <= 18


@pytest.mark.slow
@pytest.mark.parametrize("columns", [13, 50])
def test_the_more_columns_the_higher_is_what_chance_gives_to_one(columns: int) -> None:
    assert false_alarms(np.ones(11) / 11, (400, 300), columns, 200) <= 18


def test_the_percentile_is_that_of_all_ways_to_deal_the_rows_out() -> None:
    rows = np.repeat([0, 1, 2], [5, 4, 3])
    dealt = [np.bincount(rows[list(chosen)], minlength=3) for chosen in combinations(range(12), 6)]
    pooled = np.bincount(rows)
    exact = np.percentile([population_stability_index(pooled - one, one) for one in dealt], 95)
    found = shift(np.array([3, 2, 1]), np.array([2, 2, 2]))
    assert found.psi_null95 == pytest.approx(exact)


def test_more_rows_than_numpy_deals_are_taken_too() -> None:
    found = shift(np.array([900_000_000, 100_000_000]), np.array([899_990_000, 100_010_000]))
    # By the chi-square distribution with 1 degree of freedom, times 1 / n + 1 / m: from its 95th percentile to as far
    # beyond it as the noise of 2,000 draws leaves open (twice two standard errors: the 97th).
    low, high = (chi2.ppf(level, 1) * 2 / 1e9 for level in (0.95, 0.97))
    assert low <= found.psi_null95 <= high
    assert found.psi < found.psi_null95


def test_a_bin_without_rows_changes_nothing() -> None:
    assert shift(np.array([3, 0, 4]), np.array([5, 0, 1])) == shift(np.array([3, 4]), np.array([5, 1]))
