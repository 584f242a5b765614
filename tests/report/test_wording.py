from __future__ import annotations

import dataclasses

import pytest

from gatepost.problems import GatepostError, Place, Problem
from gatepost.report.interface import Style
from gatepost.report.registry import load
from gatepost.report.wording import Trouble, note_of, page_of, reasons, steps, told, troubles
from gatepost.verdict import Counts, Result, Source, Step, Verdict

FAILED = Source("fairness", "fairness", "failed", error="no column `y`", location=Place("gatepost.yaml", 3))
PASSED = Result("p/r", "T", "pass", "low", "block")
RESULT = Result("p/r", "T", "fail", "low", "block", message="Too low", fingerprint="f")


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


PAGED = dataclasses.replace(RESULT, url="https://wiki.example.com/impact-ratio")


def test_a_finding_leads_to_the_page_of_its_rule() -> None:
    assert told(PAGED)[-1] == "See https://wiki.example.com/impact-ratio"
    for url in ("javascript:alert(1)", "https://a b", "https://a\n::error::", 'https://"><b>', ""):
        assert page_of(dataclasses.replace(RESULT, url=url)) == ""


@pytest.mark.parametrize(
    ("format_name", "shown"),
    [
        ("text", "see   https://wiki.example.com/impact-ratio\n"),
        ("markdown", "[About this rule](https://wiki.example.com/impact-ratio)"),
        ("html", '<a href="https://wiki.example.com/impact-ratio" rel="noreferrer">'),
        ("sarif", '"helpUri": "https://wiki.example.com/impact-ratio"'),
        ("github", "%0ASee https://wiki.example.com/impact-ratio"),
        ("junit", "https://wiki.example.com/impact-ratio"),
    ],
)
def test_every_surface_that_can_links_to_it(format_name: str, shown: str) -> None:
    verdict = Verdict("block", 1, "", counts=Counts(fail=1), results=(PAGED,))
    assert shown in load(format_name).render(verdict, Style())


def test_a_part_that_stands_twice_is_told_once() -> None:
    explanation = (
        Step("c.psi <= 1 || c.psi <= 2", 0, "false", "short"),
        Step("c.psi", 0, "3"),
        Step("c.psi", 14, "3"),
    )
    assert [step.expression for step in steps(dataclasses.replace(RESULT, explanation=explanation))] == [
        "c.psi <= 1 || c.psi <= 2",
        "c.psi",
    ]


def test_a_note_is_left_out_where_the_message_says_it() -> None:
    said = dataclasses.replace(RESULT, message="Missing. The source x failed: y.", reason="the source x failed: y")
    assert note_of(said) == ""
    assert note_of(dataclasses.replace(said, message="Missing.")) == "the source x failed: y"
