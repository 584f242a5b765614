from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from gatepost.collect.statistics.means import area_metric, area_under_curve, mean


def test_a_mean_has_the_t_interval() -> None:
    # of 1, 2, 3, 4: 2.5 +- t(0.975, 3) * s / sqrt(4) = 2.5 +- 3.18245 * 1.29099 / 2
    metric = mean(2.5, 1.29099 / 2, 4, 3, "student-t")
    assert (metric["value"], metric["low"], metric["high"]) == pytest.approx((2.5, 0.44572, 4.55428), abs=1e-4)
    assert mean(4.0, None, 1, 0, "student-t", root=True) == {"value": 2.0, "n": 1}


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


def test_a_perfect_area_has_no_interval_that_would_be_a_lie() -> None:
    area = area_under_curve(np.array([False, False, True, True]), np.array([1.0, 2.0, 3.0, 4.0]))
    assert area is not None
    assert area_metric(area) == {"value": 1.0, "n": 4}
