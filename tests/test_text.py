from __future__ import annotations

import pytest

from gatepost.text import harmless, wrapped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("as it is, é 漢 🙂", "as it is, é 漢 🙂"),
        ("a\nb\r\tc\x0bd", "a b  c d"),
        ("80\u00a0% \u2028", "80 %  "),
        ("\x1b[31m\x00\x7f\x9b", r"\x1b[31m\x00\x7f\x9b"),
        ("\u202e \u200b \ud800", r"\u202e \u200b \ud800"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_only_visible_characters_are_left(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_wrapping_cuts_nothing() -> None:
    assert wrapped("a very-long-word-indeed b", 12, "  ", "> ") == ["> a very-lon", "  g-word-ind", "  eed b"]


def test_nothing_is_an_empty_line() -> None:
    assert wrapped("", 20, "  ") == [""]
