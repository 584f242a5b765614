"""The verdict: what the judge says, as the JSON report holds it and every other report reads it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gatepost.problems import GatepostError, Place, Problem

__all__ = [
    "ACTIVE",
    "EXIT_CODES",
    "SCHEMA",
    "Counts",
    "Decision",
    "Difference",
    "Engine",
    "Outcome",
    "ProposedEvidence",
    "Result",
    "Source",
    "Step",
    "Trusted",
    "Verdict",
    "WaiverState",
]

SCHEMA = "gatepost.verdict/1"

Outcome = Literal["pass", "fail", "missing", "error", "skip", "waived"]
Decision = Literal["pass", "warn", "block", "error"]
ACTIVE: tuple[Outcome, ...] = ("error", "fail", "missing")
"""The outcomes that are findings to act on."""
EXIT_CODES: Mapping[Decision, int] = {"pass": 0, "warn": 0, "block": 1, "error": 2}


@dataclass(frozen=True, slots=True)
class Step:
    """One line of an explanation: a sub-expression and its value.

    The first step of an explanation is the whole sub-expression that decided; the others are its parts, with
    ``offset`` counted in characters from the start of the first step's ``expression``. ``value`` is how the
    value reads; ``note`` is what follows from it (``short by 0.0898``).
    """

    expression: str
    offset: int
    value: str
    note: str = ""
    margin: float = 0.0
    """Of a comparison that is false: how far its sides are apart, as a share of the larger; 0 where unknown."""


@dataclass(frozen=True, slots=True)
class Result:
    """An item that did not pass, or the passing items of a rule together (``items`` is their number)."""

    rule: str
    title: str
    outcome: Outcome
    severity: str
    enforcement: str
    item: str | None = None
    items: int = 1
    excluded: int = 0
    message: str = ""
    fix: str = ""
    reason: str = ""
    url: str = ""
    controls: tuple[str, ...] = ()
    explanation: tuple[Step, ...] = ()
    reads: tuple[str, ...] = ()
    location: Place | None = None
    fingerprint: str = ""
    waiver: str | None = None
    optional_evidence: bool = False
    hidden: int = 0
    """How many more findings of this rule were left out after this one (``--max-findings``)."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many items came out how; ``excluded`` are those that ``where`` filtered out."""

    passed: int = 0
    fail: int = 0
    missing: int = 0
    error: int = 0
    skip: int = 0
    waived: int = 0
    excluded: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """One run of a collector, as the evidence tells it."""

    name: str
    collector: str
    status: str
    required: bool = True
    version: str = ""
    sections: tuple[str, ...] = ()
    uri: str = ""
    digest: str = ""
    started_at: str = ""
    seconds: float = 0.0
    cached: bool = False
    error: str = ""
    notes: tuple[str, ...] = ()
    location: Place | None = None


@dataclass(frozen=True, slots=True)
class WaiverState:
    """What became of a waiver, with what a person needs to know of it."""

    id: str
    state: Literal["used", "unused", "expired"]
    approved_by: str = ""
    expires: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Engine:
    """The CEL engine that judged."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Difference:
    """A rule that comes out otherwise as proposed; its worst outcomes, empty where it is not in force."""

    rule: str
    trusted: str
    proposed: str


@dataclass(frozen=True, slots=True)
class ProposedEvidence:
    """An approval, risk, assessment or the like that the working tree has otherwise than the ref, which counts.

    ``pointer`` leads to it in the evidence, ``entry`` says in a line what it states.
    """

    section: str
    pointer: str
    what: Literal["added", "changed", "removed"]
    entry: str
    location: Place | None = None


@dataclass(frozen=True, slots=True)
class Trusted:
    """The ref by whose rules was judged, and what the working tree would change of them.

    ``proposed`` is the decision by the working tree's rules, on the same evidence but for its governed sections; none
    where nothing is changed.
    """

    ref: str
    commit: str
    changed: tuple[str, ...] = ()
    proposed: Decision | None = None
    differences: tuple[Difference, ...] = ()
    problems: tuple[Problem, ...] = ()
    proposed_evidence: tuple[ProposedEvidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """All outcomes and the decision.

    ``problems`` is filled where the gate could not judge; then there are no results and the decision is
    ``error``. ``reasons`` says in words why the decision is what it is.
    """

    decision: Decision
    exit_code: int
    now: str
    subject: Mapping[str, Any] = field(default_factory=dict)
    evidence: Mapping[str, Any] = field(default_factory=dict)
    baseline: Mapping[str, Any] | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[Mapping[str, Any], ...] = ()
    profiles: tuple[Mapping[str, Any], ...] = ()
    params: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Full name (``fairness.min_impact_ratio``) to ``{value, from}``."""
    engine: Engine | None = None
    waivers: tuple[WaiverState, ...] = ()
    counts: Counts = Counts()
    results: tuple[Result, ...] = ()
    sources: tuple[Source, ...] = ()
    reasons: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    trusted: Trusted | None = None

    @classmethod
    def of_problems(cls, error: GatepostError, now: str = "", subject: Mapping[str, Any] | None = None) -> Verdict:
        """Make the verdict of a gate that could not judge."""
        return cls("error", 2, now, subject=dict(subject or {}), problems=error.problems)

    def to_json(self) -> dict[str, Any]:
        """Give the verdict as plain JSON data; what is empty or absent is left out of results and places."""
        data: dict[str, Any] = {"schema": SCHEMA}
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if value is None or (item.name in ("problems", "reasons") and not value):
                continue
            data[item.name] = _plain(value)
        data["counts"]["pass"] = data["counts"].pop("passed")
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        """Read a verdict that :meth:`to_json` made.

        Raises:
            GatepostError: this is no verdict, or one of a later version.
        """
        if data.get("schema") != SCHEMA:
            found = data.get("schema", "no `schema`")
            raise GatepostError.of(f"this is no verdict: {found} stands where {SCHEMA} is expected")
        try:
            _check_words(data)
            return _verdict(data)
        except (KeyError, TypeError, AttributeError) as error:
            raise GatepostError.of(f"the verdict is damaged: {error!r}") from error


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = ((f.name, getattr(value, f.name), f) for f in dataclasses.fields(value))
        keep = isinstance(value, Counts)
        return {name: _plain(part) for name, part, f in pairs if keep or not _is_default(part, f)}
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(part) for part in value]
    return value


