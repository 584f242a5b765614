"""Counts by group, and the rates that fairlearn makes of them.

Rates from counts with ``sample_weight`` equal those from the rows, and take a fraction of the time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.collect.statistics.proportions import proportion

__all__ = ["Counts", "attribute_summary", "count_groups", "group_rates"]

MISSING = "(missing)"


@dataclass(frozen=True, slots=True)
class Counts:
    """The confusion matrix of a group; without labels only ``n`` and ``selected`` are known."""

    n: int
    selected: int
    cells: Mapping[tuple[bool, bool], int] | None = None
    """Rows by (true value is favorable, prediction is favorable)."""


def count_groups(
    frame: Any, columns: tuple[str, ...], truth: list[Any] | None, predicted: list[Any], favorable: Any
) -> dict[str, Counts]:
    """Count the rows of each group; of several columns, the groups of their crossing that occur."""
    import pandas as pd

    names = [frame[column].map(_name).fillna(MISSING) for column in columns]
    group = names[0].str.cat(names[1:], sep=" x ") if len(names) > 1 else names[0]
    table = pd.DataFrame({"group": group.to_numpy(), "selected": [value == favorable for value in predicted]})
    keys = ["group", "selected"]
    if truth is not None:
        table["truth"] = [value == favorable for value in truth]
        keys.append("truth")
    sizes = table.groupby(keys, sort=True).size()
    found: dict[str, dict[tuple[bool, ...], int]] = {}
    for key, size in sizes.items():
        found.setdefault(str(key[0]), {})[tuple(bool(part) for part in key[1:])] = int(size)
    return {name: _counts(cells, truth is not None) for name, cells in found.items()}


def _name(value: Any) -> str | None:
    if value is None or value != value:
        return None
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _counts(cells: Mapping[tuple[bool, ...], int], labelled: bool) -> Counts:
    n = sum(cells.values())
    selected = sum(size for key, size in cells.items() if key[0])
    if not labelled:
        return Counts(n, selected)
    return Counts(n, selected, {(key[1], key[0]): size for key, size in cells.items()})


def group_rates(counts: Counts) -> dict[str, Any]:
    """Give the rates of one group as metrics; one without a denominator is left out."""
    rates: dict[str, Any] = {"selection_rate": proportion(counts.selected, counts.n)}
    if counts.cells is not None:
        tp, fn = counts.cells.get((True, True), 0), counts.cells.get((True, False), 0)
        fp, tn = counts.cells.get((False, True), 0), counts.cells.get((False, False), 0)
        rates |= {
            "tpr": proportion(tp, tp + fn),
            "fnr": proportion(fn, tp + fn),
            "fpr": proportion(fp, fp + tn),
            "tnr": proportion(tn, fp + tn),
            "precision": proportion(tp, tp + fp),
            "accuracy": proportion(tp + tn, counts.n),
        }
        rates["n_positive"] = tp + fn
    return {key: value for key, value in rates.items() if value is not None}


def attribute_summary(groups: Mapping[str, Counts]) -> dict[str, Any]:
    """Give the differences and ratios over groups by fairlearn; what is undefined is left out."""
    from fairlearn import metrics

    if len(groups) < 2:
        return {}
    rows = _rows(groups)
    n = sum(count.n for count in groups.values())
    truth, predicted, names, weights = (list(column) for column in zip(*rows, strict=True))
    arguments = {"sensitive_features": names, "sample_weight": weights}
    found = {
        "demographic_parity_difference": metrics.demographic_parity_difference(truth, predicted, **arguments),
    }
    if any(count.selected for count in groups.values()):
        found["demographic_parity_ratio"] = metrics.demographic_parity_ratio(truth, predicted, **arguments)
    if all(_has_both(count) for count in groups.values()):
        found["equalized_odds_difference"] = metrics.equalized_odds_difference(truth, predicted, **arguments)
        if all(_selects_both(groups)):
            found["equalized_odds_ratio"] = metrics.equalized_odds_ratio(truth, predicted, **arguments)
    return {key: {"value": float(value), "n": n} for key, value in found.items()}


def _rows(groups: Mapping[str, Counts]) -> list[tuple[int, int, str, int]]:
    rows = []
    for name, count in groups.items():
        cells = count.cells
        if cells is None:  # without labels only selection counts: any true value will do
            cells = {(False, True): count.selected, (False, False): count.n - count.selected}
        rows += [(int(t), int(p), name, size) for (t, p), size in cells.items() if size]
    return rows


def _has_both(count: Counts) -> bool:
    """Tell whether both true values occur in a group: without one, a rate is undefined."""
    return count.cells is not None and {t for (t, _), size in count.cells.items() if size} == {True, False}


def _selects_both(groups: Mapping[str, Counts]) -> list[bool]:
    """Tell for both true values whether anyone was selected at all: else the ratio is 0 by 0."""
    return [any((count.cells or {}).get((truth, True), 0) for count in groups.values()) for truth in (True, False)]
