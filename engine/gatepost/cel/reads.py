"""What an expression reads: the paths it takes through the data, and the lists its macros run over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gatepost.cel import ast

__all__ = ["EACH", "Computed", "Path", "Range", "Reads", "Segment", "reads"]


@dataclass(frozen=True, slots=True)
class _Each:
    """Any item of a list."""

    def __repr__(self) -> str:
        return "EACH"


@dataclass(frozen=True, slots=True)
class Computed:
    """An index that is known only when it is evaluated."""

    node: ast.Node


EACH = _Each()
Segment = str | int | _Each | Computed
Path = tuple[Segment, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """A list that a macro runs over: its expression, its path where it is one, and whether it stands alone.

    ``closed`` is false for a list that depends on the variable of an outer macro.
    """

    node: ast.Node
    path: Path | None
    closed: bool


@dataclass(slots=True)
class Reads:
    """The maximal paths an expression reads, those it tests for absence, and its macros' lists."""

    paths: dict[Path, ast.Node]
    guarded: set[Path]
    ranges: list[Range]


def reads(node: ast.Node, bound: Mapping[str, Path] | None = None) -> Reads:
    """Find what an expression reads; ``bound`` are names that stand for a path (the name of a ``for_each``)."""
    reader = _Reader(dict(bound or {}))
    reader.visit(node)
    passed = {path[:length] for path in reader.paths for length in range(1, len(path))}
    paths = {path: at for path, at in reader.paths.items() if path not in passed}
    return Reads(paths, reader.guarded, reader.ranges)


class _Reader:
    def __init__(self, bound: dict[str, Path]) -> None:
        self.bound: dict[str, Path | None] = {**bound}
        self.inner: set[str] = set()
        self.paths: dict[Path, ast.Node] = {}
        self.guarded: set[Path] = set()
        self.ranges: list[Range] = []

    def path_of(self, node: ast.Node) -> Path | None:
        """Return the path of a chain of fields and indexes, or of what filters such a list."""
        if isinstance(node, ast.Ident):
            return self.bound.get(node.name, (node.name,))
        if isinstance(node, ast.Select):
            operand = self.path_of(node.operand)
            return None if operand is None else (*operand, node.field)
        if isinstance(node, ast.Index):
            operand = self.path_of(node.operand)
            return None if operand is None else (*operand, self.segment(node.index))
        if isinstance(node, ast.Macro) and node.name == "filter":
            return self.path_of(node.target)
        if isinstance(node, ast.Call) and node.function == "dyn" and len(node.args) == 1:
            return self.path_of(node.args[0])
        return None

    def segment(self, index: ast.Node) -> Segment:
        if isinstance(index, ast.Literal) and isinstance(index.value, (str, int)):
            return index.value
        return EACH if ast.free_names(index) & self.inner else Computed(index)

    def visit(self, node: ast.Node) -> None:
        path = self.path_of(node)
        if path is not None and not isinstance(node, (ast.Macro, ast.Call)):
            self.paths.setdefault(path, node)
            if isinstance(node, (ast.Select, ast.Index)) and node.optional:
                self.guarded.add(path)
            self.visit_indexes(node)
        elif isinstance(node, ast.Has):
            guarded = self.path_of(node.select)
            if guarded is not None:
                self.guarded.add(guarded)
            self.visit(node.select.operand)
        elif isinstance(node, ast.Macro):
            self.macro(node)
        else:
            for child in ast.children(node):
                self.visit(child)

    def visit_indexes(self, node: ast.Node) -> None:
        while isinstance(node, (ast.Select, ast.Index)):
            if isinstance(node, ast.Index):
                self.visit(node.index)
            node = node.operand
        if not isinstance(node, ast.Ident):
            self.visit(node)

    def macro(self, node: ast.Macro) -> None:
        self.visit(node.target)
        path = self.path_of(node.target)
        closed = not ast.free_names(node.target) & self.inner
        self.ranges.append(Range(node.target, path if not _filters(node.target) else None, closed))
        saved, inner = dict(self.bound), set(self.inner)
        *counters, item = node.variables
        self.bound[item] = None if path is None else (*path, EACH)
        for counter in counters:
            self.bound[counter] = None
        self.inner |= set(node.variables)
        for body in node.bodies:
            self.visit(body)
        self.bound, self.inner = saved, inner


def _filters(node: ast.Node) -> bool:
    return any(isinstance(part, ast.Macro) for part in ast.walk(node))
