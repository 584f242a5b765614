"""What changed between two evidence documents, entry by entry as people name them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.evidence.completed import MODEL_SECTIONS
from gatepost.evidence.directions import direction_of, higher_is_better
from gatepost.evidence.document import Evidence
from gatepost.evidence.exact import difference
from gatepost.evidence.naming import entry_names, is_metric

__all__ = ["Difference", "differences"]

_NAMED_NUMBERS = {("training", "metrics"), ("documentation", "metrics_declared")}
"""The maps of plain numbers whose keys are names of metrics."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that changed: ``before`` or ``after`` is None where it was added or taken away.

    ``section`` is the section it stands in (``subject`` for the subject), ``path`` the rest. Of a metric, ``by`` is
    the difference of the values, ``better`` whether it is one for the better (None where no direction is known), and
    ``overlap`` tells whether the 95 % intervals overlap, where both have one.
    """

    section: str
    path: str
    before: Any
    after: Any
    by: float | None = None
    overlap: bool | None = None
    better: bool | None = None


def differences(before: Evidence, after: Evidence) -> list[Difference]:
    """Return what changed, by section and path; order in lists and where a fact was found do not count."""
    old, new = dict(_facts(before)), dict(_facts(after))
    found = [_difference(key, old.get(key), new.get(key)) for key in {**old, **new} if old.get(key) != new.get(key)]
    return sorted(found, key=lambda one: (one.section != "subject", one.section, one.path))


def _facts(evidence: Evidence) -> Iterator[tuple[tuple[str, str], Any]]:
    for path, value in _flat("", dict(evidence.subject)):
        yield ("subject", path), value
    for section, content in evidence.sections.items():
        for path, value in _flat("", content):
            yield (section, path), value


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and not is_metric(value):
        for key, child in value.items():
            yield from _flat(f"{path}.{key}" if path else key, child)
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for name, child in zip(entry_names(value), value, strict=True):
            yield from _flat(f"{path}[{name}]", child)
    else:
        yield path, value


def _difference(key: tuple[str, str], before: Any, after: Any) -> Difference:
    section, path = key
    if is_metric(before) and is_metric(after):
        by = difference(after, before)
        higher = direction_of(_name(path), after) if section in MODEL_SECTIONS else None
        return Difference(section, path, before, after, by, _overlap(before, after), _better(by, higher))
    numbers = [isinstance(value, (int, float)) and not isinstance(value, bool) for value in (before, after)]
    if not all(numbers):
        return Difference(section, path, before, after)
    by = difference({"value": after}, {"value": before})
    named = (section, path.partition(".")[0]) in _NAMED_NUMBERS
    higher = higher_is_better(_name(path)) if named else None
    return Difference(section, path, before, after, by, better=_better(by, higher))


def _name(path: str) -> str:
    return path.rpartition(".")[2]


def _better(by: float | None, higher: bool | None) -> bool | None:
    return None if not by or higher is None else (by > 0) is higher


def _overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool | None:
    if not all(key in metric for metric in (one, other) for key in ("low", "high")):
        return None
    return bool(one["low"] <= other["high"] and other["low"] <= one["high"])
