"""The JSON report: the verdict itself, from which every other report can be made."""

from __future__ import annotations

import json as _json

from gatepost.report.interface import Style
from gatepost.verdict import Verdict

__all__ = ["name", "render"]

name = "json"


def render(verdict: Verdict, style: Style) -> str:
    """Give the verdict as JSON with sorted keys: the same verdict, the same bytes."""
    return _json.dumps(verdict.to_json(), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
