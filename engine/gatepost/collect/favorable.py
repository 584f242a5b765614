"""The favorable label of a binary target: named, or 1 and true; never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.problems import did_you_mean

__all__ = ["favorable_label"]


def favorable_label(options: Mapping[str, Any], truth: list[Any] | None, predicted: list[Any]) -> Any:
    """Give the favorable label as it stands in the data.

    Raises:
        CollectorError: it is not named and labels are not 0/1 or booleans, it does not occur, there are more than
            two labels, or labels and predictions have no value in common.
    """
    values = set(predicted) | set(truth or ())
    kinds = {_kind(value) for value in values}
    if truth is not None and (len(kinds) > 1 or (len(values) > 2 and not set(truth) & set(predicted))):
        what = f"labels ({_some(truth)}) and predictions ({_some(predicted)}) are not of one kind"
        raise CollectorError(what, option=("prediction",), advice="give both the same values")
    if len(values) > 2:
        what = f"there are {len(values)} labels ({_some(values)}), and two are needed"
        raise CollectorError(what, option=("label",), advice="for more classes, see `task: multiclass`")
    if "favorable" not in options:
        if values <= {0, 1}:
            return True if kinds == {"bool"} else 1
        what = f"`favorable` is needed: the labels are {_some(values)}, and neither is favorable by itself"
        raise CollectorError(what, advice=f"e.g. favorable: {sorted(map(str, values))[-1]}")
    return _find(options["favorable"], values)


def _find(wanted: Any, values: set[Any]) -> Any:
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


def _some(values: Any) -> str:
    return ", ".join(sorted({str(value) for value in values})[:5])
