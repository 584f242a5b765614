"""Annotations for GitHub, to be printed by a step: ``gatepost run --report github=-``.

GitHub shows ten errors, ten warnings and ten notices of a step and drops the rest in silence; so the findings are
ranked, and the last of a kind says how many are left out. Only what is to be acted on is told.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

from gatepost.problems import Place
from gatepost.ranking import ranked
from gatepost.report.interface import Style
from gatepost.report.wording import GATE, Trouble, counted, sentence, told, troubles
from gatepost.report.workflow_commands import annotation
from gatepost.text import harmless
from gatepost.verdict import ACTIVE, Result, Verdict

__all__ = ["name", "render"]

name = "github"

_LEVELS = {"block": "error", "warn": "warning", "info": "notice", "note": "notice"}
_SHOWN = 10
_MAX_MESSAGE = 4000
_Annotation = tuple[str, Place | None, str, list[str]]


def render(verdict: Verdict, style: Style) -> str:
    """Return a workflow command a line; where nothing is to be told, a line that says so."""
    found = [_of_trouble(trouble) for trouble in troubles(verdict)]
    found += [_of_result(result) for result in ranked(verdict.results) if result.outcome in ACTIVE]
    lines = chain.from_iterable(_shown(level, found) for level in ("error", "warning", "notice"))
    return "\n".join([*lines, f"gatepost: {verdict.decision}, {counted(verdict) or 'nothing was judged'}", ""])


def _of_trouble(trouble: Trouble) -> _Annotation:
    problem = trouble.problem
    rows = [sentence(problem.what), *([sentence(problem.advice)] if problem.advice else [])]
    return _LEVELS.get(trouble.level, trouble.level), problem.place, GATE, rows


def _of_result(result: Result) -> _Annotation:
    level = "error" if result.outcome == "error" else _LEVELS[result.enforcement]
    return level, result.location, f"{result.rule}, {result.severity}", told(result)


def _shown(level: str, found: list[_Annotation]) -> list[str]:
    chosen = [one for one in found if one[0] == level]
    shown = chosen if len(chosen) <= _SHOWN else chosen[: _SHOWN - 1]
    lines = [annotation(level, _inside(place), harmless(title), _message(rows)) for _, place, title, rows in shown]
    left = len(chosen) - len(shown)
    if left:
        what = f"{left} more findings of this kind are not shown here; the other reports have them all."
        lines.append(annotation(level, None, "gatepost", what))
    return lines


def _inside(place: Place | None) -> Place | None:
    """Return a place that GitHub can show; a path outside of the repository has none."""
    outside = place is None or place.path.startswith(("/", "../"))
    return None if outside or place is None else replace(place, path=harmless(place.path))


def _message(rows: list[str]) -> str:
    text = "\n".join(harmless(row) for row in rows)
    return (
        text if len(text) <= _MAX_MESSAGE else f"{text[:_MAX_MESSAGE].rstrip()} ... (cut; the reports have it whole)"
    )
