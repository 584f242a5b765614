"""JUnit XML for GitLab, Jenkins and everything else that shows tests.

A policy is a suite and a rule (or one of its items) a test. JUnit has no warning: a finding that does not block is a
skipped test whose reason starts with `warning`, so that it is seen and fails no job. Names hold no value, version or
time: the same finding is the same test in the next run.
"""

from __future__ import annotations

from collections.abc import Iterable

from junit_xml import TestCase, TestSuite, to_xml_report_string

from gatepost.problems import Problem, format_problem
from gatepost.report.interface import Style
from gatepost.report.plain_text import harmless
from gatepost.report.ranking import is_blocking
from gatepost.verdict import Result, Verdict

__all__ = ["name", "render"]

name = "junit"


def render(verdict: Verdict, style: Style) -> str:
    """Give the report; a gate that could not judge has an error for each problem, never an empty suite."""
    cases = [_problem(number, problem) for number, problem in enumerate(verdict.problems, 1)]
    if not verdict.problems:
        cases += (
            [_reason(number, reason) for number, reason in enumerate(verdict.reasons, 1)]
            if (verdict.decision == "error")
            else []
        )
    suites = [TestSuite("gatepost", cases)] if cases else []
    by_policy: dict[str, list[Result]] = {}
    for result in verdict.results:
        by_policy.setdefault(result.rule.partition("/")[0], []).append(result)
    suites += [TestSuite(policy, list(_cases(policy, results))) for policy, results in by_policy.items()]
    return str(to_xml_report_string(suites, prettyprint=True))


def _problem(number: int, problem: Problem) -> TestCase:
    place = problem.place
    case = TestCase(
        f"problem {number}",
        classname="gatepost",
        file=place.path if place else None,
        line=place.line if place else None,
    )
    case.add_error_info(message=harmless(problem.what), output=format_problem(problem))
    return case


def _reason(number: int, reason: str) -> TestCase:
    case = TestCase(f"reason {number}", classname="gatepost")
    case.add_error_info(message=harmless(reason), output=harmless(reason))
    return case


def _cases(policy: str, results: Iterable[Result]) -> Iterable[TestCase]:
    seen: set[str] = set()
    for result in results:
        title = result.rule.partition("/")[2]
        if result.outcome == "pass" and result.items > 1:
            title += " [other items]"
        elif result.item is not None:
            title += f" [{harmless(result.item)}]"
        while title in seen:  # two entries of one name are one to those who read them
            title += "'"
        seen.add(title)
        yield _case(policy, title, result)


def _case(policy: str, title: str, result: Result) -> TestCase:
    place = result.location
    case = TestCase(
        title,
        classname=policy,
        file=place.path if place else None,
        line=(place.line or 1) if place else None,
        allow_multiple_subelements=False,
    )
    text = _text(result)
    if result.outcome == "error":
        case.add_error_info(message=harmless(result.message), output=text)
    elif is_blocking(result):
        case.add_failure_info(message=harmless(result.message), output=text)
    elif result.outcome in ("fail", "missing"):
        word = "warning" if result.enforcement == "warn" else "information"
        case.add_skipped_info(message=f"{word}: {harmless(result.message)}", output=text)
    elif result.outcome in ("skip", "waived"):
        case.add_skipped_info(message=harmless(result.reason or result.outcome), output=text)
    return case


def _text(result: Result) -> str:
    """Give what a person reads: the message again, for not every surface shows the attribute."""
    rows = [result.message or result.reason, *_explained(result)]
    rows += [
        f"{label}: {value}" for label, value in (("fix", result.fix), ("why", ", ".join(result.controls))) if value
    ]
    if result.waiver:
        rows.append(f"{result.reason} ({result.waiver})")
    if result.location is not None:
        rows.append(f"at {result.location}")
    if result.hidden:
        rows.append(f"and {result.hidden} more like it, which are only counted")
    return "\n".join(harmless(row) for row in rows if row)


def _explained(result: Result) -> list[str]:
    if not result.explanation:
        return []
    whole, *parts = result.explanation
    rows = [f"{whole.expression} is {whole.value}" + (f" ({whole.note})" if whole.note else "")]
    return rows + [f"  {part.expression} is {part.value}" for part in parts]
