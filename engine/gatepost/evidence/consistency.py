"""Numbers that contradict each other, wherever they stand in the evidence.

What one number allows is the schema's to say (a share is at most 1); here is what several must fulfil together: a
value lies within its interval, a count of some does not exceed that of all, a list has the length that is written
beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gatepost.evidence import schema as evidence_schema
from gatepost.evidence.numbers import digits_for, show
from gatepost.evidence.plain import Fault
from gatepost.evidence.pointers import pointer, printable
from gatepost.evidence.schema import Path

__all__ = ["contradictions"]

_EACH = 0
# Computed ends of intervals carry rounding errors, and root finding stops 1e-12 away.
_ROUNDING = 1e-9
# Shares that people or tools wrote down are rounded, to whole percents at worst.
_ROUNDED_SHARE = 0.0051
_INTERVALS = (("low", "high"), ("low_adjusted", "high_adjusted"))

Check = Callable[[Mapping[str, Any], Path, list[Fault]], None]


@dataclass(slots=True)
class _Plan:
    """What is checked at a part of the evidence, and below it."""

    checks: tuple[Check, ...] = ()
    fields: dict[str, _Plan] = field(default_factory=dict)
    entries: _Plan | None = None
    """Of the items of a list, and of an open map's values."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to check."""
        return not self.checks and not self.fields and self.entries is None


def contradictions(sections: Any) -> list[Fault]:
    """Return what contradicts itself in a set of sections; paths are from the root of the evidence document.

    What the schema refuses (values of other types) is passed over.
    """
    found: list[Fault] = []
    _walk(_plan_of_sections(), sections, ("evidence",), found)
    more = sections.get("more") if isinstance(sections, dict) else None
    for name, other in more.items() if isinstance(more, dict) else ():
        _walk(_plan_of_sections(), other, ("evidence", "more", name), found)
    return found


def _walk(plan: _Plan, value: Any, path: Path, found: list[Fault]) -> None:
    if isinstance(value, dict):
        for check in plan.checks:
            check(value, path, found)
        for name, below in plan.fields.items():
            if name in value:
                _walk(below, value[name], (*path, name), found)
        if plan.entries is not None:
            for name, part in value.items():
                _walk(plan.entries, part, (*path, name), found)
    elif isinstance(value, list) and plan.entries is not None:
        for index, part in enumerate(value):
            _walk(plan.entries, part, (*path, index), found)


@cache
def _plan_of_sections() -> _Plan:
    properties = evidence_schema.bundled()["properties"]["evidence"]["properties"]
    plans = {name: _plan(properties[name], (name,)) for name in evidence_schema.SECTIONS}
    return _Plan(fields={name: plan for name, plan in plans.items() if not plan.is_empty})


def _plan(schema: Mapping[str, Any], path: Path) -> _Plan:
    schema = evidence_schema.resolve(schema)
    properties = schema.get("properties", {})
    checks: list[Check] = []
    if {"low", "high"} <= properties.keys():
        center = next((name for name in ("value", "difference") if name in properties), "")
        checks.append(_interval_check(center))
    for name, part in properties.items():
        count = evidence_schema.resolve(part).get("x-count")
        if count is not None:
            checks.append(_length_check(name, count))
    if "n" in properties:
        inner = [name for name, part in properties.items() if evidence_schema.is_metric_schema(_resolved(part))]
        checks += [_metrics_check(inner)] if inner else []
        lists = [name for name, part in properties.items() if "n" in _entry_fields(part)]
        checks += [_entries_check(lists)] if lists else []
    checks += [_OF_COUNTS[path]] if path in _OF_COUNTS else []
    fields = {name: _plan(part, (*path, name)) for name, part in properties.items()}
    other = schema.get("items", schema.get("additionalProperties"))
    entries = _plan(other, (*path, _EACH)) if isinstance(other, Mapping) else None
    return _Plan(
        tuple(checks),
        {name: plan for name, plan in fields.items() if not plan.is_empty},
        None if entries is None or entries.is_empty else entries,
    )


def _resolved(part: Any) -> Mapping[str, Any]:
    return evidence_schema.resolve(part) if isinstance(part, Mapping) else {}


def _entry_fields(part: Any) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = _resolved(_resolved(part).get("items")).get("properties", {})
    return fields


def _interval_check(center: str) -> Check:
    def check(value: Mapping[str, Any], path: Path, found: list[Fault]) -> None:
        middle = _number(value, center)
        if middle is not None and value.get("n") == 0:
            found.append(_fault((*path, "n"), "is 0: nothing was measured, and yet there is a value"))
        for low_name, high_name in _INTERVALS:
            low, high = _number(value, low_name), _number(value, high_name)
            if low is not None and high is not None and _exceeds(low, high):
                what = f"is {_shown(low, high)}, above `{high_name}`, {_shown(high, low)}"
                found.append(_fault((*path, low_name), what))
            elif middle is not None and low is not None and _exceeds(low, middle):
                what = f"is {_shown(middle, low)}, below the lower end of its own interval, {_shown(low, middle)}"
                found.append(_fault((*path, center), what))
            elif middle is not None and high is not None and _exceeds(middle, high):
                what = f"is {_shown(middle, high)}, above the upper end of its own interval, {_shown(high, middle)}"
                found.append(_fault((*path, center), what))

    return check


