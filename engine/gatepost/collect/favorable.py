"""The favorable labels: named, or 1 and true; never guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.problems import did_you_mean

__all__ = [
    "LABEL_OPTION",
    "check_kinds",
    "check_two",
    "favorable_label",
    "favorable_labels",
    "is_regression",
    "some",
    "task_of",
]

LABEL_OPTION: Mapping[str, Any] = {
    "type": ["string", "number", "boolean"],
    "pattern": r"\S",
    "x-says": "a label: name one that occurs in the data",
}


def task_of(options: Mapping[str, Any], subject: Mapping[str, Any]) -> str | None:
    """Return what is predicted: ``task`` of the entry, else of the subject."""
    found = options.get("task") or subject.get("task")
    return str(found) if found else None


def is_regression(options: Mapping[str, Any], subject: Mapping[str, Any]) -> bool | None:
    """Tell whether numbers or classes are predicted; None where neither the entry nor the subject says so."""
    known = {"regression": True, "classification": False, "binary": False, "multiclass": False}
    return known.get(task_of(options, subject) or "")


def favorable_labels(
    options: Mapping[str, Any], truth: Sequence[Any] | None, predicted: Sequence[Any], *, binary: bool = False
) -> list[Any]:
    """Give the favorable labels as they stand in the data: one, or several where ``favorable`` is a list.

    Raises:
        CollectorError: one is not named and labels are not 0/1 or booleans, it does not occur, or labels and
            predictions have no value in common; or the target is ``binary``, and there are more than two labels.
    """
    check_kinds(truth, predicted)
    values = list(dict.fromkeys([*predicted, *(truth or ())]))
    if binary:
        check_two(values)
    if "favorable" not in options:
        if set(values) <= {0, 1}:
            return [True if all(isinstance(value, bool) for value in values) else 1]
        what = f"`favorable` is needed: the labels are {some(values)}, and none is favorable by itself"
        raise CollectorError(what, advice=f"e.g. favorable: {sorted(map(str, values))[-1]}")
    wanted = options["favorable"] if isinstance(options["favorable"], list) else [options["favorable"]]
    if any(isinstance(one, str) and not one.strip() for one in wanted):
        raise CollectorError("`favorable` is empty", option=("favorable",), advice="name a label that occurs")
    return [_find(one, values) for one in wanted]


def favorable_label(options: Mapping[str, Any], truth: Sequence[Any] | None, predicted: Sequence[Any]) -> Any:
    """Give the favorable label of a binary target.

    Raises:
        CollectorError: as :func:`favorable_labels`; or there are more than two labels.
    """
    return favorable_labels(options, truth, predicted, binary=True)[0]


def check_two(values: Iterable[Any]) -> None:
    """Check that a binary target has no more than two labels.

    Raises:
        CollectorError: it has.
    """
    found = set(values)
    if len(found) > 2:
        what = f"there are {len(found)} labels ({some(found)}), and two are needed"
        raise CollectorError(what, option=("label",), advice="for more classes, see `task: multiclass`")


def check_kinds(truth: Sequence[Any] | None, predicted: Sequence[Any]) -> None:
    """Check that labels and predictions can be compared.

    Raises:
        CollectorError: they are of several kinds, or have no value in common.
    """
    if truth is None:
        return
    values = {*predicted, *truth}
    if len({_kind(value) for value in values}) > 1 or (len(values) > 2 and not set(truth) & set(predicted)):
        what = f"labels ({some(truth)}) and predictions ({some(predicted)}) are not of one kind"
        raise CollectorError(what, option=("prediction",), advice="give both the same values")


def some(values: Iterable[Any]) -> str:
    """Name up to five of some values."""
    return ", ".join(sorted({str(value) for value in values})[:5])


def _find(wanted: Any, values: Sequence[Any]) -> Any:
    for value in values:
        if value == wanted and isinstance(value, bool) == isinstance(wanted, bool):
            return value
    for value in values:
        if isinstance(value, str) != isinstance(wanted, str) and str(value).lower() == str(wanted).lower():
            return value
    known = [str(value) for value in values]
    advice = did_you_mean(str(wanted), known) or "it has: " + ", ".join(sorted(known))
    raise CollectorError(f"the favorable label `{wanted}` does not occur", option=("favorable",), advice=advice)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, (int, float)) else "text"
