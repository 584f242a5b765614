"""What a report format is: the plug point of ``gatepost.reports``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from gatepost.evidence.document import Evidence
from gatepost.verdict import Verdict

__all__ = ["EvidenceReport", "Report", "Style"]


@dataclass(frozen=True, slots=True)
class Style:
    """How a terminal wants it: ``width`` in characters, ``colour`` or not. Files get the default."""

    width: int = 80
    colour: bool = False


class Report(Protocol):
    """Renders a verdict as text; pure: no clock, no file, no environment.

    A verdict with ``problems`` is that of a gate that could not judge: it is rendered too, and never green.
    """

    name: str

    def render(self, verdict: Verdict, style: Style) -> str:
        """Return the whole report."""
        ...


class EvidenceReport(Protocol):
    """Renders a verdict together with the evidence that it names, where that is at hand; says so by a flag."""

    name: str
    reads_evidence: Literal[True]

    def render(self, verdict: Verdict, style: Style, evidence: Evidence | None = None) -> str:
        """Return the whole report."""
        ...
