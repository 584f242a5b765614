"""SARIF 2.1.0 for code scanning: the findings to act on, and nothing else.

What is waived, skipped or passed is left out: surfaces show it as an alert. Rule ids and fingerprints hold no value,
version, line or time.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from gatepost.__about__ import __version__
from gatepost.problems import Place, Problem
from gatepost.report.interface import Style
from gatepost.report.plain_text import harmless
from gatepost.report.ranking import ACTIVE, ranked
from gatepost.verdict import Result, Verdict

__all__ = ["name", "render"]

name = "sarif"

_LEVELS = {"block": "error", "warn": "warning", "info": "note"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
_MAX_TEXT = 1024


def render(verdict: Verdict, style: Style) -> str:
    """Give the report; a gate that could not judge says so in the invocation and as a result for each problem."""
    active = [result for result in ranked(verdict.results) if result.outcome in ACTIVE]
    rules: dict[str, Result] = {}
    for result in active:
        rules.setdefault(result.rule, result)
    index = {rule: number for number, rule in enumerate(rules)}
    descriptors = [_rule(rule, result) for rule, result in rules.items()]
    results = [_result(result, index[result.rule]) for result in active]
    failures = [(problem.what, problem) for problem in verdict.problems]
    failures += [(reason, Problem(reason)) for reason in verdict.reasons if verdict.decision == "error"]
    if failures:
        descriptors.append(_gate_rule())
        results += [_failure(what, problem, len(descriptors) - 1, verdict) for what, problem in failures]
    run: dict[str, Any] = {
        "tool": {"driver": {"name": "gatepost", "version": __version__, "rules": descriptors}},
        "automationDetails": {"id": f"gatepost/{quote(str(verdict.subject.get('name', 'gate')), safe='')}/"},
        "invocations": [_invocation(verdict, [what for what, _ in failures])],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _invocation(verdict: Verdict, failures: list[str]) -> dict[str, Any]:
    invocation: dict[str, Any] = {"executionSuccessful": not failures, "exitCode": verdict.exit_code}
    if failures:
        invocation["toolExecutionNotifications"] = [
            {"level": "error", "message": {"text": _sentence(text)}} for text in failures
        ]
    return invocation


def _rule(rule: str, result: Result) -> dict[str, Any]:
    controls = ", ".join(result.controls)
    help_text = result.title + (f"\n\nSupports {controls}." if controls else "")
    return {
        "id": rule,
        "name": "".join(part.capitalize() for part in rule.replace("/", "-").split("-"))[:255],
        "shortDescription": {"text": _sentence(result.title)},
        "fullDescription": {"text": _sentence(result.title)},
        "help": {"text": help_text, "markdown": _markdown(help_text)},
        "defaultConfiguration": {"level": _LEVELS[result.enforcement]},
        "properties": {
            "tags": [rule.partition("/")[0], *result.controls][:10],
            "problem.severity": {"block": "error", "warn": "warning", "info": "recommendation"}[result.enforcement],
            "precision": "very-high",
        },
    }


def _gate_rule() -> dict[str, Any]:
    text = "The gate could do its job."
    return {
        "id": "gatepost/gate",
        "name": "GatepostGate",
        "shortDescription": {"text": text},
        "fullDescription": {"text": text},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["gatepost"], "problem.severity": "error", "precision": "very-high"},
    }


def _result(result: Result, index: int) -> dict[str, Any]:
    level = "error" if result.outcome == "error" else _LEVELS[result.enforcement]
    rows = [_sentence(result.message or result.title)]
    rows += [
        _sentence(f"{s.expression} is {s.value}" + (f" ({s.note})" if s.note else "")) for s in result.explanation
    ]
    rows += [f"Fix: {harmless(result.fix)}"] if result.fix else []
    rows += [f"Supports {', '.join(result.controls)}."] if result.controls else []
    rows += [f"And {result.hidden} more like it, which are only counted."] if result.hidden else []
    return {
        "ruleId": result.rule,
        "ruleIndex": index,
        "level": level,
        "message": {"text": "\n".join(rows)},
        "locations": [_location(result.location)],
        "partialFingerprints": {"primaryLocationLineHash": result.fingerprint},
    }


def _failure(what: str, problem: Problem, index: int, verdict: Verdict) -> dict[str, Any]:
    rows = [_sentence(what), *([_sentence(problem.advice)] if problem.advice else [])]
    return {
        "ruleId": "gatepost/gate",
        "ruleIndex": index,
        "level": "error",
        "message": {"text": "\n".join(rows)},
        "locations": [_location(problem.place)],
    }


def _location(place: Place | None) -> dict[str, Any]:
    place = place or Place("gatepost.yaml", 1)
    line, column = place.line or 1, place.column or 1
    region = {
        "startLine": line,
        "startColumn": column,
        "endLine": max(line, place.end_line or line),
        "endColumn": place.end_column if place.end_column and place.end_column > column else column + 1,
    }
    uri = quote(place.path.replace("\\", "/").lstrip("/"), safe="/-_.~")
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}


def _sentence(text: str) -> str:
    text = harmless(text).strip()
    if len(text) > _MAX_TEXT:
        text = text[: _MAX_TEXT - 4].rstrip() + " ..."
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _markdown(text: str) -> str:
    return "".join(f"\\{character}" if character in "\\`*_<>[]|#" else character for character in text)
