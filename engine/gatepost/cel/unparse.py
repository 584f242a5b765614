"""Writing a syntax tree as CEL again, with as few brackets as it needs."""

from __future__ import annotations

import re

from gatepost.cel import ast

__all__ = ["unparse"]

_STRENGTH = {"||": 1, "&&": 2, "in": 3, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3}
_STRENGTH |= {"+": 4, "-": 4, "*": 5, "/": 5, "%": 5}
_UNARY, _MEMBER = 6, 7
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def unparse(node: ast.Node) -> str:
    """Return the source of an expression that parses to an equal tree."""
    return _write(node, 0)


def _write(node: ast.Node, least: int) -> str:
    text, strength = _text(node)
    return f"({text})" if strength < least else text


def _text(node: ast.Node) -> tuple[str, int]:
    if isinstance(node, ast.Literal):
        return node.text, _UNARY if node.text.startswith("-") else _MEMBER
    if isinstance(node, ast.Ident):
        return node.name, _MEMBER
    if isinstance(node, ast.Select):
        field = node.field if _NAME.match(node.field) else f"`{node.field}`"
        return f"{_write(node.operand, _MEMBER)}.{'?' if node.optional else ''}{field}", _MEMBER
    if isinstance(node, ast.Index):
        mark = "?" if node.optional else ""
        return f"{_write(node.operand, _MEMBER)}[{mark}{_write(node.index, 0)}]", _MEMBER
    if isinstance(node, ast.Has):
        return f"has({_write(node.select, 0)})", _MEMBER
    if isinstance(node, ast.Call):
        target = "" if node.target is None else f"{_write(node.target, _MEMBER)}."
        return f"{target}{node.function}({', '.join(_write(arg, 0) for arg in node.args)})", _MEMBER
    if isinstance(node, ast.Macro):
        parts = [*node.variables, *(_write(body, 0) for body in node.bodies)]
        return f"{_write(node.target, _MEMBER)}.{node.name}({', '.join(parts)})", _MEMBER
    if isinstance(node, ast.Unary):
        return f"{node.operator}{_write(node.operand, _UNARY + (node.operator == '-'))}", _UNARY
    return _compound(node)


def _compound(node: ast.Node) -> tuple[str, int]:
    if isinstance(node, ast.Binary):
        strength = _STRENGTH[node.operator]
        left, right = _write(node.left, strength), _write(node.right, strength + 1)
        return f"{left} {node.operator} {right}", strength
    if isinstance(node, ast.Ternary):
        return f"{_write(node.condition, 1)} ? {_write(node.yes, 1)} : {_write(node.no, 0)}", 0
    if isinstance(node, ast.ListLiteral):
        marks = ["?" if optional else "" for optional in node.optional]
        items = [mark + _write(item, 0) for mark, item in zip(marks, node.items, strict=True)]
        return f"[{', '.join(items)}]", _MEMBER
    if isinstance(node, ast.MapLiteral):
        rows = zip(node.keys, node.values, node.optional, strict=True)
        pairs = [f"{'?' if optional else ''}{_write(k, 0)}: {_write(v, 0)}" for k, v, optional in rows]
        return f"{{{', '.join(pairs)}}}", _MEMBER
    raise TypeError(f"no syntax for {type(node).__name__}")
