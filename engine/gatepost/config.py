"""gatepost.yaml: what to collect, what to judge by, and which reports to write."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gatepost.collect.plan import Entry, choose, plan
from gatepost.collect.registry import Collectors, Registry
from gatepost.config_schema import DECLARED, config_schema
from gatepost.evidence.custom import Custom
from gatepost.evidence.schema_check import flaws
from gatepost.evidence.subject import tiers_line, unknown_words
from gatepost.git.repository import nearest_root
from gatepost.located_yaml import Document, Node, Pointer, read
from gatepost.paths import OutsideError, check_usable, data_root
from gatepost.policy.params import Assignment
from gatepost.problems import GatepostError, Place, Problem
from gatepost.secrets import KnownValues, credentials_of
from gatepost.typed import Schema, check

__all__ = ["Config", "Entry", "configured_reports", "configured_subject", "declared", "load", "variables"]


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
    baseline_place: Place = field(default_factory=lambda: Place(""))
    reports: tuple[tuple[str, str], ...] = ()
    custom: Custom = field(default_factory=Custom)
    """The schema of the team's own evidence, and its risk tiers."""
    trusted: Path | None = None
    """The root of what a trusted ref demands, where there is one."""
    data_roots: tuple[str, ...] = ()
    """Absolute folders and addresses outside the repository that data and models may come from."""
    trusted_types: tuple[str, ...] = ()
    """Classes of the team that a model file may load, by module and name."""
    allow_model_code: bool = False
    require_isolation: bool = False
    known: KnownValues = field(default_factory=KnownValues, compare=False)
    """What must not stand in evidence or messages: what ``collect:`` takes from the environment, and credentials."""


def load(
    path: Path,
    environ: Mapping[str, str],
    collectors: Collectors | None = None,
    *,
    read_from: Path | None = None,
    repository: Path | None = None,
) -> Config:
    """Read and check a gatepost.yaml; ``environ`` is where ``${NAME}`` is looked up.

    ``read_from`` is the file to read in the place of the one at ``path``: what a trusted ref has there.
    ``repository`` is the root that paths may not leave; by default, that of the nearest repository.

    Raises:
        GatepostError: with all mistakes found, each at its place.
    """
    shown = str(path)
    file = read_from or path
    if not file.is_file():
        advice = "`gatepost init` writes one, `gatepost demo` shows one at work; --config FILE names another"
        if file.is_dir():
            raise GatepostError.of(f"{shown} is a folder", Place(shown), f"name a file: {path / 'gatepost.yaml'}")
        if any(sign in path.name for sign in "*?["):
            advice = "--config takes one file, not a pattern: run the gate once for each configuration"
        raise GatepostError.of(f"there is no {shown}", Place(shown), advice)
    # What stands at the path may be a link of the merge request; only the folder counts then.
    at = path.resolve() if read_from is None else path.parent.resolve() / path.name
    folder = at.parent
    repository = repository or nearest_root(folder)
    if not folder.is_relative_to(repository):
        what = f"{shown} is behind a symbolic link that leads out of the repository {repository}"
        raise GatepostError.of(what, Place(shown), "name a path inside")
    located = at.relative_to(repository).as_posix()
    if not located.isprintable() and located.encode("utf-8", "replace").decode() != located:
        what = f"the path {located} is not UTF-8, and evidence names it"
        raise GatepostError.of(what, Place(shown), "rename the folder or the file")
    document, known = _expand(read(file, shown), environ)
    known = credentials_of(environ) | known
    problems: list[Problem] = []
    try:
        chosen = choose(document, collectors or Registry())
        schema = config_schema(chosen)
        known = replace(known, public=known.public | _words(schema.schema))
        data = check(document, schema)
        entries = tuple(plan(document, data["collect"], chosen, located, problems))
        for pointer in _paths(data, trusted=read_from is not None):
            _check_inside(document, pointer, folder, repository, problems)
        _check_evidence_schema(document, data.get("evidence_schema"), problems)
        _check_subject(document, data, problems)
        if problems:
            raise GatepostError(*problems)
    except GatepostError as error:
        raise _without(error, known) from None
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
        baseline_place=document.place(document.find(("baseline",))) if "baseline" in data else Place(""),
        reports=tuple(next(iter(report.items())) for report in data.get("reports", ())),
        custom=_custom(data),
        data_roots=tuple(_data_roots(document, data.get("data_roots", ()), folder, repository)),
        trusted_types=tuple(data.get("trusted_types", ())),
        allow_model_code=data.get("allow_model_code", False),
        require_isolation=data.get("require_isolation", False),
        known=known,
    )


