"""From outcomes to the decision."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from gatepost.verdict import EXIT_CODES, Counts, Decision, Source

__all__ = ["decide"]


def decide(
    effects: Collection[tuple[str, str]], counts: Counts, sources: Iterable[Source]
) -> tuple[Decision, int, tuple[str, ...]]:
    """Return the decision, the exit code, and the reasons that no finding says (error > block > warn > pass).

    ``effects`` holds each outcome that occurred, with the enforcement of its rule.
    """
    decisions: list[Decision] = ["pass"]
    reasons: list[str] = []
    failed = [source for source in sources if source.status == "failed" and source.required]
    for source in failed:
        decisions.append("error")
        reasons.append(f"the source {source.name} failed: {source.error}")
    if not effects:
        decisions.append("error")
        reasons.append("no rule is in force, so nothing was judged")
    elif not counts.passed + counts.fail + counts.missing + counts.error + counts.waived:
        decisions.append("error")
        reasons.append("every rule was skipped, so nothing was judged")
    elif all(enforcement == "info" for _, enforcement in effects):
        decisions.append("warn")
        reasons.append("nothing is enforced: no rule in force blocks or warns")
    elif {outcome for outcome, enforcement in effects if enforcement == "block"} == {"skip"}:
        decisions.append("warn")
        reasons.append("nothing is enforced: every rule that blocks was skipped")
    elif {outcome for outcome, enforcement in effects if enforcement != "info"} == {"skip"}:
        decisions.append("warn")
        reasons.append("nothing is enforced: every rule that blocks or warns was skipped")
    for outcome, enforcement in effects:
        if outcome == "error":
            decisions.append("error")
        elif outcome in ("fail", "missing") and enforcement in ("block", "warn"):
            decisions.append("block" if enforcement == "block" else "warn")
    order: tuple[Decision, ...] = ("error", "block", "warn", "pass")
    decision = min(decisions, key=order.index)
    return decision, EXIT_CODES[decision], tuple(reasons)
