"""An expression with the value of each of its parts: what decided, by how much, and where the facts came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.cel import ast
from gatepost.cel.reads import reads
from gatepost.cel.unparse import unparse
from gatepost.evidence.naming import entry_name
from gatepost.evidence.numbers import LEAST_DIGITS, digits_for, show
from gatepost.judge.evaluation import Bindings
from gatepost.judge.explaining import margin
from gatepost.judge.scope import Absent

__all__ = ["Origin", "Traced", "trace"]

Origin = Callable[[tuple[str | int, ...]], str]
"""Tells where the value at a concrete path came from, or gives an empty string."""

_MOST_ITEMS = 5


@dataclass(frozen=True, slots=True)
class Traced:
    """A part of an expression with its value as it reads, and its own parts.

    ``decided`` marks the parts on the way from the whole to what made it come out so.
    """

    expression: str
    value: str
    decided: bool = False
    note: str = ""
    origin: str = ""
    parts: tuple[Traced, ...] = ()


def trace(node: ast.Node, lets: Mapping[str, ast.Node], bindings: Bindings, origin: Origin) -> Traced:
    """Trace an expression that is written with the names of ``lets``."""
    return _Tracer(dict(lets), bindings, origin).trace(node, {}, decided=True)


class _Tracer:
    def __init__(self, lets: dict[str, ast.Node], bindings: Bindings, origin: Origin) -> None:
        self.lets = lets
        self.bindings = bindings
        self.origin = origin

    def closed(self, node: ast.Node, items: dict[str, ast.Node]) -> ast.Node:
        return ast.substitute(ast.substitute(node, items), self.lets)

    def value(self, node: ast.Node, items: dict[str, ast.Node]) -> Any:
        closed = self.closed(node, items)
        result = self.bindings.value(closed)
        if result.error is None:
            return result.value
        if self.bindings.scope.absent(reads(closed)):
            return _NoValue("missing")
        return _NoValue(f"error: {result.error.split(': ', 1)[-1].strip()}")

    def trace(
        self, node: ast.Node, items: dict[str, ast.Node], *, decided: bool, digits: int = LEAST_DIGITS
    ) -> Traced:
        """Trace a part; ``digits`` are those that tell the sides of the comparison it stands in apart."""
        value = self.value(node, items)
        parts = tuple(self._parts(node, items, value, decided, digits))
        margin = self._margin(node, items, value)
        return Traced(unparse(node), _shown(value, digits), decided, margin, self._origin(node, items), parts)

    def _margin(self, node: ast.Node, items: dict[str, ast.Node], value: Any) -> str:
        if value is False and isinstance(node, ast.Binary):
            sides = [self.value(side, items) for side in (node.left, node.right)]
            return margin(node.operator, sides, digits_for(sides))
        return ""

    def _origin(self, node: ast.Node, items: dict[str, ast.Node]) -> str:
        """Return where the value of a path came from."""
        closed = self.closed(node, items)
        found = reads(closed)
        if len(found.paths) != 1 or found.ranges or next(iter(found.paths.values())) is not closed:
            return ""
        keys = [key for key in self.bindings.scope.keys(next(iter(found.paths))) if not isinstance(key, Absent)]
        return self.origin(keys[0]) if len(keys) == 1 else ""

    def _parts(
        self, node: ast.Node, items: dict[str, ast.Node], value: Any, decided: bool, digits: int
    ) -> Iterator[Traced]:
        if isinstance(node, (ast.Literal, ast.Has)) or self._is_path(node):
            if isinstance(node, ast.Ident) and node.name in self.lets:
                yield self.trace(self.lets[node.name], {}, decided=decided, digits=digits)
            return
        if isinstance(node, ast.Binary) and node.operator in ("&&", "||"):
            # Of an `&&` that is false the false side decided; of one that is true both did.
            for side in (node.left, node.right):
                alone = value is (node.operator == "||")
                yield self.trace(side, items, decided=decided and (not alone or self.value(side, items) is value))
        elif isinstance(node, ast.Ternary):
            yield self.trace(node.condition, items, decided=decided)
            taken = node.yes if self.value(node.condition, items) is True else node.no
            yield self.trace(taken, items, decided=decided)
        elif isinstance(node, ast.Macro):
            yield self.trace(node.target, items, decided=decided)
            yield from self._items(node, items, value, decided)
        else:
            if isinstance(node, ast.Binary):
                digits = max(digits, digits_for(self.value(side, items) for side in (node.left, node.right)))
            for child in ast.children(node):
                if not isinstance(child, ast.Literal):
                    yield self.trace(child, items, decided=decided, digits=digits)

    def _is_path(self, node: ast.Node) -> bool:
        while isinstance(node, (ast.Select, ast.Index)):
            node = node.operand
        return isinstance(node, ast.Ident)

    def _items(self, node: ast.Macro, items: dict[str, ast.Node], value: Any, decided: bool) -> Iterator[Traced]:
        """Trace the items that decided: those that made an `all` false or an `exists` true, else the first ones."""
        found = self.value(node.target, items)
        if not isinstance(found, list) or len(node.variables) != 1 or node.name not in ("all", "exists", "filter"):
            return
        wanted = {"all": False, "exists": True}.get(node.name)
        deciding = [n for n in range(len(found)) if self._body(node, items, n) is wanted] if value is wanted else []
        chosen = deciding or list(range(len(found)))
        for number in chosen[:_MOST_ITEMS]:
            body = self.trace(node.bodies[-1], self._inner(node, items, number), decided=decided and bool(deciding))
            called = entry_name(found[number])
            name = f"{node.variables[0]} = {unparse(node.target)}[{number}]{called and f' ({called})'}"
            yield Traced(name, body.value, bool(deciding) and decided, parts=(body,))
        if len(chosen) > _MOST_ITEMS:
            yield Traced(f"and {len(chosen) - _MOST_ITEMS} more items", "")

    def _inner(self, node: ast.Macro, items: dict[str, ast.Node], number: int) -> dict[str, ast.Node]:
        index = ast.Literal(node.start, node.end, "int", number, str(number))
        return {**items, node.variables[0]: ast.Index(node.start, node.end, self.closed(node.target, items), index)}

    def _body(self, node: ast.Macro, items: dict[str, ast.Node], number: int) -> Any:
        return self.value(node.bodies[0], self._inner(node, items, number))


@dataclass(frozen=True, slots=True)
class _NoValue:
    reason: str


def _shown(value: Any, digits: int) -> str:
    if isinstance(value, _NoValue):
        return value.reason
    return f'"{value}"' if isinstance(value, str) else show(value, digits)