def _data_roots(document: Document, written: Sequence[str], folder: Path, repository: Path) -> Iterator[str]:
    """Yield the data roots as the collectors take them.

    Raises:
        GatepostError: one would allow too much, or lies in the repository.
    """
    for number, root in enumerate(written):
        try:
            yield data_root(root, folder, repository)
        except OutsideError as error:
            place = document.place(document.find(("data_roots", number)))
            raise GatepostError(document.problem(error.what, place, error.advice)) from error


def configured_reports(path: Path) -> tuple[tuple[str, str], ...]:
    """Return the reports that a gatepost.yaml asks for, as far as they can be read: for its error reports."""
    try:
        document = read(path, str(path))
    except GatepostError:
        return ()
    node = document.find(("reports",))
    if node is document.root or not isinstance(node.value, tuple):
        return ()
    pairs = [pair for entry in node.value if isinstance(entry.value, dict) for pair in entry.value.items()]
    return tuple((name, child.value) for name, child in pairs if isinstance(child.value, str))


def configured_subject(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Return ``name`` and ``version`` of the subject that a gatepost.yaml names, where there is one.

    What takes a variable that ``environ`` lacks is left out: only where evidence is collected must it be set.

    Raises:
        GatepostError: the file is not YAML.
    """
    if not path.is_file():
        return {}
    document = read(path, str(path))
    found: dict[str, str] = {}
    for key in ("name", "version"):
        node = document.find(("subject", key))
        if node is document.find(("subject",)) or not isinstance(node.value, str):
            continue
        if all(part[1] or part[2] in environ for part in _VARIABLE.finditer(node.value)):
            found[key] = _VARIABLE.sub(lambda part: part[0][1:] if part[1] else environ[part[2]], node.value)
    return found


def variables(path: Path) -> frozenset[str]:
    """Return the names of the variables that a gatepost.yaml uses outside of ``collect``."""
    return _public_names(read(path, str(path)).root)


def _public_names(root: Node) -> frozenset[str]:
    parts = root.value.items() if isinstance(root.value, dict) else ()
    texts = (text for key, node in parts if key != "collect" for text in _texts(node))
    return frozenset(found[2] for text in texts for found in _VARIABLE.finditer(text) if not found[1])


def _texts(node: Node) -> Iterator[str]:
    if isinstance(node.value, str):
        yield node.value
        return
    for child in node.value.values() if isinstance(node.value, dict) else node.value:
        yield from _texts(child)


def declared(path: Path) -> Custom | None:
    """Return what a gatepost.yaml declares of the team's own, if there is one.

    Raises:
        GatepostError: the file is no YAML, or what it declares is not of its form.
    """
    if not path.is_file():
        return None
    document = read(path, str(path))
    found: dict[str, Any] = {}
    for key in ("evidence_schema", "risk_tiers"):
        node = document.find((key,))
        if node is not document.root:
            found[key] = check(document, Schema(DECLARED[key]), node)
    problems: list[Problem] = []
    _check_evidence_schema(document, found.get("evidence_schema"), problems)
    if problems:
        raise GatepostError(*problems)
    return _custom(found)


def _custom(data: Mapping[str, Any]) -> Custom:
    return Custom(data.get("evidence_schema"), tuple(data.get("risk_tiers", ())))


def _check_subject(document: Document, data: Mapping[str, Any], problems: list[Problem]) -> None:
    """Refuse a task or a risk tier that no rule can mean."""
    subject = data["subject"]
    for field_name, what in unknown_words(subject, data.get("risk_tiers", ())).items():
        place = document.place(document.find(("subject", field_name)))
        own = ""
        if field_name == "risk_tier" and "risk_tiers" not in data:
            own = f"for tiers of your own, add a line: {tiers_line(subject['risk_tier'])}"
        problems.append(document.problem(f"`subject.{field_name}`: {what}", place, own))


_VARIABLE = re.compile(r"\$(\$)?\{([^}]*)\}")


def _expand(document: Document, environ: Mapping[str, str]) -> tuple[Document, KnownValues]:
    """Put in what ``${NAME}`` stands for; return the values that came from the environment as well."""
    problems: list[Problem] = []
    used: dict[str, str] = {}

    def expand(node: Node) -> Node:
        value = node.value
        if isinstance(value, dict):
            return Node({k: expand(v) for k, v in value.items()}, node.start, node.end, keys=node.keys)
        if isinstance(value, tuple):
            return Node(tuple(map(expand, value)), node.start, node.end)
        if "${" not in value:
            return node

        def one(found: re.Match[str]) -> str:
            if found[1]:
                return found[0][1:]
            if found[2] not in environ:
                place = document.place_within(node, found.start(), len(found[0]))
                advice = "set it, or write $${...} for the text itself"
                problems.append(document.problem(f"the environment has no `{found[2]}`", place, advice))
                return ""
            used[found[2]] = environ[found[2]]
            return environ[found[2]]

        # Quoted from here on: what comes from the environment is text, not YAML.
        return Node(_VARIABLE.sub(one, value), node.start, node.end, plain=False)

    root = expand(document.root)
    if problems:
        raise GatepostError(*problems)
    # What stands in the evidence by the words of gatepost.yaml (its subject) cannot be kept out of it.
    public = frozenset(used[name] for name in _public_names(document.root))
    return Document(document.path, document.text, root), KnownValues(used, public)


def _words(schema: Any) -> frozenset[str]:
    """Return the words of a schema (keys, choices), which are no secret even where a variable holds one."""
    found: set[str] = set()
    parts = [schema]
    while parts:
        part = parts.pop()
        if isinstance(part, Mapping):
            found.update(part.get("properties", ()))
            found.update(one for one in (*part.get("enum", ()), part.get("const")) if isinstance(one, str))
            parts += part.values()
        elif isinstance(part, list):
            parts += part
    return frozenset(found)


def _without(error: GatepostError, known: KnownValues) -> GatepostError:
    """Return the error with what came from the environment taken out of its words."""
    return GatepostError(*map(replace(known, public=frozenset()).problem, error.problems))


def _paths(data: Mapping[str, Any], trusted: bool) -> Iterator[Pointer]:
    """Return the pointers of the paths that must stay inside the repository, as it lies here.

    What is read at a trusted ref is followed there, by its links and not by those here.
    """
    if "location" in data["subject"]:
        yield ("subject", "location")
    for number, report in enumerate(data.get("reports", ())):
        yield ("reports", number, next(iter(report)))
    if trusted:
        return
    for number in range(len(data.get("policies", ()))):
        yield ("policies", number)
    for key in ("waivers", "baseline"):
        if key in data and "://" not in data[key] and not data[key].startswith("models:/"):
            yield (key,)


def _check_inside(
    document: Document, pointer: Pointer, folder: Path, repository: Path, problems: list[Problem]
) -> None:
    node = document.find(pointer)
    path = str(node.value)
    try:
        check_usable(folder / path)
        inside = (folder / path).resolve().is_relative_to(repository)
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a null character, a long name
        reason = getattr(error, "strerror", None) or error
        problems.append(
            document.problem(f"this is not a valid path: {reason}", document.place(node), "name a path inside")
        )
        return
    if not inside:
        what = f"{path} lies outside the repository"
        problems.append(document.problem(what, document.place(node), "name a path inside"))


def _subject(subject: Mapping[str, Any], folder: Path, repository: Path) -> Mapping[str, Any]:
    """Return the subject with its location from the repository's root, as evidence holds it."""
    if "location" not in subject:
        return subject
    location = Path(os.path.relpath(folder / subject["location"], repository))
    return {**subject, "location": location.as_posix()}


def _check_evidence_schema(document: Document, schema: Any, problems: list[Problem]) -> None:
    """Find before collecting what would make the evidence unusable after it."""
    for flaw in flaws(schema) if schema is not None else ():
        place = document.place(document.find(("evidence_schema", *flaw.path)))
        problems.append(document.problem(flaw.what, place, flaw.advice))


def _params(document: Document, shown: str) -> Iterator[Assignment]:
    root = document.root.value
    node = root.get("params") if isinstance(root, dict) else None
    if node is not None and isinstance(node.value, dict):
        for name, child in node.value.items():
            place = document.key_place(node, name)
            yield Assignment(name, document, child, place, f"{shown}:{place.line}")
