"""No infinity and no NaN on the way: arithmetic on doubles is wrapped so that it is an error instead.

CEL follows IEEE 754, where ``1.0 / 0.0 > 0.8`` is true: a rule would pass on a division by zero.
"""

from __future__ import annotations

from gatepost.cel import ast

__all__ = ["guard"]

_VALUE = "gatepost_value"


def guard(node: ast.Node, doubles: set[int]) -> ast.Node:
    """Wrap the nodes whose identities are in ``doubles``; ``X`` becomes an error where X - X is not 0."""
    if not doubles:
        return node
    inner = ast.rebuild(node, lambda child: guard(child, doubles))
    return _wrap(inner) if id(node) in doubles else inner


def _wrap(node: ast.Node) -> ast.Node:
    # [X].map(v, v - v == 0.0 ? v : [v][1])[0]: CEL without extensions, X evaluated once.
    s, e = node.start, node.end
    value = ast.Ident(s, e, _VALUE)
    zero, one = ast.Literal(s, e, "double", 0.0, "0.0"), ast.Literal(s, e, "int", 1, "1")
    first = ast.Literal(s, e, "int", 0, "0")
    finite = ast.Binary(s, e, "==", ast.Binary(s, e, "-", value, value), zero)
    absent = ast.Index(s, e, ast.ListLiteral(s, e, (value,), (False,)), one)
    checked = ast.Ternary(s, e, finite, value, absent)
    return ast.Index(
        s, e, ast.Macro(s, e, "map", ast.ListLiteral(s, e, (node,), (False,)), (_VALUE,), (checked,)), first
    )
