"""gatepost.yaml: what to collect, what to judge by, and which reports to write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gatepost.collect.interface import Collector
from gatepost.collect.registry import Collectors, Registry
from gatepost.evidence import schema as evidence_schema
from gatepost.located_yaml import Document, Node, Pointer, read
from gatepost.policy.params import Assignment
from gatepost.problems import GatepostError, Place, Problem, did_you_mean
from gatepost.typed import Schema, check

__all__ = ["Config", "Entry", "configured_reports", "load"]

_NAME = {
    "type": "string",
    "pattern": "^[A-Za-z_][A-Za-z0-9_-]*$",
    "x-says": "a word of letters, digits, `-` and `_`",
}
_SIBLINGS: dict[str, Any] = {
    "name": {**_NAME, "description": "Names the source; unique."},
    "as": {**_NAME, "description": "Puts what is found under evidence.more.NAME."},
    "required": {"type": "boolean", "description": "Whether the gate fails where this source fails (true)."},
}
_TEXTS = {"type": "array", "items": {"type": "string", "minLength": 1}}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of ``collect:``; ``secrets`` are the values that came from the environment."""

    collector: Collector
    name: str
    options: Mapping[str, Any]
    place: Place
    required: bool = True
    more: str | None = None
    secrets: frozenset[str] = frozenset()
    option_place: Callable[[Pointer], Place] = field(default=lambda _pointer: Place(""), compare=False)
    source_line: Callable[[Place], str] = field(default=lambda _place: "", compare=False)


@dataclass(frozen=True, slots=True)
class Config:
    """A gatepost.yaml that was checked. Paths are relative to ``folder``."""

    path: str
    folder: Path
    repository: Path
    subject: Mapping[str, Any]
    entries: tuple[Entry, ...]
    policies: tuple[str, ...] = ()
    params: tuple[Assignment, ...] = ()
    waivers: str | None = None
    baseline: str | None = None
    reports: tuple[tuple[str, str], ...] = ()
    evidence_schema: Mapping[str, Any] | None = None


def load(path: Path, environ: Mapping[str, str], collectors: Collectors | None = None) -> Config:
    """Read and check a gatepost.yaml; ``environ`` is where ``${NAME}`` is looked up.

    Raises:
        GatepostError: with all mistakes found, each at its place.
    """
    shown = str(path)
    if not path.is_file():
        advice = "`gatepost demo` shows one at work; --config FILE names another"
        raise GatepostError.of(f"there is no {shown}", Place(shown), advice)
    folder = path.resolve().parent
    repository = _repository(folder)
    located = path.resolve().relative_to(repository).as_posix()
    document, secrets = _expand(read(path, shown), environ)
    registry = collectors or Registry()
    chosen = _choose(document, registry)
    try:
        data = check(document, _schema(chosen))
    except GatepostError as error:
        raise _without(error, set().union(*secrets.values())) from None
    problems: list[Problem] = []
    entries = tuple(_entries(document, data, chosen, secrets, located, problems))
    for pointer in _paths(data):
        _check_inside(document, pointer, folder, repository, problems)
    if problems:
        raise GatepostError(*problems)
    return Config(
        path=shown,
        folder=folder,
        repository=repository,
        subject=_subject(data["subject"], folder, repository),
        entries=entries,
        policies=tuple(data.get("policies", ())),
        params=tuple(_params(document, shown)),
        waivers=data.get("waivers"),
        baseline=data.get("baseline"),
        reports=tuple(next(iter(report.items())) for report in data.get("reports", ())),
        evidence_schema=data.get("evidence_schema"),
    )


def configured_reports(path: Path) -> tuple[tuple[str, str], ...]:
    """Give the reports that a gatepost.yaml asks for, as far as they can be read: for its error reports."""
    try:
        document = read(path, str(path))
    except GatepostError:
        return ()
    node = document.find(("reports",))
    if node is document.root or not isinstance(node.value, tuple):
        return ()
    pairs = [pair for entry in node.value if isinstance(entry.value, dict) for pair in entry.value.items()]
    return tuple((name, child.value) for name, child in pairs if isinstance(child.value, str))


def _repository(folder: Path) -> Path:
    """Give the nearest folder above that holds ``.git``, or the folder itself."""
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), folder)


_VARIABLE = re.compile(r"\$(\$)?\{([^}]*)\}")


def _expand(document: Document, environ: Mapping[str, str]) -> tuple[Document, dict[int, set[str]]]:
    """Put in what ``${NAME}`` stands for; tell which values came from the environment, by their node."""
    problems: list[Problem] = []
    secrets: dict[int, set[str]] = {}

    def expand(node: Node) -> Node:
        value = node.value
        if isinstance(value, dict):
            return Node({k: expand(v) for k, v in value.items()}, node.start, node.end, keys=node.keys)
        if isinstance(value, tuple):
            return Node(tuple(map(expand, value)), node.start, node.end)
        if "${" not in value:
            return node
        used: set[str] = set()

        def one(found: re.Match[str]) -> str:
            if found[1]:
                return found[0][1:]
            if found[2] not in environ:
                place = document.place_within(node, found.start(), len(found[0]))
                advice = "set it, or write $${...} for the text itself"
                problems.append(document.problem(f"the environment has no `{found[2]}`", place, advice))
                return ""
            used.add(environ[found[2]])
            return environ[found[2]]

        # Quoted from here on: what comes from the environment is text, not YAML.
        expanded = Node(_VARIABLE.sub(one, value), node.start, node.end, plain=False)
        secrets[id(expanded)] = {text for text in used if text}
        kept.append(expanded)
        return expanded

    kept: list[Node] = []
    root = expand(document.root)
    if problems:
        raise GatepostError(*problems)
    return Document(document.path, document.text, root), {id(node): secrets[id(node)] for node in kept}


