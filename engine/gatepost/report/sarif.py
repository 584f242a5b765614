"""SARIF 2.1.0 for code scanning: the findings to act on, and nothing else.

What is waived, skipped or passed is left out, because surfaces show it as an alert. Rule ids and fingerprints hold no
value, version, line or time. A gate that could not judge gives results of the rule ``gatepost/gate``: a log without
results would close every alert that is open. For the shape see docs.oasis-open.org/sarif/sarif/v2.1.0 and GitHub's
"SARIF support for code scanning", of which the limits and ``problem.severity`` are.
"""

from __future__ import annotations

import posixpath
from typing import Any
from urllib.parse import quote

from gatepost.__about__ import __version__
from gatepost.problems import Place, Problem
from gatepost.ranking import ranked
from gatepost.report.interface import Style
from gatepost.report.wording import GATE, Trouble, page_of, sentence, told, troubles
from gatepost.text import harmless, json_text
from gatepost.verdict import ACTIVE, Result, Verdict

__all__ = ["name", "render"]

name = "sarif"

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_PACKAGE = "pkg:pypi/gatepost"  # a package URL (purl), which names the tool wherever it is published
_LEVELS = {"block": "error", "warn": "warning", "info": "note"}
_SEVERITIES = {"error": "error", "warning": "warning", "note": "recommendation"}
_MAX_NAME = 255
_MAX_DESCRIPTION = 1024
_MAX_TAGS = 10
_MOST_RESULTS = 25_000


def render(verdict: Verdict, style: Style) -> str:
    """Return the report as one run, with the results ranked."""
    active = [result for result in ranked(verdict.results) if result.outcome in ACTIVE]
    found = troubles(verdict)
    decisive = [trouble for trouble in found if trouble.level != "note"]
    first = {result.rule: result for result in reversed(active)}
    index = {rule: number for number, rule in enumerate(dict.fromkeys(result.rule for result in active))}
    descriptors = [_rule(first[rule]) for rule in index] + ([_gate_rule()] if decisive else [])
    results = [_result(result, index[result.rule]) for result in active]
    results += [_trouble_result(trouble, len(index)) for trouble in decisive]
    if len(results) > _MOST_RESULTS:
        left = len(results) - _MOST_RESULTS
        results = results[:_MOST_RESULTS]
        what = f"{left} more findings are left out here, those that rank last; the other reports have them all"
        found.append(Trouble("left out", Problem(what), "warning"))
    subject = quote(harmless(str(verdict.subject.get("name", "gate"))), safe="")
    run = {
        "tool": {
            "driver": {"name": "gatepost", "informationUri": _PACKAGE, "version": __version__, "rules": descriptors}
        },
        "automationDetails": {"id": f"gatepost/{subject}/"},
        "invocations": [_invocation(verdict, found)],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return json_text({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"


def _invocation(verdict: Verdict, found: list[Trouble]) -> dict[str, Any]:
    notifications = [
        {"level": trouble.level, "message": _message([sentence(trouble.problem.what)])} for trouble in found
    ]
    judged = verdict.decision != "error"
    invocation: dict[str, Any] = {"executionSuccessful": judged, "exitCode": verdict.exit_code}
    return {**invocation, "toolExecutionNotifications": notifications} if notifications else invocation


def _rule(result: Result) -> dict[str, Any]:
    controls = [harmless(control) for control in result.controls]
    more = f"\n\nSupports {', '.join(controls)}." if controls else ""
    tags = [result.rule.partition("/")[0], *controls]
    found = _descriptor(result.rule, result.title, more, _LEVELS[result.enforcement], tags)
    url = page_of(result)
    if url:
        found["helpUri"] = url
        found["help"]["text"] += f"\n\nSee {url}"
        found["help"]["markdown"] += f"\n\n[About this rule]({url})"
    return found


def _gate_rule() -> dict[str, Any]:
    return _descriptor(GATE, "The gate can do its job", "", "error", ["gatepost"])


def _descriptor(rule: str, title: str, more: str, level: str, tags: list[str]) -> dict[str, Any]:
    title = sentence(harmless(title).strip())
    description = title if len(title) <= _MAX_DESCRIPTION else f"{title[: _MAX_DESCRIPTION - 4].rstrip()} ..."
    return {
        "id": rule,
        "name": "".join(part.capitalize() for part in rule.replace("/", "-").split("-"))[:_MAX_NAME],
        "shortDescription": {"text": description},
        "fullDescription": {"text": description},
        "help": {"text": title + more, "markdown": _markdown(title + more)},
        "defaultConfiguration": {"level": level},
        "properties": {
            "tags": tags[:_MAX_TAGS],
            "problem.severity": _SEVERITIES[level],
            "precision": "very-high",
        },
    }


def _result(result: Result, index: int) -> dict[str, Any]:
    level = "error" if result.outcome == "error" else _LEVELS[result.enforcement]
    return _finding(result.rule, index, level, told(result), result.location, result.fingerprint)


def _trouble_result(trouble: Trouble, index: int) -> dict[str, Any]:
    problem = trouble.problem
    rows = [sentence(problem.what), *([sentence(problem.advice)] if problem.advice else [])]
    return _finding(GATE, index, trouble.level, rows, problem.place, trouble.fingerprint)


def _finding(
    rule: str, index: int, level: str, rows: list[str], place: Place | None, fingerprint: str
) -> dict[str, Any]:
    return {
        "ruleId": rule,
        "ruleIndex": index,
        "level": level,
        "message": _message(rows),
        "locations": [_location(place or Place("gatepost.yaml"))],
        "partialFingerprints": {"primaryLocationLineHash": fingerprint},
    }


def _location(place: Place) -> dict[str, Any]:
    line, column = place.line or 1, place.column or 1
    end_line = max(line, place.end_line or line)
    end_column = place.end_column or 1
    if end_line == line:
        end_column = max(column + 1, end_column)
    region = {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(place.path)}, "region": region}}


def _uri(path: str) -> str:
    """Return a path as a relative reference; an absolute one stays absolute, for it is in no known folder."""
    uri = quote(posixpath.normpath(path), safe="/", errors="replace")
    return f"file://{uri}" if uri.startswith("/") else uri


def _message(rows: list[str]) -> dict[str, str]:
    """Make a message of lines, without what would make a link: evidence must not say where a reader clicks."""
    return {"text": "\n".join(harmless(row).replace("](", "] (") for row in rows)}


def _markdown(text: str) -> str:
    return "".join(f"\\{character}" if character in "\\`*_<>[]|#" else character for character in text)
