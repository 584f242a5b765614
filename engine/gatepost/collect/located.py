"""Facts that people write in YAML or JSON: typed by the evidence schema, each with its place."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.evidence.consistency import contradictions
from gatepost.evidence.plain import Fault
from gatepost.evidence.pointers import pointer as json_pointer
from gatepost.evidence.schema import bundled
from gatepost.located_yaml import Document, Node, Pointer
from gatepost.placeholders import unwritten
from gatepost.problems import GatepostError, Place, Problem
from gatepost.typed import Schema, check

__all__ = ["Facts", "entry_place", "rfc3339", "section_schema", "typed_facts"]

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Facts:
    """The content of one section.

    ``data`` is what the schema accepted, without what is absent. ``locations`` maps JSON pointers below the
    section (``/documentation/stakeholders/0/name``) to places; also those of fields that stand in the file
    without a value, which ``notes`` name.
    """

    data: Any
    locations: Mapping[str, Place]
    notes: tuple[str, ...] = ()


def rfc3339(text: str) -> str | None:
    """Give a date or a date with a time as RFC 3339 in UTC; None for anything else.

    A date is its first moment, and a time without an offset is UTC: ``2026-05-01`` is ``2026-05-01T00:00:00Z``.
    """
    try:
        moment = datetime.datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if not re.match(r"\d{4}-\d\d-\d\d", text.strip()):
        return None  # fromisoformat also takes 20260501 and 2026-W18-5, which are more likely a mistake
    try:
        moment = moment.replace(tzinfo=moment.tzinfo or datetime.UTC).astimezone(datetime.UTC)
    except OverflowError:
        return None
    return moment.isoformat().replace("+00:00", "Z")


def section_schema(section: str) -> Schema:
    """Give the schema of one section of the evidence.

    Raises:
        CollectorError: there is no such section.
    """
    whole = bundled()
    properties = Schema(whole).resolve(whole["properties"]["evidence"])["properties"]
    if section not in properties:
        raise CollectorError(f"evidence has no section `{section}`")
    part = Schema(whole).resolve(properties[section])
    return Schema({**part, "$defs": whole.get("$defs", {})})


def typed_facts(document: Document, node: Node, section: str, schema: Schema, *, form: bool = False) -> Facts:
    """Type and check a node of a document as a section.

    Null values, and texts of people (``x-text``) that are blank or placeholders, are left out, with a note; so are
    maps in which nothing is left. In a ``form``, so are placeholders in any field, and empty maps and lists.

    Raises:
        GatepostError: unknown fields, wrong types, bad dates, contradictory numbers; each with its place.
    """
    cleaner = _Cleaner(document, schema, form)
    kept = cleaner.clean(node, schema.schema, (section,))
    cleaner.raise_problems()
    written = dict(_locations(document, node, (section,)))
    notes = tuple(_note(pointer, why, written) for pointer, why in cleaner.absent.items())
    locations = {json_pointer(pointer) for pointer in cleaner.absent}
    places = {pointer: written[pointer] for pointer in written if pointer in locations}
    if kept is None:
        return Facts(None, places, notes)
    # A list may have lost entries: what moved up into the place of an absent one counts.
    places |= _locations(document, kept, (section,))
    data = check(document, schema, kept)
    faults = contradictions({section: data})
    if faults:
        raise GatepostError(*(_at_its_place(document, kept, fault) for fault in faults))
    return Facts(data, places, notes)


def _at_its_place(document: Document, section: Node, fault: Fault) -> Problem:
    node: Any = section
    for part in fault.path[2:]:  # below `evidence` and the section
        node = node.value[part]
    what = fault.what.removeprefix("/evidence")
    return document.problem(what, document.place(node), fault.advice)


def _note(pointer: Pointer, why: str, written: Mapping[str, Place]) -> str:
    name = ".".join(map(str, pointer))
    place = written.get(json_pointer(pointer))
    if not why or place is None:
        return f"{name} has no value"
    return f"{name}: the text at {place.path}:{place.line} {why}"


def entry_place(document: Document, node: Node, key: str) -> Place:
    """Give the place of a map's entry: its key, and its value where that ends on the same line."""
    place = document.key_place(node, key)
    value = node.value[key] if isinstance(node.value, dict) else node
    if value.end[0] == value.start[0] and value.end[0] + 1 == place.line:
        return replace(place, end_column=value.end[1] + 1)
    return place


