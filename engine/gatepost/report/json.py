"""The JSON report: the verdict itself, from which every other report can be made."""

from __future__ import annotations

import json as _json
import re

from gatepost.report.interface import Style
from gatepost.verdict import Verdict

__all__ = ["name", "render"]

name = "json"

_UNSAFE = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What JSON may hold as it is and a terminal or a UTF-8 file may not: controls, directions, half characters."""


def render(verdict: Verdict, style: Style) -> str:
    """Give the verdict as JSON with sorted keys: the same verdict, the same bytes; ``Verdict.from_json`` reads it."""
    text = _json.dumps(verdict.to_json(), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"
