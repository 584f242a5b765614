"""How far one distribution over bins is from another, and how far it would be by chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from gatepost.collect.statistics.means import DRAWS, SEED
from gatepost.collect.statistics.proportions import CONFIDENCE

__all__ = ["Shift", "chi_square", "population_stability_index", "shift"]

_MOST_DEALT = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Shift:
    """The population stability index and the Jensen-Shannon distance (base 2), each with its 95th
    percentile by chance.
    """

    psi: float
    psi_null95: float
    jensen_shannon: float
    jensen_shannon_null95: float


def shift(reference: Any, current: Any, compared: int = 1) -> Shift:
    """Compare two counts over the same bins.

    What chance gives is drawn by dealing the pooled rows out to the two sides anew, without replacement (permutation:
    multivariate hypergeometric counts). Drawing both sides from the pooled shares instead would leave out bins that
    neither table happens to show, and so give too little with many rare categories.

    Args:
        reference: numpy array of shape (bins,) of counts, one row at least.
        current: the same of the other table.
        compared: number of columns that are compared together. The percentiles allow for it (Bonferroni): in 95 % of
            pairs of tables without any drift, none of that many columns is beyond its own.
    """
    import numpy as np

    drawn = _dealt(reference, current, np.random.default_rng(SEED))
    return Shift(
        float(population_stability_index(reference, current)),
        _upper(population_stability_index(*drawn), compared),
        float(_jensen_shannon(reference, current)),
        _upper(_jensen_shannon(*drawn), compared),
    )


def _dealt(reference: Any, current: Any, generator: Any) -> tuple[Any, Any]:
    """Return counts of both sides by chance, as numpy arrays of shape (draws, bins).

    Where all rows are in one bin, a row more is assumed in another: dealing out can show no other bin than these.
    """
    import numpy as np

    pooled = reference + current
    pooled, n = pooled[pooled > 0], int(current.sum())
    if len(pooled) == 1:
        pooled = np.append(pooled, 1)
    if pooled.sum() < _MOST_DEALT:
        dealt = generator.multivariate_hypergeometric(pooled, n, size=DRAWS, method="marginals")
    else:  # NumPy deals no more rows; with so many, the number that fall to a side hardly varies.
        dealt = generator.binomial(pooled, n / pooled.sum(), size=(DRAWS, len(pooled)))
    return pooled - dealt, dealt


def _upper(drawn: Any, compared: int) -> float:
    """Return the percentile of draws that allows for a number of columns.

    With many columns it lies beyond the draws; there it is that of the gamma distribution with their mean and
    variance (exact for large counts, where the index is a multiple of chi-square), or the draws' own if larger.
    """
    import numpy as np

    level = 1 - (1 - CONFIDENCE) / compared
    # Two standard errors more, so that the noise of the draws makes no more false alarms than wanted.
    surely = min(1.0, level + 2 * math.sqrt(level * (1 - level) / len(drawn)))
    found = float(np.quantile(drawn, surely))
    mean, variance = float(drawn.mean()), float(drawn.var())
    if compared == 1 or variance == 0:
        return found
    from scipy.stats import gamma

    return max(found, float(gamma.ppf(level, mean * mean / variance, scale=variance / mean)))


def population_stability_index(reference: Any, current: Any) -> Any:
    """Return the sum over bins of (q - p) ln(q / p), p and q the shares (Siddiqi, Credit Risk Scorecards, 2006).

    A bin that is empty on one side counts as half a row there; one that is empty on both is left out. Arrays of shape
    (..., bins) give one of shape (...).
    """
    import numpy as np

    p = np.where(reference == 0, 0.5, reference) / reference.sum(axis=-1, keepdims=True)
    q = np.where(current == 0, 0.5, current) / current.sum(axis=-1, keepdims=True)
    return np.where((reference == 0) & (current == 0), 0.0, (q - p) * np.log(q / p)).sum(axis=-1)


def _jensen_shannon(reference: Any, current: Any) -> Any:
    from scipy.spatial.distance import jensenshannon

    return jensenshannon(reference, current, base=2, axis=-1)


def chi_square(reference: Any, current: Any) -> tuple[float, float]:
    """Return statistic and p value of the test that two counts have the same shares; none for bins empty in both."""
    import numpy as np
    from scipy.stats import chi2_contingency

    table = np.array([reference, current])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return 0.0, 1.0
    found = chi2_contingency(table, correction=False)
    return float(found.statistic), float(found.pvalue)
