"""The syntax tree of a CEL expression, with the place of each part in its source.

Macros (``has``, ``all``, ``filter``, ...) stay as they were written; engines expand them. Nodes compare by identity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

__all__ = [
    "Binary",
    "Call",
    "Has",
    "Ident",
    "Index",
    "ListLiteral",
    "Literal",
    "Macro",
    "MapLiteral",
    "Node",
    "Select",
    "Ternary",
    "Unary",
    "children",
    "free_names",
    "rebuild",
    "substitute",
    "walk",
]


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A part of an expression; ``start`` and ``end`` are offsets into its source."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, eq=False)
class Literal(Node):
    """A constant; ``kind`` is int, uint, double, string, bytes, bool or null; ``text`` is as written."""

    kind: str
    value: Any
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Ident(Node):
    """A variable's name."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Select(Node):
    """``operand.field``, or ``operand.?field`` where ``optional``."""

    operand: Node
    field: str
    optional: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Index(Node):
    """``operand[index]``, or ``operand[?index]`` where ``optional``."""

    operand: Node
    index: Node
    optional: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Has(Node):
    """``has(operand.field)``."""

    select: Select


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """``function(args)`` or ``target.function(args)``."""

    function: str
    target: Node | None
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Macro(Node):
    """``target.name(variable, body)``; ``map`` may have a filter and a transformation as its bodies."""

    name: str
    target: Node
    variables: tuple[str, ...]
    bodies: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Node):
    """``!operand`` or ``-operand``."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Node):
    """``left operator right``."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Ternary(Node):
    """``condition ? yes : no``."""

    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True, slots=True, eq=False)
class ListLiteral(Node):
    """``[a, ?b]``; ``optional`` says which items have the question mark."""

    items: tuple[Node, ...]
    optional: tuple[bool, ...]


@dataclass(frozen=True, slots=True, eq=False)
class MapLiteral(Node):
    """``{key: value, ?key: value}``."""

    keys: tuple[Node, ...]
    values: tuple[Node, ...]
    optional: tuple[bool, ...]


def children(node: Node) -> tuple[Node, ...]:
    """Give the parts of a node, in the order in which they are written."""
    if isinstance(node, Binary):
        return (node.left, node.right)
    if isinstance(node, (Select, Unary)):
        return (node.operand,)
    if isinstance(node, Index):
        return (node.operand, node.index)
    if isinstance(node, Has):
        return (node.select,)
    if isinstance(node, Call):
        return (*(() if node.target is None else (node.target,)), *node.args)
    if isinstance(node, Macro):
        return (node.target, *node.bodies)
    if isinstance(node, Ternary):
        return (node.condition, node.yes, node.no)
    if isinstance(node, ListLiteral):
        return node.items
    if isinstance(node, MapLiteral):
        return tuple(part for pair in zip(node.keys, node.values, strict=True) for part in pair)
    return ()


def walk(node: Node) -> Iterator[Node]:
    """Give the node and all its parts, outer before inner."""
    yield node
    for child in children(node):
        yield from walk(child)


def rebuild(node: Node, change: Callable[[Node], Node]) -> Node:
    """Give the node with ``change`` made to each of its parts."""
    if isinstance(node, Binary):
        return replace(node, left=change(node.left), right=change(node.right))
    if isinstance(node, (Select, Unary)):
        return replace(node, operand=change(node.operand))
    if isinstance(node, Index):
        return replace(node, operand=change(node.operand), index=change(node.index))
    if isinstance(node, Has):
        return replace(node, select=cast(Select, change(node.select)))
    if isinstance(node, Call):
        target = None if node.target is None else change(node.target)
        return replace(node, target=target, args=tuple(map(change, node.args)))
    if isinstance(node, Macro):
        return replace(node, target=change(node.target), bodies=tuple(map(change, node.bodies)))
    if isinstance(node, Ternary):
        return replace(node, condition=change(node.condition), yes=change(node.yes), no=change(node.no))
    if isinstance(node, ListLiteral):
        return replace(node, items=tuple(map(change, node.items)))
    if isinstance(node, MapLiteral):
        return replace(node, keys=tuple(map(change, node.keys)), values=tuple(map(change, node.values)))
    return node


def substitute(node: Node, values: dict[str, Node]) -> Node:
    """Put syntax trees in the place of names. No name may hide another, so nothing can be captured."""
    if isinstance(node, Ident):
        return values.get(node.name, node)
    return rebuild(node, lambda child: substitute(child, values)) if values else node


def free_names(node: Node) -> set[str]:
    """Give the names of variables that the expression does not bind itself."""
    if isinstance(node, Ident):
        return {node.name}
    if isinstance(node, Macro):
        inner: set[str] = set()
        for body in node.bodies:
            inner |= free_names(body)
        return free_names(node.target) | (inner - set(node.variables))
    names: set[str] = set()
    for child in children(node):
        names |= free_names(child)
    return names
