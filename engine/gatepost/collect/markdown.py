"""The headings of a Markdown file, with the text below each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

__all__ = ["Heading", "headings", "prose"]

# No heading is longer; the patterns take time with the square of a line of blanks.
_MAX_LINE = 1000
_COMMENT = re.compile(r"<!--.*?(-->|\Z)", re.DOTALL)
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*\Z")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*\Z")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its words, its line in the file with the text of it, and the lines below it."""

    title: str
    line: int
    source: str
    body: list[str]


def headings(text: str, first_line: int) -> Iterator[Heading]:
    """Give each heading of the Markdown with the lines below it, up to the next one of its level or higher."""
    # A comment keeps its line breaks, so that lines still count.
    lines = re.split(r"\r\n|\r|\n", _COMMENT.sub(lambda found: re.sub(r"[^\r\n]", "", found.group()), text))
    found = list(_heading_lines(lines))
    for position, (index, after, level, title) in enumerate(found):
        end = next((i for i, _, other, _ in found[position + 1 :] if other <= level), len(lines))
        yield Heading(title, first_line + index, lines[index], lines[after:end])


def _heading_lines(lines: list[str]) -> Iterator[tuple[int, int, int, str]]:
    """Give (index, index after it, level, title) of each heading; code blocks have none."""
    fence = ""
    for index, line in enumerate(lines):
        if len(line) > _MAX_LINE:
            continue
        opened = _FENCE.match(line)
        if fence:
            if opened and opened.group(1).startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            continue
        if opened:
            fence = opened.group(1)
            continue
        atx = _ATX.match(line)
        if atx:
            yield index, index + 1, len(atx.group(1)), (atx.group(2) or "").strip()
            continue
        under = _SETEXT.match(lines[index + 1]) if index + 1 < len(lines) else None
        alone = index == 0 or not lines[index - 1].strip()
        if under and alone and re.match(r" {0,3}[^\s>*+-]", line):
            yield index, index + 2, 1 if under.group(1)[0] == "=" else 2, line.strip()


def prose(lines: list[str], is_placeholder: Callable[[str], bool]) -> str:
    """Give the text below a heading; nothing where only headings and placeholders are there."""
    found = {index for index, after, _, _ in _heading_lines(lines) for index in range(index, after)}
    said = [line for index, line in enumerate(lines) if index not in found]
    if all(is_placeholder(line) for line in said):
        return ""
    return "\n".join(line.rstrip() for line in lines).strip()