def _locations(document: Document, node: Node, pointer: Pointer) -> Iterator[tuple[str, Place]]:
    value = node.value
    if isinstance(value, dict):
        for key, child in value.items():
            yield json_pointer((*pointer, key)), entry_place(document, node, key)
            yield from _locations(document, child, (*pointer, key))
    elif isinstance(value, tuple):
        for index, child in enumerate(value):
            first = next(iter(child.value), None) if isinstance(child.value, dict) else None
            place = document.place(child) if first is None else entry_place(document, child, first)
            yield json_pointer((*pointer, index)), place
            yield from _locations(document, child, (*pointer, index))


@dataclass(slots=True)
class _Cleaner:
    """Leaves out what is absent and makes dates RFC 3339, before the schema is applied."""

    document: Document
    schema: Schema
    form: bool
    absent: dict[Pointer, str] = field(default_factory=dict)
    problems: list[Any] = field(default_factory=list)

    def raise_problems(self) -> None:
        if self.problems:
            raise GatepostError(*self.problems)

    def clean(self, node: Node, schema: Mapping[str, Any], pointer: Pointer) -> Node | None:
        schema = self.schema.resolve(schema)
        if isinstance(node.value, str):
            return self._scalar(node, node.value, schema, pointer)
        if isinstance(node.value, dict):
            return self._map(node, node.value, schema, pointer)
        return self._list(node, node.value, schema, pointer)

    def _scalar(self, node: Node, value: str, schema: Mapping[str, Any], pointer: Pointer) -> Node | None:
        kind = schema.get("x-text", "name" if self.form else "")
        null = node.plain and value in _NULLS
        lacks = unwritten(value, kind) if kind and not null else ""
        if null or lacks:
            self.absent[pointer] = lacks if value else ""
            return None
        if schema.get("format") == "date-time":
            moment = rfc3339(value)
            if moment is None:
                what = f"`{pointer[-1]}` is `{value}`, which is not a date"
                advice = "write it like 2026-05-01 or 2026-05-01T12:00:00Z"
                self.problems.append(self.document.problem(what, self.document.place(node), advice))
                return node
            return replace(node, value=moment)
        return node

    def _map(self, node: Node, value: dict[str, Node], schema: Mapping[str, Any], pointer: Pointer) -> Node | None:
        properties = schema.get("properties", {})
        other = schema.get("additionalProperties", {})
        other = other if isinstance(other, Mapping) else {}
        kept = {}
        for key, child in value.items():
            clean = self.clean(child, properties.get(key, other), (*pointer, key))
            if clean is not None:
                kept[key] = clean
        return self._kept(replace(node, value=kept), pointer, lost=bool(value))

    def _list(self, node: Node, value: tuple[Node, ...], schema: Mapping[str, Any], pointer: Pointer) -> Node | None:
        items = schema.get("items", {})
        items = items if isinstance(items, Mapping) else {}
        entries = [self.clean(child, items, (*pointer, index)) for index, child in enumerate(value)]
        for child, entry in zip(value, entries, strict=True):
            if entry is None and isinstance(child.value, str) and not self.form:
                place = self.document.place(child)
                self.problems.append(self.document.problem("a list entry without a value", place, "remove it"))
        return self._kept(replace(node, value=tuple(e for e in entries if e is not None)), pointer)

    def _kept(self, node: Node, pointer: Pointer, *, lost: bool = False) -> Node | None:
        """Leave out a map that lost all it had; in a form, whatever is empty."""
        if node.value or not (lost or self.form) or len(pointer) == 1:
            return node
        self.absent[pointer] = ""
        return None
