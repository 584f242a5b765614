"""What more than one format says: what went wrong in the gate itself, and who waived what."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gatepost.problems import Problem
from gatepost.verdict import Decision, ProposedEvidence, Result, Source, Step, Verdict, WaiverState

__all__ = [
    "DECISIONS",
    "GATE",
    "Trouble",
    "counted",
    "failed_sources",
    "note_of",
    "page_of",
    "proposed_lines",
    "reasons",
    "sentence",
    "steps",
    "told",
    "troubles",
    "waiver_of",
]

_WEB = re.compile(r"https?://[^\s<>\"'()\[\]`\\|]+")
GATE = "gatepost/gate"
"""What stands in the place of a rule where the gate itself is in trouble."""
DECISIONS: Mapping[Decision, str] = {"pass": "PASS", "warn": "WARN", "block": "BLOCKED", "error": "ERROR"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong in the gate itself, which no rule's result says.

    ``name`` says what it is about and is the same in the next run; ``level`` is ``error`` where the decision is
    ``error`` because of it, ``warning`` where it is a warning, ``note`` where it changes nothing.
    """

    name: str
    problem: Problem
    level: Literal["error", "warning", "note"]

    @property
    def fingerprint(self) -> str:
        """What is the same for the same trouble in the next run: 32 hexadecimal digits."""
        about = [GATE, self.problem.what if self.name.startswith("problem ") else self.name]
        return hashlib.sha256(json.dumps(about).encode()).hexdigest()[:32]


def troubles(verdict: Verdict) -> list[Trouble]:
    """Return all that went wrong in the gate itself: problems, failed sources, reasons that no finding says."""
    found = [Trouble(f"problem {n}", problem, "error") for n, problem in enumerate(verdict.problems, 1)]
    found += failed_sources(verdict)
    found += _proposed(verdict)
    said = reasons(verdict)
    if said:
        level: Literal["error", "warning"] = "error" if verdict.decision == "error" else "warning"
        found.append(Trouble("judgement", Problem(" ".join(said)), level))
    return found


def proposed_lines(verdict: Verdict) -> list[tuple[ProposedEvidence, str]]:
    """Return what a merge request proposes as evidence, each with a sentence that states it."""
    listed = verdict.trusted.proposed_evidence if verdict.trusted is not None else ()
    ref = verdict.trusted.ref if verdict.trusted is not None else ""
    return [
        (one, f"This change proposes ({one.section}, {one.what}) {one.entry}; it counts once {ref} has it")
        for one in listed
    ]


def _proposed(verdict: Verdict) -> list[Trouble]:
    return [
        Trouble(f"proposed {one.section} {number}", Problem(text, one.location), "note")
        for number, (one, text) in enumerate(proposed_lines(verdict), 1)
    ]


def failed_sources(verdict: Verdict) -> list[Trouble]:
    """Return the sources that failed, those first that had to work."""
    failed = sorted((s for s in verdict.sources if s.status == "failed"), key=lambda source: not source.required)
    return [_failed(source) for source in failed]


def _failed(source: Source) -> Trouble:
    who = source.collector if source.collector == source.name else f"{source.collector} ({source.name})"
    optional = "" if source.required else "It is not required; rules that read what it fills are missing."
    advice = " ".join([sentence(text) for text in (source.advice, optional) if text])
    place = source.error_location or source.location
    problem = Problem(sentence(f"The collector {who} failed: {source.error}"), place, advice)
    return Trouble(f"source {source.name}", problem, "error" if source.required else "note")


def reasons(verdict: Verdict) -> tuple[str, ...]:
    """Give, as sentences, the reasons that the failed sources do not say; a verdict without results has one."""
    failed = [source for source in verdict.sources if source.status == "failed"]
    left = [reason for reason in verdict.reasons if not any(s.name in reason and s.error in reason for s in failed)]
    if not left and not verdict.results and not verdict.problems:
        left = ["nothing was judged"]
    return tuple(sentence(reason[:1].upper() + reason[1:]) for reason in left)


def told(result: Result) -> list[str]:
    """Return a finding as lines: what is wrong, why, how to fix it, which control it supports, the rule's page."""
    message = result.message or result.title
    rows = [sentence(message)]
    rows += [f"Item: {result.item}."] if result.item is not None and result.item not in message else []
    rows += [_explained(step) for step in steps(result)]
    rows += [sentence(note_of(result))] if note_of(result) else []
    rows += [f"Fix: {result.fix}"] if result.fix else []
    rows += [f"Supports {', '.join(result.controls)}."] if result.controls else []
    rows += [f"See {page_of(result)}"] if page_of(result) else []
    return rows + ([f"And {result.hidden} more of {result.rule}, which are only counted."] if result.hidden else [])


def _explained(step: Step) -> str:
    note = f" ({step.note})" if step.note else ""
    return f"{step.expression} is {step.value}{note}."


def counted(verdict: Verdict) -> str:
    """Count items by what they do: a failed item of a rule that only warns is a warning."""
    counts = verdict.counts
    soft = {(outcome, level): 0 for outcome in ("fail", "missing") for level in ("warn", "info")}
    for result in verdict.results:
        if (result.outcome, result.enforcement) in soft:
            soft[result.outcome, result.enforcement] += 1 + result.hidden
    fail = counts.fail - soft["fail", "warn"] - soft["fail", "info"]
    missing = counts.missing - soft["missing", "warn"] - soft["missing", "info"]
    warned = soft["fail", "warn"] + soft["missing", "warn"]
    informed = soft["fail", "info"] + soft["missing", "info"]
    parts = [(counts.error, "error"), (fail, "fail"), (missing, "missing")]
    parts += [(warned, "warning" if warned == 1 else "warnings"), (informed, "info"), (counts.waived, "waived")]
    parts += [(counts.passed, "pass"), (counts.skip, "skip"), (counts.excluded, "excluded")]
    return ", ".join(f"{number} {word}" for number, word in parts if number > 0)


def steps(result: Result) -> tuple[Step, ...]:
    """Return the steps of an explanation, each part once: for formats that do not draw them below the expression."""
    found: dict[str, Step] = {}
    for step in result.explanation:
        found.setdefault(step.expression, step)
    return tuple(found.values())


def note_of(result: Result) -> str:
    """Return the reason that stands beside a finding, where its message does not say it already."""
    return "" if result.reason.casefold() in result.message.casefold() else result.reason


def page_of(result: Result) -> str:
    """Return the address of the rule's page; nothing where a verdict from elsewhere holds no web address."""
    return result.url if _WEB.fullmatch(result.url) else ""


def waiver_of(result: Result, verdict: Verdict) -> WaiverState | None:
    """Return the waiver that covers a result, where the verdict lists it."""
    return next((waiver for waiver in verdict.waivers if waiver.id == result.waiver), None)


def sentence(text: str) -> str:
    """End a text as a sentence ends."""
    return text if text.endswith((".", "?")) else f"{text}."
