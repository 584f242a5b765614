"""From a JSON pointer into the evidence to the file and line where a person can fix the fact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gatepost.evidence.document import Evidence
from gatepost.evidence.pointers import parse_pointer, pointer
from gatepost.problems import Place

__all__ = ["locate", "parse_pointer", "place_of", "pointer", "source_of"]

_PLACE = re.compile(r"(?P<path>.+?)(?::(?P<line>[1-9][0-9]{0,8}))?(?::(?P<column>[1-9][0-9]{0,8}))?", re.S)


def locate(evidence: Evidence, at: str, evidence_path: str) -> Place:
    """Return the place to show for a field, whether the field is there or missing.

    It is the place that ``locations`` has for the pointer; else for the nearest parent within the section; else
    ``subject.location``; else the place of the source that fills the section (for an entry of a list: of the
    source it names); else line 1 of the evidence file.

    Args:
        evidence: the document.
        at: an RFC 6901 pointer from its root, such as ``/evidence/documentation/owner``.
        evidence_path: the path of the evidence file, as messages show it.

    Raises:
        ValueError: this is no JSON pointer.
    """
    path = parse_pointer(at)
    found = place_of(evidence, path)
    if found is not None:
        return Place(**found)
    location = evidence.subject.get("location")
    if location is not None:
        return _parse_place(location)
    return _source_place(evidence, path) or Place(evidence_path, 1)


def place_of(evidence: Evidence, path: tuple[str, ...]) -> Mapping[str, Any] | None:
    """Return the place that ``locations`` has for a field, or for its nearest parent within the section."""
    # Above a section (or another top-level entry) stand facts of other files.
    for length in range(len(path), len(_section(path)) - 1, -1):
        found = evidence.locations.get(pointer(path[:length]))
        if found is not None:
            return found
    return None


def _section(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the part of a path that names its section; of a path without one, its first part."""
    if path[:1] != ("evidence",):
        return path[:1] or ("",)
    return path[:4] if path[1:2] == ("more",) else path[:2]


def _parse_place(text: str) -> Place:
    found = _PLACE.fullmatch(text)
    if found is None:
        return Place(text)
    line, column = found["line"], found["column"]
    return Place(found["path"], int(line) if line else None, int(column) if column else None)


def source_of(evidence: Evidence, path: tuple[str, ...]) -> Mapping[str, Any] | None:
    """Return the source that a field came from: one that an entry on the way names comes first."""
    name = ".".join(_section(path)[1:])
    fillers = [source for source in evidence.sources if name in source.get("sections", ())]
    named = set(_sources_named(evidence.data, path))
    # The sort is stable: sources that an entry names come first, then those with a place, the others in their order.
    fillers.sort(key=lambda source: (source["name"] not in named, "location" not in source))
    return fillers[0] if fillers else None


def _source_place(evidence: Evidence, path: tuple[str, ...]) -> Place | None:
    found = source_of(evidence, path)
    return Place(**found["location"]) if found is not None and "location" in found else None


def _sources_named(data: Any, path: tuple[str, ...]) -> list[str]:
    """Return the ``source`` of each entry on the way."""
    found = []
    for part in path:
        if isinstance(data, Mapping):
            data = data.get(part)
        elif isinstance(data, list) and part.isascii() and part.isdigit() and int(part) < len(data):
            data = data[int(part)]
            if isinstance(data, Mapping) and isinstance(data.get("source"), str):
                found.append(data["source"])
        else:
            break
    return found
