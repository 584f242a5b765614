"""Small changes to a policy, one at a time: a test that matters notices them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gatepost.cel import ast
from gatepost.cel.unparse import unparse
from gatepost.located_yaml import Document, Node, Pointer
from gatepost.policy.model import Expression, Policy
from gatepost.problems import Place

__all__ = ["Mutation", "mutations"]

_OPERATORS: dict[str, tuple[str, ...]] = {
    ">=": (">", "<"),
    ">": (">=", "<="),
    "<=": ("<", ">"),
    "<": ("<=", ">="),
    "==": ("!=",),
    "!=": ("==",),
    "&&": ("||",),
    "||": ("&&",),
    "+": ("-",),
    "-": ("+",),
    "*": ("/",),
    "/": ("*",),
}
_MACROS = {"all": "exists", "exists": "all"}
_PARTS: dict[str, tuple[str, ...]] = {
    "low": ("value",),
    "high": ("value",),
    "low_adjusted": ("value",),
    "high_adjusted": ("value",),
}
_PARTS["value"] = ("low", "high")


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change: the policy's document with it made; ``rule`` is what it changes, nothing where it is a param."""

    document: Document
    rule: str | None
    what: str
    place: Place


def mutations(policy: Policy) -> Iterator[Mutation]:
    """Return the changes to operators, thresholds, guards and parts of metrics."""
    for number, rule in enumerate(policy.rules):
        for key, expression in (("when", rule.when), ("where", rule.where), ("require", rule.require)):
            if expression is None:
                continue
            pointer: Pointer = ("rules", number, key)
            for changed, what, node in _changes(expression.written):
                place = expression.place(node.start, node.end)
                yield Mutation(_with(policy.document, pointer, unparse(changed)), rule.name, what, place)
            if key != "require":
                yield Mutation(
                    _with(policy.document, pointer, "true"), rule.name, f"`{key}` left out", _all(expression)
                )
    if policy.applies_to is not None:
        for changed, what, node in _changes(policy.applies_to.written):
            place = policy.applies_to.place(node.start, node.end)
            yield Mutation(_with(policy.document, ("applies_to",), unparse(changed)), None, what, place)
    yield from _defaults(policy)


def _all(expression: Expression) -> Place:
    return expression.place(expression.written.start, expression.written.end)


def _defaults(policy: Policy) -> Iterator[Mutation]:
    for name, spec in policy.params.items():
        kind = spec.schema["type"]
        if spec.default is None or kind not in ("number", "integer"):
            continue
        written = str(spec.default.value)
        for other in _moved(float(written), whole=kind == "integer"):
            changed = _with(policy.document, ("params", name, "default"), other)
            place = policy.document.place(spec.default)
            yield Mutation(changed, None, f"the default of `{name}`: {written} -> {other}", place)


def _moved(value: float, *, whole: bool) -> tuple[str, str]:
    if whole:
        return str(int(value) + 1), str(int(value) - 1)
    step = abs(value) * 0.1 or 0.1
    return f"{value + step:.12g}", f"{value - step:.12g}"


def _changes(root: ast.Node) -> Iterator[tuple[ast.Node, str, ast.Node]]:
    """Return the whole expression with one part changed, what was changed, and the part."""
    for node in ast.walk(root):
        for other, what in _others(node):
            yield _replaced(root, node, other), what, node


def _replaced(root: ast.Node, node: ast.Node, other: ast.Node) -> ast.Node:
    if root is node:
        return other
    return ast.rebuild(root, lambda child: _replaced(child, node, other))


def _others(node: ast.Node) -> Iterator[tuple[ast.Node, str]]:
    if isinstance(node, ast.Binary):
        for operator in _OPERATORS.get(node.operator, ()):
            yield replace(node, operator=operator), f"`{node.operator}` -> `{operator}` in `{unparse(node)}`"
        if node.operator in ("&&", "||"):
            yield node.left, f"`{unparse(node.right)}` left out"
            yield node.right, f"`{unparse(node.left)}` left out"
    elif isinstance(node, ast.Unary) and node.operator == "!":
        yield node.operand, f"`!` left out of `{unparse(node)}`"
    elif isinstance(node, ast.Macro) and node.name in _MACROS:
        other = _MACROS[node.name]
        yield replace(node, name=other), f"`{node.name}` -> `{other}` in `{unparse(node)}`"
    elif isinstance(node, ast.Select) and node.field in _PARTS and not node.optional:
        for part in _PARTS[node.field]:
            yield replace(node, field=part), f"`.{node.field}` -> `.{part}` in `{unparse(node)}`"
    elif isinstance(node, ast.Literal) and node.kind in ("int", "double"):
        for text in _moved(float(node.value), whole=node.kind == "int"):
            text = text if node.kind == "int" or "." in text else f"{text}.0"
            yield replace(node, text=text), f"{node.text} -> {text}"
    elif isinstance(node, ast.Literal) and node.kind == "string" and node.value:
        yield replace(node, text='"?"'), f'{node.text} -> "?"'


def _with(document: Document, pointer: Pointer, text: str) -> Document:
    """Return the document with another text at a pointer."""

    def change(node: Node, rest: Pointer) -> Node:
        if not rest:
            return replace(node, value=text, plain=False)
        if isinstance(node.value, dict):
            return replace(node, value={**node.value, str(rest[0]): change(node.value[str(rest[0])], rest[1:])})
        assert isinstance(node.value, tuple)
        items = list(node.value)
        items[int(rest[0])] = change(items[int(rest[0])], rest[1:])
        return replace(node, value=tuple(items))

    return Document(document.path, document.text, change(document.root, pointer))
