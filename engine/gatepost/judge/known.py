"""Findings that an earlier verdict has too: listed, and not enforced, so that a team can begin on an old model."""

from __future__ import annotations

from dataclasses import replace

from gatepost.judge.decision import decide
from gatepost.problems import GatepostError, Place
from gatepost.verdict import Result, Verdict

__all__ = ["only_new"]

_FINDINGS = ("fail", "missing")


def only_new(verdict: Verdict, base: Verdict, path: str) -> Verdict:
    """Enforce only the findings that ``base`` does not have, told by their fingerprints.

    A finding that was waived then and is not now is enforced, and so is a rule that is at fault. Both verdicts list
    all their findings.

    Args:
        verdict: what was judged now.
        base: the earlier verdict.
        path: where that was read, for messages.

    Raises:
        GatepostError: the base judged nothing, is of another subject, leaves findings out, or has a rule that is not
            in force any more.
    """
    _check(verdict, base, path)
    known = {result.fingerprint for result in base.results if result.outcome in _FINDINGS}
    results = tuple(_marked(result, path) if _is_known(result, known) else result for result in verdict.results)
    number = sum(_is_known(result, known) for result in verdict.results)
    if not number:
        return verdict
    # What is known weighs as much as what passed.
    effects = {("pass" if _is_known(one, known) else one.outcome, one.enforcement) for one in verdict.results}
    decision, exit_code, reasons = decide(effects, verdict.counts, verdict.sources)
    said = f"{number} finding{'s are' if number > 1 else ' is'} known from {path}, and not enforced"
    return replace(verdict, decision=decision, exit_code=exit_code, reasons=(*reasons, said), results=results)


def _is_known(result: Result, known: set[str]) -> bool:
    return result.outcome in _FINDINGS and result.fingerprint in known


def _marked(result: Result, path: str) -> Result:
    return replace(result, enforcement="info", reason=f"known from {path}, and not enforced")


def _check(verdict: Verdict, base: Verdict, path: str) -> None:
    place = Place(path)
    if base.problems or not base.results:
        raise GatepostError.of("the base verdict judged nothing", place, "take one of a run that judged")
    names = [str(one.subject.get("name", "")) for one in (base, verdict)]
    if names[0] != names[1]:
        raise GatepostError.of(f"the base verdict is of `{names[0]}`, and this is `{names[1]}`", place)
    if any(result.hidden for result in base.results):
        advice = "make it with a larger --max-findings"
        raise GatepostError.of("the base verdict leaves findings out, which would be new ones", place, advice)
    gone = sorted({result.rule for result in base.results} - {result.rule for result in verdict.results})
    if gone:
        what = f"rules of the base verdict are not in force any more: {', '.join(gone)}"
        raise GatepostError.of(what, place, "bring them back, or make a new base verdict without them")
