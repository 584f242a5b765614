"""How the findings of the lint are printed."""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import quote

from gatepost.__about__ import __version__
from gatepost.policy.lint_codes import CODES, level, title
from gatepost.policy.linting import Linted
from gatepost.problems import Problem, format_problem
from gatepost.report.workflow_commands import annotation
from gatepost.text import harmless, json_text

__all__ = ["render"]

_SARIF = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"


def render(found: Linted, form: str) -> str:
    """Return the findings as text, json, sarif or github (workflow commands)."""
    return {"text": _text, "json": _json, "sarif": _sarif, "github": _github}[form](found)


def _text(found: Linted) -> str:
    blocks = []
    for problem in found.problems:
        text = format_problem(problem, f"{level(problem.code)} {problem.code}")
        blocks.append("\n".join(harmless(line) for line in text.split("\n")))
    return "\n\n".join([*blocks, _summary(found)]) + "\n"


def _summary(found: Linted) -> str:
    errors = sum(level(problem.code) == "error" for problem in found.problems)
    warnings = len(found.problems) - errors
    counted = [f"{errors} error{'s' * (errors != 1)}", f"{warnings} warning{'s' * (warnings != 1)}"]
    files = f"{found.files} file{'s' * (found.files != 1)}"
    return f"{', '.join(counted)} in {files} with {found.rules} rule{'s' * (found.rules != 1)}"


def _json(found: Linted) -> str:
    problems = [
        {
            "code": problem.code,
            "level": level(problem.code),
            "message": problem.what,
            "advice": problem.advice,
            **_where(problem),
        }
        for problem in found.problems
    ]
    data = {"schema": "gatepost.lint/1", "files": found.files, "rules": found.rules, "problems": problems}
    return json_text(data) + "\n"


def _where(problem: Problem) -> dict[str, Any]:
    place = problem.place
    if place is None:
        return {}
    keys = ("path", "line", "column", "end_line", "end_column")
    return {key: getattr(place, key) for key in keys if getattr(place, key) is not None}


def _github(found: Linted) -> str:
    lines = [
        annotation(level(problem.code), problem.place, f"{problem.code} {title(problem.code)}", _message(problem))
        for problem in found.problems
    ]
    return "".join(f"{line}\n" for line in [*lines, _summary(found)])


def _message(problem: Problem) -> str:
    return f"{problem.what}: {problem.advice}" if problem.advice else problem.what


def _sarif(found: Linted) -> str:
    used = sorted({problem.code for problem in found.problems})
    rules = [
        {
            "id": code,
            "shortDescription": {"text": f"{title(code)}."},
            "fullDescription": {"text": f"{title(code)}: see the page about the lint in the documentation."},
            "help": {"text": "docs/reference/lint.md explains each code, with an example and its remedy."},
            "defaultConfiguration": {"level": CODES[code][0]},
        }
        for code in used
    ]
    driver = {"name": "gatepost-lint", "version": __version__, "rules": rules}
    results = [_result(problem, used.index(problem.code)) for problem in found.problems]
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": "gatepost-lint/"},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return json_text({"$schema": _SARIF, "version": "2.1.0", "runs": [run]}) + "\n"


def _result(problem: Problem, index: int) -> dict[str, Any]:
    place = problem.place
    result: dict[str, Any] = {
        "ruleId": problem.code,
        "ruleIndex": index,
        "level": level(problem.code),
        "message": {"text": f"{harmless(_message(problem))}."},
    }
    if place is not None:
        region = {"startLine": place.line or 1}
        for key, value in (
            ("startColumn", place.column),
            ("endLine", place.end_line),
            ("endColumn", place.end_column),
        ):
            if value is not None:
                region[key] = value
        artifact = {"uri": quote(place.path.replace("\\", "/"))}
        result["locations"] = [{"physicalLocation": {"artifactLocation": artifact, "region": region}}]
        # The line's text in the place of its number: what is above it may grow.
        key = "\0".join([problem.code, place.path, problem.source_line.strip(), problem.what])
        result["partialFingerprints"] = {"gatepost/v1": hashlib.sha256(key.encode()).hexdigest()[:32]}
    return result
