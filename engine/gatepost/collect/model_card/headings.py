"""Which documentation field a heading fills, and which headings have the opposite meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from gatepost.blank import visible

__all__ = ["FIELDS", "Headings"]

FIELDS = ("owner", "contact", "intended_use", "limitations", "business_context")
"""The documentation fields that text below a heading fills."""

# The names of fields, and headings that mean one; those of Hugging Face's and skops' templates among them.
_TITLES = {field.replace("_", " "): field for field in FIELDS} | {
    "intended uses": "intended_use",
    "primary intended use": "intended_use",
    "primary intended uses": "intended_use",
    "intended purpose": "intended_use",
    "intended use case": "intended_use",
    "intended use cases": "intended_use",
    "primary use cases": "intended_use",
    "uses": "intended_use",
    "direct use": "intended_use",
    "limitation": "limitations",
    "known limitations": "limitations",
    "model limitations": "limitations",
    "technical limitations": "limitations",
    "business purpose": "business_context",
    "model card contact": "contact",
    "model contact": "contact",
    "model owner": "owner",
}
# As a part of a longer heading (`Installation and use`) it would mean something else.
_ALONE = {"use": "intended_use"}
_SEPARATORS = re.compile(r"[&/,;+]|\b(?:and|or)\b", re.IGNORECASE)
_NOT_THE_NAME = re.compile(r"^(?:section )?[\d ]+| optional$")
_NOT_FOR = re.compile(
    r"^(?:mis ?uses?|abuse|malicious uses?)\b|\bout of scope\b|\bunintended\b|\bnon goals?\b|\bto avoid\b|\brisks\b"
    r"|\bnot (?:to be |be )?(?:intended|use|used|suitable|supported|allowed|for)\b"
    r"|\b(?:prohibited|disallowed|forbidden|unsupported|unsuitable|inappropriate|excluded) (?:uses?|users?|use)\b"
    r"|^(?:prohibited|excluded|exclusions|caveats)$|\blimitations?\b"
)
_FOR = re.compile(
    r"\bintended\b|\b(?:direct|downstream|primary|supported|allowed|permitted|suitable) uses?\b"
    r"|^(?:strengths|capabilities|advantages|benefits|(?:primary |typical |example )?use cases)$"
)


class Headings:
    """What headings mean, with those that gatepost.yaml maps: ``{intended_use: [Verwendungszweck]}``."""

    def __init__(self, own: Mapping[str, Sequence[str]]) -> None:
        self._own: dict[str, list[str]] = {}
        for field, titles in own.items():
            for title in titles:
                self._own.setdefault(_plain(title), []).append(field)

    def fields(self, title: str) -> tuple[str, ...]:
        """Return the fields that a heading fills: two for ``Intended uses & limitations``."""
        plain = _plain(title)
        if plain in self._own:
            return tuple(self._own[plain])
        if plain in _ALONE:
            return (_ALONE[plain],)
        parts = [_plain(part) for part in _SEPARATORS.split(visible(title))]
        return tuple(dict.fromkeys(_TITLES[part] for part in parts if part in _TITLES))

    def contradicts(self, title: str, field: str) -> bool:
        """Tell whether what stands under a title within a field's section has the opposite meaning.

        ``Out-of-scope use`` says what the model is not for: it is no intended use.
        """
        if field not in ("intended_use", "limitations"):
            return False
        named = self.fields(title)
        if "intended_use" in named or "limitations" in named:
            return field not in named
        plain = _plain(title)
        against = _NOT_FOR.search(plain) is not None
        return against if field == "intended_use" else not against and _FOR.search(plain) is not None


def _plain(title: str) -> str:
    """Return the words of a title; numbers (``2.1``) and Hugging Face's ``[optional]`` are not part of it."""
    words = re.sub(r"[\W_]+", " ", visible(title).casefold()).strip()
    return _NOT_THE_NAME.sub("", words).strip()