def _length_check(name: str, count: str) -> Check:
    def check(value: Mapping[str, Any], path: Path, found: list[Fault]) -> None:
        entries = value.get(name, ())
        stated = value.get(count)
        if isinstance(stated, int) and isinstance(entries, (list, dict, tuple)) and stated != len(entries):
            what = f"is {stated}, and `{name}` has {len(entries)} {'entry' if len(entries) == 1 else 'entries'}"
            found.append(_fault((*path, count), what, "Collect the evidence again: entries were removed or added."))

    return check


def _metrics_check(names: list[str]) -> Check:
    """Check that no metric of an entry was measured on more rows than the entry has."""

    def check(value: Mapping[str, Any], path: Path, found: list[Fault]) -> None:
        n = _number(value, "n")
        for name in names:
            metric = value.get(name)
            own = _number(metric, "n") if isinstance(metric, dict) else None
            if n is not None and own is not None and own > n:
                found.append(_fault((*path, name, "n"), _too_many(own, n, path)))

    return check


def _entries_check(names: list[str]) -> Check:
    """Check that no part of the rows is larger than all rows; several sources may have measured several tables."""

    def check(value: Mapping[str, Any], path: Path, found: list[Fault]) -> None:
        n = _number(value, "n")
        for name in names if n is not None else ():
            entries = value.get(name)
            entries = [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []
            if len({entry.get("source") for entry in entries}) > 1:
                continue
            for index, entry in enumerate(entries):
                own = _number(entry, "n")
                same = "source" not in entry or entry.get("dataset") == value.get("dataset")
                if same and own is not None and own > (n or 0):
                    found.append(_fault((*path, name, index, "n"), _too_many(own, n or 0, path)))

    return check


def _too_many(own: float, n: float, path: Path) -> str:
    return f"is {own}, and all rows are {n} (`{_name((*path, 'n'))}`)"


def _check_counts(value: Mapping[str, Any], path: Path, found: list[Fault]) -> None:
    """Check a data check: what broke the expectation is part of what was looked at."""
    evaluated = _number(value, "evaluated_count")
    _part(value, path, "unexpected_count", evaluated, "evaluated_count", found)
    _ratio(value, path, "unexpected_share", _number(value, "unexpected_count"), evaluated, found)
    if evaluated == 0 and value.get("status") == "pass":
        what = "is `pass`, and `evaluated_count` is 0: a check of nothing is vacuous"
        found.append(_fault((*path, "status"), what))


def _overlap_counts(value: Mapping[str, Any], path: Path, found: list[Fault]) -> None:
    n = _number(value, "n")
    _part(value, path, "rows", n, "n", found)
    _ratio(value, path, "share", _number(value, "rows"), n, found)


def _group_counts(value: Mapping[str, Any], path: Path, found: list[Fault]) -> None:
    for name in ("n_selected", "n_positive"):
        _part(value, path, name, _number(value, "n"), "n", found)


_OF_COUNTS: Mapping[Path, Check] = {
    ("data", "checks", _EACH): _check_counts,
    ("fairness", "groups", _EACH): _group_counts,
    ("leakage", "overlap"): _overlap_counts,
}


def _part(
    value: Mapping[str, Any], path: Path, name: str, whole: float | None, whole_name: str, found: list[Fault]
) -> None:
    part = _number(value, name)
    if part is not None and whole is not None and part > whole:
        found.append(_fault((*path, name), f"is {part}, more than `{whole_name}`, {whole}"))


def _ratio(
    value: Mapping[str, Any], path: Path, name: str, part: float | None, whole: float | None, found: list[Fault]
) -> None:
    share = _number(value, name)
    if share is None or part is None or not whole or part > whole:
        return
    if abs(share - part / whole) > _ROUNDED_SHARE:
        found.append(_fault((*path, name), f"is {show(share)}, and {part} of {whole} is {show(part / whole)}"))


def _number(value: Mapping[str, Any], name: str) -> float | int | None:
    found = value.get(name)
    return found if isinstance(found, (int, float)) and not isinstance(found, bool) else None


def _exceeds(one: float, other: float) -> bool:
    return one - other > _ROUNDING * max(1.0, abs(one), abs(other))


def _shown(value: float, other: float) -> str:
    return show(value, digits_for((value, other)))


def _name(path: Path) -> str:
    return printable(pointer(path))


def _fault(path: Path, what: str, advice: str = "") -> Fault:
    return Fault(path, f"{_name(path)} {what}", advice)
