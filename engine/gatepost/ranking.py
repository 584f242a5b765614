"""The order in which findings are told, the same in every report."""

from __future__ import annotations

from collections.abc import Iterable

from gatepost.verdict import ACTIVE, OUTCOMES, Result

__all__ = ["is_blocking", "ranked"]

_OUTCOMES = {name: rank for rank, name in enumerate(OUTCOMES)}
_ENFORCEMENTS = {"block": 0, "warn": 1, "info": 2}
_SEVERITIES = {"critical": 0, "high": 1, "medium": 2, "low": 3}


def is_blocking(result: Result) -> bool:
    """Tell whether a result alone keeps the gate from passing; a rule that is at fault does so at any enforcement."""
    return result.outcome == "error" or (result.outcome in ACTIVE and result.enforcement == "block")


def ranked(results: Iterable[Result]) -> list[Result]:
    """Return the results by enforcement, outcome, severity, how far they are beyond the limit, and rule.

    What is alike in all of these stays in the verdict's order.
    """

    def rank(result: Result) -> tuple[int, int, int, float, str]:
        return (
            0 if is_blocking(result) else _ENFORCEMENTS[result.enforcement],
            _OUTCOMES[result.outcome],
            _SEVERITIES[result.severity],
            -max((step.margin for step in result.explanation), default=0.0),
            result.rule,
        )

    return sorted(results, key=rank)
