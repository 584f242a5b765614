"""The JSON report is the verdict: the same bytes for the same verdict, and nothing lost."""

from __future__ import annotations

import dataclasses
import json

import pytest

from gatepost.report import json as json_report
from gatepost.report.interface import Style
from gatepost.verdict import Verdict

BLOCK = r"""
{
  "context": {},
  "counts": {
    "error": 0,
    "excluded": 2,
    "fail": 2,
    "missing": 1,
    "pass": 3,
    "skip": 1,
    "waived": 1
  },
  "decision": "block",
  "engine": {
    "name": "cel-expr-python",
    "version": "0.1.3"
  },
  "evidence": {
    "digest": "sha256:00ff",
    "path": ".gatepost/evidence.json"
  },
  "exit_code": 1,
  "now": "2026-11-24T12:00:00Z",
  "params": {},
  "policies": [],
  "profiles": [],
  "results": [
    {
      "enforcement": "warn",
      "fingerprint": "f3",
      "item": "hopskipjump, l2 <= 0.5",
      "items": 1,
      "location": {
        "column": 5,
        "line": 22,
        "path": "docs/évasion notes.yaml"
      },
      "message": "Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.",
      "outcome": "fail",
      "rule": "robustness/evasion",
      "severity": "high",
      "title": "The model keeps its accuracy under attack"
    },
    {
      "enforcement": "block",
      "fingerprint": "f2",
      "fix": "Add `limitations:` to MODEL_CARD.md, after line 6.",
      "items": 1,
      "location": {
        "line": 6,
        "path": "MODEL_CARD.md"
      },
      "message": "Missing: evidence.documentation.limitations is not there.",
      "outcome": "missing",
      "reads": [
        "/evidence/documentation/limitations"
      ],
      "rule": "documentation/limitations",
      "severity": "medium",
      "title": "The limitations are written down"
    },
    {
      "enforcement": "block",
      "fingerprint": "p-documentation/owner",
      "items": 1,
      "outcome": "pass",
      "rule": "documentation/owner",
      "severity": "high",
      "title": "Title of documentation/owner"
    },
    {
      "enforcement": "block",
      "fingerprint": "f5",
      "items": 1,
      "message": "The working tree had changes.",
      "outcome": "waived",
      "reason": "waived: Remediation under way",
      "rule": "reproducibility/clean-tree",
      "severity": "low",
      "title": "The model was trained from a clean tree",
      "waiver": "W-2026-014"
    },
    {
      "enforcement": "block",
      "fingerprint": "f6",
      "items": 1,
      "outcome": "skip",
      "reason": "`when` is false",
      "rule": "oversight/can-stop",
      "severity": "high",
      "title": "Somebody can stop it"
    },
    {
      "controls": [
        "eu-ai-act/10.2.f",
        "nist-ai-rmf/measure-2.11"
      ],
      "enforcement": "block",
      "explanation": [
        {
          "expression": "g.impact_ratio.value >= params.min_impact_ratio",
          "note": "short by 0.0898",
          "offset": 0,
          "value": "false"
        },
        {
          "expression": "g.impact_ratio.value",
          "offset": 0,
          "value": "0.7102"
        },
        {
          "expression": "params.min_impact_ratio",
          "offset": 24,
          "value": "0.8"
        }
      ],
      "fingerprint": "f1",
      "fix": "Look at the rejections of this group; see docs for remedies, or ask for a waiver.",
      "item": "age_group=under_25",
      "items": 1,
      "location": {
        "column": 3,
        "end_column": 9,
        "end_line": 14,
        "line": 14,
        "path": "MODEL_CARD.md"
      },
      "message": "Impact ratio 0.7102 (0.5987 to 0.8312) is below 0.8.",
      "outcome": "fail",
      "reads": [
        "/evidence/fairness/groups/0/impact_ratio/value"
      ],
      "rule": "fairness/impact-ratio",
      "severity": "high",
      "title": "Every group is selected at 80 % or more of the rate of the most selected group"
    },
    {
      "enforcement": "block",
      "fingerprint": "p-fairness/impact-ratio",
      "items": 2,
      "outcome": "pass",
      "rule": "fairness/impact-ratio",
      "severity": "high",
      "title": "Title of fairness/impact-ratio"
    }
  ],
  "schema": "gatepost.verdict/1",
  "sources": [],
  "subject": {
    "name": "credit-risk",
    "version": "7"
  },
  "waivers": [
    {
      "approved_by": "risk-officer@example.com",
      "expires": "2027-01-31",
      "id": "W-2026-014",
      "reason": "Remediation under way",
      "state": "used"
    },
    {
      "approved_by": "risk-officer@example.com",
      "expires": "2025-12-31",
      "id": "W-2025-001",
      "reason": "Old",
      "state": "expired"
    },
    {
      "approved_by": "risk-officer@example.com",
      "expires": "2027-06-30",
      "id": "W-2026-020",
      "reason": "Early",
      "state": "unused"
    }
  ]
}
"""


def test_a_verdict_is_written_so(verdicts: dict[str, Verdict]) -> None:
    assert json_report.render(verdicts["block"], Style()) == BLOCK.removeprefix("\n")


def test_a_verdict_comes_back_as_it_was(named_verdict: tuple[str, Verdict]) -> None:
    _, verdict = named_verdict
    written = json_report.render(verdict, Style())
    back = Verdict.from_json(json.loads(written))
    assert back == verdict
    assert json_report.render(back, Style()) == written


@pytest.mark.parametrize("text", ["\x1b[2J", "\x9b2J", "\x7f", "\u202e", "\u2028", "\udcff", "\ud800"])
def test_what_no_terminal_or_file_may_hold_is_escaped_and_not_lost(text: str, verdicts: dict[str, Verdict]) -> None:
    verdict = dataclasses.replace(verdicts["pass"], subject={"name": f"é {text}"})
    written = json_report.render(verdict, Style())
    assert text not in written
    assert "é" in written
    assert written.encode()
    assert Verdict.from_json(json.loads(written)) == verdict


def test_keys_are_sorted_whatever_their_order_was(verdicts: dict[str, Verdict]) -> None:
    one = dataclasses.replace(
        verdicts["pass"], subject={"name": "a", "version": "1"}, context={"ref": "r", "commit": "c"}
    )
    two = dataclasses.replace(
        verdicts["pass"], subject={"version": "1", "name": "a"}, context={"commit": "c", "ref": "r"}
    )
    assert json_report.render(one, Style()) == json_report.render(two, Style())


def test_a_number_that_json_does_not_know_is_refused(verdicts: dict[str, Verdict]) -> None:
    verdict = dataclasses.replace(verdicts["pass"], params={"p.x": {"value": float("nan"), "from": "test"}})
    with pytest.raises(ValueError, match="JSON"):
        json_report.render(verdict, Style())
