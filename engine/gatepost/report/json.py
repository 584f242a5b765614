"""The JSON report: the verdict itself, from which every other report can be made."""

from __future__ import annotations

from gatepost.report.interface import Style
from gatepost.text import json_text
from gatepost.verdict import Verdict

__all__ = ["name", "render"]

name = "json"


def render(verdict: Verdict, style: Style) -> str:
    """Return the verdict as JSON with sorted keys: same verdict, same bytes; ``Verdict.from_json`` reads it."""
    return json_text(verdict.to_json(), sort_keys=True) + "\n"
