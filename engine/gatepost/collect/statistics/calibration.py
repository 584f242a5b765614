"""The expected calibration error, and what it is for a calibrated model on as many rows.

The plain estimate is never 0: a perfectly calibrated model has about .09 on 200 rows and ten bins. So it comes with
its 95th percentile under calibration (Broecker and Smith, Weather and Forecasting 22, 2007, draw it likewise).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gatepost.collect.statistics.means import DRAWS, SEED

__all__ = ["Bin", "calibration_error", "calibration_null95"]


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows of like scores: their weight, effective number, mean score and share of positive ones."""

    low: float
    high: float
    n: int
    weight: float
    n_effective: float
    mean_score: float
    observed_rate: float


def calibration_error(bins: Sequence[Bin]) -> float:
    """Give the mean distance of observed rate and mean score, bins by their weight (Naeini et al., AAAI 2015)."""
    total = sum(one.weight for one in bins)
    # Sums of weights in another order differ by rounding.
    return min(1.0, sum(one.weight * abs(one.observed_rate - one.mean_score) for one in bins) / total)


def calibration_null95(bins: Sequence[Bin]) -> float:
    """Give the 95th percentile of the error where each bin's rate is its mean score, by binomial draws."""
    import numpy as np

    sizes = np.maximum(1, np.rint([one.n_effective for one in bins])).astype(np.int64)
    weights = np.array([one.weight for one in bins])
    means = np.clip([one.mean_score for one in bins], 0.0, 1.0)
    draws = np.random.default_rng(SEED).binomial(sizes, means, size=(DRAWS, len(bins))) / sizes
    errors = (np.abs(draws - means) * weights).sum(axis=1) / weights.sum()
    return float(np.percentile(errors, 95))
