"""Comparing two tables column by column: what fills ``drift.columns``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.collect.spelling import similar_groups
from gatepost.collect.statistics.proportions import holm
from gatepost.collect.statistics.shift import chi_square, shift
from gatepost.collect.tabular import binning
from gatepost.collect.tabular.binning import MAX_CATEGORIES, Column
from gatepost.collect.tabular.opening import Opened
from gatepost.collect.tabular.totals import group_name

__all__ = ["MAX_SORTED", "Comparison"]

MAX_SORTED = 2_000_000
"""Rows up to which a column is read for the Kolmogorov-Smirnov test; above, its bins are tested."""
_LISTED = 20


class Comparison:
    """Compares a current table with a reference; ``notes`` grows while it does.

    A column drifted where its PSI is above ``threshold`` and above what chance gives.
    """

    def __init__(self, reference: Opened, current: Opened, bins: int, threshold: float) -> None:
        self.reference = reference
        self.current = current
        self.bins = bins
        self.threshold = threshold
        self.notes: list[str] = []

    def entries(self, names: Sequence[str], *, named: bool, say: Callable[[str], None]) -> list[dict[str, Any]]:
        """Give an entry for each column, in their order.

        A column of more than :data:`MAX_CATEGORIES` texts is refused where it is ``named``, else left out and noted.
        One without a value on either side has no index, test or ``drifted``, since nothing was compared.

        Raises:
            CollectorError: a column is of two kinds, or there is none to compare.
        """
        say(f"look at {len(names)} columns")
        old, new = binning.columns(self.reference, names), binning.columns(self.current, names)
        found = {
            name: self._without_values(old[name], new[name]) for name in names if _is_empty(old[name], new[name])
        }
        numbers = [name for name in names if name not in found and self._is_number(old[name], new[name])]
        ends = {name: binning.edges(self.reference, old[name], self.bins) for name in numbers}
        counts = [binning.counts(table, ends) for table in (self.reference, self.current)]
        for name in numbers:
            found[name] = self._measured(old[name], new[name], counts[0][name], counts[1][name])
            found[name] |= {"bins": len(ends[name]) + 1, **self._tested(old[name], new[name], found[name])}
        for place, name in enumerate(names):
            if name not in found:
                entry = self._categories(old[name], new[name], ("columns", place) if named else ("reference",), named)
                if entry is not None:
                    found[name] = entry
        if not found:
            raise CollectorError("no column can be compared", option=("reference",), advice="name `columns`")
        tested = [name for name in names if "p_value" in found.get(name, ())]
        for name, value in zip(tested, holm([found[name]["p_value"] for name in tested]), strict=True):
            found[name]["p_adjusted"] = value
        return [found[name] for name in names if name in found]

    def _is_number(self, old: Column, new: Column) -> bool:
        if old.numeric != new.numeric:
            kinds = ["numbers" if column.numeric else "texts" for column in (old, new)]
            what = f"`{old.name}` holds {kinds[0]} in the reference and {kinds[1]} in the current data"
            raise CollectorError(what, option=("current",), advice="give both the same type")
        return old.numeric and new.numeric and not old.few

    def _without_values(self, old: Column, new: Column) -> dict[str, Any]:
        """Return the entry of a column with no value on one side or both.

        Where one side has values, its only bins are "present" and "missing", whatever types the two columns have.
        """
        if old.missing < old.n or new.missing < new.n:
            side = "reference" if old.missing == old.n else "current"
            self.notes.append(f"`{old.name}` has no value in the {side} data: only missing values are compared")
            present = [[column.n - column.missing, column.missing] for column in (old, new)]
            return {**self._measured(old, new, *present), "bins": 1}
        self.notes.append(f"`{old.name}` has no value on either side: it is not compared")
        return {"column": old.name, "n_reference": old.n, "n_current": new.n} | _missing_shares(old, new)

    def _measured(self, old: Column, new: Column, before: Sequence[int], after: Sequence[int]) -> dict[str, Any]:
        import numpy as np

        reference, current = np.array(before), np.array(after)
        moved = shift(reference, current)
        statistic, p_value = chi_square(reference, current)
        return {
            "column": old.name,
            "method": "chi2",
            "statistic": statistic,
            "p_value": p_value,
            "n_reference": old.n,
            "n_current": new.n,
            "psi": moved.psi,
            "psi_null95": moved.psi_null95,
            "jensen_shannon": moved.jensen_shannon,
            "jensen_shannon_null95": moved.jensen_shannon_null95,
            "drifted": moved.psi > self.threshold and moved.psi > moved.psi_null95,
            **_missing_shares(old, new),
        }

    def _tested(self, old: Column, new: Column, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Test the values themselves where they fit into memory; what is missing is in the bins only."""
        if old.n + new.n > MAX_SORTED:
            return {}
        from scipy.stats import ks_2samp

        found = ks_2samp(*(_values(table, old.name) for table in (self.reference, self.current)), method="auto")
        return {"method": "ks", "statistic": float(found.statistic), "p_value": float(found.pvalue)}

    def _categories(
        self, old: Column, new: Column, option: tuple[str | int, ...], named: bool
    ) -> dict[str, Any] | None:
        before, after = binning.categories(self.reference, old), binning.categories(self.current, new)
        keys = list(dict.fromkeys([*before, *after]))
        if len(before) > MAX_CATEGORIES or len(keys) > 2 * MAX_CATEGORIES:
            what = f"`{old.name}` has more than {MAX_CATEGORIES} different values"
            if named:
                raise CollectorError(
                    what, option=option, advice="group them in a column of their own, or leave it out"
                )
            self.notes.append(f"{what}: it is not compared")
            return None
        self.notes += similar_groups(old.name, {key: before.get(key, 0) + after.get(key, 0) for key in keys})
        # Sorted by name, so that the draws do not depend on the order in which an engine answers.
        keys.sort(key=lambda key: group_name((key,)))
        counts = [[of.get(key, 0) for key in keys] for of in (before, after)]
        entry = self._measured(old, new, [*counts[0], old.missing], [*counts[1], new.missing])
        entry["bins"] = len(keys)
        fresh = [group_name((key,)) for key in keys if key not in before]
        if len(fresh) > _LISTED:
            self.notes.append(f"`{old.name}` has {len(fresh)} new categories; {_LISTED} are listed")
        return {**entry, "new_categories": fresh[:_LISTED]}


def _is_empty(old: Column, new: Column) -> bool:
    return old.missing == old.n or new.missing == new.n


def _missing_shares(old: Column, new: Column) -> dict[str, float]:
    return {"missing_share": new.missing / new.n, "missing_share_reference": old.missing / old.n}


def _values(opened: Opened, name: str) -> Any:
    value = binning.number(opened.table, name)
    table = opened.table.select(value=value)
    with opened.reading():
        return table.filter(table.value.notnull()).to_pyarrow()["value"].to_numpy()
