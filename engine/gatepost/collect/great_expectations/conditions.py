"""Row conditions: pandas evaluates them as expressions, so only comparisons of columns with values are accepted."""

from __future__ import annotations

import ast
import re
from typing import Any

__all__ = ["refused_part"]

# A quoted text, or a column in backticks. A backtick within a text is refused: pandas has its own rules there.
_PIECE = re.compile(r"""(?P<text>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?P<column>`[^`]*`)|(?P<stray>`)""")
_NULL_TESTS = frozenset({"isnull", "notnull", "isna", "notna"})
_INNER = (
    ast.Expression,
    ast.BoolOp,
    ast.And,
    ast.Or,
    ast.UnaryOp,
    ast.Not,
    ast.Invert,
    ast.USub,
    ast.UAdd,
    ast.BinOp,
    ast.BitAnd,
    ast.BitOr,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.Mod,
    ast.Compare,
    ast.Eq,
    ast.NotEq,
    ast.Lt,
    ast.LtE,
    ast.Gt,
    ast.GtE,
    ast.In,
    ast.NotIn,
    ast.List,
    ast.Tuple,
    ast.Name,
    ast.Load,
    ast.Constant,
)


def refused_part(condition: Any) -> str:
    """Return the part of a row condition that is not a comparison, or an empty text.

    ``condition`` is what an expectation of Great Expectations holds: a text for ``DataFrame.query``, or one of its
    ``Condition`` objects, which its engine turns into such a text.
    """
    text = _query(condition)
    if len(text.splitlines()) > 1:  # pandas evaluates each line as an expression of its own
        return "a line break"
    stray: list[str] = []

    def plain(piece: re.Match[str]) -> str:
        if piece["column"] is not None:
            return "column"
        if piece["stray"] or "`" in piece[0]:
            stray.append(piece[0])
        return "''"

    written = _PIECE.sub(plain, text)
    if stray:
        return stray[0]
    if "@" in written:
        return written[written.index("@") :].split()[0]
    try:
        tree = ast.parse(written.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return text
    return next((ast.unparse(node) for node in _strange(tree)), "")


def _strange(node: ast.AST) -> list[ast.AST]:
    """Return the outermost parts that are not allowed."""
    if isinstance(node, ast.Call):
        test = node.func
        bare = not node.args and not node.keywords
        if bare and isinstance(test, ast.Attribute) and test.attr in _NULL_TESTS and isinstance(test.value, ast.Name):
            return []
        return [node]
    if not isinstance(node, _INNER):
        return [node]
    return [found for child in ast.iter_child_nodes(node) for found in _strange(child)]


def _query(condition: Any) -> str:
    from great_expectations.execution_engine import PandasExecutionEngine
    from great_expectations.expectations.row_conditions import PassThroughCondition

    if condition is None or isinstance(condition, str):
        return condition or ""
    if isinstance(condition, PassThroughCondition):
        return str(condition.pass_through_filter)
    return str(PandasExecutionEngine().condition_to_filter_clause(condition))
