"""Several fillers of one section: lists are joined, and two that disagree on a field are an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gatepost.collect.interface import Collected
from gatepost.evidence.pointers import parse_pointer, pointer
from gatepost.problems import GatepostError, Place, Problem

__all__ = ["Merged", "merge"]

Path = tuple[str | int, ...]


@dataclass(slots=True)
class Merged:
    """What has been merged so far, with which source set which field."""

    sections: dict[str, Any] = field(default_factory=dict)
    subject: dict[str, Any] = field(default_factory=dict)
    locations: dict[str, Place] = field(default_factory=dict)
    owners: dict[Path, str] = field(default_factory=dict)


def merge(merged: Merged, collected: Collected, source: str, more: str | None, place: Place) -> None:
    """Add what a source found; under ``evidence.more.NAME`` where ``more`` names it.

    Raises:
        GatepostError: a field was set differently by another source.
    """
    base: Path = ("evidence", "more", more) if more else ("evidence",)
    target = merged.sections
    if more:
        target = target.setdefault("more", {}).setdefault(more, {})
    joining = _Joining(merged, source, place)
    shifts: dict[Path, int] = {}
    for name, section in collected.sections.items():
        if section in ({}, []):
            continue
        joining.join(target, name, section, (*base, name), shifts)
    for key, value in collected.subject.items():
        joining.join(merged.subject, key, value, ("subject", key), shifts)
    for written, location in collected.locations.items():
        merged.locations.setdefault(pointer(_shifted((*base, *parse_pointer(written)), shifts)), location)


def _shifted(path: Path, shifts: Mapping[Path, int]) -> Path:
    """Move the indices of a path by the entries that stood in the lists before."""
    moved: list[str | int] = []
    original: list[str | int] = []
    for part in path:
        number = int(part) if tuple(original) in shifts and re.fullmatch("[0-9]+", str(part)) else None
        moved.append(part if number is None else number + shifts[tuple(original)])
        original.append(part)
    return tuple(moved)


class _Joining:
    def __init__(self, merged: Merged, source: str, place: Place) -> None:
        self.owners = merged.owners
        self.source = source
        self.place = place

    def join(self, target: dict[str, Any], key: str, value: Any, path: Path, shifts: dict[Path, int]) -> None:
        """Put a value beside what is there."""
        if isinstance(value, dict):
            below = target.setdefault(key, {})
            if not isinstance(below, dict):
                raise self.conflict(path)
            for name, part in value.items():
                self.join(below, name, part, (*path, name), shifts)
        elif isinstance(value, list) and all(isinstance(item, dict) for item in value):
            there = target.setdefault(key, [])
            shifts[path] = len(there)
            there += [{**item, "source": item.get("source", self.source)} for item in value]
        elif isinstance(value, list):
            there = target.setdefault(key, [])
            there += [item for item in value if item not in there]
        elif key in target and target[key] != value:
            raise self.conflict(path)
        else:
            target[key] = value
            self.owners.setdefault(path, self.source)

    def conflict(self, path: Path) -> GatepostError:
        other = self.owners.get(path, "another source")
        name = ".".join(str(part) for part in path)
        what = f"the sources {other} and {self.source} set {name} differently"
        advice = "give one of them `as: NAME` in gatepost.yaml, or leave the field to one of them"
        return GatepostError(Problem(what, self.place, advice))
