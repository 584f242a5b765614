"""``gatepost policy lint`` as a user runs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
TEXT = """error GP-L003: unknown field `ownr` in evidence.documentation
  policies/docs.yaml:12:37
    12 |     require: evidence.documentation.ownr.size() >= params.least
       |                                     ^^^^ did you mean `owner`?

1 error, 0 warnings in 1 file with 0 rules
"""


@pytest.fixture
def typo(project: Path) -> Path:
    policy = project / "policies" / "docs.yaml"
    policy.write_text(policy.read_text().replace("documentation.owner.size", "documentation.ownr.size"))
    return project


def test_what_is_clean_is_said_in_one_line(gatepost: Run, project: Path) -> None:
    done = gatepost("policy", "lint", "policies", cwd=project)
    assert (done.returncode, done.stdout, done.stderr) == (0, "0 errors, 0 warnings in 1 file with 1 rule\n", "")


def test_a_mistake_has_its_line_and_code(gatepost: Run, typo: Path) -> None:
    done = gatepost("policy", "lint", "policies", cwd=typo)
    assert (done.returncode, done.stdout, done.stderr) == (1, TEXT, "")


def test_other_formats_say_the_same(gatepost: Run, typo: Path) -> None:
    data = json.loads(gatepost("policy", "lint", "policies", "--format", "json", cwd=typo).stdout)
    (problem,) = data["problems"]
    assert (problem["code"], problem["path"], problem["line"], problem["column"]) == (
        "GP-L003",
        "policies/docs.yaml",
        12,
        37,
    )
    annotation = gatepost("policy", "lint", "policies", "--format", "github", cwd=typo).stdout.splitlines()[0]
    assert annotation == (
        "::error file=policies/docs.yaml,line=12,endLine=12,col=37,endColumn=41,"
        "title=GP-L003 The evidence has no such field::unknown field `ownr` in evidence.documentation: "
        "did you mean `owner`?"
    )
    log = json.loads(gatepost("policy", "lint", "policies", "--format", "sarif", cwd=typo).stdout)
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 12
    fingerprint = result["partialFingerprints"]
    policy = typo / "policies" / "docs.yaml"
    policy.write_text("# a line above\n" + policy.read_text())
    moved = json.loads(gatepost("policy", "lint", "policies", "--format", "sarif", cwd=typo).stdout)
    assert moved["runs"][0]["results"][0]["partialFingerprints"] == fingerprint


def test_warnings_fail_only_where_that_is_asked_for(gatepost: Run, project: Path) -> None:
    policy = project / "policies" / "docs.yaml"
    policy.write_text(policy.read_text().replace("rules:", "let: {spare: subject.name}\nrules:"))
    done = gatepost("policy", "lint", "policies", cwd=project)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "warning GP-L022: `spare` is not used")
    assert gatepost("policy", "lint", "policies", "--strict", cwd=project).returncode == 1


def test_evidence_of_the_team_is_known_by_gatepost_yaml(gatepost: Run, project: Path) -> None:
    policy = project / "policies" / "docs.yaml"
    policy.write_text(policy.read_text().replace("evidence.documentation.owner.size()", "evidence.custom.cots"))
    assert gatepost("policy", "lint", "policies", cwd=project).returncode == 0
    schema = "{type: object, additionalProperties: false, properties: {cost: {type: integer}}}"
    with (project / "gatepost.yaml").open("a") as file:
        file.write(f"evidence_schema: {schema}\n")
    done = gatepost("policy", "lint", "policies", cwd=project)
    assert done.returncode == 1
    assert "did you mean `cost`?" in done.stdout


def test_nothing_to_check_is_an_error(gatepost: Run, project: Path) -> None:
    done = gatepost("policy", "lint", "polices", cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: there is no polices\n  polices\n  did you mean `policies`?\n"
