"""How large the values of an expression can get, estimated before an engine makes them.

An engine has no limit on memory: nine `replace()` in one another make ten letters into ten thousand million. The
estimate is an upper bound where the sizes of what the expression reads are known, and a lower one where each counts
as one (when a policy is loaded, without evidence).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.cel import ast
from gatepost.cel.functions import NAMESPACES
from gatepost.cel.unparse import unparse

__all__ = ["MAX_ROUNDS", "MAX_SIZE", "Size", "TooLargeError", "check_size", "may_grow", "size_of"]

MAX_SIZE = 5_000_000
"""How many characters and entries one value may have."""

MAX_ROUNDS = 1_000_000
"""How often the bodies of macros may be evaluated in one expression, all together."""

_PRECISION = 1_000  # the most digits that `%.Nf` may ask for
_NUMBER = 30  # the most characters of a number as a string
_COMPARISONS = 100  # comparisons of entries that cost about as much as one round
_GROWING = frozenset("replace join format split flatten range quote encode".split())
_SIMPLE = frozenset(("all", "exists", "exists_one", "existsOne", "filter"))
_MANY_SUMS = 16


@dataclass(frozen=True, slots=True)
class Size:
    """At most how many characters and entries a value has in all, how many at its top, and each of them."""

    total: float = 1
    count: float = 1
    item: float = 1


Leaf = Callable[[ast.Node], Any]
"""Returns the value of a part that reads no name of a macro; None where that is not known."""


class TooLargeError(Exception):
    """A part of an expression could get too large, or run too often; ``start`` and ``end`` say which."""

    def __init__(self, node: ast.Node, what: str) -> None:
        super().__init__(f"`{_short(unparse(node))}` {what}")
        self.start, self.end = node.start, node.end


def size_of(value: Any) -> Size:
    """Measure a value."""
    if isinstance(value, (str, bytes)):
        return Size(1 + len(value), len(value), 1)
    if isinstance(value, Mapping):
        parts = [size_of(part).total + len(key) for key, part in value.items()]
    elif isinstance(value, (list, tuple)):
        parts = [size_of(part).total for part in value]
    else:
        return Size()
    return Size(1 + sum(parts), len(parts), max(parts, default=1))


def may_grow(node: ast.Node) -> bool:
    """Tell whether an expression has parts that can get much larger than what they read."""
    sums = 0
    for part in ast.walk(node):
        sums += isinstance(part, ast.Binary) and part.operator == "+"
        grows = isinstance(part, ast.Call) and (part.function in _GROWING or _namespace(part) == "sets")
        if grows or sums > _MANY_SUMS:
            return True
        if isinstance(part, ast.Macro) and (
            part.name not in _SIMPLE
            or any(isinstance(inner, ast.Macro) for b in part.bodies for inner in ast.walk(b))
        ):
            return True
    return False


def check_size(node: ast.Node, leaf: Leaf) -> None:
    """Estimate an expression.

    Raises:
        TooLargeError: a value could have more than MAX_SIZE parts, or macros more than MAX_ROUNDS rounds.
    """
    _Estimate(leaf).size(node, {})


class _Estimate:
    def __init__(self, leaf: Leaf) -> None:
        self.leaf = leaf
        self.rounds: float = 0

    def size(self, node: ast.Node, items: Mapping[str, Size]) -> Size:
        """Estimate the value of a part; ``items`` are the sizes of the items that macros run over."""
        if isinstance(node, (ast.Ident, ast.Select, ast.Index)):
            return self.path(node, items)
        if isinstance(node, ast.Literal):
            return size_of(node.value)
        if isinstance(node, ast.Macro):
            found = self.macro(node, items)
        else:
            namespace = isinstance(node, ast.Call) and _namespace(node)
            parts = [self.size(child, items) for child in ast.children(node)[1 if namespace else 0 :]]
            found = self.made(node, parts, items)
        if found.total > MAX_SIZE:
            raise TooLargeError(node, f"could have more than {MAX_SIZE:,} characters or entries")
        return found

    def path(self, node: ast.Node, items: Mapping[str, Size]) -> Size:
        if isinstance(node, ast.Ident) and node.name in items:
            return items[node.name]
        if _is_path(node) and not ast.free_names(node) & items.keys():
            return size_of(self.leaf(node))
        if isinstance(node, ast.Index):
            self.size(node.index, items)
        whole = self.size(node.operand, items) if isinstance(node, (ast.Select, ast.Index)) else Size()
        return Size(whole.item, whole.item, whole.item)

    def macro(self, node: ast.Macro, items: Mapping[str, Size]) -> Size:
        target = self.size(node.target, items)
        item = Size(target.item, target.item, target.item)
        before, self.rounds = self.rounds, 0
        bodies = [self.size(body, {**items, **dict.fromkeys(node.variables, item)}) for body in node.bodies]
        self.rounds = before + target.count * (1 + self.rounds)
        self.check_rounds(node)
        if node.name in ("map", "transformList"):
            return Size(1 + target.count * bodies[-1].total, target.count, bodies[-1].total)
        if node.name in ("filter", "sortBy"):
            return target
        return bodies[-1] if node.name in ("optMap", "optFlatMap") else Size()

    def check_rounds(self, node: ast.Node) -> None:
        if self.rounds > MAX_ROUNDS:
            raise TooLargeError(node, f"could take more than {MAX_ROUNDS:,} rounds")

    def made(self, node: ast.Node, parts: list[Size], items: Mapping[str, Size]) -> Size:
        if isinstance(node, ast.Binary) and node.operator == "+":
            return Size(sum(p.total for p in parts), sum(p.count for p in parts), max(p.item for p in parts))
        if isinstance(node, ast.Ternary):
            return _largest(parts[1:])
        if isinstance(node, (ast.ListLiteral, ast.MapLiteral)):
            return Size(1 + sum(p.total for p in parts), len(parts), max((p.total for p in parts), default=1))
        if isinstance(node, ast.Call):
            return self.call(node, parts, items)
        return Size()

    def call(self, node: ast.Call, parts: list[Size], items: Mapping[str, Size]) -> Size:
        first, second, third = (*parts, Size(), Size(), Size())[:3]
        function, namespace = node.function, _namespace(node)
        if function == "range" and namespace:
            number = None if ast.free_names(node.args[0]) & items.keys() else self.leaf(node.args[0])
            count = number if isinstance(number, int) else math.inf if items else 1
            return Size(1 + count, count, 1)
        if namespace == "sets":
            self.rounds += first.count * second.count / _COMPARISONS
            self.check_rounds(node)
        elif function == "replace":
            # Of a regular expression, each reference to what was found puts all of that in again.
            return _text((2 if namespace else 1) * (first.total + (first.total + 1) * third.total))
        elif function == "join":
            return _text(first.total + first.count * second.total)
        elif function == "format":
            return _text(first.total + second.total + _most_digits(node, first))
        elif function in ("quote", "encode"):
            return _text(2 * first.total + 2)
        elif function == "split":
            return Size(2 * first.total, first.count + 1, first.total)
        elif function == "flatten":
            return Size(first.total, first.total, first.item)
        elif function == "string":
            return _text(max(first.total, _NUMBER))
        return _largest(parts) if parts else Size()


def _namespace(node: ast.Call) -> str:
    """Return `lists` of `lists.range(3)`, and nothing for a method of a value."""
    return node.target.name if isinstance(node.target, ast.Ident) and node.target.name in NAMESPACES else ""


def _most_digits(node: ast.Call, text: Size) -> float:
    """Return how many digits the clauses of a format can make of numbers."""
    if not isinstance(node.target, ast.Literal):
        return text.total * _PRECISION
    written = str(node.target.value)
    return written.count("%") * (_PRECISION if "." in written else _NUMBER)


def _is_path(node: ast.Node) -> bool:
    while isinstance(node, ast.Select) or (isinstance(node, ast.Index) and isinstance(node.index, ast.Literal)):
        if node.optional:
            return False
        node = node.operand
    return isinstance(node, ast.Ident)


def _text(count: float) -> Size:
    return Size(count, count, 1)


def _largest(parts: list[Size]) -> Size:
    return Size(max(p.total for p in parts), max(p.count for p in parts), max(p.item for p in parts))


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
