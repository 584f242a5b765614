"""Attributes of a loaded model that would make its libraries read files or call methods of the file's choice."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from typing import Any

from gatepost.collect.interface import CollectorError

__all__ = ["check_attributes"]

# scikit-learn calls the methods that these attributes name, on whatever object stands in the place of an estimator.
_METHOD_NAMES = frozenset(
    {"stack_method", "stack_method_", "chain_method", "chain_method_", "response_method", "_response_method"}
)
_METHODS = frozenset(
    {
        "auto",
        "decision_function",
        "passthrough",
        "predict",
        "predict_log_proba",
        "predict_proba",
        "score_samples",
        "transform",
    }
)
# By these numpy takes the memory, the content or the functions of an object from the object itself.
_PROTOCOLS = frozenset(
    {"__array__", "__array_function__", "__array_interface__", "__array_struct__", "__array_ufunc__", "__class__"}
)
_GETTER = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*")
_LEAVES = (str, bytes, bytearray, int, float, complex, bool, type(None), type)


def check_attributes(model: Any, file: str) -> None:
    """Look through all that a model holds.

    Raises:
        CollectorError: a text vectorizer reads files, or an attribute names a method that predicts nothing.
    """
    seen: dict[int, Any] = {}
    waiting = [model]
    while waiting:
        held = waiting.pop()
        if isinstance(held, _LEAVES) or id(held) in seen:
            continue
        seen[id(held)] = held
        attributes = getattr(held, "__dict__", None)
        if isinstance(attributes, dict):
            _check(held, attributes, file)
            waiting.extend(attributes.values())
        waiting.extend(_content(held))


def _content(held: Any) -> Iterable[Any]:
    import numpy

    if isinstance(held, dict):
        return held.values()
    if isinstance(held, (list, tuple, set, frozenset)):
        return held
    if isinstance(held, numpy.ndarray) and held.dtype == object:
        return held.ravel().tolist()
    if isinstance(held, functools.partial):
        return (held.func, *held.args, *held.keywords.values())
    return ()


def _check(held: Any, attributes: dict[str, Any], file: str) -> None:
    if attributes.get("input", "content") in ("filename", "file") and hasattr(held, "decode_error"):
        raise CollectorError(
            f"{file}: {type(held).__name__} reads files (input={attributes['input']!r})",
            option=("model",),
            advice="use input='content', and give it the texts themselves",
        )
    # A Bunch looks its attributes up in what it holds.
    held_keys = held if type(held).__name__ == "Bunch" else ()
    special = _PROTOCOLS.intersection({*attributes, *held_keys})
    if special:
        what = f"{file}: a {type(held).__name__} has the attribute {sorted(special)[0]}, which no library stores"
        raise CollectorError(what, option=("model",), advice="save the model again without it")
    for name in _METHOD_NAMES.intersection(attributes):
        value = attributes[name]
        methods = value if isinstance(value, (list, tuple)) else [value]
        bad = [method for method in methods if isinstance(method, str) and method not in _METHODS]
        if bad:
            what = f"{file}: {type(held).__name__}.{name} is {bad[0]!r}, which is not a method that predicts"
            raise CollectorError(what, option=("model",), advice="save the model again as scikit-learn made it")
    getter = attributes.get("importance_getter")
    if isinstance(getter, str) and not _GETTER.fullmatch(getter):
        what = f"{file}: {type(held).__name__}.importance_getter is {getter!r}, which is not a plain attribute"
        raise CollectorError(what, option=("model",), advice="save the model again as scikit-learn made it")
