"""What every format owes: it is pure, safe for a terminal and a file, and starts fast."""

from __future__ import annotations

import dataclasses
import gzip
import subprocess
import sys
from typing import Any

import pytest

from gatepost.problems import Place
from gatepost.report.interface import Style
from gatepost.report.registry import FORMATS, load
from gatepost.verdict import ProposedEvidence, Source, Trusted, Verdict


@pytest.fixture(params=FORMATS)
def format_name(request: pytest.FixtureRequest) -> Any:
    return request.param


def test_nothing_from_evidence_can_steer_a_terminal(format_name: str, named_verdict: tuple[str, Verdict]) -> None:
    _, verdict = named_verdict
    shown = load(format_name).render(verdict, Style())
    assert shown.endswith("\n")
    assert not shown.endswith("\n\n")
    assert [character for character in shown if not character.isprintable() and character != "\n"] == []
    shown.encode("utf-8")


def test_the_same_verdict_gives_the_same_text(format_name: str, named_verdict: tuple[str, Verdict]) -> None:
    _, verdict = named_verdict
    assert load(format_name).render(verdict, Style()) == load(format_name).render(verdict, Style())


def test_what_a_merge_request_proposes_as_evidence_is_shown(format_name: str, verdicts: dict[str, Verdict]) -> None:
    said = "This change proposes evidence that counts once main has it (approvals: 1 added)"
    entry = ProposedEvidence("approvals", "/evidence/approvals/1", "added", "by: me", Place("approvals.yaml", 2))
    trusted = Trusted("main", "c" * 40, proposed="pass", proposed_evidence=(entry,))
    shown = load(format_name).render(
        dataclasses.replace(verdicts["block"], reasons=(said,), trusted=trusted), Style(width=200)
    )
    assert (said in shown.replace("\\", "")) is (format_name != "dotenv")
    # The widget of code quality lists issues only.
    assert ("by: me" in shown.replace("\\", "")) is (format_name not in ("dotenv", "codequality"))


def test_a_failed_source_has_its_advice_and_its_place(format_name: str, verdicts: dict[str, Verdict]) -> None:
    source = Source(
        "risk",
        "file",
        "failed",
        error="there is no rsk.yaml",
        advice="did you mean risk.yaml?",
        location=Place("gatepost.yaml", 4, 5),
        error_location=Place("gatepost.yaml", 4, 18),
    )
    verdict = dataclasses.replace(verdicts["block"], sources=(source,))
    shown = load(format_name).render(verdict, Style(width=200)).replace("\\", "")
    if format_name == "dotenv":
        return
    assert "did you mean risk.yaml?" in shown
    column = {
        "github": "line=4,col=18",
        "sarif": '"startColumn": 18',
        "codequality": '"begin": 4',
        "json": '"column": 18',
    }
    assert column.get(format_name, "gatepost.yaml:4:18") in shown


def test_many_findings_and_a_long_message_are_told_within_what_surfaces_take(
    format_name: str, verdicts: dict[str, Verdict]
) -> None:
    one = next(result for result in verdicts["block"].results if result.outcome == "fail")
    many = tuple(dataclasses.replace(one, item=str(number), fingerprint=f"{number:032x}") for number in range(25_000))
    shown = load(format_name).render(dataclasses.replace(verdicts["block"], results=many), Style()).encode()
    limit = {"junit": 30, "markdown": 1, "github": 1, "dotenv": 0.005}.get(format_name, 100)
    assert len(shown) <= limit * 1_000_000
    if format_name == "sarif":
        assert len(gzip.compress(shown)) <= 10_000_000
    for long in ("x" * 1_000_000, "word " * 200_000):
        verdict = dataclasses.replace(verdicts["block"], results=(dataclasses.replace(one, message=long),))
        assert len(load(format_name).render(verdict, Style())) <= 4_000_000


def test_markup_from_evidence_is_no_markup_in_xml(verdicts: dict[str, Verdict]) -> None:
    shown = load("junit").render(verdicts["evil"], Style())
    assert "<b>" not in shown
    assert "]]>" not in shown


def test_the_terminal_report_imports_nothing_of_the_others() -> None:
    code = (
        "import sys; from gatepost.report.registry import load; load('text');"
        "print(*sorted({'rich', 'junit_xml', 'jinja2', 'xml.etree.ElementTree', 'gatepost.report.sarif'} & {*sys.modules}))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == ""
