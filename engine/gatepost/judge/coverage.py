"""What the tests of a policy have not seen: outcomes that no test gives, conditions that were never true or false."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gatepost.cel import ast
from gatepost.cel.check import check
from gatepost.cel.interface import Engine
from gatepost.cel.types import Type
from gatepost.cel.unparse import unparse
from gatepost.evidence.custom import Custom
from gatepost.judge.evaluation import Bindings
from gatepost.judge.judging import Judge
from gatepost.judge.policy_tests import Suite, judge_case
from gatepost.judge.programs import RuleProgram
from gatepost.judge.rules import named_items
from gatepost.judge.test_cases import prepare
from gatepost.policy.environment import variables
from gatepost.policy.model import Expression, Policy, Rule
from gatepost.problems import GatepostError, Place

__all__ = ["Condition", "RuleCoverage", "measure"]

_MOST_ITEMS = 100


@dataclass(slots=True)
class Condition:
    """A part of an expression that is true or false, with the values that the tests gave it."""

    text: str
    place: Place
    seen: set[bool] = field(default_factory=set)


@dataclass(slots=True)
class RuleCoverage:
    """What the tests have seen of a rule; ``wanted`` are the outcomes that it can have."""

    rule: str
    wanted: tuple[str, ...]
    outcomes: set[str] = field(default_factory=set)
    conditions: dict[int, Condition] = field(default_factory=dict)

    @property
    def unseen(self) -> tuple[str, ...]:
        """The outcomes that no test gives."""
        return tuple(outcome for outcome in self.wanted if outcome not in self.outcomes)

    @property
    def points(self) -> tuple[int, int]:
        """How many outcomes and values of conditions were seen, of how many."""
        seen = len(self.wanted) - len(self.unseen) + sum(len(part.seen) for part in self.conditions.values())
        return seen, len(self.wanted) + 2 * len(self.conditions)


def measure(suite: Suite, custom: Custom | None = None, engine: Engine | None = None) -> list[RuleCoverage]:
    """Run the tests of a policy and give what they have seen of each rule."""
    if suite.policy is None:
        return []
    found = {rule.name: _of_rule(rule, suite.policy, custom) for rule in suite.policy.rules}
    for test in suite.tests:
        try:
            case = prepare(test, suite.policy, custom)
            verdict = judge_case(case, engine)
        except GatepostError:
            continue  # the test itself fails
        for result in verdict.results:
            # Only what a test asks for was seen by it.
            if result.rule in test.expect:
                found[result.rule].outcomes.add(result.outcome)
        judge = Judge(case.policies, engine)
        whole = judge.bindings(case.evidence, case.now, case.baseline)[suite.policy.name]
        for program in judge.rules:
            if program.in_force.rule.name in test.expect:
                _observe(found[program.in_force.rule.name], program, suite.policy, whole)
    return list(found.values())


def _of_rule(rule: Rule, policy: Policy, custom: Custom | None) -> RuleCoverage:
    guarded = rule.when is not None or policy.applies_to is not None
    wanted = ["pass", "fail", *([] if rule.optional_evidence else ["missing"]), *(["skip"] if guarded else [])]
    coverage = RuleCoverage(rule.name, tuple(wanted))
    types = dict(variables(policy.params, custom))
    if rule.for_each is not None:
        types[rule.for_each.name] = Type("dyn")
    types.update(dict.fromkeys(rule.lets, Type("dyn")))
    for expression in _expressions(rule, policy):
        kinds = check(expression.written, types).types
        for node in ast.walk(expression.written):
            negation = isinstance(node, ast.Unary) and node.operator == "!"
            if kinds.get(id(node), Type("dyn")).kind == "bool" and not negation and not isinstance(node, ast.Literal):
                coverage.conditions[id(node)] = Condition(unparse(node), expression.place(node.start, node.end))
    return coverage


def _expressions(rule: Rule, policy: Policy) -> Iterator[Expression]:
    for expression in (policy.applies_to, rule.when, rule.where, rule.require):
        if expression is not None:
            yield expression


def _observe(coverage: RuleCoverage, program: RuleProgram, policy: Policy, whole: Bindings) -> None:
    rule = program.in_force.rule
    for expression in (policy.applies_to, rule.when):
        if expression is not None and not _Observer(coverage, rule, whole).expression(expression):
            return
    items = [bindings for _, bindings in named_items(program, whole)] if rule.for_each is not None else [whole]
    for bindings in items[:_MOST_ITEMS]:
        observer = _Observer(coverage, rule, bindings)
        if rule.where is None or observer.expression(rule.where):
            observer.expression(rule.require)


class _Observer:
    def __init__(self, coverage: RuleCoverage, rule: Rule, bindings: Bindings) -> None:
        self.coverage = coverage
        self.lets = dict(rule.lets)
        self.bindings = bindings

    def expression(self, expression: Expression) -> bool:
        """Note the value of every condition in an expression; tell whether the whole is true."""
        self.visit(expression.written, {})
        return self.value(expression.written, {}) is True

    def value(self, node: ast.Node, items: dict[str, ast.Node]) -> Any:
        result = self.bindings.value(ast.substitute(ast.substitute(node, items), self.lets))
        return None if result.error is not None else result.value

    def visit(self, node: ast.Node, items: dict[str, ast.Node]) -> None:
        condition = self.coverage.conditions.get(id(node))
        if condition is not None and len(condition.seen) < 2:
            value = self.value(node, items)
            if isinstance(value, bool):
                condition.seen.add(value)
        if isinstance(node, ast.Macro) and len(node.variables) == 1:
            self.visit(node.target, items)
            found = self.value(node.target, items)
            target = ast.substitute(node.target, items)
            for number in range(min(len(found), _MOST_ITEMS) if isinstance(found, list) else 0):
                index = ast.Literal(node.start, node.end, "int", number, str(number))
                inner = {**items, node.variables[0]: ast.Index(node.start, node.end, target, index)}
                for body in node.bodies:
                    self.visit(body, inner)
        else:
            for child in ast.children(node):
                self.visit(child, items)
