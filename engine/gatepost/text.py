"""Making text from evidence harmless for a terminal, and wrapping it."""

from __future__ import annotations

import textwrap

__all__ = ["harmless", "wrapped"]


def harmless(text: str) -> str:
    r"""Make every character visible, so that none can steer a terminal.

    White space of any kind becomes a space; escape, control, direction and half characters become ``\x1b`` and the
    like.
    """
    if text.isprintable():
        return text
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    if character.isspace():
        return " "
    code = ord(character)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"


def wrapped(text: str, width: int, indent: str, first: str | None = None) -> list[str]:
    """Wrap a text to lines of at most ``width`` characters; a word longer than that is broken, never cut."""
    lines = textwrap.wrap(
        harmless(text),
        max(width, len(indent) + 10),
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
    return lines or [(indent if first is None else first).rstrip()]
