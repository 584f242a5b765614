from __future__ import annotations

import json

import pytest

from gatepost.text import columns, harmless, inert, json_text, wrapped


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("as it is, é 漢 🙂", "as it is, é 漢 🙂"),
        ("a\nb\r\tc\x0bd", "a b  c d"),
        ("80\u00a0% \u2028", "80 %  "),
        ("\x1b[31m\x00\x7f\x9b", r"\x1b[31m\x00\x7f\x9b"),
        ("\u202e \u200b \ud800", r"\u202e \u200b \ud800"),
        ("\U000e0041", r"\U000e0041"),
        ("a\u0085b\u2029c", "a b c"),
        ("\u3164 \u2800 \u115f \u034f \u00ad \ufeff", r"\u3164 \u2800 \u115f \u034f \xad \ufeff"),
        ("a\ufe0f \u26a0\ufe0f \ufe00", "a\\ufe0f \u26a0\ufe0f \\ufe00"),
    ],
)
def test_only_visible_characters_are_left(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_wrapping_cuts_nothing() -> None:
    assert wrapped("a very-long-word-indeed b", 12, "  ", "> ") == ["> a very-lon", "  g-word-ind", "  eed b"]


def test_nothing_is_an_empty_line() -> None:
    assert wrapped("", 20, "  ") == [""]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("::error::x", r"\x3a:error::x"),
        (" \t ::error::x", " \t \\x3a:error::x"),
        ("a ::error::x", "a ::error::x"),
        (":", ":"),
        ("a ##[error]x ##vso[task] ###[x]", r"a \x23#[error]x \x23#vso[task] #\x23#[x]"),
        ("## [a](b)", "## [a](b)"),
    ],
)
def test_no_ci_system_finds_a_command(line: str, shown: str) -> None:
    assert inert(line) == shown


def test_a_command_of_ours_is_left() -> None:
    assert inert("::error::a ##[b]", commands=True) == r"::error::a \x23#[b]"


@pytest.mark.parametrize("width", range(10, 40))
def test_wrapping_moves_no_command_to_the_start_of_a_line(width: int) -> None:
    lines = wrapped("letters ::error::x and " + "a" * 50 + "::error::y ::", width, "  ", "")
    assert not [line for line in lines if line.lstrip().startswith("::")]
    assert max(map(len, lines)) <= max(width, 12)


def test_json_is_the_same_and_shows_every_character() -> None:
    value = {"k\x1b": ["\x7f \x85 \u2028 \u202e \ud800 \U000e0041 \u3164 é 漢 🙂 \u00a0", "##[error]", "::"]}
    text = json_text(value)
    assert json.loads(text) == value
    assert "##[" not in text
    assert "é 漢 🙂 \u00a0" in text
    assert all(one.isprintable() or one in "\n\u00a0" for one in text)


def test_columns_of_a_terminal() -> None:
    assert [columns(text) for text in ("abc", "漢字", "e\u0301")] == [3, 4, 1]
