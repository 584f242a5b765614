"""Both engines give the same verdicts: for every shipped rule with its tests, and for what is missing or an error."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import pytest

from gatepost.cel.engines import ENGINES, load_engine
from gatepost.cel.interface import Engine
from gatepost.evidence.document import from_data
from gatepost.judge.judging import Judge
from gatepost.judge.policy_tests import Suite, find_suites, judge_case
from gatepost.judge.test_cases import prepare
from gatepost.located_yaml import parse
from gatepost.policy.model import InForce, PolicySet
from gatepost.policy.reading import read_policy
from gatepost.policy.shipped import policies_folder

SUITES = find_suites(policies_folder() / "rules", "rules")
NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)


@pytest.fixture(scope="module", params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    return load_engine(request.param)


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.policy.name)
def test_every_shipped_rule_with_every_test(suite: Suite) -> None:
    assert suite.policy is not None
    assert suite.tests
    engines = [load_engine(name) for name in ENGINES]
    for test in suite.tests:
        case = prepare(test, suite.policy)
        first, *others = [dataclasses.replace(judge_case(case, engine), engine=None) for engine in engines]
        assert others == [first], test.name


def outcome(engine: Engine, require: str, evidence: dict[str, Any], more: str = "") -> str:
    rule = f"{{id: r, title: T, severity: high, enforcement: block, message: m, require: {require}{more}}}"
    policy = read_policy(parse(f"policy: p\nversion: 1.0.0\ntitle: T\nowner: o\nrules: [{rule}]\n", "p.yaml"))
    loaded = PolicySet((policy,), tuple(InForce(rule, "block", "p") for rule in policy.rules), {"p": {}})
    data = {"schema": "gatepost.evidence/1", "subject": {"name": "s"}, "evidence": evidence}
    return Judge(loaded, engine).judge(from_data(data, "e.json"), now=NOW).results[0].outcome


HUGE = {"custom": {"long": "x" * 100_000, "many": ["w"] * 3_000}}


@pytest.mark.parametrize(
    "require",
    [
        "evidence.custom.many.map(m, evidence.custom.long) != []",
        "evidence.custom.many.map(m, evidence.custom.many) != []",
        "evidence.custom.many.all(a, evidence.custom.many.all(b, a == b))",
    ],
)
def test_a_value_without_end_is_an_error_before_it_is_made(engine: Engine, require: str) -> None:
    assert outcome(engine, f"'{require}'", HUGE, ", optional_evidence: true") == "error"


N, TRUE, FALSE = "evidence.performance.n > 1", "subject.name == 's'", "subject.name == 't'"
BROKEN = "evidence.training.params.a > 1"  # a string there: the rule is at fault


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ((N, TRUE), "pass"),
        ((N, FALSE), "missing"),
        ((BROKEN, TRUE), "pass"),
        ((BROKEN, FALSE), "error"),
        ((BROKEN, N), "missing"),
    ],
)
def test_missing_and_error_whatever_the_order_of_an_or(engine: Engine, parts: tuple[str, str], wanted: str) -> None:
    evidence = {"training": {"params": {"a": "x"}}}
    for left, right in (parts, parts[::-1]):
        assert outcome(engine, f'"{left} || {right}"', evidence) == wanted


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        ((N, TRUE), "missing"),
        ((N, FALSE), "fail"),
        ((BROKEN, TRUE), "error"),
        ((BROKEN, FALSE), "fail"),
        ((BROKEN, N), "missing"),
    ],
)
def test_missing_and_error_whatever_the_order_of_an_and(engine: Engine, parts: tuple[str, str], wanted: str) -> None:
    evidence = {"training": {"params": {"a": "x"}}}
    for left, right in (parts, parts[::-1]):
        assert outcome(engine, f'"{left} && {right}"', evidence) == wanted


@pytest.mark.parametrize(
    ("require", "evidence", "wanted"),
    [
        ("evidence.approvals.all(a, a.by == 'x')", {"approvals": []}, "missing"),
        ("evidence.approvals.all(a, a.by == 'x')", {}, "missing"),
        ("evidence.approvals.all(a, a.by == 'x')", {"approvals": [{"role": "r"}]}, "missing"),
        ("evidence.approvals[1].by == 'x'", {"approvals": [{"by": "x"}]}, "missing"),
        ("evidence.approvals[0].by == 'x'", {"approvals": [{"by": "x"}]}, "pass"),
        ("1.0 / evidence.performance.threshold > 0.5", {"performance": {"threshold": 0.0}}, "error"),
        ("evidence.performance.threshold / 0.5 > 0.5", {"performance": {"threshold": 0.5}}, "pass"),
        ("1e308 * evidence.performance.threshold > 0.5", {"performance": {"threshold": 1e308}}, "error"),
        ("evidence.performance.n == 9007199254740993", {"performance": {"n": 2**53 + 1}}, "pass"),
        ("evidence.performance.n == 9007199254740992", {"performance": {"n": 2**53 + 1}}, "fail"),
        ("evidence.training.params['a.b'] == 'x'", {"training": {"params": {"a.b": "x"}}}, "pass"),
        ("evidence.training.params['a.b'] == 'x'", {"training": {"params": {"a": "x"}}}, "missing"),
    ],
)
def test_what_is_missing_is_told_from_what_is_wrong(
    engine: Engine, require: str, evidence: dict[str, Any], wanted: str
) -> None:
    assert outcome(engine, f'"{require}"', evidence) == wanted


def test_many_items_come_out_the_same() -> None:
    groups = [{"attribute": "a", "group": str(n), "n": n} for n in range(60)]
    rule = (
        "{id: r, title: T, severity: high, enforcement: block, message: 'n is {g.n}', for_each: {g: evidence.fairness.groups}, "
        "item: '{g.group}', where: g.n > 5, require: g.n > 20}"
    )
    policy = read_policy(parse(f"policy: p\nversion: 1.0.0\ntitle: T\nowner: o\nrules: [{rule}]\n", "p.yaml"))
    loaded = PolicySet((policy,), tuple(InForce(rule, "block", "p") for rule in policy.rules), {"p": {}})
    data = {"schema": "gatepost.evidence/1", "subject": {"name": "s"}, "evidence": {"fairness": {"groups": groups}}}
    first, second = (
        dataclasses.replace(Judge(loaded, load_engine(name)).judge(from_data(data, "e.json"), now=NOW), engine=None)
        for name in ENGINES
    )
    assert first == second
    assert (first.counts.fail, first.counts.passed, first.counts.excluded) == (15, 39, 6)
