"""What more than one format says: what went wrong in the gate itself, and who waived what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gatepost.problems import Problem
from gatepost.verdict import Result, Source, Verdict, WaiverState

__all__ = ["Trouble", "failed_sources", "reasons", "sentence", "troubles", "waiver_of"]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong in the gate itself, which no rule's result says.

    ``name`` says what it is about and is the same in the next run; ``level`` is ``error`` where the decision is
    ``error`` because of it, ``warning`` where it is a warning, ``note`` where it changes nothing.
    """

    name: str
    problem: Problem
    level: Literal["error", "warning", "note"]


def troubles(verdict: Verdict) -> list[Trouble]:
    """Give all that went wrong in the gate itself: problems, failed sources, reasons that no finding says."""
    found = [Trouble(f"problem {n}", problem, "error") for n, problem in enumerate(verdict.problems, 1)]
    found += failed_sources(verdict)
    said = reasons(verdict)
    if said:
        level: Literal["error", "warning"] = "error" if verdict.decision == "error" else "warning"
        found.append(Trouble("judgement", Problem(" ".join(said)), level))
    return found


def failed_sources(verdict: Verdict) -> list[Trouble]:
    """Give the sources that failed, those first that had to work."""
    failed = sorted((s for s in verdict.sources if s.status == "failed"), key=lambda source: not source.required)
    return [_failed(source) for source in failed]


def _failed(source: Source) -> Trouble:
    who = source.collector if source.collector == source.name else f"{source.collector} ({source.name})"
    advice = "" if source.required else "It is not required; rules that read what it fills are missing."
    problem = Problem(sentence(f"The collector {who} failed: {source.error}"), source.location, advice)
    return Trouble(f"source {source.name}", problem, "error" if source.required else "note")


def reasons(verdict: Verdict) -> tuple[str, ...]:
    """Give, as sentences, the reasons that the failed sources do not say; a verdict without results has one."""
    failed = [source for source in verdict.sources if source.status == "failed"]
    left = [reason for reason in verdict.reasons if not any(s.name in reason and s.error in reason for s in failed)]
    if not left and not verdict.results and not verdict.problems:
        left = ["nothing was judged"]
    return tuple(sentence(reason[:1].upper() + reason[1:]) for reason in left)


def waiver_of(result: Result, verdict: Verdict) -> WaiverState | None:
    """Give the waiver that covers a result, where the verdict lists it."""
    return next((waiver for waiver in verdict.waivers if waiver.id == result.waiver), None)


def sentence(text: str) -> str:
    """End a text as a sentence ends."""
    return text if text.endswith((".", "?")) else f"{text}."
