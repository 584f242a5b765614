"""Which changes to a policy no test notices."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gatepost.cel.engines import load_engine
from gatepost.cel.interface import Engine
from gatepost.evidence.custom import Custom
from gatepost.judge.policy_tests import Suite, run_test
from gatepost.policy.model import Policy
from gatepost.policy.mutations import Mutation, mutations
from gatepost.policy.reading import read_policy
from gatepost.problems import GatepostError

__all__ = ["Mutated", "mutate"]


@dataclass(frozen=True, slots=True)
class Mutated:
    """How many changes were tried and how many were noticed; the others are listed.

    A change with which the policy does not load is not counted.
    """

    tried: int
    survived: tuple[Mutation, ...]


def mutate(suite: Suite, custom: Custom | None = None, engine: Engine | None = None) -> Mutated:
    """Make each change alone and run the tests that expect something of what it changes."""
    engine = engine or load_engine()
    tried = 0
    survived: list[Mutation] = []
    for mutation in mutations(suite.policy) if suite.policy is not None else ():
        try:
            changed = read_policy(mutation.document, custom)
        except GatepostError:
            continue
        tried += 1
        if not _noticed(suite, mutation, changed, custom, engine):
            survived.append(mutation)
    return Mutated(tried, tuple(survived))


def _noticed(suite: Suite, mutation: Mutation, changed: Policy, custom: Custom | None, engine: Engine) -> bool:
    for test in suite.tests:
        if mutation.rule is None:
            policy, expect = changed, test.expect
        elif mutation.rule in test.expect:
            # Only the changed rule is judged: the others come out as before.
            policy = replace(changed, rules=tuple(rule for rule in changed.rules if rule.name == mutation.rule))
            expect = {mutation.rule: test.expect[mutation.rule]}
        else:
            continue
        if any(True for _ in run_test(replace(test, expect=expect), policy, custom, engine)):
            return True
    return False
