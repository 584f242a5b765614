"""How an explanation reads, and its JSON."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from gatepost.collect.registry import Registry
from gatepost.collect.suggestion import entry_line
from gatepost.judge.explanation import Explanation, MissingField
from gatepost.judge.trace import Traced
from gatepost.report.interface import Style
from gatepost.text import harmless, wrapped

__all__ = ["as_json", "as_text"]

_GAP = 2
_COLOURS = {"pass": "32", "skip": "2", "waived": "33", "fail": "31", "missing": "31", "error": "31"}


def as_text(found: Explanation, style: Style) -> str:
    """Return the explanation as text of ``style.width`` columns."""
    result = found.result
    name = result.rule if result.item is None else f"{result.rule} {result.item}"
    outcome = f"\x1b[{_COLOURS[result.outcome]}m{result.outcome}\x1b[0m" if style.colour else result.outcome
    lines = [f"{outcome}  {harmless(name)}"]
    for text in (result.title, f"written at {found.rule.place}", _items(found), result.message, result.reason):
        lines += wrapped(text, style.width, "  ") if text else []
    for key, traced in found.parts:
        lines += ["", f"{key}:", *_tree(traced, style.width)]
    for field in found.missing:
        lines += ["", *_missing(field, style.width)]
    fix = "" if found.missing else result.fix
    return "\n".join([*lines, *(["", *wrapped(fix, style.width, "     ", "fix  ")] if fix else [])])


def as_json(found: Explanation) -> dict[str, Any]:
    """Return the explanation as plain JSON data."""
    result = found.result
    return {
        "rule": result.rule,
        "item": result.item,
        "outcome": result.outcome,
        "title": result.title,
        "message": result.message,
        "reason": result.reason,
        "fix": result.fix,
        "place": str(found.rule.place),
        "counts": {outcome: number for outcome, number in found.counts.items() if number},
        "excluded": found.excluded,
        "expressions": {key: dataclasses.asdict(traced) for key, traced in found.parts},
        "missing": [{**dataclasses.asdict(field), "configuration": _entries(field)} for field in found.missing],
    }


def _items(found: Explanation) -> str:
    if found.rule.for_each is None:
        return ""
    numbers = {**found.counts, "left out by `where`": found.excluded}
    counts = ", ".join(f"{number} {outcome}" for outcome, number in numbers.items() if number)
    other = "; --item NAME explains another" if sum(numbers.values()) > 1 else ""
    return f"for each {found.rule.for_each.name} of {found.rule.for_each.source}: {counts}{other}"


def _tree(root: Traced, width: int) -> list[str]:
    rows = list(_rows(root, 0))
    longest = max(len(lead) + len(harmless(part.expression)) for lead, part in rows)
    column = min(longest, width // 2) + _GAP
    return [line for lead, part in rows for line in _row(lead, part, column, width)]


def _rows(part: Traced, depth: int) -> Iterator[tuple[str, Traced]]:
    yield f"{'>' if part.decided else ' '} {'  ' * depth}", part
    for inner in part.parts:
        yield from _rows(inner, depth + 1)


def _row(lead: str, part: Traced, column: int, width: int) -> list[str]:
    """Return a line: the expression, its value in a column, then what follows from it; wrapped where too long."""
    lines = wrapped(part.expression, width, " " * (len(lead) + 2), lead)
    if part.value:
        value = harmless(part.value)
        if len(lines) == 1 and max(column, len(lines[0]) + _GAP) + len(value) <= width:
            lines = [f"{lines[0] + ' ' * _GAP:<{column}}{value}"]
        else:
            lines += wrapped(value, width, " " * column)
    for note in (part.note, part.origin):
        if note and len(lines[-1]) + _GAP + len(note) <= width:
            lines[-1] += " " * _GAP + harmless(note)
        elif note:
            lines += wrapped(note, width, " " * (len(lead) + 4))
    return lines


def _missing(field: MissingField, width: int) -> list[str]:
    lines = wrapped(f"missing  {field.path}", width, "    ", "")
    meaning = f"It is: {field.meaning}" if field.meaning else ""
    there = f"Available fields: {field.instead}" if field.instead else ""
    for text in (meaning, there, *map(_ran, field.ran)):
        lines += wrapped(text, width, "    ", "  ") if text else []
    entries = _entries(field)
    if entries:
        again = " with what it lacks" if field.ran else ""
        lines += [*wrapped(f"In gatepost.yaml this would fill it{again}:", width, "  "), "    collect:"]
        lines += [f"      {entry}" for entry in entries]
    return lines


def _ran(source: Mapping[str, Any]) -> str:
    location = source.get("location")
    where = f" ({location['path']}:{location['line']})" if location and "line" in location else ""
    said = [source["error"]] if source.get("error") else list(source.get("notes", ()))
    what = "failed" if source["status"] == "failed" else "ran and left it out"
    return f"The source {source['name']}{where} {what}" + (f": {'; '.join(said)}" if said else ".")


def _entries(field: MissingField) -> list[str]:
    collectors = (Registry().get(name) for name in field.collectors)
    section = field.path.split(".")[1]
    return [entry_line(collector, section) for collector in collectors if collector is not None]
