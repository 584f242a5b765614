"""What chance alone gives for the largest of several differences.

A percentile interval of the largest difference cannot hold the true 0 where no groups differ: the largest of several
estimates is never 0. So the value comes with what it would be if nothing differed.
"""

from __future__ import annotations

from collections.abc import Sequence

from gatepost.collect.statistics.means import DRAWS, SEED
from gatepost.collect.statistics.proportions import Share

__all__ = ["largest_gap_null"]


def largest_gap_null(shares: Sequence[Share]) -> float:
    """Give the 95th percentile of the largest minus the smallest share where all groups are alike.

    The rows are dealt out to the groups anew (permutation: multivariate hypergeometric counts), with effective
    numbers of rows where these are weighted or clustered.
    """
    import numpy as np

    sizes = np.maximum(1, np.rint([share.n_effective for share in shares])).astype(np.int64)
    selected = round(float(sum(share.value * size for share, size in zip(shares, sizes, strict=True))))
    generator = np.random.default_rng(SEED)
    draws = generator.multivariate_hypergeometric(
        sizes, min(selected, int(sizes.sum())), size=DRAWS, method="marginals"
    )
    rates = draws / sizes
    return float(np.percentile(rates.max(axis=1) - rates.min(axis=1), 95))
