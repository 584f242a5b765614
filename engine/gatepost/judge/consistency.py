"""Whether a verdict agrees with itself, with its evidence, and with the rules that it names.

This finds what was edited in one place. It cannot find a change that was made everywhere: that takes a signature.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from gatepost.evidence.document import Evidence
from gatepost.judge.decision import decide
from gatepost.judge.findings import fingerprint
from gatepost.judge.judging import first_day_of, sources_of
from gatepost.judge.margins import share_apart
from gatepost.policy.model import InForce, PolicySet, WaiverFile
from gatepost.verdict import ACTIVE, EXIT_CODES, OUTCOMES, Decision, FileEntry, Outcome, Result, Verdict

__all__ = [
    "Check",
    "State",
    "check_baseline",
    "check_evidence",
    "check_outcomes",
    "check_rules",
    "check_verdict",
    "check_waivers",
]

State = Literal["ok", "inconsistent", "not checked"]
_FOUND = ("fail", "missing")
_KNOWN = re.compile(r"known from .*, and not enforced", re.DOTALL)
_MOST = 3
_DIGEST = len("sha256:") + 12


@dataclass(frozen=True, slots=True)
class Check:
    """What was compared, and how it came out."""

    what: str
    state: State
    detail: str = ""


def check_verdict(verdict: Verdict) -> tuple[Check, ...]:
    """Check a verdict by itself."""
    decision: Iterable[str] = _decision(verdict)
    if verdict.problems:
        return (_check("decision", decision), _check("exit code", _exit_code(verdict)))
    checks: list[tuple[str, Callable[[Verdict], Iterator[str]]]] = [
        ("exit code", _exit_code),
        ("what it names", _named),
        ("counts", _counts),
        ("fingerprints", _fingerprints),
        ("waivers", _waivers),
        ("margins", _margins),
        ("policies listed", _policies),
    ]
    return (_check("decision", decision), *(_check(what, found(verdict)) for what, found in checks))


def check_evidence(verdict: Verdict, evidence: Evidence | str, path: str = "") -> tuple[Check, ...]:
    """Compare a verdict with the evidence that lies at ``path``; a string says why there is none."""
    names = ("evidence", "subject", "sources")
    if isinstance(evidence, str):
        return tuple(Check(what, "not checked", evidence) for what in names)
    named = verdict.evidence.get("digest", "")
    if not named:
        return tuple(Check(what, "not checked", "the verdict names no evidence") for what in names)
    differs = [] if named == evidence.digest else [_digests(path, evidence.digest, named)]
    subject = [] if dict(verdict.subject) == dict(evidence.subject) else ["it is not the subject of the evidence"]
    sources = [] if verdict.sources == sources_of(evidence) else ["they are not the sources of the evidence"]
    return (_check("evidence", differs), _check("subject", subject), _check("sources", sources))


def check_baseline(verdict: Verdict, baseline: Evidence | str) -> Check:
    """Compare a verdict with the evidence of the champion; a string says why there is none."""
    if verdict.baseline is None:
        return Check("baseline", "not checked", "the verdict names none")
    if isinstance(baseline, str):
        return Check("baseline", "not checked", baseline)
    named = verdict.baseline["digest"]
    return _check("baseline", [] if named == baseline.digest else [_digests("the baseline", baseline.digest, named)])


def check_waivers(verdict: Verdict, file: WaiverFile | str) -> Check:
    """Compare a verdict with the file of waivers that is in use now; a string says why there is none."""
    named = verdict.waivers_file
    if named is None:
        reason = (
            "the verdict does not name its file (written by 0.1)" if verdict.waivers else "the verdict names none"
        )
        return Check("waiver file", "not checked", reason)
    if isinstance(file, str):
        return Check("waiver file", "not checked", file)
    entry = file.entry or FileEntry(path="no file", digest="")
    if entry["path"] != named["path"] and entry["digest"] != named["digest"]:
        reason = f"the verdict names {named['path']}, and in use here is {entry['path']}"
        return Check("waiver file", "not checked", reason)
    same = entry["digest"] == named["digest"]
    differs = [] if same else [_digests(entry["path"], entry["digest"], named["digest"])]
    return _check("waiver file", differs)


def check_rules(verdict: Verdict, policies: PolicySet | str) -> tuple[Check, ...]:
    """Compare a verdict with the policies that are in use now; a string says why there are none.

    Where others were judged by, those of a trusted ref, nothing is compared.
    """
    names = ("policies", "profiles", "params", "rules")
    if isinstance(policies, str):
        return tuple(Check(what, "not checked", policies) for what in names)
    files = [
        _files("policies", {p["policy"]: p["digest"] for p in verdict.policies}, _policy_digests(policies)),
        _files("profiles", {p["profile"]: p.get("digest") for p in verdict.profiles}, _profile_digests(policies)),
    ]
    if all(check.state == "ok" for check in files):
        return (*files, _params(verdict, policies), _check("rules", _rules(verdict, policies)))
    if verdict.trusted is not None:
        reason = f"judged by the rules of {verdict.trusted.ref} ({verdict.trusted.commit[:12]}), not by those here"
        return tuple(Check(what, "not checked", reason) for what in names)
    reason = "not all of the policies and profiles are the same"
    return (*files, *(Check(what, "not checked", reason) for what in names[2:]))


def check_outcomes(verdict: Verdict, again: Verdict | str) -> Check:
    """Compare a verdict with what the same evidence comes to ``again``; a string says why it was not judged."""
    if isinstance(again, str):
        return Check("outcomes", "not checked", again)
    found = {_outcome(result) for result in again.results}
    flaws = [
        f"{_name(one)} is not {one.outcome} when judged again"
        for one in verdict.results
        if _outcome(one) not in found
    ]
    if not flaws and verdict.counts != again.counts:
        flaws = ["the counts are others when judged again"]
    return _check("outcomes", flaws)


def _outcome(result: Result) -> tuple[object, ...]:
    return result.rule, result.item, result.outcome, result.items, result.waiver


def _check(what: str, found: Iterable[str]) -> Check:
    flaws = list(found)
    if not flaws:
        return Check(what, "ok")
    more = f"; and {len(flaws) - _MOST} more" if len(flaws) > _MOST else ""
    return Check(what, "inconsistent", "; ".join(flaws[:_MOST]) + more)


def _digests(what: str, found: str, named: str) -> str:
    return (
        f"{what} changed: its digest is {found[:_DIGEST] or 'that of no file'}, the verdict names {named[:_DIGEST]}"
    )


def _name(result: Result) -> str:
    return result.rule if result.item is None else f"{result.rule} {result.item}"


def _is_known(result: Result) -> bool:
    """Tell whether ``--new-only`` left a finding out of the decision."""
    return result.outcome in _FOUND and result.enforcement == "info" and bool(_KNOWN.fullmatch(result.reason))


def _decision(verdict: Verdict) -> Iterator[str]:
    if verdict.problems:
        if verdict.decision != "error" or verdict.results:
            yield "there are problems, so nothing was judged, and the decision must be error"
        return
    # A known finding weighs as much as a pass; the enforcement of its rule before that is not in the verdict.
    follows = {_follows(verdict, known, skipped) for known in ("block", "info") for skipped in _skipped(verdict)}
    if verdict.decision in follows or ("pass" in follows and _may_warn(verdict)):
        if verdict.decision == "pass" and verdict.trusted and verdict.trusted.proposed not in (None, "pass"):
            yield "it is pass, and would not be by the rules as proposed: it must be warn"
        return
    yield f"it is {verdict.decision}, and {' or '.join(sorted(follows))} follows from the results"


def _follows(verdict: Verdict, known: str, skipped: str) -> Decision:
    effects = {
        ("pass", known)
        if _is_known(result)
        else (skipped if result.outcome == "skip" else result.outcome, result.enforcement)
        for result in verdict.results
    }
    return decide(effects, verdict.counts, verdict.sources)[0]


def _skipped(verdict: Verdict) -> tuple[str, ...]:
    """Return what a skipped rule weighs as: in 0.1, which names no version, it counted as enforced."""
    return ("skip",) if verdict.gatepost is not None else ("skip", "pass")


def _may_warn(verdict: Verdict) -> bool:
    """Tell whether what a merge request changes of the rules made a warning of a pass."""
    trusted = verdict.trusted
    return verdict.decision == "warn" and trusted is not None and bool(trusted.changed or trusted.proposed)


def _exit_code(verdict: Verdict) -> Iterator[str]:
    wanted = EXIT_CODES[verdict.decision]
    if verdict.exit_code != wanted:
        yield f"it is {verdict.exit_code}, and {wanted} follows from {verdict.decision}"


def _named(verdict: Verdict) -> Iterator[str]:
    """Find what every verdict names, the one of 0.1 or of the version that it says."""
    if not verdict.evidence.get("digest") or not verdict.evidence.get("path"):
        yield "it does not name the path and the digest of its evidence"
    if verdict.gatepost is None:
        return
    if any(not profile.get("digest") for profile in verdict.profiles):
        yield "it does not name the digest of every profile"
    if verdict.waivers and verdict.waivers_file is None:
        yield "it does not name the file of its waivers"


def _counts(verdict: Verdict) -> Iterator[str]:
    counts = verdict.counts
    listed = dict.fromkeys(OUTCOMES, 0)
    for result in verdict.results:
        listed[result.outcome] += result.items
    told: dict[Outcome, int] = {
        "pass": counts.passed,
        "error": counts.error,
        "fail": counts.fail,
        "missing": counts.missing,
        "waived": counts.waived,
        "skip": counts.skip,
    }
    # All that passed is listed; of the rest, --max-findings may leave some out.
    for outcome, number in told.items():
        if number < listed[outcome] or (outcome == "pass" and number != listed[outcome]):
            yield f"{outcome} is {number}, and the results are {listed[outcome]}"
    counted, hidden = sum(told[outcome] for outcome in ACTIVE), sum(result.hidden for result in verdict.results)
    shown = sum(listed[outcome] for outcome in ACTIVE)
    if counted != shown + hidden:
        yield f"{counted} findings are counted, and {shown} are listed, with {hidden} left out"
    yield from _excluded(verdict)


def _excluded(verdict: Verdict) -> Iterator[str]:
    numbers: dict[str, set[int]] = {}
    for result in verdict.results:
        numbers.setdefault(result.rule, set()).add(result.excluded)
    yield from (f"the results of {rule} differ in how many are excluded" for rule, n in numbers.items() if len(n) > 1)
    total = sum(map(max, numbers.values()))
    if total != verdict.counts.excluded:
        yield f"excluded is {verdict.counts.excluded}, and the results are {total}"


def _fingerprints(verdict: Verdict) -> Iterator[str]:
    subject, path = str(verdict.subject.get("name", "")), verdict.evidence.get("path", "")
    for result in verdict.results:
        wanted = fingerprint(subject, result.rule, result.item, result.location, path)
        if result.fingerprint != ("" if result.outcome == "pass" else wanted):
            yield f"that of {_name(result)} is not made of its subject, rule, item and file"


def _waivers(verdict: Verdict) -> Iterator[str]:
    today = _day(verdict.now)
    if today is None:
        yield f"the time of the judgement, `{verdict.now:.40}`, is not a time"
        return
    states = {waiver.id: waiver for waiver in verdict.waivers}
    for result in verdict.results:
        if (result.outcome == "waived") != (result.waiver is not None):
            yield f"{_name(result)} is {result.outcome}, and names {result.waiver or 'no waiver'}"
        elif result.waiver is not None and (result.waiver not in states or states[result.waiver].state != "used"):
            yield f"{_name(result)} is waived by {result.waiver}, which the verdict does not list as used"
    for waiver in verdict.waivers:
        expired = waiver.expires < today.isoformat()
        if expired is not (waiver.state == "expired"):
            yield f"{waiver.id} is {waiver.state}, expires on {waiver.expires}, and the judgement is of {today}"
    if not verdict.counts.waived and any(waiver.state == "used" for waiver in verdict.waivers):
        yield "a waiver is used, and nothing is waived"


def _day(now: str) -> datetime.date | None:
    """Return the day of a time in UTC; None where it is not a time with its zone."""
    try:
        found = datetime.datetime.fromisoformat(now)
        return None if found.tzinfo is None else found.astimezone(datetime.UTC).date()
    except (ValueError, OverflowError):
        return None


def _margins(verdict: Verdict) -> Iterator[str]:
    for result in verdict.results:
        margin = result.margin
        if margin is None:
            continue
        if result.outcome != "pass":
            yield f"{_name(result)} did not pass, and has one"
        if margin.share != round(share_apart(margin.left, margin.right), 6):
            yield f"that of {_name(result)} is {margin.share}, which does not follow from its values"


def _policies(verdict: Verdict) -> Iterator[str]:
    names = {policy["policy"] for policy in verdict.policies}
    for rule in dict.fromkeys(result.rule for result in verdict.results):
        if rule.partition("/")[0] not in names:
            yield f"{rule} is of a policy that the verdict does not list"


def _policy_digests(policies: PolicySet) -> dict[str, str]:
    return {policy.name: policy.digest for policy in policies.policies}


def _profile_digests(policies: PolicySet) -> dict[str, str]:
    return {profile.name: profile.digest for profile in policies.profiles}


def _files(what: str, named: dict[str, Any], found: dict[str, str]) -> Check:
    differ = [name for name in named if name in found and named[name] not in (None, found[name])]
    added = [name for name in found if name not in named]
    if differ or added:
        flaws = [f"{name} has another digest than the verdict names" for name in differ]
        flaws += [f"{name} is in use, and the verdict does not name it" for name in added]
        return _check(what, flaws)
    absent = [name for name in named if name not in found]
    if absent:
        return Check(what, "not checked", f"not in use here: {', '.join(absent)}")
    if any(digest is None for digest in named.values()):
        return Check(what, "not checked", "the verdict does not name their digests (written by 0.1)")
    return Check(what, "ok")


def _params(verdict: Verdict, policies: PolicySet) -> Check:
    found = {
        f"{name}.{param}": value.value for name, values in policies.params.items() for param, value in values.items()
    }
    flaws = [
        f"{name} is {'not in the verdict' if name in found else 'not a param of these policies'}"
        for name in sorted(set(verdict.params) ^ set(found))
    ]
    given: list[str] = []
    for name, entry in verdict.params.items():
        if name in found and entry["value"] != found[name]:
            told = f"{name} is {found[name]}, and {entry['value']} in the verdict (from {entry['from']})"
            (given if entry["from"].startswith("--param ") else flaws).append(told)
    if given and not flaws:
        return Check("params", "not checked", f"set on the command line: {'; '.join(given[:_MOST])}")
    return _check("params", [*flaws, *given])


def _rules(verdict: Verdict, policies: PolicySet) -> Iterator[str]:
    entries = {entry.rule.name: entry for entry in policies.rules}
    judged = {result.rule for result in verdict.results}
    yield from (f"{name} is in force, and has no result" for name in entries if name not in judged)
    for result in verdict.results:
        entry = entries.get(result.rule)
        if entry is None:
            yield f"{result.rule} has a result, and is not in force"
        elif (result.severity, result.controls) != (entry.rule.severity, entry.rule.controls):
            yield f"the severity or the controls of {_name(result)} are not those of the rule"
        elif result.enforcement != entry.enforcement and not _is_softened(result, entry, policies, verdict):
            yield f"{_name(result)} is enforced as {result.enforcement}, and the rule as {entry.enforcement}"


def _is_softened(result: Result, entry: InForce, policies: PolicySet, verdict: Verdict) -> bool:
    """Tell whether a rule is not enforced yet, or a finding known from an earlier verdict."""
    first_day = first_day_of(entry, policies)
    later = first_day is not None and verdict.now[:10] < first_day.isoformat()
    return result.enforcement == "info" and (later or _is_known(result))
