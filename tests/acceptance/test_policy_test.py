"""``gatepost policy test`` as a user runs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import junitparser
import pytest

Run = Callable[..., Any]
TESTS = """tests:
  - name: an owner passes
    evidence: {documentation: {owner: me}}
    expect: {docs/owner: pass}
  - name: no owner fails
    evidence: {documentation: {owner: ""}}
    expect: {docs/owner: missing}
"""
FAILED = """ok    policies/docs.test.yaml: an owner passes
FAIL  policies/docs.test.yaml: no owner fails
      docs/owner: expected missing, got fail
        policies/docs.test.yaml:7:14
           7 |     expect: {docs/owner: missing}
             |              ^^^^^^^^^^ The owner  is too short
1 passed, 1 failed
"""
UNSEEN = """unseen  docs/owner: no test gives missing
coverage 80.0 %: 4 of 5 outcomes and values of conditions
"""
UNNOTICED = """unnoticed  policies/docs.yaml:12:14: docs/owner: `>=` -> `>` in `evidence.documentation.owner.size() >= params.least`
unnoticed  policies/docs.yaml:6:35: the default of `least`: 1 -> 2
4 changes, 2 noticed, 2 unnoticed
2 passed, 0 failed
"""


@pytest.fixture
def tested(project: Path) -> Path:
    (project / "policies" / "docs.test.yaml").write_text(TESTS)
    return project


def test_a_failure_shows_what_was_expected_and_what_came(gatepost: Run, tested: Path) -> None:
    done = gatepost("policy", "test", "policies", "--report", "junit=t.xml", cwd=tested)
    assert (done.returncode, done.stdout, done.stderr) == (1, FAILED, "")
    report = junitparser.JUnitXml.fromfile(str(tested / "t.xml"))
    assert (report.tests, report.failures) == (2, 1)
    assert [case.name for suite in report for case in suite] == ["an owner passes", "no owner fails"]


def test_coverage_and_changes_fail_where_they_are_asked_for(gatepost: Run, tested: Path) -> None:
    tests = tested / "policies" / "docs.test.yaml"
    tests.write_text(TESTS.replace("missing", "fail"))
    coverage = gatepost("policy", "test", "policies", "-q", "--coverage", cwd=tested)
    assert (coverage.returncode, coverage.stdout) == (0, UNSEEN + "2 passed, 0 failed\n")
    low = gatepost("policy", "test", "policies", "-q", "--coverage-min", "81", cwd=tested)
    assert (low.returncode, low.stdout) == (1, UNSEEN + "the coverage is below 81 %\n2 passed, 0 failed\n")
    assert gatepost("policy", "test", "policies", "-q", "--coverage-min", "80", cwd=tested).returncode == 0
    mutated = gatepost("policy", "test", "policies", "-q", "--mutate", cwd=tested)
    assert (mutated.returncode, mutated.stdout) == (1, UNNOTICED)
    exact = (
        "  - name: one letter is enough\n    evidence: {documentation: {owner: x}}\n    expect: {docs/owner: pass}\n"
    )
    tests.write_text(TESTS.replace("missing", "fail") + exact)
    assert gatepost("policy", "test", "policies", "-q", "--mutate", cwd=tested).returncode == 0


def test_another_report_is_refused(gatepost: Run, tested: Path) -> None:
    done = gatepost("policy", "test", "policies", "--report", "html=x.html", cwd=tested)
    assert (done.returncode, done.stderr) == (
        2,
        "error: --report html=x.html is not junit=PATH\n  e.g. --report junit=policies.xml\n",
    )
