"""Running the tests that lie beside policies: no test that cannot fail."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatepost.evidence.document import Evidence, from_data
from gatepost.judge.judging import Judge
from gatepost.located_yaml import Document, read
from gatepost.policy.loading import first_key, yaml_files
from gatepost.policy.model import InForce, Policy, PolicySet
from gatepost.policy.params import resolve
from gatepost.policy.reading import read_policy
from gatepost.policy.test_files import Expectation, PolicyTest, read_tests
from gatepost.policy.waivers import read_waivers
from gatepost.problems import GatepostError, Place, Problem
from gatepost.verdict import Result, Verdict

__all__ = ["TestResult", "run_tests"]

_NOW = "2026-01-01T00:00:00Z"
# The outcome of a rule is the worst of its items.
_ORDER = ("error", "missing", "fail", "waived", "pass", "skip")


@dataclass(frozen=True, slots=True)
class TestResult:
    """How a test came out: ``problems`` is empty where it passed."""

    file: str
    name: str
    problems: tuple[Problem, ...] = ()


def run_tests(path: Path, shown: str) -> Iterator[TestResult]:
    """Run the tests of a policy, or of all policies in a folder.

    Raises:
        GatepostError: there is no policy.
    """
    files = list(yaml_files(path)) if path.is_dir() else [path]
    found = 0
    for file in files:
        name = f"{shown.rstrip('/')}/{file.relative_to(path).as_posix()}" if path.is_dir() else shown
        if file.name.endswith(".test.yaml"):
            if path.is_dir() and not (file.parent / f"{file.name[:-10]}.yaml").exists():
                what = f"there is no policy {file.name[:-10]}.yaml beside these tests"
                yield TestResult(name, "(the file)", (Problem(what, Place(name, 1, 1)),))
            elif not path.is_dir():
                found += 1
                policy = file.parent / f"{file.name[:-10]}.yaml"
                yield from _run_file(policy, f"{name[:-10]}.yaml")
            continue
        document = read(file, name)
        if first_key(document) == "policy":
            found += 1
            yield from _run_file(file, name)
    if not found:
        raise GatepostError.of(
            f"no policy at {shown}", Place(shown), "a policy is a .yaml file that starts with `policy:`"
        )


def _run_file(file: Path, shown: str) -> Iterator[TestResult]:
    tests = file.with_name(f"{file.stem}.test.yaml")
    shown_tests = f"{shown[: -len(file.name)]}{tests.name}"
    try:
        policy = read_policy(read(file, shown))
        if not tests.exists():
            advice = f"write {shown_tests}: no rule is trusted that was never seen to fail"
            raise GatepostError.of(f"the policy `{policy.name}` has no tests", Place(shown), advice)
        read_in = read_tests(read(tests, shown_tests), policy)
    except GatepostError as error:
        yield TestResult(shown, "(the file)", error.problems)
        return
    for test in read_in:
        yield TestResult(shown_tests, test.name, tuple(_run(test, policy)))


def _run(test: PolicyTest, policy: Policy) -> Iterator[Problem]:
    try:
        verdict = _judge(test, policy)
    except GatepostError as error:
        yield from error.problems
        return
    for name, expectation in test.expect.items():
        results = [result for result in verdict.results if result.rule == name]
        yield from _compare(test.document, name, expectation, results)


def _judge(test: PolicyTest, policy: Policy) -> Verdict:
    rules = tuple(InForce(rule, rule.enforcement, "the policy") for rule in policy.rules)
    values = resolve({policy.name: policy}, [policy.name], test.params)
    loaded = PolicySet((policy,), rules, values)
    waivers = read_waivers(test.document, loaded, test.waivers) if test.waivers else ()
    now = test.data.get("now", _NOW)
    evidence = _evidence(test.data, "evidence", now, test.place)
    baseline = _evidence(test.data, "baseline", now, test.place) if "baseline" in test.data else None
    return Judge(loaded).judge(
        evidence,
        now=datetime.datetime.fromisoformat(now),
        waivers=waivers,
        baseline=baseline,
        max_findings=1_000_000,
        each_pass=True,
    )


def _evidence(data: Mapping[str, Any], key: str, now: str, place: Place) -> Evidence:
    document = {
        "schema": "gatepost.evidence/1",
        "subject": {"name": "test", **data.get("subject", {})},
        "collected_at": data.get("collected_at", now),
        "evidence": data.get(key, {}),
        "sources": data.get("sources", []),
    }
    return from_data(document, str(place))


def _compare(document: Document, name: str, expected: Expectation, results: list[Result]) -> Iterator[Problem]:
    outcomes = {result.outcome for result in results}
    got = next((outcome for outcome in _ORDER if outcome in outcomes), "not judged")
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
