"""Ten typical failures, written down as a developer reads them: as a comment, and as an annotation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Callable[..., Any]
FOLDER = Path(__file__).parent / "failures"
CASES: dict[str, dict[str, Any]] = yaml.safe_load((FOLDER / "cases.yaml").read_text("utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_a_failure_reads_so(gatepost: Run, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    subject = {"name": "credit-risk", "version": "7", "location": "MODEL_CARD.md"}
    document = {"schema": "gatepost.evidence/1", "subject": subject, "evidence": case["evidence"]}
    document |= {key: case[key] for key in ("locations", "sources") if key in case}
    (tmp_path / "evidence.json").write_text(json.dumps(document))
    profile = {
        "profile": "one",
        "version": "1.0.0",
        "title": "One",
        "select": [{"rules": [case["rule"]], "enforcement": "block"}],
    }
    (tmp_path / "one.yaml").write_text(yaml.safe_dump(profile, sort_keys=False))
    reports = ["--report", "markdown=failure.md", "--report", "github=failure.txt", "--quiet"]
    done = gatepost(
        "judge", "evidence.json", "--policies", "one.yaml", "--now", "2026-11-25T12:00:00Z", *reports, cwd=tmp_path
    )
    assert done.returncode == (2 if name == "failed-source" else 1), done.stderr
    for kind in ("md", "txt"):
        shown = (tmp_path / f"failure.{kind}").read_text("utf-8")
        assert shown == (FOLDER / f"{name}.{kind}").read_text("utf-8")
