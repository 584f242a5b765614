"""What is visible of a text: the one place that decides which characters a person can see."""

from __future__ import annotations

import html
import re
import unicodedata

__all__ = ["is_blank", "visible"]

# Letters and symbols by category that show nothing: combining grapheme joiner, Hangul fillers, Khmer inherent
# vowels, Mongolian and other variation selectors, Braille blank, object replacement, and what Unicode reserves for
# characters that are ignored by default. NFKC turns the other Hangul fillers into U+1160.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\ufffc"
    "\U0001d159\U000e0000-\U000e0fff]"
)
# Control, format (zero width, soft hyphen, directions, tags), surrogate, private use.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co"})
_PLAIN = re.compile(r"[ -~]*")


def visible(text: str) -> str:
    """Return the text as a person reads it.

    HTML entities are resolved, compatibility forms (``ＴＯＤＯ``) become the usual letters (NFKC), white space of any
    kind becomes single spaces, and what shows nothing is left out: invisible characters, and combining marks
    without a letter to stand on.
    """
    text = html.unescape(text) if "&" in text else text
    if _PLAIN.fullmatch(text):
        return " ".join(text.split())
    kept: list[str] = []
    carries_marks = False
    for character in _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)):
        category = unicodedata.category(character)
        if character.isspace():
            kept.append(" ")
            carries_marks = False
        elif category not in _HIDDEN and (carries_marks or category[0] != "M"):
            kept.append(character)
            carries_marks = True
    return " ".join("".join(kept).split())


def is_blank(text: str) -> bool:
    """Tell whether a text has no visible character."""
    return not visible(text)
