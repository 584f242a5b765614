"""How far one distribution over bins is from another, and how far it would be by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gatepost.collect.statistics.means import DRAWS, SEED

__all__ = ["Shift", "chi_square", "population_stability_index", "shift"]


@dataclass(frozen=True, slots=True)
class Shift:
    """The population stability index and the Jensen-Shannon distance (base 2), each with its 95th
    percentile by chance.
    """

    psi: float
    psi_null95: float
    jensen_shannon: float
    jensen_shannon_null95: float


def shift(reference: Any, current: Any) -> Shift:
    """Compare two counts over the same bins; numpy arrays of shape (bins,), each with a row at least.

    By chance: both are drawn from the pooled shares of the bins, with as many rows as they have. Where all rows are
    in one bin, half a row is assumed in another: from a single row nothing else could ever be drawn.
    """
    import numpy as np

    pooled = reference + current
    if np.count_nonzero(pooled) == 1:
        reference, current, pooled = (
            np.append(counts, last) for counts, last in ((reference, 0), (current, 0), (pooled, 0.5))
        )
    pooled = pooled / pooled.sum()
    generator = np.random.default_rng(SEED)
    drawn = [generator.multinomial(int(counts.sum()), pooled, size=DRAWS) for counts in (reference, current)]
    return Shift(
        float(population_stability_index(reference, current)),
        float(np.percentile(population_stability_index(*drawn), 95)),
        float(_jensen_shannon(reference, current)),
        float(np.percentile(_jensen_shannon(*drawn), 95)),
    )


def population_stability_index(reference: Any, current: Any) -> Any:
    """Give the sum over bins of (q - p) ln(q / p), p and q the shares (Siddiqi, Credit Risk Scorecards, 2006).

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
    """Give statistic and p value of the test that two counts have the same shares; none for bins empty in both."""
    import numpy as np
    from scipy.stats import chi2_contingency

    table = np.array([reference, current])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return 0.0, 1.0
    found = chi2_contingency(table, correction=False)
    return float(found.statistic), float(found.pvalue)
