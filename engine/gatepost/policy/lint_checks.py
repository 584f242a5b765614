"""What the lint says of a policy that loads: each check gives problems with its code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from gatepost.cel import ast
from gatepost.cel.check import check
from gatepost.cel.constant import constant_parts
from gatepost.cel.finite import guard
from gatepost.cel.interface import CompileError, Engine
from gatepost.cel.parser import CelSyntaxError, parse
from gatepost.cel.types import Type
from gatepost.cel.unparse import unparse
from gatepost.policy.dates import dates_open_to_the_future
from gatepost.policy.environment import VARIABLES
from gatepost.policy.model import Expression, Policy, Rule, Template
from gatepost.problems import Problem, did_you_mean

__all__ = ["CHECKS", "Subject"]


@dataclass(frozen=True, slots=True)
class Subject:
    """A policy with all that a check may ask: variables with their types, known controls, the engine."""

    policy: Policy
    variables: Mapping[str, Type]
    controls: frozenset[str]
    engine: Engine

    def types_for(self, rule: Rule | None) -> dict[str, Type]:
        """Return the variables in the scope of a rule."""
        found = dict(self.variables)
        if rule is not None and rule.for_each is not None:
            tree = parse(rule.for_each.source)
            kind = check(tree, found).type
            found[rule.for_each.name] = Type("string") if rule.for_each.over_map else kind.item or Type("dyn")
        return found

    def conditions(self) -> Iterator[tuple[Rule | None, Expression]]:
        """Return the conditions, each with its rule."""
        if self.policy.applies_to is not None:
            yield None, self.policy.applies_to
        for rule in self.policy.rules:
            for expression in (rule.when, rule.where, rule.require):
                if expression is not None:
                    yield rule, expression

    def all_expressions(self) -> Iterator[Expression]:
        """Return the conditions and the expressions in templates."""
        yield from (expression for _, expression in self.conditions())
        for rule in self.policy.rules:
            for template in (rule.message, rule.item, rule.fix):
                yield from _parts(template)


def _parts(template: Template | None) -> Iterator[Expression]:
    if template is not None:
        yield from (part for part in template.parts if isinstance(part, Expression))


def _problem(expression: Expression, node: ast.Node, what: str, advice: str, code: str) -> Problem:
    place = expression.place(node.start, node.end)
    return expression.document.problem(what, place, advice, code)


def _unused_params(subject: Subject) -> Iterator[Problem]:
    used: set[str] = set()
    for tree in _trees(subject):
        for node in ast.walk(tree):
            if isinstance(node, ast.Select) and isinstance(node.operand, ast.Ident) and node.operand.name == "params":
                used.add(node.field)
            elif (
                isinstance(node, ast.Index) and isinstance(node.operand, ast.Ident) and node.operand.name == "params"
            ):
                return  # which one is known only when it is evaluated
    document = subject.policy.document
    for name in subject.policy.params:
        if name not in used:
            place = document.key_place(document.find(("params",)), name)
            yield document.problem(f"the param `{name}` is not used", place, "use it, or remove it", "GP-L021")


def _trees(subject: Subject) -> Iterator[ast.Node]:
    for expression in subject.all_expressions():
        yield expression.written
    for rule in subject.policy.rules:
        yield from rule.lets.values()


def _unused_lets(subject: Subject) -> Iterator[Problem]:
    document = subject.policy.document
    written = {id(expression): expression for expression in subject.all_expressions()}.values()
    used: set[str] = set().union(*(ast.free_names(expression.written) for expression in written))
    rules = document.find(("rules",)).value
    assert isinstance(rules, tuple)
    for owner in (document.root, *rules):
        fields = owner.value
        assert isinstance(fields, dict)
        lets = fields.get("let")
        if lets is None or not isinstance(lets.value, dict):
            continue
        for name in lets.value:
            others = (node for other, node in lets.value.items() if other != name)
            if name not in used and not any(name in _names(str(node.value)) for node in others):
                place = document.key_place(lets, name)
                yield document.problem(f"`{name}` is not used", place, "use it, or remove it", "GP-L022")


def _names(source: str) -> set[str]:
    try:
        return ast.free_names(parse(source))
    except CelSyntaxError:
        return set()


def _unknown_controls(subject: Subject) -> Iterator[Problem]:
    document, told = subject.policy.document, 0
    for number, rule in enumerate(subject.policy.rules):
        for index, control in enumerate(rule.controls):
            if control not in subject.controls:
                place = document.place(document.find(("rules", number, "controls", index)))
                catalogue = control.partition("/")[0]
                inside = [known for known in subject.controls if known.startswith(f"{catalogue}/")]
                advice = did_you_mean(control, inside or subject.controls, told)
                told += 1
                advice = advice or "write a catalogue (`catalogue: NAME`), and lint it together with the policy"
                yield document.problem(f"no catalogue knows the control `{control}`", place, advice, "GP-L023")


def _constant(subject: Subject) -> Iterator[Problem]:
    for rule, expression in subject.conditions():
        variables = subject.types_for(rule)
        names = ast.free_names(expression.tree) - {"params"}
        if not names:
            what = f"`{expression.source}` reads nothing of the evidence: it comes out the same for every model"
            yield _problem(expression, expression.written, what, "name a field of the evidence", "GP-L025")
            continue
        lets = {name: Type("dyn") for name in (rule.lets if rule is not None else ())}
        types = check(expression.written, {**variables, **lets}).types
        for part, value in constant_parts(expression.written, types):
            what = f"`{unparse(part)}` is always {'true' if value else 'false'}"
            advice = "look at the limits of what it compares" if isinstance(part, ast.Binary) else ""
            yield _problem(expression, part, what, advice, "GP-L024")


def _budget(subject: Subject) -> Iterator[Problem]:
    for _, expression in subject.conditions():
        for node in ast.walk(expression.written):
            if isinstance(node, ast.Macro):
                inner = next((n for body in node.bodies for n in ast.walk(body) if _over_evidence(n, node)), None)
                if inner is not None and _reads_document(node.target):
                    what = f"{node.name}() runs {unparse(inner)[:40]} for every item: 10,000 steps are the limit"
                    yield _problem(expression, node, what, "use for_each for the outer list", "GP-L026")
                    break


def _over_evidence(node: ast.Node, outer: ast.Macro) -> bool:
    """Tell whether this is a macro over a list of any length, be it of the document or of the outer item."""
    return isinstance(node, ast.Macro) and (
        _reads_document(node.target) or bool(ast.free_names(node.target) & set(outer.variables))
    )


def _reads_document(node: ast.Node) -> bool:
    return bool(ast.free_names(node) & {"evidence", "baseline", "sources"}) or any(
        isinstance(part, ast.Ident) and part.name not in VARIABLES for part in ast.walk(node)
    )


def _rounded(subject: Subject) -> Iterator[Problem]:
    for rule, expression in subject.conditions():
        types = check(expression.tree, subject.types_for(rule)).types
        for node in ast.walk(expression.tree):
            if isinstance(node, ast.Binary) and node.operator in _COMPARISONS:
                side = next((side for side in (node.left, node.right) if _measured_arithmetic(side, types)), None)
                if side is not None:
                    # What comes from a `let` is written elsewhere.
                    at = node if expression.tree is expression.written else expression.written
                    what = f"`{unparse(side)}` is arithmetic on measured numbers: its rounding can decide"
                    yield _problem(expression, at, what, _COMPUTED, "GP-L031")


_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_COMPUTED = (
    "compare a field that is computed exactly: half_width, accuracy_drop, difference_from_baseline, or "
    "versus_baseline (docs/explanation/numbers.md)"
)


def _measured_arithmetic(side: ast.Node, types: Mapping[int, Type]) -> bool:
    """Tell whether this calculates with a number of the evidence that is no count."""
    return any(
        isinstance(part, ast.Binary)
        and part.operator in ("+", "-", "*", "/")
        and types[id(part)].kind == "double"
        and any(
            isinstance(leaf, (ast.Select, ast.Index)) and types[id(leaf)].kind == "double" and _of_evidence(leaf)
            for leaf in ast.walk(part)
        )
        for part in ast.walk(side)
    )


def _of_evidence(node: ast.Node) -> bool:
    while isinstance(node, (ast.Select, ast.Index)):
        node = node.operand
    return isinstance(node, ast.Ident) and node.name not in VARIABLES - {"evidence", "baseline"}


def _refused(subject: Subject) -> Iterator[Problem]:
    for rule, expression in subject.conditions():
        names = VARIABLES | ({rule.for_each.name} if rule is not None and rule.for_each is not None else set())
        try:
            subject.engine.compile(unparse(guard(expression.tree, set(expression.doubles))), names)
        except CompileError as error:
            advice = "make it shorter: move a part to a rule of its own" if "recursion" in error.message else ""
            what = f"{subject.engine.name} refuses this: {error.message}"
            yield _problem(expression, expression.written, what, advice, "GP-L020")


def _unstable_items(subject: Subject) -> Iterator[Problem]:
    document = subject.policy.document
    for number, rule in enumerate(subject.policy.rules):
        if rule.for_each is None or rule.for_each.over_map:
            continue
        node = document.find(("rules", number))
        if rule.item is None:
            what = f"the items of `{rule.id}` are named by their index, which changes when the list does"
            advice = "add `item:`, e.g. " + _example(rule, subject)
            yield document.problem(what, document.key_place(node, "for_each"), advice, "GP-L027")
            continue
        types = subject.types_for(rule)
        for part in _parts(rule.item):
            if check(part.tree, types).type.kind in ("double", "timestamp") and "eps" not in part.source:
                what = f"`{part.source}` is measured, so that the item's name changes with the next run"
                yield _problem(part, part.written, what, "name the item by what it is", "GP-L027")


def _future_dates(subject: Subject) -> Iterator[Problem]:
    document = subject.policy.document
    for number, rule in enumerate(subject.policy.rules):
        conditions = [part.tree for part in (rule.when, rule.where, rule.require) if part is not None]
        for date in dates_open_to_the_future(conditions):
            shown = unparse(date)
            place = document.place(document.find(("rules", number, "require")))
            what = f"`{shown}` may lie after `now`, and counts as recent then"
            yield document.problem(what, place, f"add `{shown} <= now`", "GP-L030")


def _example(rule: Rule, subject: Subject) -> str:
    assert rule.for_each is not None
    kind = subject.types_for(rule)[rule.for_each.name]
    fields: tuple[str, ...] = getattr(kind, "fields", ())
    named = [name for name in ("attribute", "group", "name", "id", "feature", "column") if name in fields]
    if kind.kind == "string" or not named:
        return f'"{{{rule.for_each.name}}}"'
    return '"' + " ".join(f"{{{rule.for_each.name}.{name}}}" for name in named) + '"'


CHECKS: tuple[Callable[[Subject], Iterator[Problem]], ...] = (
    _refused,
    _constant,
    _unknown_controls,
    _unstable_items,
    _future_dates,
    _budget,
    _rounded,
    _unused_params,
    _unused_lets,
)
