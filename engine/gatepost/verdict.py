"""The verdict: what the judge says, as the JSON report holds it and every other report reads it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict

from gatepost.__about__ import __version__
from gatepost.problems import GatepostError, Place, Problem

__all__ = [
    "ACTIVE",
    "EXIT_CODES",
    "LEFT_OUT_IF_EMPTY",
    "OUTCOMES",
    "SCHEMA",
    "Counts",
    "Decision",
    "Difference",
    "DigestEntry",
    "Enforcement",
    "Engine",
    "EvidenceEntry",
    "FileEntry",
    "GatepostEntry",
    "Margin",
    "Outcome",
    "ParamEntry",
    "PolicyEntry",
    "ProfileEntry",
    "ProposedEvidence",
    "Result",
    "Severity",
    "Source",
    "Step",
    "Trusted",
    "Verdict",
    "WaiverState",
]

SCHEMA = "gatepost.verdict/1"

Outcome = Literal["pass", "fail", "missing", "error", "skip", "waived"]
Decision = Literal["pass", "warn", "block", "error"]
Severity = Literal["critical", "high", "medium", "low"]
Enforcement = Literal["block", "warn", "info"]
OUTCOMES: tuple[Outcome, ...] = ("error", "fail", "missing", "waived", "skip", "pass")
"""Every outcome, the worst first: the one order in which they are listed, ranked and explained."""
ACTIVE: tuple[Outcome, ...] = ("error", "fail", "missing")
"""The outcomes that are findings to act on."""
LEFT_OUT_IF_EMPTY = ("problems", "reasons")
"""The fields of a verdict that JSON does not hold where they are empty."""
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
class Margin:
    """The comparison of numbers that came closest to being false, among the passing items of a rule.

    ``left`` and ``right`` are the values of its sides; ``share`` is how far they are apart, as a share of the larger.
    """

    expression: str
    left: float
    right: float
    share: float
    item: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """An item that did not pass, or the passing items of a rule together (``items`` is their number)."""

    rule: str
    title: str
    outcome: Outcome
    severity: Severity
    enforcement: Enforcement
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
    margin: Margin | None = None
    """Of a rule that passed, where it compares numbers."""


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
    """One run of a collector, as the evidence tells it.

    ``location`` is its entry in gatepost.yaml. Of a source that failed, ``error`` says why, ``advice`` what to do,
    and ``error_location`` where.
    """

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
    advice: str = ""
    error_location: Place | None = None


@dataclass(frozen=True, slots=True)
class WaiverState:
    """What became of a waiver, with what a person needs to know of it."""

    id: str
    state: Literal["used", "unused", "expired"]
    approved_by: str = ""
    expires: str = ""
    reason: str = ""
    ticket: str = ""


class DigestEntry(TypedDict):
    """A digest: ``sha256:`` and 64 hexadecimal digits."""

    digest: str


class FileEntry(TypedDict):
    """A file that was read, with the digest of its content."""

    digest: str
    path: str


class EvidenceEntry(TypedDict, total=False):
    """The evidence that was judged; empty where nothing was."""

    digest: str
    path: str


class GatepostEntry(TypedDict):
    """The Gatepost that judged."""

    version: str


class PolicyEntry(TypedDict):
    """A policy that was loaded, with the digest of its file."""

    policy: str
    version: str
    digest: str


class _NamedProfile(TypedDict):
    profile: str
    version: str


class ProfileEntry(_NamedProfile, total=False):
    """A profile that was loaded, with the digest of its file (which 0.1 did not record)."""

    digest: str


ParamEntry = TypedDict("ParamEntry", {"value": Any, "from": str})
"""The value of a param, and where that was set."""


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
    evidence: EvidenceEntry = field(default_factory=EvidenceEntry)
    baseline: DigestEntry | None = None
    context: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[PolicyEntry, ...] = ()
    profiles: tuple[ProfileEntry, ...] = ()
    params: Mapping[str, ParamEntry] = field(default_factory=dict)
    """By full name (``fairness.min_impact_ratio``)."""
    engine: Engine | None = None
    gatepost: GatepostEntry | None = None
    """What judged; 0.1 did not record it."""
    waivers: tuple[WaiverState, ...] = ()
    waivers_file: FileEntry | None = None
    counts: Counts = Counts()
    results: tuple[Result, ...] = ()
    sources: tuple[Source, ...] = ()
    reasons: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    trusted: Trusted | None = None

    @classmethod
    def of_problems(cls, error: GatepostError, now: str = "", subject: Mapping[str, Any] | None = None) -> Verdict:
        """Make the verdict of a gate that could not judge."""
        version = GatepostEntry(version=__version__)
        return cls("error", 2, now, subject=dict(subject or {}), problems=error.problems, gatepost=version)

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as plain JSON data; what is empty or absent is left out of results and places."""
        data: dict[str, Any] = {"schema": SCHEMA}
        for item in dataclasses.fields(self):
            value = getattr(self, item.name)
            if value is None or (item.name in LEFT_OUT_IF_EMPTY and not value):
                continue
            data[item.name] = _plain(value)
        data["counts"]["pass"] = data["counts"].pop("passed")
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Verdict:
        """Read a verdict that :meth:`to_json` made; see :mod:`gatepost.verdict_reading`.

        Raises:
            GatepostError: this is not a verdict, one of a later version, or damaged, with the JSON pointer of each
                damage.
        """
        from gatepost.verdict_reading import from_data

        return from_data(data)


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
