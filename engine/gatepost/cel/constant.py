"""Conditions that come out the same whatever the evidence says, as far as the limits of its fields tell."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from gatepost.cel import ast
from gatepost.cel.types import Type
from gatepost.cel.unparse import unparse

__all__ = ["constant_parts", "truth"]

_Range = tuple[float, float]
_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}


def constant_parts(node: ast.Node, types: Mapping[int, Type]) -> Iterator[tuple[ast.Node, bool]]:
    """Return the innermost parts that are always true or always false (literals left out), with their value."""
    inner = [found for child in ast.children(node) for found in constant_parts(child, types)]
    yield from inner
    found = truth(node, types)
    if found is not None and not inner and not isinstance(node, ast.Literal):
        yield node, found


def truth(node: ast.Node, types: Mapping[int, Type]) -> bool | None:
    """Return the value of a condition that can have no other; nothing where it can."""
    if isinstance(node, ast.Literal):
        return node.value if node.kind == "bool" else None
    if isinstance(node, ast.Unary) and node.operator == "!":
        inner = truth(node.operand, types)
        return None if inner is None else not inner
    if isinstance(node, ast.Binary) and node.operator in ("&&", "||"):
        return _joined(node, types)
    if isinstance(node, ast.Binary) and node.operator in _NEGATED:
        return _compared(node, types)
    return None


def _joined(node: ast.Binary, types: Mapping[int, Type]) -> bool | None:
    ends = node.operator == "||"
    sides = (truth(node.left, types), truth(node.right, types))
    if ends in sides:
        return ends
    if None not in sides:
        return not ends
    # `x < 1 && x >= 1`: each side is the other one's opposite.
    return ends if _opposite(node.left, node.right) else None


def _opposite(left: ast.Node, right: ast.Node) -> bool:
    if isinstance(left, ast.Unary) and left.operator == "!":
        return unparse(left.operand) == unparse(right)
    if isinstance(right, ast.Unary) and right.operator == "!":
        return unparse(right.operand) == unparse(left)
    if not (isinstance(left, ast.Binary) and isinstance(right, ast.Binary)) or left.operator not in _NEGATED:
        return False
    same = (unparse(left.left), unparse(left.right)) == (unparse(right.left), unparse(right.right))
    return same and _NEGATED[left.operator] == right.operator


def _compared(node: ast.Binary, types: Mapping[int, Type]) -> bool | None:
    if unparse(node.left) == unparse(node.right):
        return node.operator in ("==", "<=", ">=")
    left, right = _range(node.left, types), _range(node.right, types)
    if left is None or right is None:
        return _literals(node)
    operator = node.operator
    if operator in (">", ">="):
        left, right, operator = right, left, operator.replace(">", "<")
    if operator == "<":
        return True if left[1] < right[0] else False if left[0] >= right[1] else None
    if operator == "<=":
        return True if left[1] <= right[0] else False if left[0] > right[1] else None
    if left[1] < right[0] or left[0] > right[1]:
        return operator == "!="
    return operator == "==" if left[0] == left[1] == right[0] == right[1] else None


def _literals(node: ast.Binary) -> bool | None:
    left, right = node.left, node.right
    if not (isinstance(left, ast.Literal) and isinstance(right, ast.Literal)) or left.kind != right.kind:
        return None
    if node.operator in ("==", "!="):
        return bool(left.value == right.value) is (node.operator == "==")
    return None


def _range(node: ast.Node, types: Mapping[int, Type]) -> _Range | None:
    """Return between which numbers a value lies, where that is known of one end at least."""
    if isinstance(node, ast.Literal) and node.kind in ("int", "uint", "double"):
        return (node.value, node.value)
    if isinstance(node, ast.Unary) and node.operator == "-":
        inner = _range(node.operand, types)
        return None if inner is None else (-inner[1], -inner[0])
    if isinstance(node, ast.Call) and node.function == "size":
        return (0, math.inf)
    found = types.get(id(node))
    if isinstance(node, (ast.Select, ast.Index)) and found is not None and found.is_number:
        if found.minimum is None and found.maximum is None:
            return None
        low = -math.inf if found.minimum is None else found.minimum
        return (low, math.inf if found.maximum is None else found.maximum)
    return None
