"""Several fillers of one section: lists are joined, and two that disagree on a field are an error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gatepost.collect.interface import Collected
from gatepost.evidence import schema as evidence_schema
from gatepost.evidence.counts import set_counts, without_counts
from gatepost.evidence.pointers import parse_pointer, pointer
from gatepost.problems import GatepostError, Place, Problem

__all__ = ["Merged", "merge"]

Path = tuple[str | int, ...]

_INDEX = re.compile("[0-9]+")


@dataclass(slots=True)
class Merged:
    """What has been merged so far, with which source set which field.

    ``given`` is what gatepost.yaml says of the subject: it settles what sources say. ``hints`` are the places
    where a field that is not there would stand; one counts as long as no source has the field.
    """

    sections: dict[str, Any] = field(default_factory=dict)
    subject: dict[str, Any] = field(default_factory=dict)
    locations: dict[str, Place] = field(default_factory=dict)
    owners: dict[Path, str] = field(default_factory=dict)
    given: Mapping[str, Any] = field(default_factory=dict)
    hints: set[str] = field(default_factory=set)


def merge(merged: Merged, collected: Collected, source: str, more: str | None, place: Place) -> None:
    """Add what a source found; under ``evidence.more.NAME`` where ``more`` names it.

    Entries of lists of objects get ``source`` and the section's ``dataset``, where the schema has these fields
    and the entry does not. The length of each joined list is put beside it. A second set of sections says nothing of
    the subject.

    Raises:
        GatepostError: a field was set differently by another source.
    """
    base: Path = ("evidence", "more", more) if more else ("evidence",)
    joining = _Joining(merged, source, place)
    found = without_counts(collected.sections)
    sections = {name: section for name, section in found.items() if section not in ({}, [])}
    target = merged.sections
    if more and sections:
        target = target.setdefault("more", {}).setdefault(more, {})
    for name, section in sections.items():
        dataset = section.get("dataset") if isinstance(section, dict) else None
        joining.dataset = dataset if isinstance(dataset, str) else None
        joining.join(target, name, section, (*base, name))
    set_counts(target)
    joining.dataset = None
    for key, value in (_unsettled(collected.subject, merged.given) if not more else {}).items():
        joining.join(merged.subject, key, value, ("subject", key))
    _add_locations(merged, collected, base, joining.moves)


def _unsettled(subject: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Give what gatepost.yaml leaves open; of a map that both have, the entries it leaves open."""
    left: dict[str, Any] = {}
    for key, value in subject.items():
        if key not in given:
            left[key] = value
        elif isinstance(value, dict) and isinstance(given[key], dict):
            left[key] = _unsettled(value, given[key])
    return left


def _add_locations(merged: Merged, collected: Collected, base: Path, moves: Mapping[Path, Sequence[int]]) -> None:
    for written, location in collected.locations.items():
        parts = parse_pointer(written)
        moved = _moved((*base, *parts), moves)
        if moved is None:
            continue
        at = pointer(moved)
        if _is_there(collected.sections, parts):
            if at in merged.hints or at not in merged.locations:
                merged.locations[at] = location
            merged.hints.discard(at)
        elif at not in merged.locations and not _is_there({"evidence": merged.sections}, moved):
            merged.locations[at] = location
            merged.hints.add(at)
    # Another source may have set, without a place, what had only the place where it would stand.
    for at in [at for at in merged.hints if _is_there({"evidence": merged.sections}, parse_pointer(at))]:
        merged.hints.discard(at)
        del merged.locations[at]


def _is_there(data: Any, path: Iterable[str | int]) -> bool:
    for part in path:
        if isinstance(data, Mapping) and part in data:
            data = data[part]
        elif isinstance(data, list) and _INDEX.fullmatch(str(part)) and int(part) < len(data):
            data = data[int(part)]
        else:
            return False
    return data not in ({}, [])


def _moved(path: Path, moves: Mapping[Path, Sequence[int]]) -> Path | None:
    """Follow a path to where its entries stand after joining; nothing where a list has no such entry."""
    moved: list[str | int] = []
    for length, part in enumerate(path):
        to = moves.get(path[:length])
        if to is None or not _INDEX.fullmatch(str(part)):
            moved.append(part)
        elif int(part) < len(to):
            moved.append(to[int(part)])
        else:
            return None
    return tuple(moved)


class _Joining:
    """Joins what one source found; ``moves`` tells, by list, at which index each of its entries now stands."""

    def __init__(self, merged: Merged, source: str, place: Place) -> None:
        self.owners = merged.owners
        self.source = source
        self.place = place
        self.dataset: str | None = None
        self.moves: dict[Path, Sequence[int]] = {}

    def join(self, target: dict[str, Any], key: str, value: Any, path: Path) -> None:
        """Put a value beside what is there."""
        self.owners.setdefault(path, self.source)
        if key in target and _kind(target[key]) != _kind(value):
            raise self.conflict(path)
        if isinstance(value, dict) and not _is_whole(path):
            below = target.setdefault(key, {})
            for name, part in value.items():
                self.join(below, name, part, (*path, name))
        elif isinstance(value, list):
            self._join_lists(target.setdefault(key, []), value, path)
        elif target.setdefault(key, value) != value:
            raise self.conflict(path)

    def _join_lists(self, there: list[Any], value: list[Any], path: Path) -> None:
        kinds = {_kind(item) for item in (*there, *value)}
        if kinds == {dict}:
            self.moves[path] = range(len(there), len(there) + len(value))
            there += self._stamped(value, path)
        elif there and value and kinds & {dict, list}:
            if there != value:  # rows of a matrix, or a mixture, mean something only together
                raise self.conflict(path)
        elif there:
            there += [item for item in dict.fromkeys(value) if item not in there]
            self.moves[path] = [there.index(item) for item in value]
        else:
            there += value

    def _stamped(self, entries: list[dict[str, Any]], path: Path) -> list[dict[str, Any]]:
        """Give the entries with where they come from, in the fields that the schema has for that."""
        stamp = {"source": self.source} if _is_field(path, "source") else {}
        if self.dataset is not None and _is_field(path, "dataset"):
            stamp["dataset"] = self.dataset
        return [{**stamp, **entry} for entry in entries]

    def conflict(self, path: Path) -> GatepostError:
        other = self.owners.get(path, "another source")
        name = ".".join(str(part) for part in path)
        what = f"the sources {other} and {self.source} set {name} differently"
        advice = "give one of them `as: NAME` in gatepost.yaml, or leave the field to one of them"
        if path[0] == "subject":
            advice = f"say which it is: `{path[1]}:` under `subject:` in gatepost.yaml"
        return GatepostError(Problem(what, self.place, advice))


def _kind(value: Any) -> type:
    """Give dict, list, bool, or object for what can be compared: True is not 1."""
    return next((kind for kind in (dict, list, bool) if isinstance(value, kind)), object)


def _is_whole(path: Path) -> bool:
    # What was measured as one is compared as one: a value of one source with the interval of another is no metric.
    return evidence_schema.is_metric_schema(evidence_schema.lookup(path) or {})


def _is_field(path: Path, name: str) -> bool:
    """Tell whether entries of a list have the field with the shared meaning of its name."""
    found = evidence_schema.lookup((*path, 0, name)) or {}
    meant: Mapping[str, Any] = evidence_schema.bundled()["$defs"][name]
    return bool(found.get("description") == meant["description"])
