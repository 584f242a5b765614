"""Groups of people against each other: the reference, impact ratios, and a summary by attribute.

The reference of an attribute is by default its most selected group, among groups large enough to be one. The choice
of the largest of several rates is allowed for: with k groups that could have been chosen, an interval of one group
holds at level 1 - 0.05 / (k - 1), and the adjusted interval, which holds for all groups together, at
1 - 0.05 / (k (k - 1) / 2) (Bonferroni over the pairs).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.collect.statistics.proportions import Share, difference, holm, ratio_interval, ratio_p_value
from gatepost.collect.statistics.spread import largest_gap_null
from gatepost.collect.tabular.rates import Groups
from gatepost.problems import did_you_mean

__all__ = ["SMALL_SHARE", "Comparing", "attribute_summary"]

MIN_REFERENCE_N = 30
SMALL_SHARE = 0.02
_ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Comparing:
    """How groups are compared: who is the reference, and how many rows it has at least."""

    reference: str = "most_selected"
    least: int = MIN_REFERENCE_N

    def able(self, rows: Mapping[str, int]) -> list[str]:
        """Give the groups that may be a reference, from the rows of each."""
        total = sum(rows.values())
        return [name for name, n in rows.items() if n >= self.least and n >= SMALL_SHARE * total]

    def choose(self, attribute: str, shares: Mapping[str, Share]) -> str | None:
        """Give the reference group of an attribute; none where no group is large enough.

        Raises:
            CollectorError: a group is named that there is not.
        """
        able = self.able({name: share.n for name, share in shares.items()})
        if self.reference == "largest":
            return max(able, key=lambda name: shares[name].n, default=None)
        if self.reference in shares:
            return self.reference
        # A name is one of an attribute's groups; crossings take their most selected.
        if self.reference == "most_selected" or " x " in attribute:
            return max(able, key=lambda name: (shares[name].value, shares[name].n), default=None)
        advice = did_you_mean(self.reference, shares) or "it has: " + ", ".join(shares)
        what = f"`{attribute}` has no group `{self.reference}`"
        raise CollectorError(what, option=("reference",), advice=advice)

    def ratios(self, shares: Mapping[str, Share], reference: str) -> dict[str, dict[str, Any]]:
        """Give the ratio of each group's share to that of the reference, as metrics; the reference has none."""
        base = shares[reference]
        if base.value == 0:
            return {}
        single, together = self._comparisons(shares)
        others = {name: share for name, share in shares.items() if name != reference}
        p_values = [ratio_p_value(*_counts(share, base)) for share in others.values()]
        found = {}
        for (name, share), p_adjusted in zip(others.items(), holm(p_values), strict=True):
            low, high = ratio_interval(*_counts(share, base), 1 - _ALPHA / single)
            low_adjusted, high_adjusted = ratio_interval(*_counts(share, base), 1 - _ALPHA / together)
            metric = {
                "value": share.value / base.value,
                "low": low,
                "high": high,
                "n": share.n,
                "method": share.method.replace("wilson", "miettinen-nurminen"),
                "low_adjusted": low_adjusted,
                "high_adjusted": high_adjusted,
                "p_adjusted": p_adjusted,
            }
            found[name] = {key: value for key, value in metric.items() if value is not None}
        return found

    def differences(self, shares: Mapping[str, Share], reference: str) -> dict[str, dict[str, Any]]:
        """Give the share of each group minus that of the reference, as metrics; the reference has none."""
        single, together = self._comparisons(shares)
        base, found = shares[reference], {}
        for name, share in shares.items():
            if name != reference:
                low, high = difference(share, base, 1 - _ALPHA / single)
                low_adjusted, high_adjusted = difference(share, base, 1 - _ALPHA / together)
                found[name] = {
                    "value": share.value - base.value,
                    "low": low,
                    "high": high,
                    "n": share.n,
                    "method": share.method.replace("wilson", "newcombe"),
                    "low_adjusted": low_adjusted,
                    "high_adjusted": high_adjusted,
                }
        return found

    def _comparisons(self, shares: Mapping[str, Share]) -> tuple[int, int]:
        """Give how many comparisons the interval of one group allows for, and those of all groups together."""
        others = max(1, len(shares) - 1)
        if self.reference != "most_selected":
            return 1, others
        # Where the reference is chosen by its rate, any pair of groups could have been compared.
        single = max(1, len(self.able({name: share.n for name, share in shares.items()})) - 1)
        return single, max(single, len(shares) * others // 2)


def _counts(share: Share, base: Share) -> tuple[float, float, float, float]:
    effective, base_effective = share.n_effective, base.n_effective
    return share.value * effective, effective, base.value * base_effective, base_effective


def attribute_summary(groups: Groups, names: Iterable[str]) -> dict[str, Any]:
    """Give the differences and ratios over groups by fairlearn; what is undefined is left out.

    Rates from counts with ``sample_weight`` equal those from the rows.
    """
    from fairlearn import metrics

    chosen = list(names)
    if len(chosen) < 2:
        return {}
    rows = [row for name in chosen for row in _rows(groups, name)]
    truth, predicted, features, weights = (list(column) for column in zip(*rows, strict=True))
    arguments = {"sensitive_features": features, "sample_weight": weights}
    found = {"demographic_parity_difference": metrics.demographic_parity_difference(truth, predicted, **arguments)}
    if any(predicted):
        found["demographic_parity_ratio"] = metrics.demographic_parity_ratio(truth, predicted, **arguments)
    if groups.labelled and all({t for t, _, of, _ in rows if of == name} == {0, 1} for name in chosen):
        found["equalized_odds_difference"] = metrics.equalized_odds_difference(truth, predicted, **arguments)
        # Where no one of a true value was selected at all, the ratio is 0 by 0.
        if all(any(p for t, p, _, _ in rows if t == value) for value in (0, 1)):
            found["equalized_odds_ratio"] = metrics.equalized_odds_ratio(truth, predicted, **arguments)
    n = sum(groups.rows(name) for name in chosen)
    summary: dict[str, Any] = {key: {"value": float(value), "n": n} for key, value in found.items()}
    shares = [share for name in chosen if (share := groups.share(name, "selection_rate"))]
    summary["demographic_parity_difference"]["null95"] = largest_gap_null(shares)
    return summary


_CELLS = {"tp": (1, 1), "fp": (0, 1), "fn": (1, 0), "tn": (0, 0)}


def _rows(groups: Groups, name: str) -> list[tuple[int, int, str, float]]:
    sums = groups.cells[name].sums
    return [(*_CELLS[cell], name, sums[cell]) for cell in sums if sums[cell]]
