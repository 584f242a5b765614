"""How close a rule that passed came to failing: the smallest margin of the comparisons that decided.

Evaluated here and not by an engine: the same margin for every engine, and for many items a fraction of the time.
Covered are comparisons of numbers that stand in evidence, params and literals, with arithmetic and ``size()``, below
``&&``, ``||``, ``!``, ``all`` and ``exists``. What an item passes by another condition has no margin.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from gatepost.cel import ast
from gatepost.cel.unparse import unparse
from gatepost.policy.model import Rule
from gatepost.verdict import Margin

__all__ = ["Closest", "MarginOf", "is_number", "margin_of", "share_apart"]

Names = Mapping[str, Any]
"""The variables of a document, with the item and those of macros."""
Value = Callable[[Names], Any]
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "==": operator.eq,
    "!=": operator.ne,
}
_ORDERED = frozenset((">=", ">", "<=", "<"))
_ARITHMETIC: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


class _UnknownError(Exception):
    """A value that is absent, or that only an engine can tell."""


class Closest(NamedTuple):
    """A comparison that decided: its sides, and what the variables of macros stood for."""

    share: float
    left: float
    right: float
    node: ast.Binary
    text: str
    indices: tuple[tuple[str, ast.Node, int], ...] = ()

    def margin(self, item: str | None) -> Margin:
        """Return it as the verdict holds it."""
        node: ast.Node = self.node
        for name, target, number in reversed(self.indices):
            index = ast.Literal(node.start, node.end, "int", number, str(number))
            node = ast.substitute(node, {name: ast.Index(node.start, node.end, target, index)})
        text = unparse(node) if self.indices else self.text
        return Margin(text, self.left, self.right, round(self.share, 6), item)


class _Told(NamedTuple):
    """The truth of a part, and the closest comparison that it rests on; ``truth`` is None where it is not known."""

    truth: bool | None
    closest: Closest | None = None


_UNTOLD = _Told(None)
Part = Callable[[Names], _Told]
MarginOf = Callable[[Names], Closest | None]


def margin_of(rule: Rule) -> MarginOf | None:
    """Return what tells the closest comparison of an item that passed; None where the rule compares no numbers."""
    require = rule.require
    if not any(isinstance(node, ast.Binary) and node.operator in _ORDERED for node in ast.walk(require.tree)):
        return None
    part = _Compiler(dict(rule.lets)).part(require.written, True)
    return lambda names: part(names).closest


def share_apart(one: float, other: float) -> float:
    """Return how far two numbers are apart, as a share of the larger: what findings of different rules compare by."""
    if one == other:
        return 0.0
    share = abs(one - other) / max(abs(one), abs(other))
    return share if math.isfinite(share) else 0.0


def is_number(value: Any) -> bool:
    """Tell whether this is a number; true and false are not."""
    return type(value) is float or type(value) is int


class _Compiler:
    def __init__(self, lets: Mapping[str, ast.Node]) -> None:
        self.lets = lets

    def part(self, node: ast.Node, wanted: bool) -> Part:
        """Compile a condition, or its negation where it is not ``wanted``."""
        if isinstance(node, ast.Unary) and node.operator == "!":
            return self.part(node.operand, not wanted)
        if isinstance(node, ast.Ident) and node.name in self.lets:
            return self.part(self.lets[node.name], wanted)
        if isinstance(node, ast.Binary) and node.operator in ("&&", "||"):
            both = (self.part(node.left, wanted), self.part(node.right, wanted))
            fold = _every if (node.operator == "&&") is wanted else _some
            return lambda names: fold([part(names) for part in both])
        if isinstance(node, ast.Binary) and node.operator in _COMPARISONS:
            return self.comparison(node, wanted)
        if isinstance(node, ast.Macro) and node.name in ("all", "exists") and len(node.variables) == 1:
            return self.macro(node, wanted)
        return self.plain(node, wanted)

    def comparison(self, node: ast.Binary, wanted: bool) -> Part:
        left, right = self.value(node.left), self.value(node.right)
        compare, ordered, text = _COMPARISONS[node.operator], node.operator in _ORDERED, unparse(node)

        def told(names: Names) -> _Told:
            try:
                one, other = left(names), right(names)
                truth = compare(one, other) is wanted
            except (_UnknownError, TypeError):
                return _UNTOLD
            if isinstance(one, bool) is not isinstance(other, bool):
                return _UNTOLD  # to Python true is 1
            if not ordered or not is_number(one) or not is_number(other):
                return _Told(truth)
            return _Told(truth, Closest(share_apart(one, other), one, other, node, text))

        return told

    def macro(self, node: ast.Macro, wanted: bool) -> Part:
        name, target = node.variables[0], ast.substitute(node.target, dict(self.lets))
        body, entries = self.part(node.bodies[0], wanted), self.value(target)
        fold = _every if (node.name == "all") is wanted else _some

        def told(names: Names) -> _Told:
            try:
                found = entries(names)
            except _UnknownError:
                return _UNTOLD
            if not isinstance(found, list):
                return _UNTOLD
            return fold([_within(body({**names, name: entry}), name, target, n) for n, entry in enumerate(found)])

        return told

    def plain(self, node: ast.Node, wanted: bool) -> Part:
        value = self.value(node)

        def told(names: Names) -> _Told:
            try:
                found = value(names)
            except _UnknownError:
                return _UNTOLD
            return _Told(found is wanted) if isinstance(found, bool) else _UNTOLD

        return told

    def value(self, node: ast.Node) -> Value:
        """Compile an operand to what gives its value, or raises :class:`_UnknownError`."""
        path = _fixed_path(node)
        if path is not None and path[0] not in self.lets:
            return _at(path)
        if isinstance(node, ast.Literal):
            constant = node.value
            return lambda names: constant
        if isinstance(node, ast.Ident):
            return self.value(self.lets[node.name])
        if isinstance(node, ast.Select) and not node.optional:
            return _step(self.value(node.operand), _constant(node.field))
        if isinstance(node, ast.Index) and not node.optional:
            return _step(self.value(node.operand), self.value(node.index))
        if isinstance(node, ast.Unary) and node.operator == "-":
            return _numbers(lambda one: -one, self.value(node.operand))
        if isinstance(node, ast.Binary) and node.operator in _ARITHMETIC:
            sides = (self.value(node.left), self.value(node.right))
            return _numbers(_ARITHMETIC[node.operator], *sides, exact=node.operator != "/")
        if isinstance(node, ast.Call) and node.function == "size" and len(_operands(node)) == 1:
            return _size(self.value(_operands(node)[0]))
        return _unknown


def _every(parts: list[_Told]) -> _Told:
    """All are true: the one with the smallest margin decides."""
    truths = [part.truth for part in parts]
    truth = False if False in truths else None if None in truths else True
    closest = [part.closest for part in parts if part.closest is not None]
    return _Told(truth, min(closest, key=lambda one: one.share, default=None))


def _some(parts: list[_Told]) -> _Told:
    """One that is true is enough: the one with the largest margin decides, unless one has none that is known."""
    true = [part for part in parts if part.truth is not False]
    closest = [part.closest for part in true if part.truth and part.closest is not None]
    if len(closest) < len(true):
        return _Told(True if any(part.truth for part in true) else None)
    return _Told(bool(true), max(closest, key=lambda one: one.share, default=None))


def _within(told: _Told, name: str, target: ast.Node, number: int) -> _Told:
    found = told.closest
    if found is None:
        return told
    indices = ((name, target, number), *found.indices)
    return _Told(told.truth, found._replace(indices=indices))


def _operands(node: ast.Call) -> tuple[ast.Node, ...]:
    return node.args if node.target is None else (node.target, *node.args)


def _constant(value: Any) -> Value:
    return lambda names: value


def _unknown(names: Names) -> Any:
    raise _UnknownError


def _fixed_path(node: ast.Node) -> tuple[str, ...] | None:
    """Return the names of a path such as ``g.impact_ratio.value``."""
    if isinstance(node, ast.Ident):
        return (node.name,)
    above = _fixed_path(node.operand) if isinstance(node, ast.Select) and not node.optional else None
    return None if above is None else (*above, cast("ast.Select", node).field)


def _at(path: tuple[str, ...]) -> Value:
    def value(names: Names) -> Any:
        found: Any = names
        try:
            for part in path:
                found = found[part]
        except (KeyError, TypeError) as error:
            raise _UnknownError from error
        return found

    return value


def _step(above: Value, key: Value) -> Value:
    def value(names: Names) -> Any:
        found, part = above(names), key(names)
        if isinstance(found, dict) and isinstance(part, str) and part in found:
            return found[part]
        if isinstance(found, list) and type(part) is int and 0 <= part < len(found):
            return found[part]
        raise _UnknownError

    return value


def _numbers(compute: Callable[..., Any], *operands: Value, exact: bool = True) -> Value:
    """Compute as CEL does: with numbers of one type; a quotient of doubles only."""

    def value(names: Names) -> Any:
        values = [operand(names) for operand in operands]
        kind = type(values[0])
        if kind not in ((int, float) if exact else (float,)) or any(type(one) is not kind for one in values):
            raise _UnknownError
        try:
            return compute(*values)
        except (ArithmeticError, ValueError) as error:
            raise _UnknownError from error

    return value


def _size(operand: Value) -> Value:
    def value(names: Names) -> Any:
        found = operand(names)
        if not isinstance(found, (str, list, dict)):
            raise _UnknownError
        return len(found)

    return value
