"""Running the tests that lie beside policies: no test that cannot fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gatepost.cel.interface import Engine
from gatepost.evidence.custom import Custom
from gatepost.judge.judging import Judge
from gatepost.judge.test_cases import Case, prepare
from gatepost.located_yaml import Document, read
from gatepost.policy.folders import yaml_files
from gatepost.policy.loading import first_key
from gatepost.policy.model import Policy
from gatepost.policy.reading import read_policy
from gatepost.policy.test_files import (
    Expectation,
    PolicyTest,
    is_test_file,
    policy_beside,
    read_tests,
    tests_beside,
)
from gatepost.problems import GatepostError, Place, Problem
from gatepost.verdict import OUTCOMES, Result, Verdict

__all__ = ["Suite", "TestResult", "find_suites", "judge_case", "run_suite", "run_test", "run_tests"]

# The outcome of a rule is the worst of its items.


@dataclass(frozen=True, slots=True)
class TestResult:
    """How a test came out: ``problems`` is empty where it passed."""

    file: str
    name: str
    problems: tuple[Problem, ...] = ()
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Suite:
    """A policy and its tests; ``problems`` says why they cannot be run."""

    file: str
    policy: Policy | None = None
    tests: tuple[PolicyTest, ...] = ()
    problems: tuple[Problem, ...] = ()


def run_tests(path: Path, shown: str) -> Iterator[TestResult]:
    """Run the tests of a policy, or of all policies in a folder.

    Raises:
        GatepostError: there is no policy.
    """
    for suite in find_suites(path, shown):
        yield from run_suite(suite)


def find_suites(path: Path, shown: str, custom: Custom | None = None) -> list[Suite]:
    """Find the tests of a policy, or of all policies in a folder; ``custom`` is what the team declares of its own.

    Raises:
        GatepostError: there is no policy.
    """
    found: list[Suite] = []
    if not path.is_dir():
        file = policy_beside(path) if is_test_file(path.name) else path
        name = f"{shown[: -len(path.name)]}{file.name}"
        if first_key(read(file, name)) == "policy":
            found.append(_suite(file, name, custom))
    for file in yaml_files(path) if path.is_dir() else ():
        name = f"{shown.rstrip('/')}/{file.relative_to(path).as_posix()}"
        if is_test_file(file.name):
            if not policy_beside(file).exists():
                what = f"there is no policy {policy_beside(file).name} beside these tests"
                found.append(Suite(name, problems=(Problem(what, Place(name, 1, 1)),)))
        elif first_key(read(file, name)) == "policy":
            found.append(_suite(file, name, custom))
    if not any(suite.policy or not is_test_file(suite.file) for suite in found):
        advice = "a policy is a .yaml file that starts with `policy:`"
        raise GatepostError.of(f"no policy at {shown}", Place(shown), advice)
    return found


def _suite(file: Path, shown: str, custom: Custom | None) -> Suite:
    tests = tests_beside(file)
    shown_tests = f"{shown[: -len(file.name)]}{tests.name}"
    try:
        policy = read_policy(read(file, shown), custom)
        if not tests.exists():
            advice = f"write {shown_tests}: no rule is trusted that was never seen to fail"
            raise GatepostError.of(f"the policy `{policy.name}` has no tests", Place(shown), advice)
        return Suite(shown_tests, policy, tuple(read_tests(read(tests, shown_tests), policy, tests.parent)))
    except GatepostError as error:
        return Suite(shown, problems=error.problems)


def run_suite(suite: Suite, custom: Custom | None = None, engine: Engine | None = None) -> list[TestResult]:
    """Run the tests of a policy; a suite that cannot be run is one test that fails."""
    if suite.policy is None:
        return [TestResult(suite.file, "(the file)", suite.problems, suite.problems[0].place)]
    return [
        TestResult(suite.file, test.name, tuple(run_test(test, suite.policy, custom, engine)), test.place)
        for test in suite.tests
    ]


def run_test(
    test: PolicyTest, policy: Policy, custom: Custom | None = None, engine: Engine | None = None
) -> Iterator[Problem]:
    """Return what is not as the test expects it."""
    try:
        verdict = judge_case(prepare(test, policy, custom), engine)
    except GatepostError as error:
        yield from error.problems
        return
    for name, expectation in test.expect.items():
        results = [result for result in verdict.results if result.rule == name]
        yield from _compare(test.document, name, expectation, results)


def judge_case(case: Case, engine: Engine | None = None) -> Verdict:
    """Judge a test, with every item listed."""
    return Judge(case.policies, engine).judge(
        case.evidence,
        now=case.now,
        waivers=case.waivers,
        baseline=case.baseline,
        max_findings=1_000_000,
        each_pass=True,
    )


def _compare(document: Document, name: str, expected: Expectation, results: list[Result]) -> Iterator[Problem]:
    outcomes = {result.outcome for result in results}
    got = next((outcome for outcome in OUTCOMES if outcome in outcomes), "not judged")
    if got != expected.outcome:
        detail = next((r.message or r.reason for r in results if r.outcome == got), "")
        what = f"{name}: expected {expected.outcome}, got {got}"
        yield document.problem(what, expected.place, detail)
    items = {result.item: result for result in results if result.item is not None}
    for item, outcome in expected.items.items():
        found = items[item].outcome if item in items else "no such item"
        if found != outcome:
            yield document.problem(f"{name} of {item}: expected {outcome}, got {found}", expected.place)
    messages = [result.message for result in results if result.message]
    if expected.message is not None and expected.message not in messages:
        got_message = f"got: {messages[0]}" if messages else "there is no message"
        yield document.problem(f"{name}: the message is not: {expected.message}", expected.place, got_message)
