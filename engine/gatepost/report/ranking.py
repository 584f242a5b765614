"""The order in which findings are told, the same in every report."""

from __future__ import annotations

from collections.abc import Iterable

from gatepost.verdict import Result

__all__ = ["ACTIVE", "is_blocking", "ranked"]

ACTIVE = ("error", "fail", "missing")
"""The outcomes that are findings to act on."""

_OUTCOMES = {name: rank for rank, name in enumerate(("error", "fail", "missing", "waived", "skip", "pass"))}
_ENFORCEMENTS = {"block": 0, "warn": 1, "info": 2}
_SEVERITIES = {"critical": 0, "high": 1, "medium": 2, "low": 3}


def is_blocking(result: Result) -> bool:
    """Tell whether a result alone keeps the gate from passing."""
    return result.outcome == "error" or (result.outcome in ACTIVE and result.enforcement == "block")


def ranked(results: Iterable[Result]) -> list[Result]:
    """Give the results, those first that decide most; equal ones stay in the order of the verdict."""

    def rank(result: Result) -> tuple[int, int, int, int]:
        return (
            0 if is_blocking(result) else 1,
            _ENFORCEMENTS.get(result.enforcement, 9),
            _SEVERITIES.get(result.severity, 9),
            _OUTCOMES.get(result.outcome, 9),
        )

    return sorted(results, key=rank)
