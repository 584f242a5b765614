"""Evidence as rows to read: a label and a text each, by section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gatepost.evidence.document import Evidence
from gatepost.evidence.naming import entry_names, is_metric, naming_fields
from gatepost.evidence.numbers import LEAST_DIGITS, show

__all__ = ["Row", "numbers_in", "rows", "sections", "value_text"]

# What the head of the section says already.
_OF_ALL = ("dataset", "tool")
Row = tuple[str, str, tuple[str, ...]]
"""Label (indented by two spaces below a list or a map), text, and the path that it stands for, where there is one."""


def sections(evidence: Evidence) -> Iterator[tuple[str, Any]]:
    """Return the sections by name; those of another model (``as: NAME``) are ``more.NAME.section``."""
    for name, content in evidence.sections.items():
        if name == "more":
            for other, sections in content.items():
                yield from ((f"more.{other}.{inner}", part) for inner, part in sections.items())
        else:
            yield name, content


def rows(content: Any, path: tuple[str, ...], names: set[str], most: int | None) -> Iterator[Row]:
    """Return the rows of a section.

    Args:
        content: the section.
        path: what leads to it.
        names: the names of the sources, which rows need not repeat.
        most: how many entries of a list are told one by one; None for all.
    """
    if isinstance(content, list):
        content, path = {path[-1]: content}, path[:-1]
    for key, value in content.items():
        here = (*path, key)
        if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            yield key, f"{len(value)} entr{'y' if len(value) == 1 else 'ies'}", ()
            told = value if most is None else value[:most]
            for number, (name, entry) in enumerate(zip(entry_names(told), told, strict=True)):
                yield f"  {name}", _fields(entry, _said(entry, names)), (*here, str(number))
            if len(value) > len(told):
                yield "", f"and {len(value) - len(told)} more", ()
        elif isinstance(value, Mapping) and not is_metric(value):
            yield key, "" if value else "empty", ()
            for name, part in value.items():
                yield f"  {name}", value_text(part), (*here, name)
        else:
            yield key, value_text(value), here


def _said(entry: Any, names: set[str]) -> tuple[str, ...]:
    """Return the fields of an entry that its name or the head of the section says already."""
    source = ("source",) if isinstance(entry, Mapping) and entry.get("source") in names else ()
    return (*naming_fields(entry), *source, *_OF_ALL)


def _fields(entry: Any, without: Sequence[str] = ()) -> str:
    if not isinstance(entry, Mapping):
        return value_text(entry)
    return ", ".join(f"{key} {value_text(value)}" for key, value in entry.items() if key not in without)


def numbers_in(*values: Any) -> list[float]:
    """Return what must read differently where values stand beside each other: numbers, and the values of metrics."""
    plain = (value["value"] if is_metric(value) else value for value in values)
    return [value for value in plain if isinstance(value, (int, float)) and not isinstance(value, bool)]


def value_text(value: Any, digits: int = LEAST_DIGITS) -> str:
    """Return a value as it reads, numbers with so many significant digits; a metric with its interval."""
    if is_metric(value):
        low, high = (show(value[end], digits) if end in value else "" for end in ("low", "high"))
        interval = f" ({low} to {high})" if low and high else ""
        return f"{show(value['value'], digits)}{interval}" + (f", n {value['n']}" if "n" in value else "")
    if isinstance(value, Mapping):
        return "{" + _fields(value) + "}"
    if isinstance(value, list):
        return "; ".join(map(_fields, value)) if value else "an empty list"
    return show(value, digits)