def _is_default(value: Any, f: dataclasses.Field[Any]) -> bool:
    return f.default is not dataclasses.MISSING and f.name != "items" and bool(value == f.default)


_WORDS: Mapping[str, frozenset[str]] = {
    "outcome": frozenset(("pass", "fail", "missing", "error", "skip", "waived")),
    "severity": frozenset(("critical", "high", "medium", "low")),
    "enforcement": frozenset(("block", "warn", "info")),
}


def _check_words(data: Mapping[str, Any]) -> None:
    if data["decision"] not in EXIT_CODES:
        raise GatepostError.of(f"the verdict is damaged: `{data['decision']}` is no decision")
    for result in data["results"]:
        for key, words in _WORDS.items():
            if result[key] not in words:
                raise GatepostError.of(f"the verdict is damaged: `{result[key]}` is no {key}")


def _place(data: Mapping[str, Any] | None) -> Place | None:
    return Place(**data) if data else None


def _verdict(data: Mapping[str, Any]) -> Verdict:
    counts = dict(data["counts"])
    counts["passed"] = counts.pop("pass")
    return Verdict(
        decision=data["decision"],
        exit_code=data["exit_code"],
        now=data["now"],
        subject=data["subject"],
        evidence=data["evidence"],
        baseline=data.get("baseline"),
        context=data["context"],
        policies=tuple(data["policies"]),
        profiles=tuple(data["profiles"]),
        params=data["params"],
        engine=Engine(**data["engine"]) if data.get("engine") else None,
        waivers=tuple(WaiverState(**item) for item in data["waivers"]),
        counts=Counts(**counts),
        results=tuple(_result(item) for item in data["results"]),
        sources=tuple(_source(item) for item in data["sources"]),
        reasons=tuple(data.get("reasons", ())),
        problems=_problems(data),
        trusted=_trusted(data["trusted"]) if data.get("trusted") else None,
    )


def _problems(data: Mapping[str, Any]) -> tuple[Problem, ...]:
    return tuple(Problem(**{**p, "place": _place(p.get("place"))}) for p in data.get("problems", ()))


def _trusted(data: Mapping[str, Any]) -> Trusted:
    differences = tuple(Difference(**one) for one in data.get("differences", ()))
    changed = tuple(data.get("changed", ()))
    listed = data.get("proposed_evidence", ())
    evidence = tuple(ProposedEvidence(**{**one, "location": _place(one.get("location"))}) for one in listed)
    read = {"changed": changed, "differences": differences, "problems": _problems(data)}
    return Trusted(**{**data, **read, "proposed_evidence": evidence})


def _result(data: Mapping[str, Any]) -> Result:
    tuples = {name: tuple(data.get(name, ())) for name in ("controls", "reads")}
    steps = tuple(Step(**step) for step in data.get("explanation", ()))
    return Result(**{**data, **tuples, "explanation": steps, "location": _place(data.get("location"))})


def _source(data: Mapping[str, Any]) -> Source:
    tuples = {name: tuple(data.get(name, ())) for name in ("sections", "notes")}
    return Source(**{**data, **tuples, "location": _place(data.get("location"))})
