"""The code-quality report, whole, for some verdicts, and what GitLab asks of each entry."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from gatepost.problems import Place
from gatepost.report import codequality
from gatepost.report.interface import Style
from gatepost.verdict import Counts, Result, Verdict

FOUND = Result("p/r", "T", "fail", "high", "block", message="Too low.", location=Place("a.md", 1), fingerprint="f")

SHOWN = {
    "pass": r"""
[]
""",
    "block": r"""
[
  {
    "description": "Impact ratio 0.7102 (0.5987 to 0.8312) is below 0.8. Fix: Look at the rejections of this group; see docs for remedies, or ask for a waiver.",
    "check_name": "fairness/impact-ratio",
    "fingerprint": "f1",
    "severity": "major",
    "location": {
      "path": "MODEL_CARD.md",
      "lines": {
        "begin": 14
      }
    }
  },
  {
    "description": "Missing: evidence.documentation.limitations is not there. Fix: Add `limitations:` to MODEL_CARD.md, after line 6.",
    "check_name": "documentation/limitations",
    "fingerprint": "f2",
    "severity": "minor",
    "location": {
      "path": "MODEL_CARD.md",
      "lines": {
        "begin": 6
      }
    }
  },
  {
    "description": "Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.",
    "check_name": "robustness/evasion",
    "fingerprint": "f3",
    "severity": "major",
    "location": {
      "path": "docs/évasion notes.yaml",
      "lines": {
        "begin": 22
      }
    }
  }
]
""",
    "failed source": r"""
[
  {
    "description": "The collector robustness (evasion) failed: the model took over 2 GiB.",
    "check_name": "gatepost/gate",
    "fingerprint": "5b2f39e9a9e4bc74bdb693582e500c0f",
    "severity": "blocker",
    "location": {
      "path": "g.yaml",
      "lines": {
        "begin": 22
      }
    }
  }
]
""",
}


@pytest.mark.parametrize("which", SHOWN)
def test_the_whole_report(which: str, verdicts: dict[str, Verdict]) -> None:
    assert "\n" + codequality.render(verdicts[which], Style()) == SHOWN[which]


def issues(*results: Result) -> list[dict[str, Any]]:
    verdict = Verdict("block", 1, "", results=results, counts=Counts(fail=len(results)))
    found: list[dict[str, Any]] = json.loads(codequality.render(verdict, Style()))
    return found


def test_each_entry_is_what_code_climate_defines(named_verdict: tuple[str, Verdict]) -> None:
    schema = Path(__file__).parents[2].parent / "shared" / "data" / "gitlab-codeclimate.item.schema.json"
    if not schema.is_file():
        pytest.skip("the schema of an entry is not beside this checkout")
    validator = jsonschema_rs.validator_for(json.loads(schema.read_text()))
    for entry in json.loads(codequality.render(named_verdict[1], Style())):
        validator.validate(entry)


def test_an_entry_has_all_that_gitlab_asks_for(named_verdict: tuple[str, Verdict]) -> None:
    entries = json.loads(codequality.render(named_verdict[1], Style()))
    for entry in entries:
        assert entry["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert entry["description"]
        assert entry["check_name"]
        assert not entry["location"]["path"].startswith(("/", "../", "./"))
        assert entry["location"]["lines"]["begin"] >= 1
    assert len({entry["fingerprint"] for entry in entries}) == len(entries)


def test_a_place_outside_or_none_is_that_of_the_configuration() -> None:
    places = [None, Place("/etc/passwd", 4), Place("../a.md", 5), Place("./b//c.md", 6)]
    found = issues(
        *(dataclasses.replace(FOUND, location=place, fingerprint=str(n)) for n, place in enumerate(places))
    )
    assert [entry["location"]["path"] for entry in found] == ["gatepost.yaml"] * 3 + ["b/c.md"]


def test_what_is_waived_or_skipped_is_no_issue() -> None:
    others = [dataclasses.replace(FOUND, outcome=outcome) for outcome in ("waived", "skip", "pass")]
    assert issues(*others) == []
