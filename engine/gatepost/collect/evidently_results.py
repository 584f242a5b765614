"""What Evidently writes of drift (``Report.run(...).json()`` of version 0.7), as evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["drift_entries"]

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


def drift_entries(metrics: Any) -> dict[str, dict[str, Any]]:
    """Give the column, method, value and verdict of each ``ValueDrift`` metric, by column.

    Raises:
        ValueError: it is not what Evidently 0.7 writes, or has no such metric.
    """
    found: dict[str, dict[str, Any]] = {}
    for metric in metrics if isinstance(metrics, list) else []:
        config = metric.get("config", {}) if isinstance(metric, Mapping) else {}
        if str(config.get("type", "")).rpartition(":")[2] != "ValueDrift":
            continue
        column, method, value = config.get("column"), config.get("method"), metric.get("value")
        threshold = config.get("threshold")
        if not isinstance(column, str) or not isinstance(method, str) or not _is_number(value):
            raise ValueError(f"a ValueDrift metric lacks column, method or value: {metric.get('metric_name')}")
        if not _is_number(threshold):
            raise ValueError(f"the drift of `{column}` has no threshold, so that nothing says whether it drifted")
        tested = method in _P_VALUE_METHODS
        entry: dict[str, Any] = {"column": column, "method": method}
        entry["p_value" if tested else "statistic"] = float(value)
        found[column] = entry | {"drifted": bool(value < threshold if tested else value >= threshold)}
    if not found:
        raise ValueError("there is no ValueDrift metric in it")
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < float("inf")
