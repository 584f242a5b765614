"""The policies that ship: each rule was seen to fail and to miss its evidence, each control is known."""

from __future__ import annotations

from functools import cache

import pytest

from gatepost.judge.policy_tests import run_tests
from gatepost.located_yaml import read
from gatepost.policy import shipped
from gatepost.policy.model import Policy
from gatepost.policy.reading import read_policy
from gatepost.policy.test_files import read_tests
from gatepost.typed import check, load_schema

FILES = {path.stem: path for path in shipped.rule_files()}


@cache
def policy(name: str) -> Policy:
    return read_policy(read(FILES[name]))


def test_there_are_policies() -> None:
    assert {"documentation", "reproducibility", "data-quality", "performance", "fairness", "robustness"} <= set(FILES)


@pytest.mark.parametrize("name", sorted(FILES))
def test_its_tests_pass(name: str) -> None:
    results = list(run_tests(FILES[name], name))
    assert [result for result in results if result.problems] == []
    assert len(results) >= 4


@pytest.mark.parametrize("name", sorted(FILES))
def test_each_rule_was_seen_to_pass_fail_and_miss_its_evidence(name: str) -> None:
    path = FILES[name]
    assert policy(name).name == name
    expected: dict[str, set[str]] = {rule.name: set() for rule in policy(name).rules}
    for test in read_tests(read(path.with_name(f"{name}.test.yaml")), policy(name)):
        for rule, expectation in test.expect.items():
            expected[rule].add(expectation.outcome)
    assert {rule: {"pass", "fail", "missing"} - outcomes for rule, outcomes in expected.items()} == {
        rule: set() for rule in expected
    }


def test_rules_and_catalogues_know_the_same_controls() -> None:
    known = set()
    for path in sorted((shipped.policies_folder() / "controls").glob("*.yaml")):
        data = check(read(path), load_schema("gatepost.policy.schema", "catalogue.json"))
        assert data["catalogue"] == path.stem
        known |= {f"{data['catalogue']}/{control['id']}" for control in data["controls"]}
    named = {control for name in FILES for rule in policy(name).rules for control in rule.controls}
    assert named == known


@pytest.mark.parametrize("name", sorted(FILES))
def test_each_param_says_what_it_means(name: str) -> None:
    assert [spec.name for spec in policy(name).params.values() if not spec.description] == []