def _without(error: GatepostError, secrets: set[str]) -> GatepostError:
    """Give the error with what came from the environment taken out of its words."""

    def hide(text: str) -> str:
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, "***")
        return text

    return GatepostError(*(replace(p, what=hide(p.what), advice=hide(p.advice)) for p in error.problems))


def _choose(document: Document, registry: Collectors) -> dict[int, tuple[str, Collector]]:
    """Find the collector of each entry."""
    entries = document.find(("collect",))
    chosen: dict[int, tuple[str, Collector]] = {}
    problems: list[Problem] = []
    if entries is document.root or not isinstance(entries.value, tuple):
        return chosen
    for number, entry in enumerate(entries.value):
        if not isinstance(entry.value, dict):
            problems.append(document.problem("an entry is a map, like `- git: {}`", document.place(entry)))
            continue
        named = [key for key in entry.value if key not in _SIBLINGS]
        if len(named) != 1:
            what = "this entry names no collector" if not named else f"this entry names {' and '.join(named)}"
            problems.append(document.problem(what, document.place(entry), "one entry, one collector"))
            continue
        collector = registry.get(named[0])
        if collector is None:
            known = list(registry.names())
            advice = did_you_mean(named[0], known) or "known: " + ", ".join(known)
            place = document.key_place(entry, named[0])
            problems.append(document.problem(f"there is no collector `{named[0]}`", place, advice))
            continue
        chosen[number] = (named[0], collector)
    if problems:
        raise GatepostError(*problems)
    return chosen


def _schema(chosen: Mapping[int, tuple[str, Collector]]) -> Schema:
    """Make the schema of this file: each collector brings its part."""
    bundled = evidence_schema.bundled()
    subject = evidence_schema.resolve(bundled["properties"]["subject"])
    options = {name: dict(collector.options) for name, collector in chosen.values()}
    entry = {"type": "object", "additionalProperties": False, "properties": {**_SIBLINGS, **options}}
    report = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": {"type": "string"}}
    return Schema(
        {
            "type": "object",
            "required": ["subject", "collect", "policies"],
            "additionalProperties": False,
            "properties": {
                "subject": subject,
                "collect": {"type": "array", "minItems": 1, "items": entry},
                "policies": {**_TEXTS, "minItems": 1},
                "params": {"type": "object"},
                "waivers": {"type": "string", "minLength": 1},
                "baseline": {"type": "string", "minLength": 1},
                "reports": {"type": "array", "items": report},
                "evidence_schema": {"type": "object"},
            },
            "$defs": bundled.get("$defs", {}),
        }
    )


def _entries(
    document: Document,
    data: Mapping[str, Any],
    chosen: Mapping[int, tuple[str, Collector]],
    secrets: Mapping[int, set[str]],
    located: str,
    problems: list[Problem],
) -> Iterator[Entry]:
    seen: set[str] = set()
    for number, written in enumerate(data["collect"]):
        key, collector = chosen[number]
        node = document.find(("collect", number))
        name = written.get("name", f"{key}-{written['as']}" if "as" in written else key)
        if name in seen:
            advice = "give one of them a `name:` beside the collector"
            what = f"two sources are called `{name}`"
            problems.append(document.problem(what, document.key_place(node, key), advice))
        seen.add(name)
        place = document.key_place(node, key)
        yield Entry(
            collector=collector,
            name=name,
            options=written[key] if written[key] is not None else {},
            place=Place(located, place.line, place.column, place.end_line, place.end_column),
            required=written.get("required", True),
            more=written.get("as"),
            secrets=frozenset().union(*(secrets.get(id(part), set()) for part in _nodes(node))),
            option_place=lambda pointer, number=number, key=key: document.place(  # type: ignore[misc]
                document.find(("collect", number, key, *pointer))
            ),
            source_line=lambda place: document.line(place.line or 0),
        )


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    below = node.value.values() if isinstance(node.value, dict) else node.value
    for child in below if not isinstance(node.value, str) else ():
        if isinstance(child, Node):
            yield from _nodes(child)


def _paths(data: Mapping[str, Any]) -> Iterator[Pointer]:
    """Give the pointers of the paths that must stay inside the repository."""
    for number, policy in enumerate(data.get("policies", ())):
        if not policy.startswith("profile/"):
            yield ("policies", number)
    for key in ("waivers", "baseline"):
        if key in data and "://" not in data[key] and not data[key].startswith("models:/"):
            yield (key,)
    for number, report in enumerate(data.get("reports", ())):
        yield ("reports", number, next(iter(report)))


def _check_inside(
    document: Document, pointer: Pointer, folder: Path, repository: Path, problems: list[Problem]
) -> None:
    node = document.find(pointer)
    path = str(node.value)
    if not (folder / path).resolve().is_relative_to(repository):
        what = f"{path} lies outside the repository"
        problems.append(document.problem(what, document.place(node), "name a path inside"))


def _subject(subject: Mapping[str, Any], folder: Path, repository: Path) -> Mapping[str, Any]:
    """Give the subject with its location from the repository's root, as evidence holds it."""
    if "location" not in subject or folder == repository:
        return subject
    return {**subject, "location": f"{folder.relative_to(repository).as_posix()}/{subject['location']}"}


def _params(document: Document, shown: str) -> Iterator[Assignment]:
    root = document.root.value
    node = root.get("params") if isinstance(root, dict) else None
    if node is not None and isinstance(node.value, dict):
        for name, child in node.value.items():
            place = document.key_place(node, name)
            yield Assignment(name, document, child, place, f"{shown}:{place.line}")
