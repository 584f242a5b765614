"""Evaluating one expression on one document: true, false, missing or error.

Missing is told from error by walking the paths that the expression reads, never by an engine's error text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gatepost.cel import ast
from gatepost.cel.interface import CompileError, Value
from gatepost.cel.reads import Range
from gatepost.cel.sizes import TooLargeError, check_size, may_grow
from gatepost.judge.programs import Compiled, Programs
from gatepost.judge.scope import Absent, Key, Scope

__all__ = ["Bindings", "Outcome", "evaluate"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an expression came to: a truth value, or what is absent, or what is wrong with the rule."""

    truth: bool | None = None
    absent: tuple[Absent, ...] = ()
    error: str = ""


@dataclass(slots=True)
class Bindings:
    """The variables of one document (and item), bound for the engine when they are first needed.

    ``data`` holds all variables; ``read`` those parts of them that the expressions of the rule read.
    """

    programs: Programs
    variables: frozenset[str]
    data: Mapping[str, Any]
    read: Mapping[str, Any]
    item: tuple[str, tuple[Key, ...], Any] | None = None
    _bound: Any = None
    _whole: Any = None
    _scope: Scope | None = field(default=None)

    @property
    def bound(self) -> Any:
        """Return what the rule's own programs are evaluated on."""
        if self._bound is None:
            self._bound = self.programs.engine.bind(self.variables, self._with_item(self.read))
        return self._bound

    @property
    def scope(self) -> Scope:
        """Return the data for look-ups by path."""
        if self._scope is None:
            self._scope = Scope(self._with_item(self.data), lambda node: self.value(node).value, self.item)
        return self._scope

    def value(self, node: ast.Node) -> Value:
        """Evaluate any other tree on all variables."""
        if may_grow(node) and (too_large := self.too_large(node)):
            return Value(error=too_large)
        if self._whole is None:
            self._whole = self.programs.engine.bind(self.variables, self._with_item(self.data))
        try:
            program = self.programs.program(node, self.variables)
        except CompileError as error:
            return Value(error=error.message)
        return program.evaluate(self._whole)

    def too_large(self, node: ast.Node) -> str:
        """Say which part of an expression could get too large on this data; nothing where none does."""
        try:
            check_size(node, lambda part: self.value(part).value)
        except TooLargeError as error:
            return str(error)
        return ""

    def _with_item(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        return data if self.item is None else {**data, self.item[0]: self.item[2]}


def evaluate(compiled: Compiled, bindings: Bindings, *, allow_empty: bool) -> Outcome:
    """Evaluate an expression that must be true or false."""
    if compiled.grows and (too_large := bindings.too_large(compiled.expression.tree)):
        return Outcome(error=too_large)
    result = compiled.program.evaluate(bindings.bound)
    if isinstance(result.value, bool):
        if compiled.ranges and not allow_empty:
            empty = _empty(compiled, bindings)
            if empty and _matters(compiled, [r for r, _ in empty], bindings):
                return Outcome(absent=tuple(absent for _, absent in empty))
        return _TRUE if result.value else _FALSE
    absent = bindings.scope.absent(compiled.reads)
    if absent:
        return Outcome(absent=tuple(absent))
    return Outcome(error=_reason(compiled, result))


_TRUE, _FALSE = Outcome(True), Outcome(False)


def _reason(compiled: Compiled, result: Value) -> str:
    if result.error is None:
        return f"the value is {result.value!r}, and true or false is needed"
    text = result.error
    if compiled.expression.doubles and "ndex" in text and "index=1 size=1" in text:
        return "the arithmetic leaves the finite numbers (a division by zero?)"
    for prefix in ("UNKNOWN: ", "INVALID_ARGUMENT: ", "NOT_FOUND: "):
        text = text.removeprefix(prefix)
    return text.strip()


def _empty(compiled: Compiled, bindings: Bindings) -> list[tuple[Range, Absent]]:
    """Find the macros that run over an empty list of the evidence."""
    found: list[tuple[Range, Absent]] = []
    for range_, program in compiled.ranges:
        if range_.path is not None:
            for key in bindings.scope.keys(range_.path):
                if not isinstance(key, Absent) and bindings.scope.value(key) == []:
                    found.append((range_, Absent(key, empty=True)))
                    break
        elif program is not None:
            value = program.evaluate(bindings.bound).value
            if isinstance(value, list) and not value:
                found.append((range_, Absent((compiled.expression.source,), empty=True)))
    return found


def _matters(compiled: Compiled, empty: list[Range], bindings: Bindings) -> bool:
    """Tell whether the empty lists decide: with an error in their place, there is no boolean any more."""
    nodes = {id(range_.node) for range_ in empty}

    def poison(node: ast.Node) -> ast.Node:
        if id(node) in nodes:
            s, e = node.start, node.end
            nothing = ast.Call(s, e, "dyn", None, (ast.ListLiteral(s, e, (), ()),))
            return ast.Index(s, e, nothing, ast.Literal(s, e, "int", 0, "0"))
        return ast.rebuild(node, poison)

    return not isinstance(bindings.value(poison(compiled.expression.tree)).value, bool)
