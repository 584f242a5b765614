"""JSON pointers (RFC 6901)."""

from __future__ import annotations

import re

from gatepost.evidence.schema import Path

__all__ = ["parse_pointer", "pointer", "printable"]

_WRONG = re.compile(r"~(?![01])")


def pointer(path: Path) -> str:
    """Write a path as a JSON pointer; the empty path is the whole document and gives an empty string."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def parse_pointer(text: str) -> tuple[str, ...]:
    """Read a JSON pointer. Indices stay strings: only the document tells a list from a map.

    Raises:
        ValueError: it does not start with ``/``, or has a ``~`` that is neither ``~0`` nor ``~1``.
    """
    if not text:
        return ()
    if not text.startswith("/") or _WRONG.search(text):
        raise ValueError(f"`{text}` is no JSON pointer; one looks like /evidence/documentation/owner")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/"))


def printable(text: str) -> str:
    """Escape lone surrogates, which no terminal, file or report can hold."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
