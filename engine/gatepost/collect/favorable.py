"""The favorable labels: named, or 1 and true; never guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.problems import did_you_mean

__all__ = ["check_kinds", "favorable_label", "favorable_labels", "some"]


def favorable_labels(options: Mapping[str, Any], truth: Sequence[Any] | None, predicted: Sequence[Any]) -> list[Any]:
    """Give the favorable labels as they stand in the data: one, or several where ``favorable`` is a list.

    Raises:
        CollectorError: one is not named and labels are not 0/1 or booleans, it does not occur, or labels and
            predictions have no value in common.
    """
    check_kinds(truth, predicted)
    values = list(dict.fromkeys([*predicted, *(truth or ())]))
    if "favorable" not in options:
        if set(values) <= {0, 1}:
            return [True if all(isinstance(value, bool) for value in values) else 1]
        what = f"`favorable` is needed: the labels are {some(values)}, and none is favorable by itself"
        raise CollectorError(what, advice=f"e.g. favorable: {sorted(map(str, values))[-1]}")
    wanted = options["favorable"] if isinstance(options["favorable"], list) else [options["favorable"]]
    return [_find(one, values) for one in wanted]


def favorable_label(options: Mapping[str, Any], truth: Sequence[Any] | None, predicted: Sequence[Any]) -> Any:
    """Give the favorable label of a binary target.

    Raises:
        CollectorError: as :func:`favorable_labels`; or there are more than two labels.
    """
    check_kinds(truth, predicted)
    values = {*predicted, *(truth or ())}
    if len(values) > 2:
        what = f"there are {len(values)} labels ({some(values)}), and two are needed"
        raise CollectorError(what, option=("label",), advice="for more classes, see `task: multiclass`")
    return favorable_labels(options, truth, predicted)[0]


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
        same_kind = isinstance(value, bool) == isinstance(wanted, bool) or isinstance(wanted, str)
        if (value == wanted and same_kind) or (isinstance(wanted, str) and _text(value) == wanted.lower()):
            return value
    known = [str(value) for value in values]
    advice = did_you_mean(str(wanted), known) or "it has: " + ", ".join(sorted(known))
    raise CollectorError(f"the favorable label `{wanted}` does not occur", option=("favorable",), advice=advice)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if isinstance(value, str) else str(value)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, (int, float)) else "text"
