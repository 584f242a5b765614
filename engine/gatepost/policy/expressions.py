"""From the text of a policy to checked expressions and templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from gatepost.cel import ast
from gatepost.cel.check import Checked, check, metric_advice
from gatepost.cel.parser import MAX_LENGTH, CelSyntaxError, parse, why_too_large
from gatepost.cel.sizes import TooLargeError, check_size
from gatepost.cel.types import DYN, Type
from gatepost.cel.unparse import unparse
from gatepost.located_yaml import Document, Node
from gatepost.policy.environment import VARIABLES
from gatepost.policy.model import Expression, ForEach, Template
from gatepost.problems import GatepostError, Problem

__all__ = ["Reader", "raise_all"]


class Reader:
    """Reads the expressions of one policy or rule, and gathers what is wrong with them."""

    def __init__(self, document: Document, variables: Mapping[str, Type], problems: list[Problem]) -> None:
        self.document = document
        self.variables = dict(variables)
        self.problems = problems
        self.lets: dict[str, ast.Node] = {}
        self.let_types: dict[str, Type] = {}
        self.let_absence: set[str] = set()

    def inner(self) -> Reader:
        """Return a reader for a rule: what it declares stays in it."""
        reader = Reader(self.document, self.variables, self.problems)
        reader.lets, reader.let_types = dict(self.lets), dict(self.let_types)
        reader.let_absence = set(self.let_absence)
        return reader

    def report(self, node: Node, what: str, start: int, end: int, advice: str = "", code: str = "") -> None:
        """Note a mistake at a part of a scalar."""
        place = self.document.place_within(node, start, max(1, end - start))
        self.problems.append(self.document.problem(what, place, advice, code))

    def declare(self, name: str, kind: Type, key: Node) -> None:
        """Bring a name into scope; no name may hide another."""
        if name in self.variables or name in self.let_types or name in VARIABLES:
            self.report(key, f"the name `{name}` is taken", 0, len(name), "use another name", "GP-L012")
        self.variables[name] = kind

    def let(self, name: str, node: Node, key: Node) -> None:
        """Read one sub-expression of ``let``; it may use the ones before it."""
        if name in self.variables or name in self.let_types:
            self.report(key, f"the name `{name}` is taken", 0, len(name), "use another name", "GP-L012")
            return
        expression = self.expression(node)
        if expression is None:
            self.let_types[name] = DYN  # what reads it is no mistake of its own
            return
        checked = self._checked(expression.written)
        self.lets[name] = expression.tree
        self.let_types[name] = checked.type
        if checked.absence_tests or ast.free_names(expression.written) & self.let_absence:
            self.let_absence.add(name)

    def expression(self, node: Node, *, boolean: bool = False) -> Expression | None:
        """Read a scalar as an expression; note what is wrong and give nothing then."""
        return self._expression(str(node.value), node, 0, boolean)

    def _checked(self, tree: ast.Node) -> Checked:
        return check(tree, {**self.variables, **self.let_types})

    def _expression(self, source: str, node: Node, shift: int, boolean: bool) -> Expression | None:
        try:
            written = parse(source)
        except CelSyntaxError as error:
            self.report(node, error.message, shift + error.start, shift + error.end, error.advice, "GP-L002")
            return None
        checked = self._checked(written)
        for mistake in checked.mistakes:
            start, end = shift + mistake.start, shift + mistake.end
            self.report(node, mistake.message, start, end, mistake.advice, mistake.code)
        if boolean and not checked.mistakes and checked.type.kind not in ("bool", "dyn"):
            what = f"`{source}` is {checked.type}, and true or false is needed"
            metric = metric_advice(checked.type)
            code = "GP-L008" if metric else "GP-L007"
            self.report(node, what, shift, shift + len(source), metric or "compare it with something", code)
            return None
        if checked.mistakes:
            return None
        tree = ast.substitute(written, self.lets)
        too_large = why_too_large(tree)
        if too_large:
            self.report(node, too_large, shift, shift + len(source), "use a name of `let` less often", "GP-L002")
            return None
        try:
            check_size(tree, _of_literal)
        except TooLargeError as error:
            self.report(node, str(error), shift, shift + len(source), "", "GP-L002")
            return None
        doubles = checked.doubles
        if tree is not written:
            types = {**self.variables, **self.let_types}
            doubles = check(tree, types).doubles
        return Expression(source, written, tree, frozenset(doubles), self.document, node, shift)

    def tests_absence(self, expressions: Iterable[Expression | None]) -> tuple[Expression, ast.Node] | None:
        """Find the first part that could turn green when evidence is deleted."""
        for expression in expressions:
            if expression is not None:
                tests = self._checked(expression.written).absence_tests
                for name in ast.walk(expression.written):
                    if isinstance(name, ast.Ident) and name.name in self.let_absence:
                        tests = [*tests, name]
                if tests:
                    return expression, tests[0]
        return None

    def template(self, node: Node) -> Template | None:
        """Read a scalar as a template."""
        parts: list[str | Expression] = []
        text = str(node.value)
        if len(text) > MAX_LENGTH:
            self.report(node, f"the text has more than {MAX_LENGTH:,} characters", 0, 1, "", "GP-L018")
            return None
        literal, position = "", 0
        while position < len(text):
            character = text[position]
            if character in "{}" and text[position + 1 : position + 2] == character:
                literal, position = literal + character, position + 2
            elif character != "{":
                literal, position = literal + character, position + 1
            else:
                end = _closing(text, position)
                if end < 0:
                    self.report(
                        node, "this `{` is not closed", position, position + 1, "write `{{` for a brace", "GP-L018"
                    )
                    return None
                part = self._expression(text[position + 1 : end], node, position + 1, False)
                if part is None:
                    return None
                parts += [literal, part] if literal else [part]
                literal, position = "", end + 1
        return Template((*parts, literal) if literal else tuple(parts))

    def for_each(self, name: str, key: Node, node: Node) -> ForEach | None:
        """Read ``for_each`` and bring its name into scope, of any type where the list is none."""
        expression = self.expression(node)
        path = _path(expression.tree) if expression is not None else None
        kind = self._checked(expression.tree).type if expression is not None else DYN
        source = expression.source if expression is not None else ""
        what = ""
        if path is None or path[0] not in ("evidence", "baseline", "sources"):
            advice = "name a list like evidence.fairness.groups; `where` leaves items out"
            what = f"`{source}` is no list of the evidence"
        elif kind.kind not in ("list", "map", "dyn"):
            advice = "name a list like evidence.fairness.groups"
            what = f"`{source}` is {kind}, and for_each needs a list or a map"
        if expression is None or path is None or what:
            self.declare(name, DYN, key)
            if expression is not None:
                self.report(node, what, 0, len(source), advice, "GP-L011")
            return None
        over_map = kind.kind == "map"
        self.declare(name, Type("string") if over_map else kind.item or DYN, key)
        return ForEach(name, path, unparse(expression.tree), over_map)


def _path(node: ast.Node) -> tuple[str, ...] | None:
    if isinstance(node, ast.Ident):
        return (node.name,)
    if isinstance(node, ast.Select) and not node.optional:
        above = _path(node.operand)
        return None if above is None else (*above, node.field)
    if isinstance(node, ast.Index) and isinstance(node.index, ast.Literal) and node.index.kind == "string":
        above = _path(node.operand)
        return None if above is None else (*above, str(node.index.value))
    return None


def _closing(text: str, start: int) -> int:
    """Find the brace that closes the one at ``start``, past strings and inner braces."""
    depth, position, quote = 0, start, ""
    while position < len(text):
        character = text[position]
        if quote:
            if character == "\\":
                position += 1
            elif character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        elif character in "{}":
            depth += 1 if character == "{" else -1
            if depth == 0:
                return position
        position += 1
    return -1


def _of_literal(node: ast.Node) -> object:
    """Return the value of a constant; what evidence holds is known only when it is judged."""
    return node.value if isinstance(node, ast.Literal) else None


def raise_all(problems: list[Problem]) -> None:
    """Raise what was gathered, if anything was."""
    if problems:
        raise GatepostError(*dict.fromkeys(problems))
