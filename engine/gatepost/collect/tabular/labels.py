"""The classes of the columns of labels and predictions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.collect.spelling import check_labels
from gatepost.collect.tabular.columns import View, label_value

__all__ = ["MAX_CLASSES", "Labels", "labels_by_role"]

MAX_CLASSES = 1000
_ROLES = ("truth", "predicted", "other")

Labels = Mapping[Any, list[Any]]
"""The labels of a column as evidence holds them, each with the values of the column that it stands for."""


def labels_by_role(view: View, options: Mapping[str, Any], notes: list[str]) -> dict[str, Labels]:
    """Return the labels of ``truth``, ``predicted`` and ``other`` where they have a column; ``notes`` grows.

    Raises:
        CollectorError: there are more than :data:`MAX_CLASSES`, or two are one label in two spellings.
    """
    found: dict[str, Labels] = {}
    rows: list[dict[Any, int]] = []
    for role in _ROLES:
        if role in view.roles:
            labels: dict[Any, list[Any]] = {}
            counts: dict[Any, int] = {}
            for value, n in sorted(_counted(view, role), key=lambda pair: str(pair[0])):
                labels.setdefault(label_value(value), []).append(value)
                counts[label_value(value)] = counts.get(label_value(value), 0) + n
            rows.append(counts)
            found[role] = labels
    named = view.roles["truth" if "truth" in view.roles else "predicted"].option
    notes += check_labels(rows, options, named)
    return found


def _counted(view: View, role: str) -> list[tuple[Any, int]]:
    """Count the rows of each value of a column."""
    with view.opened.reading():
        grouped = view.table.group_by(role).aggregate(rows=view.table.count()).limit(MAX_CLASSES + 1)
        rows = grouped.to_pyarrow().to_pylist()
    if len(rows) > MAX_CLASSES:
        column = view.roles[role]
        what = f"`{column.column}` has more than {MAX_CLASSES} different values"
        raise CollectorError(what, option=column.option, advice="for predicted numbers, `task: regression`")
    return [(row[role], int(row["rows"])) for row in rows]
