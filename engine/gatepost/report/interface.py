"""What a report format is: the plug point of ``gatepost.reports``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from gatepost.verdict import Verdict

__all__ = ["Report", "Style"]


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
        """Give the whole report."""
        ...
