"""What Evidently writes of drift (``Report.run(...).json()`` of version 0.7), as evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from gatepost.collect.foreign import as_count, as_number

__all__ = ["ReportError", "drift_entries", "share_drifted"]

_P_VALUE_METHODS = frozenset(
    {
        *("anderson", "Anderson-Darling", "chisquare", "chi-square p_value"),
        *("cramer_von_mises", "Cramer-von Mises", "es", "Epps-Singleton"),
        *("fisher_exact", "Fisher's Exact test", "g_test", "ks", "K-S p_value"),
        *("mannw", "Mann-Whitney U-rank test", "empirical_mmd", "t_test", "TVD", "Total-Variation-Distance"),
        *("z", "Z-test p_value"),
    }
)
"""Methods of Evidently whose value is a p value, by name and by shown name; a column drifts below the threshold.
Others are distances: it drifts from the threshold on."""


class ReportError(ValueError):
    """A report is not what Evidently writes, or contradicts itself; ``index`` is that of the metric, if it is one."""

    def __init__(self, what: str, index: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.index = index


def drift_entries(metrics: Any) -> list[dict[str, Any]]:
    """Return column, method, value and verdict of each ``ValueDrift`` metric.

    A column that is compared more than once has an entry for each, with an ``id`` that tells them apart.

    Raises:
        ReportError: it is not what Evidently 0.7 writes, has no such metric, or contradicts itself.
    """
    found: list[dict[str, Any]] = []
    totals: list[tuple[int, Mapping[str, Any]]] = []
    for index, metric in enumerate(metrics if isinstance(metrics, list) else []):
        config = metric.get("config", {}) if isinstance(metric, Mapping) else {}
        kind = str(config.get("type", "")).rpartition(":")[2] if isinstance(config, Mapping) else ""
        if kind == "ValueDrift":
            found.append(_entry(index, metric, config))
        elif kind == "DriftedColumnsCount" and isinstance(metric.get("value"), Mapping):
            totals.append((index, metric["value"]))
    if not found:
        raise ReportError("there is no ValueDrift metric in it")
    for index, total in totals:
        _agree(index, total, found)
    return _told_apart(found)


def share_drifted(entries: Sequence[Mapping[str, Any]]) -> float:
    """Return the share of the columns that drifted by any of their comparisons, 0 to 1."""
    drifted = {entry["column"] for entry in entries if entry["drifted"]}
    return len(drifted) / len({entry["column"] for entry in entries})


def _entry(index: int, metric: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    column, method, value = config.get("column"), config.get("method"), as_number(metric.get("value"))
    threshold = as_number(config.get("threshold"))
    if not isinstance(column, str) or not isinstance(method, str) or value is None:
        raise ReportError(f"a ValueDrift metric lacks column, method or value: {metric.get('metric_name')}", index)
    if threshold is None:
        raise ReportError(f"the drift of `{column}` has no threshold, so that nothing says whether it drifted", index)
    tested = method in _P_VALUE_METHODS
    if tested and not 0 <= value <= 1:
        raise ReportError(f"the p value of `{column}` by {method} is {value:g}, and must be from 0 to 1", index)
    entry: dict[str, Any] = {"column": column, "method": method}
    entry["p_value" if tested else "statistic"] = float(value)
    return entry | {"drifted": bool(value < threshold if tested else value >= threshold)}


def _agree(index: int, total: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> None:
    """Compare the number of drifted columns that a report states with its entries.

    It is of one set of columns; metrics that were added beside it may be of others.
    """
    count, share = as_count(total.get("count")), as_number(total.get("share"))
    if count is None or share is None:
        return
    columns = {entry["column"] for entry in entries}
    drifted = {entry["column"] for entry in entries if entry["drifted"]}
    of = round(count / share) if share > 0 else 0
    if of > len(columns):
        raise ReportError(f"{count} of {of} columns are said to have drifted, and it has {len(columns)}", index)
    once = len(columns) == len(entries)
    if count > len(drifted) or (once and of == len(columns) and count != len(drifted)):
        raise ReportError(f"{count} columns are said to have drifted, and by their values {len(drifted)} did", index)


def _told_apart(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    often = Counter(entry["column"] for entry in entries)
    seen: Counter[str] = Counter()
    for entry in entries:
        if often[entry["column"]] > 1:
            name = f"{entry['column']} by {entry['method']}"
            seen[name] += 1
            entry["id"] = name if seen[name] == 1 else f"{name} #{seen[name]}"
    return entries
