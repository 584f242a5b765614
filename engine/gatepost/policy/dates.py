"""Dates that a condition requires to be recent, without saying that they must not be after `now`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gatepost.cel import ast
from gatepost.cel.unparse import unparse

__all__ = ["dates_open_to_the_future"]

_BELOW, _ABOVE = ("<", "<="), (">", ">=")


def dates_open_to_the_future(conditions: Iterable[ast.Node]) -> Iterator[ast.Node]:
    """Return each date of a rule that must be recent (``now - date <= limit``) and may lie after `now`.

    Args:
        conditions: the conditions of one rule, which hold together.
    """
    recent: dict[str, ast.Node] = {}
    past: set[str] = set()
    for comparison, sign in (found for condition in conditions for found in _comparisons(condition, 1)):
        # As `left - right < 0`, a term with + has an upper limit, and one with - a lower limit.
        terms = [*_terms(comparison.left, sign), *_terms(comparison.right, -sign)]
        now = {term_sign for term, term_sign in terms if isinstance(term, ast.Ident)}
        for term, term_sign in terms:
            if isinstance(term, ast.Call) and -term_sign in now:
                if term_sign < 0:
                    recent.setdefault(unparse(term), term)
                else:
                    past.add(unparse(term))
    yield from (node for date, node in recent.items() if date not in past)


def _comparisons(node: ast.Node, sign: int) -> Iterator[tuple[ast.Binary, int]]:
    """Return each comparison, with the sign that makes it `left - right < 0`."""
    if isinstance(node, ast.Unary) and node.operator == "!":
        sign = -sign
    if isinstance(node, ast.Binary) and node.operator in (*_BELOW, *_ABOVE):
        yield node, sign if node.operator in _BELOW else -sign
        return
    for child in ast.children(node):
        yield from _comparisons(child, sign)


def _terms(node: ast.Node, sign: int) -> Iterator[tuple[ast.Node, int]]:
    """Return `now` and each date of a sum, with its sign."""
    if isinstance(node, ast.Binary) and node.operator in ("+", "-"):
        yield from _terms(node.left, sign)
        yield from _terms(node.right, sign if node.operator == "+" else -sign)
    elif isinstance(node, ast.Ident) and node.name == "now":
        yield node, sign
    elif isinstance(node, ast.Call) and node.target is not None:
        yield from _terms(node.target, sign)  # (now - date).getHours()
    elif isinstance(node, ast.Call) and node.function == "timestamp" and ast.free_names(node):
        yield node, sign
