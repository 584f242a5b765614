"""The classes of a column of labels or predictions."""

from __future__ import annotations

from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.collect.tabular.columns import View, distinct, plain

__all__ = ["MAX_CLASSES", "labels"]

MAX_CLASSES = 1000


def labels(view: View, role: str) -> dict[Any, list[Any]]:
    """Give the different values of labels as evidence holds them, each with those of the column that it stands for.

    Raises:
        CollectorError: there are more than :data:`MAX_CLASSES`.
    """
    values = distinct(view, role, MAX_CLASSES)
    if len(values) > MAX_CLASSES:
        column = view.roles[role]
        what = f"`{column.column}` has more than {MAX_CLASSES} different values"
        raise CollectorError(what, option=column.option, advice="for predicted numbers, `task: regression`")
    found: dict[Any, list[Any]] = {}
    for value in sorted(values, key=str):
        found.setdefault(plain(value), []).append(value)
    return found
