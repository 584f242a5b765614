"""The plan of a run: the entries of ``collect:`` in their order, each with its collector and a name of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gatepost.collect.interface import Collector
from gatepost.collect.registry import Collectors
from gatepost.located_yaml import Document, Node, Pointer
from gatepost.problems import GatepostError, Place, Problem, did_you_mean

__all__ = ["Chosen", "Entry", "choose", "entry_schema", "plan"]

_NAME = {
    "type": "string",
    "pattern": "^[A-Za-z_][A-Za-z0-9_-]*$",
    "x-says": "a word of letters, digits, `-` and `_`",
}
_SIBLINGS: dict[str, Any] = {
    "name": {**_NAME, "description": "Names the source; unique."},
    "as": {**_NAME, "description": "Puts what is found under evidence.more.NAME."},
    "required": {"type": "boolean", "description": "Whether the gate fails where this source fails (true)."},
    "network": {
        "type": "boolean",
        "description": "Whether its child process may open connections (false; true where `data` is a server).",
    },
}

Chosen = Mapping[int, tuple[str, Collector]]
"""By the number of the entry, the key in gatepost.yaml and the collector it names."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of ``collect:``."""

    collector: Collector
    name: str
    options: Mapping[str, Any]
    place: Place
    required: bool = True
    more: str | None = None
    network: bool = False
    option_place: Callable[[Pointer], Place] = field(default=lambda _pointer: Place(""), compare=False)
    source_line: Callable[[Place], str] = field(default=lambda _place: "", compare=False)


def choose(document: Document, registry: Collectors) -> Chosen:
    """Find the collector of each entry of ``collect:``; nothing where that is no list.

    Raises:
        GatepostError: an entry names no collector, several, an unknown one, or one that cannot be used.
    """
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
        known = [key for key in named if key in registry.names()] if len(named) > 1 else named
        if len(known) == 1 and len(named) > 1:
            problems += [_strange(document, entry, key, known[0]) for key in named if key != known[0]]
            continue
        if len(named) != 1:
            what = f"this entry names {' and '.join(named)}" if named else "this entry names no collector"
            problems.append(document.problem(what, document.place(entry), "one entry, one collector"))
            continue
        place = document.key_place(entry, named[0])
        try:
            collector = registry.get(named[0])
        except GatepostError as error:
            problems += [document.problem(p.what, place, p.advice) for p in error.problems]
            continue
        if collector is None:
            names = list(registry.names())
            advice = f"{did_you_mean(named[0], names)} known: {', '.join(names)}".strip()
            problems.append(document.problem(f"there is no collector `{named[0]}`", place, advice))
            continue
        chosen[number] = (named[0], collector)
    if problems:
        raise GatepostError(*problems)
    return chosen


def _strange(document: Document, entry: Node, key: str, collector: str) -> Problem:
    advice = did_you_mean(key, _SIBLINGS) or f"the options of `{collector}` stand below it, indented"
    return document.problem(f"unknown key `{key}`", document.key_place(entry, key), advice)


def entry_schema(chosen: Chosen) -> dict[str, Any]:
    """Make the JSON Schema of an entry: each collector brings the part for its options."""
    options = {name: dict(collector.options) for name, collector in chosen.values()}
    return {"type": "object", "additionalProperties": False, "properties": {**_SIBLINGS, **options}}


def plan(
    document: Document,
    collect: Sequence[Mapping[str, Any]],
    chosen: Chosen,
    located: str,
    problems: list[Problem],
) -> Iterator[Entry]:
    """Give the runs in the order of the file, each with a name of its own.

    A source is called what ``name:`` says, else like its collector, with ``-NAME`` where it has ``as: NAME``.

    Args:
        document: gatepost.yaml, with its variables put in.
        collect: what stands under ``collect:``, typed and checked.
        chosen: the collector of each entry.
        located: the path of gatepost.yaml from the repository's root.
        problems: gets two sources of one name.
    """
    seen: set[str] = set()
    for number, written in enumerate(collect):
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
            options=written[key],
            place=Place(located, place.line, place.column, place.end_line, place.end_column),
            required=written.get("required", True),
            more=written.get("as"),
            network=written.get("network", False),
            option_place=_finder(document, number, key),
            source_line=lambda place: document.line(place.line or 0),
        )


def _finder(document: Document, number: int, key: str) -> Callable[[Pointer], Place]:
    """Find an option by its path; the collector's key for the empty path."""

    def find(option: Pointer) -> Place:
        if not option:
            return document.key_place(document.find(("collect", number)), key)
        return document.place(document.find(("collect", number, key, *option)))

    return find
