"""A merge request must not judge itself by what it changed: the trusted decision counts, and both are stated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from gatepost.problems import Problem
from gatepost.verdict import ACTIVE, OUTCOMES, Difference, ProposedEvidence, Trusted, Verdict

__all__ = ["beside_proposed"]

_SHOWN = 5
_MAX_EVIDENCE = 50


def beside_proposed(
    verdict: Verdict,
    ref: str,
    commit: str,
    *,
    changed: Sequence[str] = (),
    evidence: Sequence[ProposedEvidence] = (),
    proposed: Verdict | None = None,
    collects: bool = False,
) -> Verdict:
    """Say in a verdict by which ref it was judged, and what would come of the changes to the rules.

    Its decision stays; only a pass becomes a warning where the model would not pass as proposed, or where what is
    proposed collects other evidence, which was not tried: a pass is what nobody needs to look at.

    Args:
        verdict: as judged by the rules of the ref.
        ref: the ref as it was named.
        commit: its commit.
        changed: what the working tree changes of the rules, as paths with what was done (``x.yaml (added)``).
        evidence: what the working tree states in governed sections, and the ref does not; the first 50 are kept.
        proposed: the verdict by the rules of the working tree on the evidence with its governed sections; with
            problems where these cannot be used; None where it proposes neither.
        collects: whether the working tree changes what is collected.
    """
    if proposed is None:
        return replace(verdict, trusted=Trusted(ref, commit))
    differences, kept = _differences(verdict, proposed), tuple(evidence[:_MAX_EVIDENCE])
    trusted = Trusted(ref, commit, tuple(changed), proposed.decision, differences, proposed.problems, kept)
    said = [_changes(ref, commit, changed)] if changed else []
    if evidence:
        said.append(f"this change proposes evidence that counts once {ref} has it ({_counted(evidence)})")
    elif not changed:
        said.append(f"this change edits evidence that is taken from {ref} ({commit[:12]})")
    said.append(_both(verdict, proposed, differences))
    if collects:
        said.append(
            f"what it changes of the sources and the subject was not tried: it counts once {ref} has it, and until "
            "then evidence is collected as before"
        )
    decision = verdict.decision
    if decision == "pass" and (collects or proposed.decision != "pass"):
        decision = "warn"
    return replace(verdict, decision=decision, reasons=(*verdict.reasons, "; ".join(said)), trusted=trusted)


def _changes(ref: str, commit: str, changed: Sequence[str]) -> str:
    shown = ", ".join(changed[:_SHOWN])
    more = f" and {len(changed) - _SHOWN} more" if len(changed) > _SHOWN else ""
    return f"this change edits the rules ({shown}{more}), and was judged by those of {ref} ({commit[:12]})"


def _counted(evidence: Sequence[ProposedEvidence]) -> str:
    """Count the entries by section and what is done to them."""
    numbers = Counter((one.section, one.what) for one in evidence)
    return ", ".join(f"{section}: {number} {what}" for (section, what), number in numbers.items())


def _both(verdict: Verdict, proposed: Verdict, differences: Sequence[Difference]) -> str:
    said = f"the decision is {_word(verdict)} as trusted, and would be {_word(proposed)} as proposed"
    if proposed.problems:
        return f"{said}: {_problem(proposed.problems[0])}"
    told = [f"{one.rule} {one.trusted or 'not in force'} -> {one.proposed or 'not in force'}" for one in differences]
    more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
    return f"{said} ({', '.join(told[:_SHOWN])}{more})" if told else said


def _word(verdict: Verdict) -> str:
    return {"block": "blocked"}.get(verdict.decision, verdict.decision)


def _problem(problem: Problem) -> str:
    return f"{problem.place}: {problem.what}" if problem.place else problem.what


def _differences(verdict: Verdict, proposed: Verdict) -> tuple[Difference, ...]:
    if proposed.problems:
        return ()
    before, after = _outcomes(verdict), _outcomes(proposed)
    rules = [*before, *(rule for rule in after if rule not in before)]
    pairs = ((rule, before.get(rule, ""), after.get(rule, "")) for rule in rules)
    return tuple(Difference(*one) for one in pairs if one[1] != one[2])


def _outcomes(verdict: Verdict) -> dict[str, str]:
    """Return the worst outcome of each rule; that of a finding with its enforcement, which may be what is changed."""
    found: dict[str, tuple[int, str]] = {}
    for result in verdict.results:
        word = f"{result.outcome} ({result.enforcement})" if result.outcome in ACTIVE else result.outcome
        rank = (OUTCOMES.index(result.outcome), word)
        found[result.rule] = min(found.get(result.rule, rank), rank)
    return {rule: word for rule, (_, word) in found.items()}
