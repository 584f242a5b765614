"""``gatepost evidence`` as a user runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

Run = Callable[..., Any]
BEFORE: dict[str, Any] = {
    "schema": "gatepost.evidence/1",
    "subject": {"name": "credit", "version": "1", "task": "binary"},
    "collected_at": "2026-06-01T00:00:00Z",
    "evidence": {
        "documentation": {"owner": "me", "stakeholders": [{"name": "Applicants", "role": "affected"}]},
        "performance": {"metrics": {"accuracy": {"value": 0.75, "low": 0.7, "high": 0.8, "n": 400}}},
    },
    "sources": [
        {"name": "card", "collector": "model_card", "status": "ok", "sections": ["documentation"], "uri": "CARD.md"},
        {"name": "drift", "collector": "drift", "status": "failed", "sections": ["drift"], "error": "no such file"},
    ],
    "locations": {"/evidence/documentation/owner": {"path": "CARD.md", "line": 3}},
}
SHOWN = """credit 1  task binary
DIGEST
collected at 2026-06-01T00:00:00Z
failed  drift: no such file

documentation  from card, CARD.md
  owner                   me  [CARD.md:3]
  stakeholders            1 entry
    Applicants            role affected

performance
  metrics
    accuracy              0.75 (0.7 to 0.8), n 400
"""
DIFF = """credit 1 (A) -> credit 2 (B)

subject
  version                 1 -> 2

documentation
  owner                   taken away: me

performance
  metrics.accuracy        0.75 (0.7 to 0.8), n 400 -> 0.6 (0.55 to 0.65), n 400
                          -0.15  worse  intervals do not overlap

rules
  docs/owner              pass -> missing
"""


@pytest.fixture
def files(project: Path) -> Path:
    after = json.loads(json.dumps(BEFORE))
    after["subject"]["version"] = "2"
    del after["evidence"]["documentation"]["owner"], after["locations"]
    after["evidence"]["performance"]["metrics"]["accuracy"] = {"value": 0.6, "low": 0.55, "high": 0.65, "n": 400}
    (project / "a.json").write_text(json.dumps(BEFORE))
    (project / "b.json").write_text(json.dumps(after))
    return project


def digest(gatepost: Run, folder: Path, file: str) -> str:
    return gatepost("evidence", "validate", file, cwd=folder).stdout.split()[2]


def test_show_is_a_table_by_section(gatepost: Run, files: Path) -> None:
    done = gatepost("evidence", "show", "a.json", cwd=files)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == SHOWN.replace("DIGEST", digest(gatepost, files, "a.json"))


def test_a_part_is_shown_with_its_origin(gatepost: Run, files: Path) -> None:
    done = gatepost("evidence", "show", "a.json", "--pointer", "/evidence/documentation/owner", cwd=files)
    assert (done.returncode, done.stdout, done.stderr) == (0, '"me"\n', "from card, CARD.md\nat CARD.md:3\n")


@pytest.mark.parametrize(
    ("pointer", "error"),
    [
        (
            "/evidence/documentation/ownr",
            "error: the evidence has no /evidence/documentation/ownr\n  did you mean `owner`?\n",
        ),
        (
            "/evidence/documentation/owner/x",
            "error: the evidence has no /evidence/documentation/owner/x\n  /evidence/documentation/owner is a value\n",
        ),
        (
            "/evidence/documentation/stakeholders/1",
            "error: the evidence has no /evidence/documentation/stakeholders/1\n  the list has 1 entries\n",
        ),
        ("evidence", "error: `evidence` is no JSON pointer; one looks like /evidence/documentation/owner\n"),
    ],
)
def test_a_pointer_that_leads_nowhere_is_an_error(gatepost: Run, files: Path, pointer: str, error: str) -> None:
    done = gatepost("evidence", "show", "a.json", "--pointer", pointer, cwd=files)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", error)


def test_long_lists_say_how_much_is_left_out(gatepost: Run, files: Path) -> None:
    groups = [{"attribute": "zip", "group": str(n), "n": n} for n in range(20)]
    data = {"schema": "gatepost.evidence/1", "subject": {"name": "s"}, "evidence": {"fairness": {"groups": groups}}}
    (files / "c.json").write_text(json.dumps(data))
    short = gatepost("evidence", "show", "c.json", cwd=files).stdout
    assert "and 8 more (--all)" in short
    assert "zip=12" not in short
    assert "zip=19" in gatepost("evidence", "show", "c.json", "--all", cwd=files).stdout


def test_validate_says_what_is_wrong_and_where(gatepost: Run, files: Path) -> None:
    (files / "bad.json").write_text('{"schema": "gatepost.evidence/1",\n "subject": {"nam": "s"}, "evidence": {}}')
    done = gatepost("evidence", "validate", "a.json", "bad.json", cwd=files)
    assert done.returncode == 2
    assert done.stdout.startswith("valid  a.json  sha256:")
    assert "bad.json:2:" in done.stderr
    assert "`nam`" in done.stderr


def test_diff_names_facts_and_rules(gatepost: Run, files: Path) -> None:
    done = gatepost("evidence", "diff", "a.json", "b.json", "--policies", "policies", cwd=files)
    a, b = (digest(gatepost, files, name)[:19] for name in ("a.json", "b.json"))
    assert (done.returncode, done.stdout) == (0, DIFF.replace("(A)", f"({a})").replace("(B)", f"({b})"))
    changed = gatepost("evidence", "diff", "a.json", "b.json", "--exit-code", "--format", "json", cwd=files)
    assert changed.returncode == 1
    facts = {fact["path"]: fact for fact in json.loads(changed.stdout)["facts"]}
    assert facts["metrics.accuracy"]["overlap"] is False
    same = gatepost("evidence", "diff", "a.json", "a.json", "--exit-code", cwd=files)
    assert (same.returncode, same.stdout.splitlines()[1]) == (0, "nothing changed")


def test_the_schema_of_a_section_stands_alone(gatepost: Run, files: Path) -> None:
    schema = json.loads(gatepost("evidence", "schema", "documentation", cwd=files).stdout)
    documentation = BEFORE["evidence"]["documentation"]
    assert jsonschema_rs.is_valid(schema, documentation)
    assert not jsonschema_rs.is_valid(schema, {**documentation, "ownr": "x"})
    whole = json.loads(gatepost("evidence", "schema", cwd=files).stdout)
    assert jsonschema_rs.is_valid(whole, BEFORE)
    typo = gatepost("evidence", "schema", "fairnes", cwd=files)
    assert (typo.returncode, typo.stderr) == (
        2,
        "error: evidence has no section `fairnes`\n  did you mean `fairness`?\n",
    )
