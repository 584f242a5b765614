"""JSON read strictly, and the way back from a value to its place in the text."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from gatepost.evidence.schema import Path
from gatepost.problems import GatepostError, Place, Problem

__all__ = ["INT64", "MAX_DEPTH", "Duplicated", "Flawed", "Span", "decode", "load", "place", "problem", "spans"]

MAX_DEPTH = 64
"""How many lists and maps may lie in one another."""

INT64 = range(-(2**63), 2**63)
"""The whole numbers that evidence may hold."""

_MAX_SHOWN = 160
_TOKEN = re.compile(r'[ \t\n\r,:]*("[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\]]|[^\s{}\[\],:"]+)', re.S)
# What a document that was cut off has left where the parser stopped: nothing, or a part of one literal.
_CUT = re.compile(r"[-+.\\\w]*\s*\Z")
_BOMS = ((b"\xef\xbb\xbf", "a byte order mark"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"))


@dataclass(frozen=True, slots=True)
class Flawed:
    """What stands in for a literal that Python would read and evidence may not hold; ``what`` says why."""

    what: str


class Duplicated(dict[str, Any]):
    """A map in which the keys ``twice`` stand more than once."""

    twice: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Span:
    """Offsets of a value in the text, and of its key where it has one. A list or map is its first bracket."""

    start: int
    end: int
    key: tuple[int, int] | None = None


def decode(content: bytes, path: str) -> str:
    """Decode UTF-8.

    Raises:
        GatepostError: it is something else, or starts with a byte order mark.
    """
    for mark, name in _BOMS:
        if content.startswith(mark):
            raise GatepostError.of(f"{path} starts as {name}", Place(path, 1, 1), "save it as UTF-8 without a mark")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        what = f"{path} is not UTF-8: byte 0x{content[error.start]:02x}"
        raise GatepostError.of(what, Place(path, line, column), "save it as UTF-8") from error


def load(text: str, path: str) -> Any:
    """Parse JSON. Literals and maps that evidence may not hold come as :class:`Flawed` and :class:`Duplicated`.

    Raises:
        GatepostError: the syntax is wrong, the text ends too early, or it is nested too deep to be read.
    """
    try:
        return json.loads(
            text, parse_float=_float, parse_int=_int, parse_constant=_constant, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        raise GatepostError(_syntax(text, path, error)) from error
    except RecursionError as error:
        where = place(text, path, *_too_deep(text))
        raise GatepostError.of(f"{path} is nested deeper than {MAX_DEPTH} levels", where) from error


def _syntax(text: str, path: str, error: json.JSONDecodeError) -> Problem:
    if not text.strip():
        return Problem(f"{path} is empty", Place(path, 1, 1), "collect the evidence again")
    if error.msg.startswith("Unterminated string") or _CUT.match(text, error.pos):
        what = f"{path} ends in the middle of the document"
        return problem(what, text, path, error.pos, error.pos + 1, "it was cut off; collect the evidence again")
    said = error.msg[:1].lower() + error.msg[1:].removesuffix(" at")
    return problem(f"{path} is not valid JSON: {said}", text, path, error.pos, error.pos + 1)


def _short(literal: str) -> str:
    return literal if len(literal) <= 40 else f"{literal[:20]}... ({len(literal)} characters)"


def _float(literal: str) -> float | Flawed:
    value = float(literal)
    return value if math.isfinite(value) else Flawed(f"is {_short(literal)}, too large for a 64-bit number")


def _int(literal: str) -> int | Flawed:
    # The length is looked at first: Python refuses to read very long integers, with an error of its own.
    if len(literal) <= 20 and (value := int(literal)) in INT64:
        return value
    return Flawed(f"is {_short(literal)}, beyond a signed 64-bit integer")


def _constant(literal: str) -> Flawed:
    return Flawed(f"is {literal}, which is no JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    counts = Counter(key for key, _ in pairs)
    duplicated = Duplicated(found)
    duplicated.twice = tuple(key for key, count in counts.items() if count > 1)
    return duplicated


def spans(text: str, wanted: Collection[Path]) -> dict[Path, Span]:
    """Find values in JSON text that :func:`load` has read; of a key that stands twice, the last one."""
    found: dict[Path, Span] = {}
    wanted = set(wanted)
    lengths = {len(path) for path in wanted}
    path: list[str | int] = []
    counters: list[int | None] = []  # the next index of each open list; nothing for a map
    key: tuple[int, int] | None = None
    for match in _TOKEN.finditer(text):
        word, (start, end) = match[1], match.span(1)
        if word in ("}", "]"):
            counters.pop()
            path.pop()
            continue
        if counters:
            index = counters[-1]
            if index is None and key is None:
                path[-1] = json.loads(word)
                key = (start, end)
                continue
            if index is not None:
                path[-1] = index
                counters[-1] = index + 1
        if len(path) in lengths and (here := tuple(path)) in wanted:
            found[here] = Span(start, end, key)
        key = None
        if word in ("{", "["):
            counters.append(0 if word == "[" else None)
            path.append("")
    return found


def _too_deep(text: str) -> tuple[int, int]:
    depth = 0
    for match in _TOKEN.finditer(text):
        depth += (match[1] in ("{", "[")) - (match[1] in ("}", "]"))
        if depth > MAX_DEPTH:
            return match.span(1)
    return 0, 1


def place(text: str, path: str, start: int, end: int) -> Place:
    """Return the place of a part of the text."""
    line = text.count("\n", 0, start) + 1
    column = start - text.rfind("\n", 0, start)
    return Place(path, line, column, line, column + max(1, end - start))


def problem(what: str, text: str, path: str, start: int, end: int, advice: str = "") -> Problem:
    """Make a problem about a part of the text; it shows the line, unless that is too long to be read."""
    where = place(text, path, start, end)
    stop = text.find("\n", start)
    line = text[text.rfind("\n", 0, start) + 1 : stop if stop >= 0 else len(text)]
    return Problem(what, where, advice, line.rstrip("\r") if len(line) <= _MAX_SHOWN else "")
