"""Labels and groups that are meant to be one, but are written in several ways.

Two spellings are taken for one where they differ only in blanks and characters that are not seen, in the Unicode form
(NFKC), in one final full stop, or in how a number is written (``1`` and ``1.0``). Case is kept apart: ``A`` and ``a``
may well be two labels.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from gatepost.collect.interface import CollectorError, Option

__all__ = ["LABELS_OPTION", "check_labels", "same_text", "similar_groups"]

LABELS_OPTION: Mapping[str, Any] = {
    "enum": ["exact"],
    "type": "string",
    "description": "exact: labels that differ only in blanks, Unicode form or a final full stop are different.",
}
_SHOWN = 3
_UNSEEN = ("Zs", "Zl", "Zp", "Cc", "Cf")
_NUMBER = re.compile(r"([+-]?)0*([0-9]+)(?:\.([0-9]*?)0*)?")


def check_labels(
    counts: Iterable[Mapping[Any, int]], options: Mapping[str, Any], option: Option = ("label",)
) -> list[str]:
    """Check how labels are spelled: those of the data, of predictions, of a model, each with its rows.

    With ``labels: exact`` all are taken as they are.

    Returns:
        notes on labels that differ only in case.

    Raises:
        CollectorError: two of them differ only in what makes no difference.
    """
    if options.get("labels") == "exact":
        return []
    together: dict[Any, int] = {}
    for one in counts:
        for value, n in one.items():
            together[value] = together.get(value, 0) + n
    alike = _alike(together, same_text)
    if alike:
        what = "labels differ only in blanks, Unicode form, a final full stop or how a number is written: "
        advice = "write each label in one way, or set `labels: exact` where they are meant to be different"
        raise CollectorError(what + _shown(alike, together), option=option, advice=advice)
    by_case = _alike(together, lambda text: same_text(text).casefold())
    return [f"labels that differ only in case count as different: {_shown(by_case, together)}"] if by_case else []


def similar_groups(attribute: str, counts: Mapping[Any, int]) -> list[str]:
    """Return a note where groups of an attribute are spelled alike, case included; each counts on its own."""
    alike = _alike(counts, lambda text: same_text(text).casefold())
    return [f"groups of `{attribute}` may be the same: {_shown(alike, counts)}"] if alike else []


def same_text(text: str) -> str:
    """Return what is left of a text without the differences that make none."""
    normal = unicodedata.normalize("NFKC", text)
    seen = "".join(character for character in normal if unicodedata.category(character) not in _UNSEEN)
    bare = seen[:-1] if len(seen) > 1 and seen[-1] in ".\N{IDEOGRAPHIC FULL STOP}" else seen
    number = _NUMBER.fullmatch(bare)
    if number is None:
        return bare
    return number[1] + number[2] + (f".{number[3]}" if number[3] else "")


def _alike(counts: Mapping[Any, int], key: Callable[[str], str]) -> list[list[str]]:
    """Return the texts that have one key, by key."""
    found: dict[str, list[str]] = {}
    for value in counts:
        if isinstance(value, str):
            found.setdefault(key(value), []).append(value)
    return [
        sorted(values, key=lambda value: -counts[value]) for _, values in sorted(found.items()) if len(values) > 1
    ]


def _shown(alike: list[list[str]], counts: Mapping[Any, int]) -> str:
    parts = []
    for values in alike[:_SHOWN]:
        parts.append(" and ".join(f"{_quoted(value)} ({_rows(counts[value])})" for value in values[:_SHOWN]))
    return "; ".join(parts) + (f"; and {len(alike) - _SHOWN} more" if len(alike) > _SHOWN else "")


def _rows(n: int) -> str:
    return f"{n} row{'s' * (n != 1)}"


def _quoted(text: str) -> str:
    """Write a text in quotes, with escapes for what could not be seen."""
    shown = "".join(one if one == " " or _is_seen(one) else f"\\u{ord(one):04x}" for one in text)
    return f'"{shown}"'


def _is_seen(character: str) -> bool:
    category = unicodedata.category(character)
    return category not in _UNSEEN and not category.startswith("M")
