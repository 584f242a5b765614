"""Comparing two tables column by column: what fills ``drift.columns``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class _Binned:
    """Rows of both tables by bin, those without a value last; no bin where there is nothing to compare."""

    reference: list[int]
    current: list[int]
    new_categories: list[str] | None = None


class Comparison:
    """Compares a current table with a reference; ``notes`` grows while it does.

    A column drifted where its PSI is above ``threshold`` and above what chance gives to any of the columns that are
    compared together.
    """

    def __init__(self, reference: Opened, current: Opened, bins: int, threshold: float) -> None:
        self.reference = reference
        self.current = current
        self.bins = bins
        self.threshold = threshold
        self.notes: list[str] = []

    def entries(self, names: Sequence[str], *, named: bool, say: Callable[[str], None]) -> list[dict[str, Any]]:
        """Return an entry for each column, in their order.

        A column of more than :data:`MAX_CATEGORIES` texts is refused where it is ``named``, else left out and noted.
        One without a value on either side has no index, test or ``drifted``, since nothing was compared.

        Raises:
            CollectorError: a column is of two kinds, or there is none to compare.
        """
        say(f"look at {len(names)} columns")
        old, new = binning.columns(self.reference, names), binning.columns(self.current, names)
        empty = [name for name in names if _is_empty(old[name], new[name])]
        binned: dict[str, _Binned | None] = {name: self._present(old[name], new[name]) for name in empty}
        numbers = [name for name in names if name not in binned and self._is_number(old[name], new[name])]
        binned |= self._bins({name: old[name] for name in numbers})
        for place, name in enumerate(names):
            if name not in binned:
                option = ("columns", place) if named else None
                binned[name] = self._categories(old[name], new[name], option)
        compared = {name: found for name in names if (found := binned[name]) is not None}
        if not compared:
            raise CollectorError("no column can be compared", option=("reference",), advice="name `columns`")
        together = sum(bool(found.reference) for found in compared.values())
        entries = {name: self._entry(old[name], new[name], found, together) for name, found in compared.items()}
        for name in numbers:
            entries[name] |= self._tested(old[name], new[name])
        tested = [entry for entry in entries.values() if "p_value" in entry]
        for entry, value in zip(tested, holm([entry["p_value"] for entry in tested]), strict=True):
            entry["p_adjusted"] = value
        return list(entries.values())

    def _is_number(self, old: Column, new: Column) -> bool:
        if old.numeric != new.numeric:
            kinds = ["numbers" if column.numeric else "texts" for column in (old, new)]
            what = f"`{old.name}` holds {kinds[0]} in the reference and {kinds[1]} in the current data"
            raise CollectorError(what, option=("current",), advice="give both the same type")
        return old.numeric and new.numeric and not binning.are_categories(old, new)

    def _present(self, old: Column, new: Column) -> _Binned:
        """Return the bins of a column with no value on one side or both.

        Where one side has values, its only bins are "present" and "missing", whatever types the two columns have.
        """
        if old.missing == old.n and new.missing == new.n:
            self.notes.append(f"`{old.name}` has no value on either side: it is not compared")
            return _Binned([], [])
        side = "reference" if old.missing == old.n else "current"
        self.notes.append(f"`{old.name}` has no value in the {side} data: only missing values are compared")
        before, after = ([column.n - column.missing, column.missing] for column in (old, new))
        return _Binned(before, after)

    def _bins(self, columns: Mapping[str, Column]) -> dict[str, _Binned | None]:
        """Return the bins of columns of numbers, which end where those of the reference do."""
        ends = {name: binning.edges(self.reference, column, self.bins) for name, column in columns.items()}
        before, after = (binning.counts(table, ends) for table in (self.reference, self.current))
        return {name: _Binned(before[name], after[name]) for name in columns}

    def _categories(self, old: Column, new: Column, option: tuple[str | int, ...] | None) -> _Binned | None:
        """Return the categories of a column as bins; nothing where they are too many to be categories.

        Raises:
            CollectorError: they are too many, and the column was named by ``option`` or has few in the reference.
        """
        before, after = binning.categories(self.reference, old), binning.categories(self.current, new)
        if before is None or after is None:
            side = "" if before is None else "in the current data "
            what = f"`{old.name}` has more than {MAX_CATEGORIES} different values {side}".rstrip()
            if before is None and option is None:
                self.notes.append(f"{what}: it is not compared")
                return None
            if before is not None:
                what += f", and {len(before)} in the reference"
            advice = "group them in a column of their own, or leave it out"
            raise CollectorError(what, option=option or ("current",), advice=advice)
        keys = list(dict.fromkeys([*before, *after]))
        self.notes += similar_groups(old.name, {key: before.get(key, 0) + after.get(key, 0) for key in keys})
        # Sorted by name, so that the draws do not depend on the order in which an engine answers.
        keys.sort(key=lambda key: group_name((key,)))
        counts = [[of.get(key, 0) for key in keys] for of in (before, after)]
        fresh = [group_name((key,)) for key in keys if key not in before]
        if len(fresh) > _LISTED:
            self.notes.append(f"`{old.name}` has {len(fresh)} new categories; {_LISTED} are listed")
        return _Binned([*counts[0], old.missing], [*counts[1], new.missing], fresh[:_LISTED])

    def _entry(self, old: Column, new: Column, binned: _Binned, together: int) -> dict[str, Any]:
        """Return what the evidence says of a column, ``together`` with how many others it is compared."""
        import numpy as np

        counted = {"column": old.name, "n_reference": old.n, "n_current": new.n}
        missing = {"missing_share": new.missing / new.n, "missing_share_reference": old.missing / old.n}
        if not binned.reference:
            return counted | missing
        reference, current = np.array(binned.reference), np.array(binned.current)
        moved = shift(reference, current, together)
        statistic, p_value = chi_square(reference, current)
        fresh = {} if binned.new_categories is None else {"new_categories": binned.new_categories}
        return {
            **counted,
            "method": "chi2",
            "statistic": statistic,
            "p_value": p_value,
            "psi": moved.psi,
            "psi_null95": moved.psi_null95,
            "jensen_shannon": moved.jensen_shannon,
            "jensen_shannon_null95": moved.jensen_shannon_null95,
            "drifted": moved.psi > self.threshold and moved.psi > moved.psi_null95,
            "bins": len(binned.reference) - 1,
            **missing,
            **fresh,
        }

    def _tested(self, old: Column, new: Column) -> dict[str, Any]:
        """Test the values themselves where they fit into memory; what is missing is in the bins only."""
        if old.n + new.n > MAX_SORTED:
            return {}
        from scipy.stats import ks_2samp

        found = ks_2samp(*(_values(table, old.name) for table in (self.reference, self.current)), method="auto")
        return {"method": "ks", "statistic": float(found.statistic), "p_value": float(found.pvalue)}


def _is_empty(old: Column, new: Column) -> bool:
    return old.missing == old.n or new.missing == new.n


def _values(opened: Opened, name: str) -> Any:
    value = binning.number(opened.table, name)
    table = opened.table.select(value=value)
    with opened.reading():
        return table.filter(table.value.notnull()).to_pyarrow()["value"].to_numpy()
