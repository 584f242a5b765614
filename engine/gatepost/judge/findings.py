"""From the outcomes of items to the results of the verdict: messages, places, fingerprints, waivers."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from gatepost.cel.reads import reads
from gatepost.evidence.document import Evidence
from gatepost.evidence.locations import locate, pointer
from gatepost.evidence.schema import collectors_for
from gatepost.evidence.subject import document_tiers, unknown_words
from gatepost.judge.explaining import compared, deciding, explain
from gatepost.judge.rules import PASSED, Item, Judged
from gatepost.judge.scope import Absent, concrete, step
from gatepost.judge.templates import fill
from gatepost.policy.model import InForce, Rule, Waiver
from gatepost.policy.waivers import match
from gatepost.problems import Place
from gatepost.verdict import ACTIVE, OUTCOMES, Counts, Result, Severity, WaiverState

__all__ = ["Findings", "fingerprint"]

Keys = tuple[str | int, ...]


class Findings:
    """Gathers the results of one document."""

    def __init__(
        self,
        evidence: Evidence,
        path: str,
        waivers: Iterable[Waiver],
        today: datetime.date,
        most: int,
        each_pass: bool,
        passes: dict[int, Result],
    ) -> None:
        self.evidence = evidence
        self.path = path
        self.unknown = unknown_words(evidence.subject, document_tiers(evidence.data))
        self.waivers = tuple(waivers)
        self.today = today
        self.most = most
        self.each_pass = each_pass
        self._passes = passes
        self.used: set[str] = set()
        self._results: list[Result] = []
        self._counts: dict[str, int] = dict.fromkeys(("pass", "fail", "missing", "error", "skip", "waived"), 0)
        self._excluded = 0
        self._effects: set[tuple[str, str]] = set()

    def results(self) -> tuple[Result, ...]:
        """Return the results in the order of the rules."""
        return tuple(self._results)

    def effects(self) -> frozenset[tuple[str, str]]:
        """Return each outcome that occurred, with the enforcement of its rule; those not listed too."""
        return frozenset(self._effects)

    def counts(self) -> Counts:
        """Return the number of items by outcome."""
        counts = dict(self._counts)
        return Counts(passed=counts.pop("pass"), excluded=self._excluded, **counts)

    def waiver_states(self) -> tuple[WaiverState, ...]:
        """Say of each waiver what became of it."""
        return tuple(self._state(waiver) for waiver in self.waivers)

    def _state(self, waiver: Waiver) -> WaiverState:
        expired = waiver.expires < self.today
        return WaiverState(
            waiver.id,
            "used" if waiver.id in self.used else "expired" if expired else "unused",
            waiver.approved_by,
            waiver.expires.isoformat(),
            waiver.reason,
            waiver.ticket,
        )

    def add(self, entry: InForce, later: str, judged: Judged) -> None:
        """Add the outcomes of a rule; ``later`` says from when it is enforced, where that is not yet so."""
        if judged is PASSED and not later:
            self._counts["pass"] += 1
            self._effects.add(("pass", entry.enforcement))
            result = self._passes.get(id(entry))
            if result is None:  # of a rule in force, the same for every document
                result = self._passes[id(entry)] = _passed(entry, judged.passed, judged, later)
            self._results.append(result)
            return
        self._excluded += judged.excluded
        if judged.passed:
            self._counts["pass"] += len(judged.passed)
            self._effects.add(("pass", entry.enforcement))
        found = [(item, *self._waive(entry.rule, item)) for item in judged.items]
        for _, outcome, _ in found:
            self._counts[outcome] += 1
            self._effects.add((outcome, entry.enforcement))
        # What counts most is listed first, so that a limit never hides a finding behind a waiver.
        found.sort(key=lambda f: OUTCOMES.index(f[1]))
        listed = [self._result(entry, *f, later, judged.excluded) for f in found[: self.most]]
        hidden = sum(outcome in ACTIVE for _, outcome, _ in found[self.most :])
        if hidden:
            listed[-1] = dataclasses.replace(listed[-1], hidden=hidden)
        groups = [(name,) for name in judged.passed] if self.each_pass else [judged.passed] if judged.passed else []
        listed += [_passed(entry, group, judged, later) for group in groups]
        self._results += listed

    def _waive(self, rule: Rule, item: Item) -> tuple[str, Waiver | None]:
        for waiver in match(self.waivers, rule, self.evidence.subject, item.name, item.outcome):
            if waiver.expires >= self.today:
                self.used.add(waiver.id)
                return "waived", waiver
        return item.outcome, None

    def _result(
        self, entry: InForce, item: Item, outcome: str, waiver: Waiver | None, later: str, excluded: int
    ) -> Result:
        rule = entry.rule
        paths = self._paths(rule, item)
        wanted = [_field(rule, item.absent[0]), *paths] if item.absent else paths
        location = self._locate(wanted) if item.outcome != "skip" else None
        return _make(
            entry,
            outcome=outcome,
            item=item.name,
            excluded=excluded,
            message=_message(rule, item, self.unknown),
            fix=self._fix(rule, item),
            reason=f"waived: {waiver.reason}" if waiver else item.reason or self._left_out(rule, item) or later,
            explanation=explain(rule, item.bindings) if item.outcome == "fail" else (),
            reads=tuple(pointer(path) for path in paths),
            location=location,
            fingerprint=fingerprint(self.evidence.subject["name"], rule.name, item.name, location, self.path),
            waiver=waiver.id if waiver else None,
            optional_evidence=rule.optional_evidence,
        )

    def _paths(self, rule: Rule, item: Item) -> list[Keys]:
        """Return the paths that a finding is about, the deciding ones first."""
        if item.absent:
            return [absent.path for absent in item.absent if str(absent.path[0]) in _ROOTS]
        if item.outcome == "skip":
            return []
        scope = item.bindings.scope
        expression = item.failed_in.expression if item.failed_in is not None else rule.require
        found: list[Keys] = []
        if item.outcome == "fail":
            found += concrete(scope, list(reads(deciding(rule.require, rule, item.bindings)).paths))
        found += concrete(scope, list(reads(expression.tree).paths))
        return [path for path in dict.fromkeys(found) if str(path[0]) in _ROOTS]

    def _locate(self, paths: list[Keys]) -> Place:
        wanted = next((path for path in paths if path[0] in ("evidence", "subject")), ())
        return locate(self.evidence, pointer(wanted), self.path)

    def _fix(self, rule: Rule, item: Item) -> str:
        if item.outcome == "error":
            return f"Fix the rule at {rule.place}; until then nothing can be said."
        if item.outcome == "missing":
            if item.absent and _told_why(self.evidence.sections, _field(rule, item.absent[0])):
                return "See the note: measure on other or more rows, or judge a number that these rows can tell."
            return item.fix or self._how_to_fill(rule, item.absent[0]) or fill(rule.fix, item.bindings)
        return fill(rule.fix, item.bindings)

    def _left_out(self, rule: Rule, item: Item) -> str:
        """Say what the evidence or a source's note says of a field that is missing: why it could not be told.

        Such a note tells of the placeholder that stands in its place, for instance.
        """
        if item.outcome != "missing":
            return ""
        field = _field(rule, item.absent[0])
        told = _told_why(self.evidence.sections, field)
        if told:
            return told[:1].upper() + told[1:]
        about = ".".join(map(str, field[1:])) + ": "
        notes = (note for source in self.evidence.sources for note in source.get("notes", ()))
        said = "; ".join(note.removeprefix(about) for note in notes if note.startswith(about))
        return said[:1].upper() + said[1:]

    def _how_to_fill(self, rule: Rule, absent: Absent) -> str:
        field = _field(rule, absent)
        name = field[-1]
        if absent.path[0] == "baseline":
            return "Name a baseline: `baseline:` in gatepost.yaml, or --baseline FILE."
        if absent.path[0] == "subject" and name in self.unknown:
            return f"Correct `{name}:` of the subject, and collect or write the evidence again."
        if name == "higher_is_better":
            return f"Gatepost does not know the metric: state `{name}: true` or `false` with it, or leave it out."
        if absent.path[0] == "subject":
            return f"Add `{name}:` to `subject:` in gatepost.yaml."
        written = self.evidence.locations.get(pointer(field))
        if written is not None and "line" in written and isinstance(name, str) and field != absent.path[:2]:
            return f"Fill in `{name}:` in {written['path']}, line {written['line']}."
        above = self.evidence.locations.get(pointer(field[:-1]))
        if above is not None and "line" in above and isinstance(name, str) and not absent.empty:
            return f"Add `{name}:` to {above['path']}, after line {above['line']}."
        collectors = collectors_for(absent.path)
        if not collectors:
            return ""
        names = " or ".join(f"`{collector}`" for collector in collectors)
        return f"The collector {names} fills it: add it under `collect:` in gatepost.yaml, or see what it left out."


def fingerprint(subject: str, rule: str, item: str | None, location: Place | None, evidence_path: str) -> str:
    """Return by what a finding is known again: 32 hexadecimal digits."""
    # Neither line, value, version nor time: the same finding keeps its name on the next commit. Nor where the
    # evidence file lies, which may be anywhere on a machine.
    path = location.path if location is not None and location.path != evidence_path else ""
    return hashlib.sha256(json.dumps([subject, rule, item or "", path]).encode()).hexdigest()[:32]


def _passed(entry: InForce, names: tuple[str | None, ...], judged: Judged, later: str) -> Result:
    # What passed needs no fingerprint: nobody has to find it again.
    return _make(
        entry,
        outcome="pass",
        items=len(names),
        item=names[0] if len(names) == 1 else None,
        excluded=judged.excluded,
        reason=judged.reason or later,
        optional_evidence=entry.rule.optional_evidence,
        margin=judged.margin if len(names) == len(judged.passed) else None,
    )


def _field(rule: Rule, absent: Absent) -> Keys:
    """Return the field that a rule reads where already a part above it is absent; else what is absent."""
    length = len(absent.path)
    for path in reads(rule.require.tree).paths:
        below = path[length:]
        if path[:length] == absent.path and below and all(isinstance(part, str) for part in below):
            return (*absent.path, *(str(part) for part in below))
    return absent.path


def _told_why(sections: Mapping[str, Any], field: Keys) -> str:
    """Return what a metric says of its absent value or ends, as `undefined_reason` or `no_interval_reason`."""
    if field[0] != "evidence":
        return ""
    value: Any = sections
    for key in field[1:-1]:
        value = step(value, key)
    if not isinstance(value, Mapping):
        return ""
    is_end = field[-1] in ("low", "high", "half_width")
    told = str(value.get("undefined_reason") or (is_end and value.get("no_interval_reason")) or "")
    return told if len(told) <= _MAX_REASON else told[: _MAX_REASON - 3] + "..."


_MAX_REASON = 500  # of what evidence says, which a merge request may have written
_ROOTS = ("evidence", "subject", "baseline", "sources")


def _message(rule: Rule, item: Item, unknown: Mapping[str, str]) -> str:
    if item.outcome == "fail":
        return fill(rule.message, item.bindings, compared(rule, item.bindings))
    if item.outcome == "missing":
        return _missing_message(item, unknown)
    if item.outcome == "error":
        return f"The rule itself is at fault: {item.error}"
    return ""


def _missing_message(item: Item, unknown: Mapping[str, str]) -> str:
    absent = item.absent[0]
    what = "is empty" if absent.empty else "is not there"
    text = f"Missing: {absent} {what}."
    if absent.path[0] == "subject" and absent.path[-1] in unknown:
        text = f"{absent}: {unknown[str(absent.path[-1])]}"
    if len(item.absent) > 1:
        others = [str(other) for other in item.absent[1:4]]
        more = f" and {len(item.absent) - 4} more" if len(item.absent) > 4 else ""
        text += f" Also: {', '.join(others)}{more}."
    return f"{text} {item.reason[0].upper()}{item.reason[1:]}." if item.reason else text


def _make(entry: InForce, **values: object) -> Result:
    rule = entry.rule
    return Result(
        rule=rule.name,
        title=rule.title,
        severity=cast("Severity", rule.severity),
        enforcement=entry.enforcement,
        controls=rule.controls,
        url=rule.url,
        **values,  # type: ignore[arg-type]
    )
