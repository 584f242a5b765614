"""Policy tests: files with changes, coverage, and changes to the policy that nothing notices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gatepost.judge.coverage import measure
from gatepost.judge.mutation import mutate
from gatepost.judge.policy_tests import find_suites, run_tests

POLICY = """policy: p
version: 1.0.0
title: T
owner: o
params: {least: {type: integer, default: 10}}
rules:
  - id: rows
    title: T
    severity: high
    enforcement: block
    when: subject.risk_tier == "high"
    require: evidence.performance.n >= params.least && evidence.performance.metrics.accuracy.low > 0.5
    message: "{evidence.performance.n} rows"
"""
EVIDENCE = {
    "schema": "gatepost.evidence/1",
    "subject": {"name": "credit", "risk_tier": "high"},
    "evidence": {"performance": {"n": 10, "metrics": {"accuracy": {"value": 0.7, "low": 0.6, "high": 0.8, "n": 10}}}},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "p.yaml").write_text(POLICY)
    (tmp_path / "e.json").write_text(json.dumps(EVIDENCE))
    return tmp_path


def problems(folder: Path, *tests: str) -> list[str]:
    written = "tests:\n" + "".join(f"  - {{name: t{n}, {test}}}\n" for n, test in enumerate(tests))
    (folder / "p.test.yaml").write_text(written)
    return [problem.what for result in run_tests(folder / "p.yaml", "p.yaml") for problem in result.problems]


@pytest.mark.parametrize(
    ("test", "outcome"),
    [
        ("evidence_file: e.json", "pass"),
        ("evidence_file: e.json, patch: {/evidence/performance/n: 9}", "fail"),
        ("evidence_file: e.json, patch: {/evidence/performance/metrics/accuracy/low: 0.5}", "fail"),
        ("evidence_file: e.json, remove: [/evidence/performance/n]", "missing"),
        ("evidence_file: e.json, remove: [/evidence/performance]", "missing"),
        ("evidence_file: e.json, subject: {risk_tier: low}", "skip"),
        (
            "evidence: {performance: {n: 3}}, patch: {/subject/risk_tier: high, /evidence/performance/n: 14}",
            "missing",
        ),
    ],
)
def test_evidence_of_a_file_with_changes(folder: Path, test: str, outcome: str) -> None:
    assert problems(folder, f"{test}, expect: {{p/rows: {outcome}}}") == []
    other = "fail" if outcome == "pass" else "pass"
    assert problems(folder, f"{test}, expect: {{p/rows: {other}}}") == [f"p/rows: expected {other}, got {outcome}"]


def test_lists_are_changed_by_index_and_at_the_end(folder: Path) -> None:
    (folder / "p.yaml").write_text(
        POLICY[: POLICY.index("    when:")] + "    require: evidence.approvals.all(a, a.by == 'x')\n    message: m\n"
    )
    approvals = "evidence: {approvals: [{by: x}, {by: y}]}"
    assert problems(folder, f"{approvals}, remove: [/evidence/approvals/1], expect: {{p/rows: pass}}") == []
    assert (
        problems(folder, f"{approvals}, patch: {{/evidence/approvals/1: {{by: x}}}}, expect: {{p/rows: pass}}") == []
    )
    assert (
        problems(
            folder,
            "evidence: {approvals: [{by: x}]}, patch: {/evidence/approvals/-: {by: y}}, expect: {p/rows: fail}",
        )
        == []
    )


@pytest.mark.parametrize(
    ("test", "what"),
    [
        ("evidence_file: e.json, patch: {/evidence/performanc/n: 9}", "evidence has no field /evidence/performanc/n"),
        (
            "evidence_file: e.json, patch: {/evidence/performance/n: many}",
            "the file must be a whole number, got `many`",
        ),
        (
            "evidence_file: e.json, remove: [/evidence/documentation/owner]",
            "the evidence has no /evidence/documentation",
        ),
        ("evidence_file: e.json, remove: [/evidence/documentation]", "the evidence has no /evidence/documentation"),
        (
            "evidence_file: e.json, remove: [performance]",
            "`performance` is no JSON pointer; one looks like /evidence/documentation/owner",
        ),
        ("evidence_file: e.json, remove: [/schema]", "/schema leads to nothing that a policy reads"),
        ("evidence_file: e.json, evidence: {}", "the test has `evidence` and `evidence_file`"),
    ],
)
def test_changes_that_lead_nowhere_are_mistakes(folder: Path, test: str, what: str) -> None:
    assert problems(folder, f"{test}, expect: {{p/rows: pass}}") == [what]


def test_a_file_that_is_not_there_is_a_failure(folder: Path) -> None:
    (what,) = problems(folder, "evidence_file: x.json, expect: {p/rows: pass}")
    assert what.endswith("x.json: No such file or directory")


PASSES = "evidence_file: e.json, expect: {p/rows: pass}"


def test_coverage_names_what_no_test_has_seen(folder: Path) -> None:
    assert problems(folder, PASSES) == []
    (suite,) = find_suites(folder, str(folder))
    (rule,) = measure(suite)
    assert (rule.rule, rule.unseen, rule.points) == ("p/rows", ("fail", "missing", "skip"), (5, 12))
    assert {part.text: part.seen for part in rule.conditions.values()} == {
        'subject.risk_tier == "high"': {True},
        "evidence.performance.n >= params.least && evidence.performance.metrics.accuracy.low > 0.5": {True},
        "evidence.performance.n >= params.least": {True},
        "evidence.performance.metrics.accuracy.low > 0.5": {True},
    }


ALL = (
    PASSES,
    "evidence_file: e.json, patch: {/evidence/performance/n: 9}, expect: {p/rows: fail}",
    "evidence_file: e.json, patch: {/evidence/performance/metrics/accuracy/low: 0.5}, expect: {p/rows: fail}",
    "evidence_file: e.json, remove: [/evidence/performance], expect: {p/rows: missing}",
    "evidence_file: e.json, subject: {risk_tier: low}, expect: {p/rows: skip}",
)


def test_coverage_is_whole_where_all_was_seen(folder: Path) -> None:
    assert problems(folder, *ALL) == []
    (rule,) = measure(find_suites(folder, str(folder))[0])
    assert (rule.unseen, rule.points) == ((), (12, 12))


def test_what_a_test_does_not_ask_for_was_not_seen_by_it(folder: Path) -> None:
    rule = POLICY[POLICY.index("  - id") :].replace("id: rows", "id: other")
    (folder / "p.yaml").write_text(POLICY + rule)
    assert problems(folder, PASSES) == []
    assert [rule.points[0] for rule in measure(find_suites(folder, str(folder))[0])] == [5, 0]


def test_changes_that_no_test_notices_are_listed(folder: Path) -> None:
    assert problems(folder, PASSES) == []
    found = mutate(find_suites(folder, str(folder))[0])
    assert "`>=` -> `<` in `evidence.performance.n >= params.least`" not in {m.what for m in found.survived}
    assert [(m.rule, m.what) for m in found.survived] == [
        ("p/rows", "`when` left out"),
        (
            "p/rows",
            "`&&` -> `||` in `evidence.performance.n >= params.least && evidence.performance.metrics.accuracy.low > 0.5`",
        ),
        ("p/rows", "`evidence.performance.metrics.accuracy.low > 0.5` left out"),
        ("p/rows", "`evidence.performance.n >= params.least` left out"),
        ("p/rows", "`>` -> `>=` in `evidence.performance.metrics.accuracy.low > 0.5`"),
        ("p/rows", "`.low` -> `.value` in `evidence.performance.metrics.accuracy.low`"),
        ("p/rows", "0.5 -> 0.55"),
        ("p/rows", "0.5 -> 0.45"),
        (None, "the default of `least`: 10 -> 9"),
    ]
    assert str(found.survived[1].place).endswith("p.yaml:12:14")


def test_good_tests_notice_every_change(folder: Path) -> None:
    value = "patch: {/evidence/performance/metrics/accuracy/low: 0.5000001}"
    more = f"evidence_file: e.json, {value}, expect: {{p/rows: pass}}"
    assert problems(folder, *ALL, more) == []
    found = mutate(find_suites(folder, str(folder))[0])
    assert (found.tried, found.survived) == (14, ())


def test_shipped_tests_see_everything_and_notice_every_change() -> None:
    from gatepost.policy.shipped import policies_folder

    for suite in find_suites(policies_folder() / "rules", "rules"):
        assert [rule.rule for rule in measure(suite) if rule.points[0] != rule.points[1]] == []
        assert mutate(suite).survived == ()


@pytest.mark.parametrize("suffix", [".yml", ".YAML"])
def test_tests_and_policies_may_end_in_any_spelling_of_yaml(folder: Path, suffix: str) -> None:
    policy, tests = folder / f"p{suffix}", folder / f"p.test{suffix}"
    (folder / "p.yaml").rename(policy)
    tests.write_text("tests: [{name: t, subject: {risk_tier: low}, expect: {p/rows: skip}}]\n")
    for path in (folder, policy, tests):
        (result,) = run_tests(path, str(path))
        assert (result.name, result.problems) == ("t", ())
    policy.unlink()
    (folder / "other.yaml").write_text(POLICY.replace("policy: p", "policy: other"))
    whats = [problem.what for suite in find_suites(folder, "f") for problem in suite.problems]
    assert "there is no policy p.yaml beside these tests" in whats
