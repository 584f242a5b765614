"""What entries of lists and metrics are called and how they are told apart, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["entry_name", "entry_names", "is_metric", "naming_fields"]

# The first of these that an entry has all fields of tells it from the others of its list.
_KEYS: tuple[tuple[str, ...], ...] = (
    ("attribute", "group"),
    ("id",),
    ("feature", "attribute"),
    ("name", "norm", "eps"),
    ("norm", "eps"),
    ("name",),
    ("feature",),
    ("column",),
    ("path",),
    ("who", "may", "on"),
    ("kind", "by"),
    ("by", "role"),
)


def is_metric(value: Any) -> bool:
    """Tell whether this is a number with its uncertainty."""
    return isinstance(value, Mapping) and isinstance(value.get("value"), (int, float))


def entry_name(entry: Any) -> str:
    """Return what an entry of a list is called, by the fields that name its like; nothing where none does."""
    if isinstance(entry, str):
        return entry
    keys = naming_fields(entry)
    return ("=" if keys == _KEYS[0] else " ").join(_text(entry[key]) for key in keys)


def naming_fields(entry: Any) -> tuple[str, ...]:
    """Return the fields that name an entry; nothing where none does."""
    if isinstance(entry, Mapping):
        for keys in _KEYS:
            if all(isinstance(entry.get(key), (str, int, float)) for key in keys):
                return keys
    return ()


def _text(value: Any) -> str:
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def entry_names(entries: Sequence[Any]) -> list[str]:
    """Return each entry a name of its own: what it is called, with a number where that is nothing or used before."""
    found: list[str] = []
    seen: dict[str, int] = {}
    for number, entry in enumerate(entries):
        name = entry_name(entry) or str(number)
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} #{seen[name]}")
    return found
