"""Code quality for GitLab: what the widget of a merge request lists, and marks in the diff.

Entries of one fingerprint would be merged, and one that is malformed stops GitLab's reader, so that each has all that
it asks for. Waived, skipped and passed items are no issues.
"""

from __future__ import annotations

import posixpath
from typing import Any

from gatepost.problems import Place
from gatepost.ranking import ranked
from gatepost.report.interface import Style
from gatepost.report.wording import GATE, sentence, told, troubles
from gatepost.text import harmless, json_text
from gatepost.verdict import ACTIVE, Result, Verdict

__all__ = ["name", "render"]

name = "codequality"

_SEVERITIES = {"critical": "critical", "high": "major", "medium": "minor", "low": "info"}
_TROUBLES = {"error": "blocker", "warning": "major"}


def render(verdict: Verdict, style: Style) -> str:
    """Return the list of issues, ranked."""
    found = [
        _issue(
            GATE,
            _TROUBLES[trouble.level],
            [sentence(text) for text in (trouble.problem.what, trouble.problem.advice) if text],
            trouble.problem.place,
            trouble.fingerprint,
        )
        for trouble in troubles(verdict)
        if trouble.level in _TROUBLES
    ]
    found += [_of_result(result) for result in ranked(verdict.results) if result.outcome in ACTIVE]
    unique = list({issue["fingerprint"]: issue for issue in reversed(found)}.values())[::-1]
    return json_text(unique) + "\n"


def _of_result(result: Result) -> dict[str, Any]:
    severity = "blocker" if result.outcome == "error" else _SEVERITIES[result.severity]
    # Only the first line is shown, and the widget has no place for more.
    first, *more = told(result)
    rows = [first, *[row for row in more if row.startswith("Fix: ")]]
    return _issue(result.rule, severity, rows, result.location, result.fingerprint)


def _issue(rule: str, severity: str, rows: list[str], place: Place | None, fingerprint: str) -> dict[str, Any]:
    return {
        "description": harmless(" ".join(rows)),
        "check_name": rule,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": _path(place), "lines": {"begin": (place.line if place else None) or 1}},
    }


def _path(place: Place | None) -> str:
    path = posixpath.normpath(harmless(place.path)) if place is not None and place.path else "gatepost.yaml"
    return "gatepost.yaml" if path.startswith(("/", "../")) else path
