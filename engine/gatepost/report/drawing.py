"""Drawing an explanation: the expression, and each value under the part that it belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gatepost.text import harmless, wrapped
from gatepost.verdict import Step

__all__ = ["draw"]

_GAP = 3


def draw(steps: Sequence[Step], width: int) -> list[str]:
    """Return the lines of the drawing, at most ``width`` wide; a list of the values where a drawing is too wide."""
    if not steps:
        return []
    whole, parts = steps[0], steps[1:]
    expression, note = harmless(whole.expression), harmless(whole.note)
    # Only then do the offsets hold, and lead to a place on the page.
    if parts and expression == whole.expression and all(part.offset < width for part in parts):
        lines = [expression, _row((part.offset, "|") for part in parts), *_values(parts)]
        if max(map(len, lines)) <= width:
            return _with_note(lines, note, width)
    lines = wrapped(expression, width, "")
    for part in parts:
        lines += wrapped(f"{part.expression} is {part.value}", width, "    ", "  ")
    return lines + (wrapped(note, width, "    ", "  ") if note else [])


def _values(parts: Iterable[Step]) -> list[str]:
    """Return the rows of values; one that has no room stands a row deeper, under a line that leads to it."""
    lines: list[str] = []
    left = sorted(parts, key=lambda part: part.offset)
    while left:
        row: list[tuple[int, str]] = []
        deeper: list[Step] = []
        limit: int | None = None
        for part in reversed(left):
            value = harmless(part.value)
            if limit is None or part.offset + len(value) < limit:
                row.append((part.offset, value))
            else:
                row.append((part.offset, "|"))
                deeper.append(part)
            limit = part.offset
        lines.append(_row(reversed(row)))
        left = deeper[::-1]
    return lines


def _row(parts: Iterable[tuple[int, str]]) -> str:
    line = ""
    for offset, text in parts:
        line = f"{line:<{offset}}{text}"
    return line


def _with_note(lines: list[str], note: str, width: int) -> list[str]:
    """Put the note to the right of the first row of values, or under all where there is no room."""
    if not note:
        return lines
    beside = f"{lines[2]}{' ' * _GAP}{note}"
    if len(beside) > width:
        return lines + wrapped(note, width, "")
    return [*lines[:2], beside, *lines[3:]]
