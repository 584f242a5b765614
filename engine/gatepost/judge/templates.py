"""Filling the templates of messages, fixes and items."""

from __future__ import annotations

from typing import Any

from gatepost.cel.reads import Computed, reads
from gatepost.judge.evaluation import Bindings
from gatepost.judge.numbers import digits_for, show
from gatepost.judge.scope import ABSENT, step
from gatepost.policy.model import Expression, Template

__all__ = ["fill", "fill_item"]

UNKNOWN = "?"


def fill(template: Template | None, bindings: Bindings) -> str:
    """Give the text; a part that cannot be evaluated shows as ``?``."""
    if template is None:
        return ""
    values = [part if isinstance(part, str) else _value(part, bindings) for part in template.parts]
    digits = digits_for(v for part, v in zip(template.parts, values, strict=True) if not isinstance(part, str))
    shown = []
    for part, value in zip(template.parts, values, strict=True):
        if isinstance(part, str):
            shown.append(part)
        else:
            shown.append(UNKNOWN if value is ABSENT else show(value, digits))
    return "".join(shown)


def fill_item(template: Template, bindings: Bindings) -> str | None:
    """Give the name of an item, exact to the last digit; nothing where a part cannot be evaluated."""
    text = ""
    for part in template.parts:
        value = part if isinstance(part, str) else _value(part, bindings)
        if value is ABSENT:
            return None
        text += repr(value).removesuffix(".0") if isinstance(value, float) else show(value)
    return text


def _value(expression: Expression, bindings: Bindings) -> Any:
    """Give the value of a part; a mere path is looked up without the engine."""
    found = reads(expression.tree)
    if len(found.paths) == 1 and not found.ranges:
        ((path, node),) = found.paths.items()
        if node is expression.tree and not found.guarded and all(isinstance(part, (str, int)) for part in path):
            value: Any = bindings.scope.data.get(str(path[0]), ABSENT)
            for part in path[1:]:
                if isinstance(part, Computed) or value is ABSENT or value is None:
                    return ABSENT
                value = step(value, part)  # type: ignore[arg-type]
            return ABSENT if value is None else value
    result = bindings.value(expression.tree)
    return ABSENT if result.error is not None else result.value
