"""Markdown for a step summary, and for the comment on a merge request.

The first line is a marker that holds the subject's name: by it, whoever posts the comment finds that of the last run.
GitHub takes at most 1 MiB of a step summary and 65,536 characters of a comment; findings are ranked, and cut with a
line that says how many are left out.
"""

from __future__ import annotations

import re

from gatepost.ranking import ranked
from gatepost.report.interface import Style
from gatepost.report.markdown_text import code, escaped, prose
from gatepost.report.wording import (
    DECISIONS,
    counted,
    note_of,
    page_of,
    reasons,
    sentence,
    steps,
    troubles,
    waiver_of,
)
from gatepost.text import harmless
from gatepost.verdict import ACTIVE, Result, Step, Verdict

__all__ = ["marker", "name", "render"]

name = "markdown"

_MAX_CHARACTERS = 60_000
_MAX_TEXT = 2_000


def marker(verdict: Verdict) -> str:
    """Return the line by which a comment is found again; an HTML comment, which nothing from outside can end."""
    # Neither `--` nor an angle may stand within a comment.
    subject = re.sub(
        r"-+|[<>]", lambda found: found[0][:1].strip("<>"), harmless(str(verdict.subject.get("name", "gate")))
    )
    return f"<!-- gatepost: {subject} -->"


def render(verdict: Verdict, style: Style) -> str:
    """Return the decision, then the findings with what would fix them, then what is waived or skipped."""
    subject = " ".join(str(verdict.subject[key]) for key in ("name", "version") if key in verdict.subject)
    blocks = [marker(verdict), f"## {DECISIONS[verdict.decision]} {escaped(subject)}".rstrip()]
    blocks += [counted(verdict)] if counted(verdict) else []
    blocks += [escaped(reason) for reason in reasons(verdict)]
    for trouble in troubles(verdict):
        if trouble.name != "judgement":
            place = f" ({code(str(trouble.problem.place))})" if trouble.problem.place else ""
            advice = f" {_short(sentence(trouble.problem.advice))}" if trouble.problem.advice else ""
            blocks.append(f"- **{trouble.level}**: {_short(sentence(trouble.problem.what))}{place}{advice}")
    findings = [result for result in ranked(verdict.results) if result.outcome in ACTIVE]
    blocks += _within([_finding(result) for result in findings], sum(map(len, blocks)))
    blocks += _rest(verdict, sum(map(len, blocks)))
    return "\n\n".join(blocks) + "\n"


def _within(blocks: list[str], used: int) -> list[str]:
    kept: list[str] = []
    for number, block in enumerate(blocks):
        used += len(block) + 2
        if used > _MAX_CHARACTERS:
            left = len(blocks) - number
            return [*kept, f"And {left} more findings, which are left out here; the other reports have them all."]
        kept.append(block)
    return kept


def _finding(result: Result) -> str:
    word: str = "error" if result.outcome == "error" else result.severity
    if result.enforcement != "block" and result.outcome != "error":
        word = result.enforcement
    lines = [f"### {_short(sentence(result.message or result.title))}", ""]
    where = f", {code(str(result.location))}" if result.location is not None else ""
    item = f" {code(result.item)}" if result.item is not None else ""
    lines.append(f"**{word}** {code(result.rule)}{item}{where}")
    if result.explanation:
        lines += ["", *(_step(number, step) for number, step in enumerate(steps(result)))]
    more = [("Note", note_of(result)), ("Fix", result.fix)]
    more += [("Supports", ", ".join(result.controls))]
    for label, text in more:
        lines += ["", f"{label}: {_short(text)}"] if text else []
    if page_of(result):
        lines += ["", f"[About this rule]({page_of(result)})"]
    if result.hidden:
        lines += ["", f"And {result.hidden} more of {code(result.rule)}, which are only counted."]
    return "\n".join(lines)


def _step(number: int, step: Step) -> str:
    note = f" ({escaped(step.note)})" if step.note else ""
    return f"{'  ' if number else ''}- {code(step.expression[:_MAX_TEXT])} is {code(step.value[:_MAX_TEXT])}{note}"


def _rest(verdict: Verdict, used: int) -> list[str]:
    waived, skipped = [], []
    for result in verdict.results:
        what = code(result.rule) + (f" {code(result.item)}" if result.item is not None else "")
        if result.outcome == "waived":
            waiver = waiver_of(result, verdict)
            by = f"until {waiver.expires} by {waiver.approved_by} ({waiver.id})" if waiver else str(result.waiver)
            waived.append(f"- {what} {escaped(by)}: {_short(waiver.reason if waiver else result.reason)}")
        elif result.outcome == "skip":
            skipped.append(f"- {what}: {_short(result.reason)}")
    unused = {"expired": "expired, and covers nothing", "unused": "matches nothing"}
    waived += [f"- {code(w.id)} {unused[w.state]}" for w in verdict.waivers if w.state in unused]
    blocks = []
    for title, rows in (("Waivers", waived), ("Skipped", skipped)):
        if rows:
            kept = _within(rows, used)
            used += sum(map(len, kept))
            blocks.append(
                f"<details><summary>{title} ({len(rows)})</summary>\n\n" + "\n".join(kept) + "\n\n</details>"
            )
    return blocks


def _short(text: str) -> str:
    shown = text if len(text) <= _MAX_TEXT else f"{text[:_MAX_TEXT].rstrip()} ... (cut)"
    return prose(shown)
