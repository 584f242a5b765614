"""What a merge request writes of approvals, risks, assessments, access and oversight, beside what the ref has."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any, Literal

from gatepost.evidence.document import Evidence
from gatepost.evidence.pointers import pointer
from gatepost.evidence.schema import GOVERNED, Path
from gatepost.problems import Place
from gatepost.text import harmless
from gatepost.verdict import ProposedEvidence

__all__ = ["proposed_evidence"]

_MAX_SUMMARY = 200
_STAMPS = ("source", "dataset")
_Change = tuple[Path, Any, Any]
"""A path in the evidence, and what stands there as trusted and as proposed; None where nothing does."""


def proposed_evidence(trusted: Evidence, proposed: Evidence) -> tuple[ProposedEvidence, ...]:
    """Return what governed sections hold otherwise in the evidence as proposed, in the order of the document."""
    found: list[ProposedEvidence] = []
    for path, before, after in _sections(trusted.sections, proposed.sections):
        section = ".".join(map(str, path[1:]))
        for at, old, new in _changes(path, before, after):
            what: Literal["added", "changed", "removed"] = "changed"
            if old is None or new is None:
                what = "added" if old is None else "removed"
            place = _place(trusted if new is None else proposed, at)
            found.append(ProposedEvidence(section, pointer(at), what, _summary(old, new), place))
    return tuple(found)


def _sections(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[_Change]:
    """Yield the governed sections, also those of ``more``."""
    sets: list[_Change] = [(("evidence",), before, after)]
    more = [data.get("more", {}) for data in (before, after)]
    for name in sorted({*more[0], *more[1]}):
        sets.append((("evidence", "more", name), more[0].get(name, {}), more[1].get(name, {})))
    for path, old, new in sets:
        for section in GOVERNED:
            yield (*path, section), old.get(section), new.get(section)


def _changes(path: Path, before: Any, after: Any) -> Iterator[_Change]:
    if before == after:
        return
    kinds = {type(value) for value in (before, after) if value is not None}
    if kinds == {list}:
        yield from _list_changes(path, before or [], after or [])
    elif kinds == {dict}:
        old, new = before or {}, after or {}
        for key in sorted({*old, *new}):
            yield from _changes((*path, key), old.get(key), new.get(key))
    else:
        yield path, before, after


def _list_changes(path: Path, before: list[Any], after: list[Any]) -> Iterator[_Change]:
    """Compare entries whatever their order; what is left of both is paired in order, as changed."""
    gone, new = _left(before, after), _left(after, before)
    for old_index, new_index in zip_longest(gone, new):
        if new_index is None:
            yield (*path, old_index), before[old_index], None
        else:
            old = None if old_index is None else before[old_index]
            yield (*path, new_index), old, after[new_index]


def _left(entries: list[Any], others: list[Any]) -> list[int]:
    """Return the indices of the entries that the other list lacks, each counted as often as it stands there."""
    there = Counter(map(_key, others))
    left = []
    for index, entry in enumerate(entries):
        if there[_key(entry)]:
            there[_key(entry)] -= 1
        else:
            left.append(index)
    return left


def _key(entry: Any) -> str:
    return json.dumps(entry, sort_keys=True)


def _summary(old: Any, new: Any) -> str:
    text = _text(old if new is None else new)
    if isinstance(old, dict) and isinstance(new, dict):
        changed = {key: old.get(key, "absent") for key in {**old, **new} if old.get(key) != new.get(key)}
        text = f"{text} (was {_text(changed)})"
    elif old is not None and new is not None:
        text = f"{text} (was {_text(old)})"
    text = harmless(text)
    return text if len(text) <= _MAX_SUMMARY else f"{text[:_MAX_SUMMARY].rstrip()} ..."


def _text(value: Any) -> str:
    if isinstance(value, dict):
        shown = {key: part for key, part in value.items() if key not in _STAMPS}
        return ", ".join(f"{key}: {_text(part)}" for key, part in shown.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _place(evidence: Evidence, at: Path) -> Place | None:
    """Return where an entry stands in its file; a list's own place counts where the entry has none."""
    for length in (len(at), len(at) - 1):
        found = evidence.locations.get(pointer(at[:length]))
        if found is not None:
            return Place(**found)
    return None
