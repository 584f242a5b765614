"""Filling the templates of messages, fixes and items."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from gatepost.cel.reads import Path, reads
from gatepost.evidence.numbers import digits_for, show
from gatepost.judge.evaluation import Bindings
from gatepost.judge.scope import ABSENT, step
from gatepost.policy.model import Expression, Template

__all__ = ["fill", "fill_item", "namer"]

UNKNOWN = "?"
MAX_TEXT = 20_000
"""How many characters a message may have; what is longer is cut."""


def fill(template: Template | None, bindings: Bindings, compared: Iterable[Any] = ()) -> str:
    """Return the text; a part that cannot be evaluated shows as ``?``.

    Numbers have as many digits as tell them from each other, from the numbers that the text itself states, and from
    what the rule ``compared``: no message says that 0.8 is below 0.8.
    """
    if template is None:
        return ""
    values = [part if isinstance(part, str) else _value(part, bindings) for part in template.parts]
    others = [number for part in template.parts if isinstance(part, str) for number in _stated(part)]
    shown_values = [v for part, v in zip(template.parts, values, strict=True) if not isinstance(part, str)]
    digits = digits_for((*shown_values, *others, *compared))
    text = ""
    for part, value in zip(template.parts, values, strict=True):
        text += part if isinstance(part, str) else UNKNOWN if value is ABSENT else show(value, digits)
        if len(text) > MAX_TEXT:
            return text[:MAX_TEXT] + "..."
    return text


_NUMBER = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)(\s?%)?(?![\w.]*\w)")


def _stated(text: str) -> Iterator[float]:
    """Find the numbers that a text states; 80 % is 0.8 too."""
    for found in _NUMBER.finditer(text):
        yield float(found[1])
        if found[2]:
            yield float(found[1]) / 100


def fill_item(template: Template, bindings: Bindings) -> str | None:
    """Return the name of an item, exact to the last digit; nothing where a part cannot be evaluated."""
    return _joined(part if isinstance(part, str) else _value(part, bindings) for part in template.parts)


def namer(template: Template, name: str) -> Callable[[Any], str | None] | None:
    """Return a function that names an item by its value alone, where the template reads nothing else."""
    paths: list[str | Path] = []
    for part in template.parts:
        if isinstance(part, str):
            paths.append(part)
            continue
        path = _mere_path(part)
        if path is None or path[0] != name:
            return None
        paths.append(path[1:])

    def of(item: Any) -> str | None:
        return _joined(path if isinstance(path, str) else _walk(item, path) for path in paths)

    return of


def _joined(values: Iterable[Any]) -> str | None:
    text = ""
    for value in values:
        if value is ABSENT:
            return None
        if isinstance(value, str):
            text += value
        else:
            text += repr(value).removesuffix(".0") if isinstance(value, float) else show(value)
    return text


def _mere_path(expression: Expression) -> Path | None:
    """Return the path that an expression is, where it is no more than that."""
    found = reads(expression.tree)
    if len(found.paths) != 1 or found.ranges or found.guarded:
        return None
    ((path, node),) = found.paths.items()
    return path if node is expression.tree and all(isinstance(part, (str, int)) for part in path) else None


def _walk(value: Any, path: Path) -> Any:
    if value is ABSENT:
        return ABSENT
    for part in path:
        value = step(value, part)  # type: ignore[arg-type]
        if value is ABSENT or value is None:
            return ABSENT
    return value


def _value(expression: Expression, bindings: Bindings) -> Any:
    """Return the value of a part; a mere path is looked up without the engine."""
    path = _mere_path(expression)
    if path is not None:
        return _walk(bindings.scope.data.get(str(path[0]), ABSENT), path[1:])
    result = bindings.value(expression.tree)
    return ABSENT if result.error is not None else result.value
