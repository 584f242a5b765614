"""The programs of the policies in force, compiled once for any number of documents."""

from __future__ import annotations

from dataclasses import dataclass

from gatepost.cel import ast
from gatepost.cel.finite import guard
from gatepost.cel.interface import CompileError, Engine, Program
from gatepost.cel.reads import Range, Reads, reads
from gatepost.cel.sizes import may_grow
from gatepost.cel.unparse import unparse
from gatepost.judge.margins import MarginOf, margin_of
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
    grows: bool
    """Whether its values may get so large that they are estimated first."""


@dataclass(frozen=True, slots=True)
class Many:
    """Programs that tell of a whole list of items whether all are included and pass.

    ``items`` is the name of that list. Of a macro only a plain true is used, which means the same in every engine
    that this is asked of: each item was evaluated, and was true.
    """

    items: str
    variables: frozenset[str]
    programs: tuple[Program, ...]


@dataclass(frozen=True, slots=True)
class RuleProgram:
    """A rule in force with its programs; ``variables`` are the names that they were compiled with."""

    in_force: InForce
    variables: frozenset[str]
    require: Compiled
    when: Compiled | None
    where: Compiled | None
    many: Many | None = None
    margin: MarginOf | None = None
    """What tells how close an item that passed came to failing."""


_ITEMS = "gatepost_items"


def _for_all(part: Compiled, name: str) -> ast.Node:
    body = guard(part.expression.tree, set(part.expression.doubles))
    return ast.Macro(0, 0, "all", ast.Ident(0, 0, _ITEMS), (name,), (body,))


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
        return Compiled(expression, program, found, ranges, may_grow(tree))

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
        many, margin = self.many(in_force, where, require), margin_of(rule)
        return RuleProgram(in_force, variables, require, when, where, many, margin)

    def many(self, in_force: InForce, where: Compiled | None, require: Compiled) -> Many | None:
        """Compile what tells of many items at once, where the rule allows that and the engine is fast at it."""
        for_each = in_force.rule.for_each
        parts = [part for part in (where, require) if part is not None]
        # A macro of the rule's own would have to be looked at item by item, for empty lists.
        closed = any(part.ranges or part.grows for part in parts)
        if for_each is None or closed or not self.engine.evaluates_lists_fast:
            return None
        variables = VARIABLES | {_ITEMS}
        return Many(
            _ITEMS, variables, tuple(self.program(_for_all(part, for_each.name), variables) for part in parts)
        )

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
