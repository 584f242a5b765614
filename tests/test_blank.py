from __future__ import annotations

import pytest

from gatepost.blank import is_blank, visible

BLANK = {
    "nothing": "",
    "white space": " \t\n\u2003\u3000",
    "no-break space": "\u00a0\u202f",
    "zero width space": "\u200b",
    "zero width joiners": "\u200c\u200d\u2060",
    "byte-order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "Hangul fillers": "\u115f\u1160\u3164\uffa0",
    "Braille blank": "\u2800",
    "directions": "\u200e\u202e\u2066",
    "variation selectors": "\ufe0f\U000e0100",
    "Mongolian selectors": "\u180b\u180e",
    "tags": "\U000e0041\U000e007f",
    "combining marks without a letter": "\u0301\u20e3 \u0308",
    "grapheme joiner": "\u034f",
    "control characters": "\x00\x1b\x7f\x85",
    "private use": "\ue000",
    "object replacement": "\ufffc",
    "Khmer inherent vowels": "\u17b4\u17b5",
    "null notehead": "\U0001d159",
    "entities": "&nbsp;&#8203;&shy;&#x3164;&ZeroWidthSpace;",
}


@pytest.mark.parametrize("text", BLANK.values(), ids=BLANK.keys())
def test_blank_texts(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["a", "-", "é", "e\u0301", "한국", "न्", "👍", "&amp;", "&", "\u200bx", "日"])
def test_texts_with_a_visible_character(text: str) -> None:
    assert not is_blank(text)


def test_visible_text_is_in_its_usual_form() -> None:
    assert visible("ＴＯＤＯ") == "TODO"
    assert visible(" a\u00a0\u200bb&nbsp; c\u00ad ") == "a b c"
    assert visible("e\u0301") == "é"
