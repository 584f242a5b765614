"""The verdict in a terminal: success is quiet, and a failure says what would fix it.

Rendered without a library: one for terminals costs more time to import than the whole judgement.
"""

from __future__ import annotations

from dataclasses import dataclass

from gatepost.problems import Place, format_problem
from gatepost.ranking import ranked
from gatepost.report.drawing import draw
from gatepost.report.interface import Style
from gatepost.report.wording import (
    DECISIONS,
    Trouble,
    counted,
    failed_sources,
    note_of,
    page_of,
    proposed_lines,
    reasons,
    waiver_of,
)
from gatepost.text import harmless, inert, wrapped
from gatepost.verdict import ACTIVE, Result, Verdict

__all__ = ["name", "render"]

name = "text"

_LEVELS = {"error": "error", "warning": "warn", "note": "info"}
_GREEN, _YELLOW, _RED = "32", "33", "31"
_COLOURS = {"PASS": _GREEN} | dict.fromkeys(("WARN", "warn", "medium", "low"), _YELLOW)
_COLOURS |= dict.fromkeys(("BLOCKED", "ERROR", "error", "critical", "high"), _RED)
_RULE_WIDTH = 22
_LABEL_WIDTH = 6


@dataclass(frozen=True, slots=True)
class _Page:
    """How wide the page is, whether it is coloured, and what stands before the text of a finding."""

    width: int
    colour: bool
    indent: str

    def wrap(self, text: str, label: str = "") -> list[str]:
        """Wrap a text under the head of its finding, with a label before it."""
        if not label:
            return wrapped(text, self.width, self.indent)
        first = f"{self.indent}{label:<{_LABEL_WIDTH}}"
        return wrapped(text, self.width, " " * len(first), first)

    def line(self, text: str) -> list[str]:
        """Wrap a line that stands on its own."""
        return wrapped(text, self.width, self.indent, "")

    def head(self, word: str, title: str, place: Place | None) -> list[str]:
        """Return the head of a finding: its word and title, and at the right edge its place."""
        lines = wrapped(title, self.width, self.indent, f"{word:<{len(self.indent)}}")
        where = harmless(str(place)) if place is not None else ""
        room = self.width - len(lines[-1]) - len(where)
        if where and room >= 2:
            lines[-1] += " " * room + where
        elif where:
            lines += self.wrap(where)
        return self.painted(word, lines)

    def painted(self, word: str, lines: list[str]) -> list[str]:
        """Colour the word that the lines begin with."""
        colour = _COLOURS.get(word) if self.colour else None
        return [f"\x1b[{colour}m{word}\x1b[0m{lines[0][len(word) :]}", *lines[1:]] if colour else lines


def render(verdict: Verdict, style: Style) -> str:
    """Return the verdict as text of ``style.width`` columns."""
    if verdict.problems:
        shown = [harmless(line) for problem in verdict.problems for line in format_problem(problem).split("\n")]
        return "\n".join([*shown, f"Nothing was judged. (exit {verdict.exit_code})", ""])
    sources = failed_sources(verdict)
    findings = [result for result in ranked(verdict.results) if result.outcome in ACTIVE]
    words = [_LEVELS[source.level] for source in sources] + [_word(result) for result in findings]
    page = _Page(style.width, style.colour, " " * (max([4, *map(len, words)]) + 2))
    lines = _decision(verdict, page)
    for source in sources:
        lines += ["", *_source(source, page)]
    for result in findings:
        lines += ["", *_finding(result, page)]
    for section in (_proposed(verdict, page), _waivers(verdict, page), _skipped(verdict, page)):
        lines += ["", *section] if section else []
    return "\n".join([*map(inert, lines), ""])


def _decision(verdict: Verdict, page: _Page) -> list[str]:
    word = DECISIONS[verdict.decision]
    subject = " ".join(str(verdict.subject[key]) for key in ("name", "version") if key in verdict.subject)
    head, counts = f"{word}  {harmless(subject)}", counted(verdict)
    aligned = f"{head:<28}  {counts}"
    text = aligned if len(aligned) <= page.width else f"{head}  {counts}"
    lines = page.painted(word, wrapped(text, page.width, " " * (len(word) + 2), ""))
    for reason in reasons(verdict):
        lines += page.wrap(reason)
    return lines


def _source(source: Trouble, page: _Page) -> list[str]:
    problem = source.problem
    lines = page.head(_LEVELS[source.level], source.name, problem.place) + page.wrap(problem.what)
    return lines + (page.wrap(problem.advice) if problem.advice else [])


def _word(result: Result) -> str:
    if result.outcome == "error":
        return "error"
    return result.severity if result.enforcement == "block" else result.enforcement


def _finding(result: Result, page: _Page) -> list[str]:
    lines = page.head(_word(result), _titled(result, f"{result.rule:<{_RULE_WIDTH}}  "), result.location)
    lines += page.wrap(result.message or result.title)
    lines += [page.indent + line for line in draw(result.explanation, page.width - len(page.indent))]
    more = (
        ("fix", result.fix),
        ("why", ", ".join(result.controls)),
        ("see", page_of(result)),
        ("note", note_of(result)),
    )
    for label, text in more:
        lines += page.wrap(text, label) if text else []
    return lines + _hidden(result, page)


def _titled(result: Result, rule: str) -> str:
    return result.rule if result.item is None else rule + result.item


def _hidden(result: Result, page: _Page) -> list[str]:
    if not result.hidden:
        return []
    return page.wrap(f"and {result.hidden} more of {result.rule}, which are only counted (--max-findings)")


def _proposed(verdict: Verdict, page: _Page) -> list[str]:
    """Return a line for each approval or the like that counts once the trusted ref has it."""
    lines: list[str] = []
    for one, _ in proposed_lines(verdict):
        place = f"  {one.location}" if one.location is not None else ""
        lines += page.line(f"proposed, does not count  {one.section}, {one.what}: {one.entry}{place}")
    return lines


def _waivers(verdict: Verdict, page: _Page) -> list[str]:
    lines: list[str] = []
    for result in verdict.results:
        if result.outcome == "waived":
            lines += page.line(_waived(result, verdict)) + _hidden(result, page)
    for waiver in verdict.waivers:
        if waiver.state == "expired":
            lines += page.line(f"waiver expired on {waiver.expires}  {waiver.id} by {waiver.approved_by}")
        elif waiver.state == "unused":
            lines += page.line(f"waiver without use  {waiver.id}: it matches nothing")
    return lines


def _waived(result: Result, verdict: Verdict) -> str:
    waiver = waiver_of(result, verdict)
    what = _titled(result, f"{result.rule} ")
    if waiver is None:
        return f"waived  {what}, {result.waiver}: {result.reason}"
    return f"waived until {waiver.expires}  {what}, {waiver.id} by {waiver.approved_by}: {waiver.reason}"


def _skipped(verdict: Verdict, page: _Page) -> list[str]:
    """Return a line for each reason, with the rules that it keeps out."""
    rules: dict[str, dict[str, int]] = {}
    hidden: list[str] = []
    for result in verdict.results:
        if result.outcome == "skip":
            of_reason = rules.setdefault(result.reason, {})
            of_reason[result.rule] = of_reason.get(result.rule, 0) + 1
            hidden += _hidden(result, page)
    lines: list[str] = []
    for reason, of_reason in rules.items():
        listed = ", ".join(rule if n == 1 else f"{rule} ({n} items)" for rule, n in of_reason.items())
        lines += page.line(f"skipped  {listed}: {reason}")
    return lines + hidden
