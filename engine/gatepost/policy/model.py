"""Policies as the judge sees them."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gatepost.cel import ast
from gatepost.located_yaml import Document, Node
from gatepost.problems import GatepostError, Place
from gatepost.verdict import FileEntry

__all__ = [
    "Enforcement",
    "Expression",
    "ForEach",
    "InForce",
    "ParamSpec",
    "ParamValue",
    "Policy",
    "PolicySet",
    "Profile",
    "Rule",
    "Template",
    "Waiver",
    "WaiverFile",
    "digest_of",
]

Enforcement = Literal["block", "warn", "info"]


def digest_of(document: Document) -> str:
    """Return ``sha256:`` and the digest of a file's text."""
    return f"sha256:{hashlib.sha256(document.text.encode()).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Expression:
    """A CEL expression and where it is written.

    ``written`` is its tree; ``tree`` is the same with every ``let`` put in. ``doubles`` are the identities of
    the nodes of ``tree`` whose arithmetic could leave the finite numbers. ``shift`` is where the source begins
    within the YAML scalar ``node``.
    """

    source: str
    written: ast.Node
    tree: ast.Node
    doubles: frozenset[int]
    document: Document = field(repr=False, compare=False)
    node: Node = field(repr=False, compare=False)
    shift: int = 0

    def place(self, start: int = 0, end: int = 0) -> Place:
        """Return the place of a part, by offsets into the source."""
        return self.document.place_within(self.node, self.shift + start, max(1, end - start))

    def error(self, what: str, start: int, end: int, advice: str = "") -> GatepostError:
        """Make an error that points at a part."""
        return GatepostError(self.document.problem(what, self.place(start, end), advice))


@dataclass(frozen=True, slots=True)
class Template:
    """A text with expressions in it."""

    parts: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class ForEach:
    """What a rule is applied to: a name for the item, and the path of the list (or map) in the evidence."""

    name: str
    path: tuple[str, ...]
    source: str
    over_map: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement."""

    policy: str
    id: str
    title: str
    severity: str
    enforcement: Enforcement
    require: Expression
    message: Template
    place: Place
    lets: Mapping[str, ast.Node] = field(default_factory=dict)
    when: Expression | None = None
    for_each: ForEach | None = None
    item: Template | None = None
    where: Expression | None = None
    fix: Template | None = None
    description: str = ""
    url: str = ""
    controls: tuple[str, ...] = ()
    waivable: bool = True
    allow_empty: bool = False
    optional_evidence: bool = False
    effective_from: datetime.date | None = None

    @property
    def name(self) -> str:
        """The full name, ``fairness/impact-ratio``."""
        return f"{self.policy}/{self.id}"


@dataclass(frozen=True, slots=True)
class ParamSpec:
    """What a param may be: its JSON Schema, and its default as written."""

    name: str
    schema: Mapping[str, Any]
    default: Node | None
    description: str


@dataclass(frozen=True, slots=True)
class ParamValue:
    """A param's value and where it came from."""

    value: Any
    origin: str


@dataclass(frozen=True, slots=True)
class Policy:
    """A file of rules."""

    name: str
    version: str
    title: str
    owner: str
    digest: str
    document: Document = field(repr=False, compare=False)
    params: Mapping[str, ParamSpec] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    applies_to: Expression | None = None
    effective_from: datetime.date | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """A selection of rules with their params and enforcement."""

    name: str
    version: str
    extends: tuple[str, ...]
    select: tuple[tuple[tuple[str, ...], Enforcement | None], ...]
    params: Mapping[str, Node]
    document: Document = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.select:
            raise ValueError("a profile selects something")

    @property
    def digest(self) -> str:
        """``sha256:`` and the digest of its file."""
        return digest_of(self.document)


@dataclass(frozen=True, slots=True)
class InForce:
    """A rule with the enforcement that counts and where that came from."""

    rule: Rule
    enforcement: Enforcement
    origin: str


@dataclass(frozen=True, slots=True)
class PolicySet:
    """All that is in force: policies, their rules, and every param's value; ``notes`` say what is not."""

    policies: tuple[Policy, ...]
    rules: tuple[InForce, ...]
    params: Mapping[str, Mapping[str, ParamValue]]
    profiles: tuple[Profile, ...] = ()
    notes: tuple[str, ...] = ()

    def rule_names(self) -> frozenset[str]:
        """Return the full names of all rules of the loaded policies, in force or not."""
        return frozenset(rule.name for policy in self.policies for rule in policy.rules)


@dataclass(frozen=True, slots=True)
class Waiver:
    """A dated, approved exception."""

    id: str
    rules: tuple[str, ...]
    subject: str
    reason: str
    approved_by: str
    expires: datetime.date
    place: Place
    covers: frozenset[str] = frozenset({"fail"})
    versions: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class WaiverFile:
    """The waivers of a file, with what the verdict says of that."""

    waivers: tuple[Waiver, ...] = ()
    entry: FileEntry | None = None

    def __iter__(self) -> Iterator[Waiver]:
        return iter(self.waivers)
