"""Values that gatepost.yaml takes from the environment stand in nothing that a run writes or prints."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from .conftest import Run

CONFIG = """subject: {name: m}
policies: [policies/]
collect:
  - file: {path: facts.yaml, section: custom}
  - %s
"""
FORMATS = ("html", "junit", "sarif", "markdown", "text", "github", "codequality")
PERFORMANCE = "{data: '%s', query: 'select 1', label: y, prediction: p}"


def written(gatepost: Run, project: Path, entry: str, value: str) -> dict[str, str]:
    """Run the gate with the value in a variable of no telling name, and give all that it wrote and printed."""
    (project / "gatepost.yaml").write_text(CONFIG % entry)
    (project / "facts.yaml").write_text("a: 1\n")
    reports = [part for name in FORMATS for part in ("--report", f"{name}=out.{name}")]
    done = gatepost("run", *reports, cwd=project, env={"ADDRESS": value})
    assert done.returncode == 2, done.stderr
    files = [*project.glob("out.*"), *project.glob(".gatepost/**/*.json"), *project.glob(".gatepost/cache/*")]
    assert len(files) >= len(FORMATS) + 1
    texts = {str(path.relative_to(project)): path.read_text(errors="replace") for path in files if path.is_file()}
    return {**texts, "output": done.stdout, "errors": done.stderr}


def parts(value: str, length: int = 8) -> set[str]:
    return {value[start : start + length] for start in range(len(value) - length + 1)}


@pytest.mark.parametrize(
    ("entry", "value", "secret"),
    [
        ("model_card: {path: '${ADDRESS}'}", "s3cr3t-abcdefghijkl", "s3cr3t-abcdefghijkl"),
        ("model_card: {path: '${ADDRESS}'}", "s3\"c'r\\et\u00e9-<abc&def>\nsecond-line", "second-line"),
        ("model_card: {path: '${ADDRESS}'}", "0123456789abcdef" * 40, "0123456789abcdef"),
        ("{file: {path: facts.yaml, section: risk}, name: '${ADDRESS}'}", "n4me_abcdefghijkl", "n4me_abcdefghijkl"),
        ("git: {fields: ['${ADDRESS}']}", "s3cr3t-abcdefghijkl", "s3cr3t-abcdefghijkl"),
        (
            f"performance: {PERFORMANCE % 'postgresql://u:${ADDRESS}@127.0.0.1:1/db'}",
            "p@ss/w?rd#abcdefghijkl",
            "p@ss/w?rd#abcdefghijkl",
        ),
        (
            f"performance: {PERFORMANCE % '${ADDRESS}'}",
            "postgresql://user1234:p@ss/w?rd#abcdefghijkl@127.0.0.1:1/db",
            "user1234:p@ss/w?rd#abcdefghijkl",
        ),
        (
            "mlflow: {model: 'models:/m/1', tracking_uri: 'http://u:${ADDRESS}@127.0.0.1:1'}",
            "p@ss/w?rd#abcdefghijkl",
            "p@ss/w?rd#abcdefghijkl",
        ),
    ],
)
def test_no_part_of_a_value_is_left(gatepost: Run, project: Path, entry: str, value: str, secret: str) -> None:
    for name, text in written(gatepost, project, entry, value).items():
        found = sorted(part for part in parts(secret) if part in text)
        assert not found, (name, found)


def test_a_value_that_a_source_finds_is_not_kept(gatepost: Run, project: Path) -> None:
    secret = "s3cr3t-abcdefghijkl"
    encoded = base64.b64encode(f"u:{secret}".encode()).decode()
    facts = {secret: f"a {secret} b", "header": f"Basic {encoded}", "list": [secret], "number": 1}
    (project / "facts.json").write_text(json.dumps(facts))
    (project / "gatepost.yaml").write_text(
        "subject: {name: m}\npolicies: [policies/]\ncollect:\n"
        "  - file: {path: facts.json, section: custom}\n"
        "  - {model_card: {path: 'MODEL_CARD.md'}, name: '${NAME}', required: false}\n"
    )
    for _ in range(2):  # the second time from the cache
        done = gatepost("run", cwd=project, env={"NAME": secret.replace("-", "_"), "API_TOKEN": secret})
        assert done.returncode == 0, done.stderr
        assert gatepost("evidence", "validate", ".gatepost/evidence.json", cwd=project).returncode == 0
        text = (project / ".gatepost" / "evidence.json").read_text()
        assert json.loads(text)["evidence"]["custom"] == {
            "***API_TOKEN***": "a ***API_TOKEN*** b",
            "header": "Basic " + encoded[:3] + "***API_TOKEN***",
            "list": ["***API_TOKEN***"],
            "number": 1,
        }
        for path in project.glob(".gatepost/**/*"):
            assert not path.is_file() or not parts(secret) & parts(path.read_text(errors="replace"))


def test_what_the_subject_takes_too_is_public(gatepost: Run, project: Path) -> None:
    config = (project / "gatepost.yaml").read_text()
    config = config.replace("name: credit", "name: credit, version: '${VERSION}'")
    (project / "gatepost.yaml").write_text(
        config.replace("policies:", "  - {file: {path: f.json, section: custom}, as: '${VERSION}'}\npolicies:")
    )
    (project / "f.json").write_text('{"version": "v_20240131"}')
    done = gatepost("run", cwd=project, env={"VERSION": "v_20240131"})
    assert done.returncode == 0, done.stderr
    evidence = json.loads((project / ".gatepost" / "evidence.json").read_text())
    assert evidence["subject"]["version"] == "v_20240131"
    assert evidence["evidence"]["more"]["v_20240131"]["custom"] == {"version": "v_20240131"}
