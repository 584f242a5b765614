"""The Markdown of a card as headings and blocks of text, and what of a section is content."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, takewhile
from typing import Any, Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

from gatepost.collect.model_card.headings import Headings
from gatepost.placeholders import COMMENT, is_placeholder, label_of

__all__ = ["Block", "Heading", "Page", "Section"]

# Emphasis and links are read in blocks of at most so many characters; a longer one is taken as it is written.
_LONGEST = 10_000
_TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading: its words, its level, and the lines (from 0) it stands on and its section ends before."""

    title: str
    level: int
    line: int
    body: int
    end: int


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, the row of a table, or HTML: its text without markup, and its lines (from 0).

    ``label`` says what it is about (``Label: text``, the first cell of a row). A block may only introduce others:
    the ``next`` one and what is nested in it (``The model must not be used for:``), or the ``rest`` up to the next
    such title (``**Out of scope**``).
    """

    text: str
    line: int
    end: int
    level: int
    label: str = ""
    introduces: Literal["", "next", "rest"] = ""


@dataclass(frozen=True, slots=True)
class Section:
    """What a section says about a field, as Markdown (empty: nothing), and its blocks that are placeholders."""

    text: str
    placeholders: tuple[Block, ...]


class Page:
    """A Markdown text, parsed."""

    def __init__(self, text: str) -> None:
        self._lines = re.split(r"\r\n|\r|\n", text)
        self._inline = MarkdownIt("commonmark")
        self._env: dict[str, Any] = {}
        parser = MarkdownIt("commonmark").enable("table").disable(["inline", "text_join"])
        tokens = parser.parse("\n".join(self._lines), self._env)
        self.headings = self._headings(tokens)
        self._blocks = list(self._read_blocks(tokens))
        tables = (token.map for token in tokens if token.type == "table_open" and token.map)
        self._tables: list[tuple[int, ...]] = [(first, first + 2, end) for first, end in tables]
        self._starts = [block.line for block in self._blocks]

    def section(self, number: int, field: str, meanings: Headings) -> Section:
        """Return what stands below a heading (by its number) about a field, but for parts of the opposite meaning."""
        heading = self.headings[number]
        parts = list(takewhile(lambda part: part.line < heading.end, islice(self.headings, number + 1, None)))
        dropped: set[int] = set()
        for part in parts:
            if meanings.contradicts(part.title, field):
                dropped.update(range(part.line, part.end))
        said: list[int] = []
        placeholders: list[Block] = []
        for block, titles in self._titled(heading):
            if block.line in dropped:
                continue
            if any(meanings.contradicts(title, field) for title in titles):
                dropped.update(range(block.line, block.end))
            elif is_placeholder(block.text):
                placeholders.append(block)
                dropped.update(() if block.introduces else range(block.line, block.end))
            elif not block.introduces:
                said.append(block.line)
        tables = self._tables[bisect_left(self._tables, (heading.body,)) : bisect_left(self._tables, (heading.end,))]
        for first, body, end in [*tables, *((part.line, part.body, part.end) for part in parts)]:
            at = bisect_left(said, first)
            if at == len(said) or said[at] >= end:  # a head without a body
                dropped.update(range(first, body))
        lines = [self._lines[line].rstrip() for line in range(heading.body, heading.end) if line not in dropped]
        text = re.sub(r"\n{3,}", "\n\n", COMMENT.sub("", "\n".join(lines))).strip()
        # The second test is that of evidence that is read again, where Markdown is not parsed.
        written = "" if not said or is_placeholder(text) else text
        return Section(written, tuple(block for block in placeholders if block.text))

    def source(self, heading: Heading) -> str:
        """Return the line of a heading as it is written."""
        return self._lines[heading.line]

    def _titled(self, heading: Heading) -> Iterator[tuple[Block, list[str]]]:
        """Return the blocks below a heading, each with its label and the title that introduces it."""
        about: Block | None = None
        followed = False
        for block in self._blocks[bisect_left(self._starts, heading.body) : bisect_left(self._starts, heading.end)]:
            if about is not None and block.level <= about.level:
                over = block.introduces or about.level > 1 or block.level < about.level
                about = None if over or (about.introduces == "next" and followed) else about
                followed = True
            yield block, [title for title in (block.label, about.label if about is not None else "") if title]
            if block.introduces:
                about, followed = block, False
            elif about is not None and block.level > about.level:
                followed = True

    def _headings(self, tokens: Sequence[Token]) -> tuple[Heading, ...]:
        opened = [(i, t) for i, t in enumerate(tokens) if t.type == "heading_open" and t.level == 0 and t.map]
        found: list[Heading] = []
        ends: dict[int, int] = {}  # by level, where the next heading of it stands
        for index, token in reversed(opened):
            assert token.map is not None
            level = int(token.tag[1])
            first, body = token.map
            end = min((line for other, line in ends.items() if other <= level), default=len(self._lines))
            ends[level] = first
            found.append(Heading(self._text(tokens[index + 1].content)[0], level, first, body, end))
        return tuple(reversed(found))

    def _read_blocks(self, tokens: Sequence[Token]) -> Iterator[Block]:
        row: list[str] = []
        line = 0
        for before, token in pairwise(tokens):
            if token.type == "html_block" and token.map:
                text = " ".join(_TAG.sub(" ", COMMENT.sub(" ", token.content)).split())
                yield Block(text, token.map[0], token.map[1], token.level + 1)
            elif token.type == "tr_open":
                row = []
            elif token.type == "inline" and before.type == "td_open":
                row.append(self._text(token.content)[0])
                line = token.map[0] if token.map else line
            elif token.type == "tr_close" and row:
                text = row[0] if len(row) == 1 else "; ".join(filter(None, row[1:]))
                yield Block(text, line, line + 1, token.level, row[0])
            elif token.type == "inline" and before.type == "paragraph_open" and token.map:
                yield self._paragraph(token, token.map[0], token.map[1])

    def _paragraph(self, token: Token, line: int, end: int) -> Block:
        text, strong = self._text(token.content)
        title = strong and len(text.split()) <= 6 and not text.endswith((".", "!"))
        introduces: Literal["", "next", "rest"] = "rest" if title else "next" if text.endswith(":") else ""
        return Block(text, line, end, token.level, text if introduces else label_of(text), introduces)

    def _text(self, content: str) -> tuple[str, bool]:
        """Return the text of a line without markup, images and HTML, and whether all of it is bold."""
        if len(content) > _LONGEST:
            return content, False
        parts: list[str] = []
        depth, strong = 0, True
        for token in self._inline.parseInline(content, self._env)[0].children or ():
            depth += (token.type == "strong_open") - (token.type == "strong_close")
            if token.type in ("text", "code_inline"):
                parts.append(token.content)
                strong &= depth > 0 or not token.content.strip(" :")
            elif token.type in ("softbreak", "hardbreak"):
                parts.append(" ")
        text = " ".join("".join(parts).split())
        return text, strong and bool(text)
