"""The lengths of lists, which stand beside them (``x-count`` in the schema): a list that was cut is noticed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from gatepost.evidence import schema as evidence_schema
from gatepost.evidence.schema import Path

__all__ = ["Missing", "set_counts", "uncounted", "without_counts"]

# The collectors of Gatepost 0.1, by the version that did not count.
_BEFORE_COUNTS = {
    "drift": "1",
    "evidently": "1",
    "explainability": "1",
    "fairness": "2",
    "great_expectations": "1",
    "leakage": "1",
    "mlflow": "1",
    "model_card": "1",
    "performance": "2",
    "robustness": "1",
}
# What a team writes by hand has no counts.
_BY_HAND = "file"

Missing = dict[Path, Path]
"""The path of a list that has no count, with the path where the count should stand."""


@cache
def _counted() -> tuple[tuple[str, Path, str], ...]:
    """Return section, path below it and name of the count of each list that is counted."""
    root = evidence_schema.bundled()["properties"]["evidence"]["properties"]
    return tuple(found for section in evidence_schema.SECTIONS for found in _below(section, root[section], ()))


def _below(section: str, schema: Mapping[str, Any], path: Path) -> Iterator[tuple[str, Path, str]]:
    for name, field in evidence_schema.resolve(schema).get("properties", {}).items():
        count = evidence_schema.resolve(field).get("x-count")
        if count is not None:
            yield section, (*path, name), count
        else:
            yield from _below(section, field, (*path, name))


def _parents(sections: Mapping[str, Any]) -> Iterator[tuple[Path, dict[str, Any], str, str]]:
    """Return each map that may hold a counted list: its path, the map, the names of the list and of the count."""
    for section, path, count in _counted():
        holder: Any = sections.get(section)
        for part in path[:-1]:
            holder = holder.get(part) if isinstance(holder, dict) else None
        if isinstance(holder, dict):
            yield (section, *path[:-1]), holder, str(path[-1]), count


def set_counts(sections: dict[str, Any]) -> None:
    """Put the count beside each list of a set of sections."""
    for _, holder, name, count in _parents(sections):
        if isinstance(holder.get(name), (list, dict)):
            holder[count] = len(holder[name])


def without_counts(sections: Mapping[str, Any]) -> dict[str, Any]:
    """Return a set of sections without the counts, which are counted again where lists are joined."""
    kept: dict[str, Any] = dict(sections)
    for path, holder, _, count in list(_parents(sections)):
        if count in holder:
            kept[str(path[0])] = _without(kept[str(path[0])], path[1:], count)
    return kept


def _without(value: dict[str, Any], path: Path, key: str) -> dict[str, Any]:
    if not path:
        return {name: part for name, part in value.items() if name != key}
    return {**value, str(path[0]): _without(value[str(path[0])], path[1:], key)}


def uncounted(sections: Mapping[str, Any], sources: Any) -> Missing:
    """Return the lists that one of our collectors filled and that have no count, by their path below ``evidence``.

    Evidence that was written by hand, or by Gatepost 0.1, is not expected to have counts.
    """
    found: Missing = {}
    sets: list[tuple[Path, Any]] = [((), sections)]
    sets += [(("more", name), part) for name, part in sections.get("more", {}).items()]
    for prefix, part in sets:
        for path, holder, name, count in _parents(part):
            if name in holder and count not in holder and _is_counted((*prefix, path[0]), (*path, name), sources):
                found[(*prefix, *path, name)] = (*prefix, *path, count)
    return found


def _is_counted(section: Path, path: Path, sources: Any) -> bool:
    """Tell whether one of our collectors that count filled a section."""
    name = ".".join(map(str, section))
    ours = evidence_schema.collectors_for(("evidence", *path))
    return any(
        name in source.get("sections", ())
        and source["collector"] in ours
        and source["collector"] != _BY_HAND
        and source.get("version") != _BEFORE_COUNTS.get(source["collector"], "")
        for source in sources
    )
