"""The programs of the policies in force, compiled once for any number of documents."""

from __future__ import annotations

from dataclasses import dataclass

from gatepost.cel import ast
from gatepost.cel.finite import guard
from gatepost.cel.interface import CompileError, Engine, Program
from gatepost.cel.reads import Range, Reads, reads
from gatepost.cel.unparse import unparse
from gatepost.policy.environment import VARIABLES
from gatepost.policy.model import Expression, InForce, Policy, PolicySet
from gatepost.problems import Problem

__all__ = ["Compiled", "Programs", "RuleProgram"]


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression ready to be evaluated, with what it reads and the lists its macros run over."""

    expression: Expression
    program: Program
    reads: Reads
    ranges: tuple[tuple[Range, Program | None], ...]
    """Each range with a program that gives the list, where it is more than a path."""


@dataclass(frozen=True, slots=True)
class RuleProgram:
    """A rule in force with its programs; ``variables`` are the names that they were compiled with."""

    in_force: InForce
    variables: frozenset[str]
    require: Compiled
    when: Compiled | None
    where: Compiled | None


class Programs:
    """Compiles expressions for one engine and remembers them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._cache: dict[tuple[str, frozenset[str]], Program] = {}

    def program(self, node: ast.Node, variables: frozenset[str]) -> Program:
        """Compile a tree.

        Raises:
            CompileError: the engine refuses it.
        """
        key = (unparse(node), variables)
        found = self._cache.get(key)
        if found is None:
            found = self._cache[key] = self.engine.compile(*key)
        return found

    def compile(self, expression: Expression | None, variables: frozenset[str]) -> Compiled | None:
        """Compile an expression of a policy.

        Raises:
            CompileError: the engine refuses it.
        """
        if expression is None:
            return None
        tree = expression.tree
        found = reads(tree)
        ranges = tuple(
            (r, self.program(r.node, variables) if r.path is None and r.closed else None) for r in found.ranges
        )
        program = self.program(guard(tree, set(expression.doubles)), variables)
        return Compiled(expression, program, found, ranges)

    def rule(self, in_force: InForce, problems: list[Problem]) -> RuleProgram | None:
        """Compile a rule; note what the engine refuses."""
        rule = in_force.rule
        variables = VARIABLES | ({rule.for_each.name} if rule.for_each else set())
        compiled: list[Compiled | None] = []
        for expression, names in ((rule.when, VARIABLES), (rule.where, variables), (rule.require, variables)):
            try:
                compiled.append(self.compile(expression, names))
            except CompileError as error:
                assert expression is not None
                problems += expression.error(error.message, error.offset, error.offset + 1).problems
                return None
        when, where, require = compiled
        assert require is not None
        return RuleProgram(in_force, variables, require, when, where)

    def policy(self, policy: Policy, problems: list[Problem]) -> Compiled | None:
        """Compile ``applies_to``; note what the engine refuses."""
        try:
            return self.compile(policy.applies_to, VARIABLES)
        except CompileError as error:
            assert policy.applies_to is not None
            problems += policy.applies_to.error(error.message, error.offset, error.offset + 1).problems
            return None

    def all(self, policies: PolicySet, problems: list[Problem]) -> list[RuleProgram]:
        """Compile all rules in force."""
        compiled = (self.rule(entry, problems) for entry in policies.rules)
        return [program for program in compiled if program is not None]
