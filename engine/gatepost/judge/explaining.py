"""Why an expression is false: the part that decided, the values in it, and the margin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gatepost.cel import ast
from gatepost.cel.unparse import unparse
from gatepost.evidence.numbers import digits_for, show
from gatepost.judge.evaluation import Bindings
from gatepost.judge.margins import is_number, share_apart
from gatepost.policy.model import Expression, Rule
from gatepost.verdict import Step

__all__ = ["compared", "deciding", "explain", "margin", "share_apart", "why_false"]

_MAX_VALUE = 120


def explain(rule: Rule, bindings: Bindings) -> tuple[Step, ...]:
    """Explain why ``require`` is false."""
    explainer = _Explainer(rule.lets, bindings)
    node = explainer.decide(rule.require.written, {})
    return explainer.steps(node)


def why_false(key: str, expression: Expression, lets: Mapping[str, ast.Node], bindings: Bindings) -> str:
    """Say that a condition is false, and which values it compared: the reason of a skip."""
    explainer = _Explainer(lets, bindings)
    values = explainer.values(explainer.decide(expression.written, {}))
    shown = ", ".join(f"{part} is {value}" for part, value in values.items())
    return f"`{key}` is false: {shown} ({expression.source})" if shown else f"`{key}` is false: {expression.source}"


def compared(rule: Rule, bindings: Bindings) -> list[Any]:
    """Return the values that the part compared which made ``require`` false."""
    explainer = _Explainer(rule.lets, bindings)
    node, items = explainer.decide(rule.require.written, {})
    closed = explainer.closed(node, items)
    return [explainer.value(part, {}) for part in _operands(closed)]


def deciding(expression: Expression, rule: Rule, bindings: Bindings) -> ast.Node:
    """Return the part of an expression that made it false, with every name put in."""
    explainer = _Explainer(rule.lets, bindings)
    node, items = explainer.decide(expression.written, {})
    return explainer.closed(node, items)


Items = dict[str, ast.Node]
Decided = tuple[ast.Node, Items]


class _Explainer:
    def __init__(self, lets: Mapping[str, ast.Node], bindings: Bindings) -> None:
        self.lets = lets
        self.bindings = bindings

    def closed(self, node: ast.Node, items: Items) -> ast.Node:
        """Put in what the names of ``let`` and of macros' items stand for."""
        return ast.substitute(ast.substitute(node, items), dict(self.lets))

    def value(self, node: ast.Node, items: Items) -> Any:
        result = self.bindings.value(self.closed(node, items))
        return None if result.error is not None else result.value

    def decide(self, node: ast.Node, items: Items, wanted: bool = True) -> Decided:
        """Go down to the part that is not as it was ``wanted``."""
        if isinstance(node, ast.Unary) and node.operator == "!":
            return self.decide(node.operand, items, not wanted)
        if isinstance(node, ast.Ternary):
            taken = node.yes if self.value(node.condition, items) is True else node.no
            return self.decide(taken, items, wanted)
        if isinstance(node, ast.Binary) and node.operator == ("&&" if wanted else "||"):
            for side in (node.left, node.right):
                if self.value(side, items) is not wanted:
                    return self.decide(side, items, wanted)
        if isinstance(node, ast.Ident) and node.name in self.lets:
            return node, items
        if isinstance(node, ast.Macro) and len(node.variables) == 1:
            inside = self.decide_macro(node, items, wanted)
            if inside is not None:
                return inside
        return node, items

    def decide_macro(self, node: ast.Macro, items: Items, wanted: bool) -> Decided | None:
        if node.name != ("all" if wanted else "exists"):
            return None
        found = self.value(node.target, items)
        for number in range(len(found) if isinstance(found, list) else 0):
            index = ast.Literal(node.start, node.end, "int", number, str(number))
            item = ast.Index(node.start, node.end, self.closed(node.target, items), index)
            inner = {**items, node.variables[0]: item}
            if self.value(node.bodies[0], inner) is not wanted:
                return self.decide(node.bodies[0], inner, wanted)
        return None

    def values(self, decided: Decided) -> dict[str, str]:
        """Return what a part compares, as it is written, with its values; literals are left out."""
        node, items = decided
        found = [(part, self.value(part, {})) for part in _operands(self.closed(node, items))]
        digits = digits_for(value for _, value in found)
        shown = [(unparse(part), value) for part, value in found if not isinstance(part, ast.Literal)]
        return {written: _quoted(value, digits) for written, value in shown if value is not None}

    def steps(self, decided: Decided) -> tuple[Step, ...]:
        node, items = decided
        text = unparse(node)
        parts = list(_operands(node))
        values = [self.value(part, items) for part in parts]
        digits = digits_for(value for value in values if value is not None)
        whole = self.value(node, items)
        notes = [margin(node.operator, values, digits)] if whole is False and isinstance(node, ast.Binary) else []
        notes += [f"{name} is {unparse(item)}" for name, item in items.items() if name in ast.free_names(node)]
        apart = share_apart(*values) if whole is False and _are_numbers(values) else 0.0
        steps = [Step(text, 0, show(whole), "; ".join(filter(None, notes)), round(apart, 6))]
        position = 0
        for part, value in zip(parts, values, strict=True):
            written = unparse(part)
            position = text.find(written, position)
            if position < 0 or isinstance(part, ast.Literal) or value is None:
                position = max(position, 0)
                continue
            steps.append(Step(written, position, _short(show(value, digits))))
            position += len(written)
        return tuple(steps)


def margin(operator: str, sides: list[Any], digits: int) -> str:
    """Say by how much a comparison is false (``short by 0.09``); nothing where its sides are no numbers."""
    if not _are_numbers(sides):
        return ""
    word = {">=": "short by", ">": "short by", "<=": "over by", "<": "over by", "==": "differs by"}
    left, right = sides
    if operator not in word or left == right:
        return ""
    return f"{word[operator]} {show(abs(left - right), min(digits, 4))}"


def _are_numbers(sides: list[Any]) -> bool:
    return len(sides) == 2 and all(map(is_number, sides))


def _operands(node: ast.Node) -> Iterator[ast.Node]:
    """Return the parts whose values explain: the two sides of a comparison, else what the node reads."""
    if isinstance(node, ast.Binary) and node.operator not in ("&&", "||"):
        yield node.left
        yield node.right
    elif isinstance(node, (ast.Binary, ast.Call, ast.Unary, ast.Ternary)):
        for child in ast.children(node):
            yield from _operands(child)
    elif isinstance(node, ast.Macro):
        yield node.target
    else:
        yield node


def _quoted(value: Any, digits: int) -> str:
    return f'"{_short(value)}"' if isinstance(value, str) else _short(show(value, digits))


def _short(text: str) -> str:
    return text if len(text) <= _MAX_VALUE else text[: _MAX_VALUE - 3] + "..."
