"""The syntax tree of a CEL expression, with the place of each part in its source.

Macros (``has``, ``all``, ``filter``, ...) stay as they were written; engines expand them. Nodes compare by identity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
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
    "measure",
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
    """Return the parts of a node, in the order in which they are written."""
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
    """Return the node and all its parts, outer before inner."""
    yield node
    for child in children(node):
        yield from walk(child)


def rebuild(node: Node, change: Callable[[Node], Node]) -> Node:
    """Return the node with ``change`` made to each of its parts."""
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


def substitute(node: Node, values: Mapping[str, Node]) -> Node:
    """Put syntax trees in the place of names. No name may hide another, so nothing can be captured.

    A tree that is put in several times stays one, so that names made of names do not multiply: see :func:`measure`.
    """
    done: dict[int, Node] = {}

    def put_in(part: Node) -> Node:
        if isinstance(part, Ident):
            return values.get(part.name, part)
        found = done.get(id(part))
        if found is None:
            found = done[id(part)] = rebuild(part, put_in)
        return found

    return put_in(node) if values else node


def measure(node: Node) -> tuple[int, int]:
    """Return about how many characters the expression has when it is written out, and how deep its parts nest.

    Takes no longer than the number of different parts, however often one is put in.
    """
    measured: dict[int, tuple[int, int]] = {}
    waiting = [node]
    while waiting:
        part = waiting[-1]
        below = children(part)
        missing = [child for child in below if id(child) not in measured]
        if missing:
            waiting += missing
            continue
        waiting.pop()
        sizes = [measured[id(child)] for child in below]
        own = 1 + max(len(str(getattr(part, name, ""))) for name in ("text", "name", "field", "function"))
        measured[id(part)] = (own + sum(s for s, _ in sizes), 1 + max((d for _, d in sizes), default=0))
    return measured[id(node)]


def free_names(node: Node) -> set[str]:
    """Return the names of variables that the expression does not bind itself."""
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
