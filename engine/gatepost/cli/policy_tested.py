"""How the results of policy tests are printed and written."""

from __future__ import annotations

from collections.abc import Sequence

from gatepost.judge.coverage import RuleCoverage
from gatepost.judge.mutation import Mutated
from gatepost.judge.policy_tests import TestResult
from gatepost.problems import GatepostError, format_problem
from gatepost.text import harmless

__all__ = ["coverage_lines", "junit", "junit_paths", "mutation_lines", "result_lines"]


def junit_paths(reports: Sequence[str]) -> list[str]:
    """Read ``--report junit=PATH``.

    Raises:
        GatepostError: another format, or no path.
    """
    paths = []
    for report in reports:
        form, _, path = report.partition("=")
        if form != "junit" or not path:
            raise GatepostError.of(f"--report {report} is not junit=PATH", advice="e.g. --report junit=policies.xml")
        paths.append(path)
    return paths


def result_lines(result: TestResult, *, quiet: bool) -> str:
    """Return a line for a test, and below a failed one what was expected and what came."""
    if not result.problems:
        return "" if quiet else harmless(f"ok    {result.file}: {result.name}") + "\n"
    lines = [f"FAIL  {result.file}: {result.name}"]
    for problem in result.problems:
        text = format_problem(problem, "").removeprefix(": ")
        lines += [f"      {line}" for line in text.split("\n")]
    return "".join(f"{harmless(line)}\n" for line in lines)


def junit(results: Sequence[TestResult]) -> str:
    """Return the results as JUnit XML, a suite for each file of tests."""
    from junit_xml import TestCase, TestSuite

    from gatepost.report.junit import written

    suites: dict[str, list[TestCase]] = {}
    for result in results:
        place = result.place
        name, file = harmless(result.name), harmless(result.file)
        case = TestCase(name, classname=file, file=file, line=place.line if place is not None else None)
        if result.problems:
            text = "\n".join(format_problem(problem, "").removeprefix(": ") for problem in result.problems)
            text = "\n".join(harmless(line) for line in text.split("\n"))
            case.add_failure_info(message=harmless(result.problems[0].what), output=text)
        suites.setdefault(file, []).append(case)
    return written([TestSuite(file, cases) for file, cases in suites.items()])


def coverage_lines(rules: Sequence[RuleCoverage]) -> tuple[str, float]:
    """Return what no test has seen, and the share of what was seen in percent."""
    lines = []
    for rule in rules:
        lines += [f"unseen  {rule.rule}: no test gives {outcome}" for outcome in rule.unseen]
        for part in rule.conditions.values():
            for value in sorted({True, False} - part.seen):
                lines.append(f"unseen  {rule.rule}: `{part.text}` was never {str(value).lower()}  {part.place}")
    seen = sum(rule.points[0] for rule in rules)
    of = sum(rule.points[1] for rule in rules)
    percent = 100.0 * seen / of if of else 0.0
    lines.append(f"coverage {percent:.1f} %: {seen} of {of} outcomes and values of conditions")
    return "".join(f"{harmless(line)}\n" for line in lines), percent


def mutation_lines(found: Sequence[Mutated]) -> str:
    """Return the changes that no test noticed."""
    lines = [
        f"unnoticed  {mutation.place}: {mutation.rule + ': ' if mutation.rule else ''}{mutation.what}"
        for one in found
        for mutation in one.survived
    ]
    tried = sum(one.tried for one in found)
    lines.append(f"{tried} changes, {tried - len(lines)} noticed, {len(lines)} unnoticed")
    return "".join(f"{harmless(line)}\n" for line in lines)
