"""The words that a subject may use: closed sets, so that no rule is skipped because of a misspelt one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gatepost.evidence.schema import bundled
from gatepost.problems import did_you_mean

__all__ = ["document_tiers", "tiers_line", "unknown_words", "words_of"]

_CLOSED = ("task", "risk_tier")
_OF_0_1 = ("low", "medium")
"""Tiers that 0.1 offered, when the set was open; its documents declare none."""


def words_of(field: str, risk_tiers: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the words of a field of the subject; those of ``risk_tier`` are ``risk_tiers``, where there are any."""
    if field == "risk_tier" and risk_tiers:
        return tuple(risk_tiers)
    return tuple(bundled()["properties"]["subject"]["properties"][field]["x-words"])


def document_tiers(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the risk tiers of an evidence document: those that it declares, else those of Gatepost and of 0.1."""
    return tuple(data.get("risk_tiers", ())) or (*words_of("risk_tier"), *_OF_0_1)


def unknown_words(subject: Mapping[str, Any], risk_tiers: Sequence[str] = ()) -> dict[str, str]:
    """Return, by field, what is wrong with a word of the subject that is not one of the set."""
    found = {}
    for field in _CLOSED:
        words = words_of(field, risk_tiers)
        if field in subject and subject[field] not in words:
            near = did_you_mean(subject[field].lower(), words)
            found[field] = f"`{subject[field]}` is not one of {', '.join(words)}" + (f": {near}" if near else "")
    return found


def tiers_line(tier: str) -> str:
    """Return the line of gatepost.yaml that declares a team's own tiers, this one among them."""
    tiers = ("high", "medium", "low") if tier in _OF_0_1 else (*words_of("risk_tier"), tier)
    return f"risk_tiers: [{', '.join(tiers)}]"
