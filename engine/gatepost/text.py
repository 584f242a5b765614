r"""Making text from outside harmless for what shows it (a terminal, the log of a CI job), and wrapping it.

This is the only place that decides it: nothing from a file, a library or the command line may steer a terminal, hide
from a reader, or start a command of a CI system (a line that starts with ``::``, or ``##[`` anywhere).
"""

from __future__ import annotations

import json
import re
import textwrap
import unicodedata
from typing import Any

__all__ = ["columns", "harmless", "inert", "json_text", "wrapped"]

# Printable by their category, yet nothing is seen of them. U+FE0E and U+FE0F choose the form of a symbol before them.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0d\uffa0\U000e0100-\U000e01ef]"
    "|(?<![\u2000-\u32ff\U0001f000-\U0001faff])[\ufe0e\ufe0f]"
)
_COMMAND_AT_START = re.compile(r"\A(\s*):(?=:)")
_COMMAND_ANYWHERE = re.compile(r"##(?=[A-Za-z]*\[)")
_LONGER = len(r"\x3a") - 1


def harmless(text: str) -> str:
    r"""Return the text in one line with every character visible.

    White space of any kind becomes a space; escape, control, direction, half and invisible characters become
    ``\x1b`` and the like.
    """
    if text.isascii() and text.isprintable():
        return text
    if not text.isprintable():
        text = text.translate({ord(one): _visible(one) for one in set(text) if not one.isprintable()})
    return _INVISIBLE.sub(lambda found: _code(found[0]), text)


def _visible(character: str) -> str:
    return " " if character.isspace() else _code(character)


def _code(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def inert(line: str, *, commands: bool = False) -> str:
    r"""Return a line of output in which no CI system finds a command: ``\x3a:error::``, ``\x23#[error]``.

    GitHub Actions drops white space before ``::``; it and Azure Pipelines find ``##[`` and ``##vso[`` anywhere.
    ``commands`` leaves ``::`` at the start, for a line that is meant as a command.
    """
    if "##" in line:
        line = _COMMAND_ANYWHERE.sub(r"\\x23#", line)
    return line if commands else _COMMAND_AT_START.sub(r"\1\\x3a", line, count=1)


def json_text(value: Any, *, sort_keys: bool = False) -> str:
    """Return a value as indented JSON with every character visible that is neither a space nor a line end of ours."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, sort_keys=sort_keys)
    strange = {
        one for one in set(text) if not one.isprintable() and one != "\n" and unicodedata.category(one) != "Zs"
    }
    text = text.translate({ord(one): json.dumps(one)[1:-1] if one != "\x7f" else r"\u007f" for one in strange})
    text = _INVISIBLE.sub(lambda found: json.dumps(found[0])[1:-1], text)
    return _COMMAND_ANYWHERE.sub(r"\\u0023#", text) if "##" in text else text


def columns(text: str) -> int:
    """Return how many columns of a terminal a harmless text takes: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(one) else 2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text
    )


def wrapped(text: str, width: int, indent: str, first: str | None = None) -> list[str]:
    """Wrap a text to lines of at most ``width`` characters; a word longer than that is broken, never cut.

    No line starts with what a CI system takes for a command.
    """
    text = harmless(text)
    width = max(width, len(indent) + 10) - (_LONGER if "::" in text else 0)
    lines = textwrap.wrap(
        text,
        width,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
    return [inert(line) for line in lines] or [(indent if first is None else first).rstrip()]
