"""Groups of people against each other: the reference, impact ratios, and a summary by attribute.

The reference of an attribute is by default its most selected group, among groups large enough to be one. The choice
of the largest of several rates is allowed for: with k groups that could have been chosen, an interval of one group
holds at level 1 - 0.05 / (k - 1), and the adjusted interval, which holds for all groups together, at
1 - 0.05 / (k (k - 1) / 2) (Bonferroni over the pairs).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
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
                "value": float(share.exact / base.exact),
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
                    "value": float(share.exact - base.exact),
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
    cases, base_cases = (float(one.exact * Fraction(one.n_effective)) for one in (share, base))
    return cases, effective, base_cases, base_effective


def attribute_summary(groups: Groups, names: Iterable[str]) -> dict[str, Any]:
    """Return the largest differences and smallest ratios of rates over groups; what is undefined is left out.

    They are fairlearn's ``demographic_parity_*`` and ``equalized_odds_*`` (between groups, the worse of the two true
    values), made of counts and rounded once.
    """
    chosen = list(names)
    if len(chosen) < 2:
        return {}
    shares = {rate: _shares(groups, chosen, rate) for rate in ("selection_rate", "tpr", "fpr")}
    selected, odds = shares["selection_rate"], [shares["tpr"], shares["fpr"]]
    found: dict[str, Fraction] = {"demographic_parity_difference": _gap(selected)}
    if any(share.exact for share in selected):
        found["demographic_parity_ratio"] = _ratio(selected)
    if groups.labelled and all(len(of) == len(chosen) for of in odds):
        found["equalized_odds_difference"] = max(map(_gap, odds))
        # Where no one of a true value was selected at all, the ratio is 0 by 0.
        if all(any(share.exact for share in of) for of in odds):
            found["equalized_odds_ratio"] = min(map(_ratio, odds))
    n = sum(groups.rows(name) for name in chosen)
    summary: dict[str, Any] = {key: {"value": float(value), "n": n} for key, value in found.items()}
    summary["demographic_parity_difference"]["null95"] = largest_gap_null(selected)
    return summary


def _shares(groups: Groups, names: Iterable[str], rate: str) -> list[Share]:
    return [share for name in names if (share := groups.share(name, rate)) is not None]


def _gap(shares: Iterable[Share]) -> Fraction:
    values = [share.exact for share in shares]
    return max(values) - min(values)


def _ratio(shares: Iterable[Share]) -> Fraction:
    values = [share.exact for share in shares]
    return min(values) / max(values)
