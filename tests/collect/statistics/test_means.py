from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from gatepost.collect.statistics.means import area_metric, area_under_curve, mean, paired_areas


def test_a_mean_has_the_t_interval() -> None:
    # of 1, 2, 3, 4: 2.5 +- t(0.975, 3) * s / sqrt(4) = 2.5 +- 3.18245 * 1.29099 / 2
    metric = mean(2.5, 1.29099 / 2, 4, 3, "student-t")
    assert (metric["value"], metric["low"], metric["high"]) == pytest.approx((2.5, 0.44572, 4.55428), abs=1e-4)
    assert mean(4.0, None, 1, 0, "student-t") == {"value": 4.0, "n": 1}


def test_the_area_covers_what_it_says() -> None:
    generator = np.random.default_rng(3)
    truth = NormalDist().cdf(1 / math.sqrt(2))  # normal scores one unit apart
    covered = 0
    for _ in range(300):
        positive = np.repeat([True, False], [60, 90])
        score = generator.normal(size=150) + positive
        order = np.argsort(score)
        area = area_under_curve(positive[order], score[order])
        assert area is not None
        metric = area_metric(area)
        covered += metric["low"] <= truth <= metric["high"]
    assert 0.91 <= covered / 300 <= 0.985


def test_a_perfect_area_has_an_interval_down_from_1() -> None:
    area = area_under_curve(np.repeat([False, True], [20, 10]), np.arange(30.0))
    assert area is not None
    metric = area_metric(area)
    assert (metric["value"], metric["high"]) == (1.0, 1.0)
    # Its low end is where 1 lies just within 1.96 of the errors that Hanley and McNeil give.
    low = metric["low"]
    first, second = low / (2 - low), 2 * low**2 / (1 + low)
    spread = low * (1 - low) + 14 * (first - low**2) + 14 * (second - low**2)
    assert 1 - low == pytest.approx(1.959964 * math.sqrt(spread / 200), rel=1e-6)
    turned = area_under_curve(np.repeat([True, False], [10, 20]), np.arange(30.0))
    assert turned is not None
    worst = area_metric(turned)
    assert (worst["value"], worst["low"]) == (0.0, 0.0)
    assert worst["high"] == pytest.approx(1 - low)


def test_a_weight_that_counts_rows_is_as_many_rows() -> None:
    generator = np.random.default_rng(5)
    positive, score = generator.random(60) < 0.4, np.sort(generator.normal(size=60).round(1))
    other, weight = generator.normal(size=60).round(1), generator.integers(1, 5, 60).astype(float)
    times = weight.astype(int)
    many = [np.repeat(column, times) for column in (positive, score, other)]
    area, expanded = area_under_curve(positive, score, weight, frequency=True), area_under_curve(*many[:2])
    assert area is not None
    assert expanded is not None
    assert area_metric(area) == pytest.approx(area_metric(expanded))
    assert paired_areas(positive, score, other, weight, frequency=True) == pytest.approx(paired_areas(*many))
