"""Text from evidence within Markdown: it stays text, calls nobody and links nowhere."""

from __future__ import annotations

import re

from gatepost.text import harmless

__all__ = ["code", "escaped", "prose"]

_NOTHING = "<i></i>"
"""Parts a word so that no service takes it for a mention or a link, and shows as nothing."""
_MARK = "\x00"  # which a harmless text does not hold
_CALLS = re.compile(r"(?<![A-Za-z0-9])([@#!$%~&])(?=\w)")
_LINKS = re.compile(r"(?i)(www)(?=\.)|(:)(?=//)")


def escaped(text: str) -> str:
    """Return a text as Markdown that shows it: no markup, no HTML, no mention (``@name``, ``#1``), no link."""
    shown = _LINKS.sub(lambda found: found[0] + _MARK, _CALLS.sub(rf"\1{_MARK}", harmless(text)))
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]|~])", r"\\\1", shown).replace(_MARK, _NOTHING)


def prose(text: str) -> str:
    """Return a text in which what stands between backticks is code; all else is shown as it is."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # one is without its fellow
        parts[-2:] = [f"{parts[-2]}`{parts[-1]}"]
    return "".join(code(part) if n % 2 and part else escaped(part) for n, part in enumerate(parts))


def code(text: str) -> str:
    """Return a text as code of one line, between as many backticks as it needs."""
    shown = harmless(text)
    longest = max((len(run) for run in re.findall(r"`+", shown)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest or not shown.strip() else ""
    return f"{fence}{space}{shown}{space}{fence}"
