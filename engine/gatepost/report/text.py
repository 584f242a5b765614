"""The verdict in a terminal: success is quiet, and a failure says what would mend it.

Rendered without a library: one for terminals costs more time to import than the whole judgement.
"""

from __future__ import annotations

from collections.abc import Iterable

from gatepost.problems import format_problem
from gatepost.report.interface import Style
from gatepost.report.plain_text import harmless, wrapped
from gatepost.report.ranking import ACTIVE, ranked
from gatepost.verdict import Result, Step, Verdict

__all__ = ["name", "render"]

name = "text"

_WORDS = {"pass": "PASS", "warn": "WARN", "block": "BLOCKED", "error": "ERROR"}
_COLOURS = {"PASS": "32", "WARN": "33", "BLOCKED": "31", "ERROR": "31", "error": "31", "critical": "31", "high": "31"}
_COLOURS |= {"medium": "33", "low": "33", "warn": "33"}
_BODY = "      "


def render(verdict: Verdict, style: Style) -> str:
    """Give the verdict as text of ``style.width`` columns."""
    if verdict.problems:
        shown = ["\n".join(harmless(line) for line in format_problem(p).split("\n")) for p in verdict.problems]
        return "\n".join([*shown, f"Nothing was judged. (exit {verdict.exit_code})", ""])
    lines = [*_head(verdict, style)]
    for result in ranked(verdict.results):
        if result.outcome in ACTIVE:
            lines += ["", *_finding(result, style)]
    lines += _waived(verdict, style)
    lines += _skipped(verdict, style)
    return "\n".join([*lines, ""])


def _paint(word: str, style: Style) -> str:
    colour = _COLOURS.get(word)
    return f"\x1b[{colour}m{word}\x1b[0m" if style.colour and colour else word


def _head(verdict: Verdict, style: Style) -> list[str]:
    word = _WORDS[verdict.decision]
    subject = " ".join(str(verdict.subject[key]) for key in ("name", "version") if key in verdict.subject)
    lines = wrapped(f"{subject}  {_counts(verdict)}", style.width, " " * (len(word) + 2), f"{word}  ")
    lines[0] = lines[0].replace(word, _paint(word, style), 1)
    for reason in verdict.reasons:
        lines += wrapped(reason[0].upper() + reason[1:] + ".", style.width, _BODY)
    return lines


def _counts(verdict: Verdict) -> str:
    counts = verdict.counts
    warned = sum(
        1 + r.hidden for r in verdict.results if r.outcome in ("fail", "missing") and r.enforcement == "warn"
    )
    informed = sum(
        1 + r.hidden for r in verdict.results if r.outcome in ("fail", "missing") and r.enforcement == "info"
    )
    found = {"fail": 0, "missing": 0}
    for result in verdict.results:
        if result.outcome in found and result.enforcement == "block":
            found[result.outcome] += 1 + result.hidden
    parts = [(counts.error, "error"), (found["fail"], "fail"), (found["missing"], "missing")]
    parts += [(warned, "warning" if warned == 1 else "warnings"), (informed, "info"), (counts.waived, "waived")]
    parts += [(counts.passed, "pass"), (counts.skip, "skip")]
    shown = ", ".join(f"{number} {word}" for number, word in parts if number)
    return shown or "nothing judged"


def _finding(result: Result, style: Style) -> list[str]:
    word = "error" if result.outcome == "error" else result.severity if result.enforcement == "block" else ""
    word = word or result.enforcement
    lines = _finding_head(word, result, style)
    text = result.message or result.title
    lines += wrapped(text, style.width, _BODY)
    lines += _explanation(result.explanation, style)
    for label, content in (("fix", result.fix), ("why", ", ".join(result.controls)), ("note", result.reason)):
        if content and not (label == "note" and content in result.message):
            lines += wrapped(content, style.width, f"{_BODY}      ", f"{_BODY}{label:<6}")
    if result.hidden:
        lines += wrapped(
            f"and {result.hidden} more like it; the rest is only counted (--max-findings)", style.width, _BODY
        )
    return lines


def _finding_head(word: str, result: Result, style: Style) -> list[str]:
    title = f"{result.rule}"
    if result.item is not None:
        title = f"{title:<23} {harmless(result.item)}"
    place = harmless(str(result.location)) if result.location is not None else ""
    line = f"{word:<5} {title}"
    gap = style.width - len(line) - len(place)
    if not place:
        lines = wrapped(line, style.width, _BODY, "")
    elif gap >= 2:
        lines = [f"{line}{' ' * gap}{place}"]
    else:
        lines = [*wrapped(line, style.width, _BODY, ""), *wrapped(place, style.width, _BODY)]
    lines[0] = lines[0].replace(word, _paint(word, style), 1)
    return lines


def _explanation(steps: tuple[Step, ...], style: Style) -> list[str]:
    """Draw the expression with each value under the part that it belongs to."""
    if not steps:
        return []
    whole, parts = steps[0], steps[1:]
    expression = harmless(whole.expression)
    fits = len(_BODY) + len(expression) <= style.width and expression == whole.expression
    notes = f"   {harmless(whole.note)}" if whole.note else ""
    if not fits or not parts:
        rows = [f"{harmless(part.expression)} is {harmless(part.value)}" for part in parts]
        return [
            line
            for text in (expression, *rows, *([harmless(whole.note)] if whole.note else []))
            for line in wrapped(text, style.width, _BODY)
        ]
    lines = [f"{_BODY}{expression}", _BODY + _line((part.offset, "|") for part in parts)]
    remaining = list(parts)
    while remaining:
        row, rest, end = [], [], -1
        for part in remaining:
            value = harmless(part.value)
            if part.offset > end:
                row.append((part.offset, value))
                end = part.offset + len(value) + 1
            else:
                rest.append(part)
        text = _BODY + _line(row)
        if not rest and notes and len(text) + len(notes) <= style.width:
            text, notes = text + notes, ""
        lines += [text] if len(text) <= style.width else wrapped(text, style.width, _BODY)
        remaining = rest
    return lines + (wrapped(notes.strip(), style.width, _BODY) if notes else [])


def _line(parts: Iterable[tuple[int, str]]) -> str:
    line = ""
    for offset, text in parts:
        line = f"{line:<{offset}}{text}"
    return line


def _waived(verdict: Verdict, style: Style) -> list[str]:
    lines: list[str] = []
    states = {waiver.id: waiver for waiver in verdict.waivers}
    for result in verdict.results:
        if result.outcome == "waived" and result.waiver in states:
            waiver = states[result.waiver]
            item = f" {result.item}" if result.item is not None else ""
            text = f"waived until {waiver.expires}  {result.rule}{item}, {waiver.id} by {waiver.approved_by}"
            lines += wrapped(text, style.width, _BODY, "")
    for waiver in verdict.waivers:
        if waiver.state == "expired":
            lines += wrapped(f"waiver expired on {waiver.expires}  {waiver.id}", style.width, _BODY, "")
        elif waiver.state == "unused":
            lines += wrapped(f"waiver without use  {waiver.id}: it matches nothing", style.width, _BODY, "")
    return ["", *lines] if lines else []


def _skipped(verdict: Verdict, style: Style) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for result in verdict.results:
        if result.outcome == "skip":
            reasons.setdefault(result.reason, []).append(result.rule)
    lines = [
        line
        for reason, rules in reasons.items()
        for line in wrapped(f"skipped  {', '.join(rules)}: {reason}", style.width, _BODY, "")
    ]
    return ["", *lines] if lines else []
