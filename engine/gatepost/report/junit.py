"""JUnit XML for GitLab, Jenkins and everything else that shows tests.

A policy is a suite (``name`` and ``classname``), and a rule, or one of its items, a test: ``impact-ratio`` or
``impact-ratio [sex=female]``; the passing items of a rule are one test together. Names hold no value, version or
time, so that the same finding is the same test in the next run.

JUnit knows no warning. A finding that does not block is a *skipped* test whose reason begins with ``warning`` (or
``information``): it fails no job, it is not green, and GitLab shows the text of no other element that does not fail.
Waived and skipped items are skipped tests too, with their reason. What went wrong in the gate itself stands in a
suite ``gatepost``, so that a gate that could not judge never leaves an empty, green file.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence

from junit_xml import TestCase, TestSuite

from gatepost.problems import Place, format_problem
from gatepost.ranking import is_blocking
from gatepost.report.interface import Style
from gatepost.report.wording import Trouble, note_of, page_of, troubles, waiver_of
from gatepost.text import harmless
from gatepost.verdict import Result, Verdict

__all__ = ["name", "render", "written"]

name = "junit"

_GATE = "gatepost"
_MOST_MARKS = 4
_SOFT = {"warn": "warning", "info": "information", "warning": "warning", "note": "information"}


def render(verdict: Verdict, style: Style) -> str:
    """Return the report: a suite for each policy, and before them one for what went wrong in the gate itself."""
    found = troubles(verdict)
    suites = [TestSuite(_GATE, [_trouble_case(trouble) for trouble in found])] if found else []
    by_policy: dict[str, list[Result]] = {}
    for result in verdict.results:
        by_policy.setdefault(harmless(result.rule).partition("/")[0], []).append(result)
    for policy, results in by_policy.items():
        titles = _titles(results)
        cases = [_case(policy, title, result, verdict) for title, result in zip(titles, results, strict=True)]
        suites.append(TestSuite(policy, cases))
    return written(suites)


def written(suites: Sequence[TestSuite]) -> str:
    """Return the suites as XML; not with the library's writer, of which the text depends on the version of Python."""
    root = ET.Element("testsuites")
    root.extend(suite.build_xml_doc() for suite in suites)
    for element in root:
        element.attrib.pop("disabled")  # Jenkins' schema does not know it
    for count in ("tests", "failures", "errors"):
        root.set(count, str(sum(int(element.attrib[count]) for element in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _trouble_case(trouble: Trouble) -> TestCase:
    problem = trouble.problem
    case = _empty_case(_GATE, harmless(trouble.name), problem.place)
    text = format_problem(problem).removeprefix("error: ")
    text = "\n".join(harmless(line) for line in text.split("\n"))
    message = harmless(problem.what)
    if trouble.level == "error":
        case.add_error_info(message=message, output=text)
    else:
        word = _SOFT[trouble.level]
        case.add_skipped_info(message=f"{word}: {message}", output=f"{word}: {text}")
    return case


def _titles(results: Iterable[Result]) -> list[str]:
    """Name the tests of a suite; two tests of one name would be one to those who read them."""
    titles: dict[str, None] = {}
    used: dict[str, int] = {}  # how far each title was counted, so that many of one name take one pass
    for result in results:
        title = harmless(result.rule).partition("/")[2]
        if result.item is not None:
            title += f" [{harmless(result.item)}]"
        number, unique = used.get(title, 0), title
        while number == 0 or unique in titles:
            number += 1
            unique = title + ("'" * (number - 1) if number <= _MOST_MARKS else f" #{number}")
        used[title] = number
        titles[unique] = None
    return list(titles)


def _empty_case(suite: str, title: str, place: Place | None) -> TestCase:
    return TestCase(
        title,
        classname=suite,
        file=harmless(place.path) if place else None,
        line=(place.line or 1) if place else None,
    )


def _case(policy: str, title: str, result: Result, verdict: Verdict) -> TestCase:
    case = _empty_case(policy, title, result.location)
    if result.outcome == "pass":
        return case
    message = _message(result, verdict)
    text = "\n".join([message, *_details(result)])
    if result.outcome == "error":
        case.add_error_info(message=message, output=text)
    elif is_blocking(result):
        case.add_failure_info(message=message, output=text, failure_type=result.outcome)
    else:
        case.add_skipped_info(message=message, output=text)
    return case


def _message(result: Result, verdict: Verdict) -> str:
    """Return the first line, which is the attribute as well."""
    message = result.message or result.title
    if result.outcome == "skip":
        message = result.reason or "skipped"
    elif result.outcome == "waived":
        waiver = waiver_of(result, verdict)
        by = f"waived until {waiver.expires} by {waiver.approved_by} ({waiver.id})" if waiver else result.waiver
        message = f"{by}: {waiver.reason if waiver else result.reason}"
    elif not is_blocking(result):
        message = f"{_SOFT[result.enforcement]}: {message}"
    return harmless(message)


def _details(result: Result) -> list[str]:
    rows = [result.message] if result.outcome == "waived" else []
    for number, step in enumerate(result.explanation):
        note = f" ({step.note})" if step.note else ""
        rows.append(f"{'  ' if number else ''}{step.expression} is {step.value}{note}")
    if result.outcome not in ("skip", "waived") and note_of(result):
        rows.append(f"note: {result.reason}")
    rows += [f"fix: {result.fix}"] if result.fix else []
    rows += [f"why: {', '.join(result.controls)}"] if result.controls else []
    rows += [f"see: {page_of(result)}"] if page_of(result) else []
    rows += [f"at {result.location}"] if result.location is not None else []
    rows += [f"and {result.hidden} more of {result.rule}, which are only counted"] if result.hidden else []
    return [harmless(row) for row in rows if row]
