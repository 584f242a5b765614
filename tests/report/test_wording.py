from __future__ import annotations

import dataclasses

from gatepost.problems import GatepostError, Place, Problem
from gatepost.report.wording import Trouble, reasons, troubles
from gatepost.verdict import Result, Source, Verdict

FAILED = Source("fairness", "fairness", "failed", error="no column `y`", location=Place("gatepost.yaml", 3))
PASSED = Result("p/r", "T", "pass", "low", "block")


def test_a_failed_source_is_told_once_with_its_place() -> None:
    verdict = Verdict(
        "error", 2, "", results=(PASSED,), sources=(FAILED,), reasons=("the source fairness failed: no column `y`",)
    )
    problem = Problem("The collector fairness failed: no column `y`.", Place("gatepost.yaml", 3))
    assert troubles(verdict) == [Trouble("source fairness", problem, "error")]


def test_a_reason_of_its_own_stays_beside_a_failed_source() -> None:
    verdict = Verdict("error", 2, "", results=(PASSED,), sources=(FAILED,), reasons=("every rule was skipped",))
    assert [trouble.name for trouble in troubles(verdict)] == ["source fairness", "judgement"]
    assert troubles(verdict)[1].problem == Problem("Every rule was skipped.")


def test_a_source_that_need_not_work_changes_nothing_but_is_told() -> None:
    verdict = Verdict("pass", 0, "", results=(PASSED,), sources=(dataclasses.replace(FAILED, required=False),))
    [trouble] = troubles(verdict)
    assert trouble.level == "note"
    assert trouble.problem.advice == "It is not required; rules that read what it fills are missing."


def test_a_verdict_without_results_never_has_nothing_to_say() -> None:
    assert reasons(Verdict("error", 2, "")) == ("Nothing was judged.",)
    problems = Verdict.of_problems(GatepostError.of("bad"))
    assert [trouble.name for trouble in troubles(problems)] == ["problem 1"]
    assert troubles(Verdict("pass", 0, "", results=(PASSED,))) == []
