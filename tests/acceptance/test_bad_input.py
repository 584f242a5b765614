"""A user's mistakes: never a traceback, never green, never the exit code of a blocked model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import junitparser
import pandas as pd
import pytest

Run = Callable[..., Any]


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


GATE, POLICY, CARD = "gatepost.yaml", "policies/docs.yaml", "MODEL_CARD.md"


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            GATE,
            "policies:",
            "polices:",
            "gatepost.yaml:4:1\n     4 | polices: [policies/]\n       | ^^^^^^^ did you mean",
        ),
        (GATE, "model_card:", "modelcard:", "there is no collector `modelcard`"),
        (GATE, "path: MODEL_CARD.md", "pth: MODEL_CARD.md", "did you mean `path`?"),
        (GATE, "path: MODEL_CARD.md", "path: ../MODEL_CARD.md", "lies outside the repository"),
        (GATE, "path: MODEL_CARD.md", "path: CARD.md", "CARD.md"),
        (GATE, "[policies/]", "[policies/", "YAML syntax"),
        (GATE, "[policies/]", "[profile/basline]", "did you mean `baseline`?"),
        (GATE, "[policies/]", "[pack/eu-ai-act]", "no policies at pack/eu-ai-act"),
        (GATE, "[policies/]", "[policies/]\nparams: {docs.leest: 2}", "did you mean `docs.least`?"),
        (GATE, "[policies/]", "[policies/]\nparams: {docs.least: 12}", "is 12 and must be at most 9"),
        (GATE, "[policies/]", "[policies/]\nwaivers: ${WAIVERS}", "the environment has no `WAIVERS`"),
        (GATE, "subject: {", "subject: {rsk_tier: high, ", "did you mean `risk_tier`?"),
        (GATE, "collect:", "collect:\n  - {}", "this entry names no collector"),
        (GATE, "junit:", "junti:", "did you mean `junit`?"),
        (
            CARD,
            "owner:",
            "ownr:",
            "MODEL_CARD.md:3:1\n     3 | ownr: someone@example.com\n       | ^^^^ did you mean",
        ),
        (CARD, "license: mit", "license: [mit", "YAML"),
        (POLICY, "severity:", "severty:", "did you mean `severity`?"),
        (POLICY, "severity: high", "severity: hihg", "which is none of: critical, high, medium, low"),
        (POLICY, "version: 1.0.0", "version: new", "is not a version like 1.0.0"),
        (
            POLICY,
            ">= params.least",
            ">=",
            "policies/docs.yaml:12:52\n    12 |     require: evidence.documentation.owner.size() >=",
        ),
        (POLICY, "documentation.owner.size", "documentation.ownr.size", "did you mean `owner`?"),
        (POLICY, ".size() >=", " >=", "they do not compare"),
        (POLICY, "params.least\n", "params.leest\n", "did you mean `least`?"),
        (POLICY, "owner.size() >= params.least", "owner.size()", "true or false is needed"),
        (POLICY, "default: 1,", "default: 10,", "is 10 and must be at most 9"),
        (POLICY, "title: Docs", "title: Docs\napplies_to: subject.name == 'x'", "every rule was skipped"),
        (POLICY, "policy: docs", "polcy: docs", "unrecognised file type: the first key is `polcy`"),
        (POLICY, "{evidence.documentation.owner}", "{evidence.documentation.owner", "this `{` is not closed"),
        (POLICY, "evidence.documentation.owner.size() >= params.least", "!has(evidence.model)", "as a tag"),
    ],
)
def test_a_mistake_in_a_file(gatepost: Run, project: Path, file: str, old: str, new: str, said: str) -> None:
    (project / "gatepost.xml").write_text("<testsuites/>")
    change(project / file, old, new)
    done = gatepost("run", cwd=project)
    assert done.returncode == 2
    assert said.lower() in (done.stderr + done.stdout).lower()
    assert "Traceback" not in done.stderr
    assert "PASS" not in done.stdout
    if "junti" not in new and "YAML syntax" not in said:
        report = junitparser.JUnitXml.fromfile(str(project / "gatepost.xml"))
        assert report.errors >= 1, "an old green report was left lying there"


def test_an_empty_folder_of_policies(gatepost: Run, project: Path) -> None:
    (project / POLICY).unlink()
    done = gatepost("run", cwd=project)
    assert done.returncode == 2
    assert "no policy in the folder policies/" in done.stderr


def test_no_gatepost_yaml(gatepost: Run, tmp_path: Path) -> None:
    done = gatepost("run", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no gatepost.yaml" in done.stderr
    assert list(tmp_path.iterdir()) == [] or not (tmp_path / ".gatepost" / "evidence.json").exists()


def test_a_field_that_is_absent_is_missing(gatepost: Run, project: Path) -> None:
    change(project / CARD, "owner: someone@example.com", "contact: someone@example.com")
    done = gatepost("run", cwd=project)
    assert done.returncode == 1
    assert "Missing: evidence.documentation.owner is not there." in done.stdout


@pytest.mark.parametrize(
    ("require", "outcome", "code"),
    [
        ("evidence.custom.age > 18", "error", 2),
        ("evidence.custom.number / 0.0 > 1.0", "error", 2),
        ("evidence.custom.absent > 1", "missing", 1),
    ],
)
def test_a_fault_that_only_the_data_shows(
    gatepost: Run, project: Path, require: str, outcome: str, code: int
) -> None:
    change(project / POLICY, "evidence.documentation.owner.size() >= params.least", require)
    evidence = {
        "schema": "gatepost.evidence/1",
        "subject": {"name": "credit"},
        "evidence": {"custom": {"age": "old", "number": 1.5}},
    }
    (project / "e.json").write_text(json.dumps(evidence))
    done = gatepost("judge", "e.json", "--policies", "policies/", "--report", "json=v.json", cwd=project)
    assert done.returncode == code
    (result,) = json.loads((project / "v.json").read_text())["results"]
    assert result["outcome"] == outcome


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"schema": "gatepost.evidence/1", "subj', "e.json:1:"),
        (b'{"schema": "gatepost.evidence/1", "subject": {"name": "\xff"}, "evidence": {}}', "UTF-8"),
        (b'{"schema": "gatepost.evidence/1", "subject": {"name": "x"}, "evidence": {"custom": {"a": NaN}}}', "NaN"),
        (b'{"schema": "gatepost.evidence/9", "subject": {"name": "x"}, "evidence": {}}', "gatepost.evidence/9"),
        (b'{"schema": "gatepost.evidence/1", "subject": {"name": "x"}, "evidence": {"docs": {}}}', "docs"),
        (b"[" * 100_000, "deep"),
    ],
)
def test_evidence_that_cannot_be_read(gatepost: Run, project: Path, content: bytes, said: str) -> None:
    (project / "e.json").write_bytes(content)
    done = gatepost("judge", "e.json", "--policies", "policies/", cwd=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["rnu"], "did you mean `run`?"),
        (["run", "--polices", "x"], "--policies"),
        (["judge", "nothing.json", "--policies", "policies/"], "No such file"),
        (["judge", "e.json"], "no policies are given"),
        (["judge", "e.json", "--policies", "policys/"], "no policies at policys/"),
        (["judge", "e.json", "--policies", "policies/", "--param", "least=2"], "is not POLICY.NAME=VALUE"),
        (["judge", "e.json", "--policies", "policies/", "--param", "docs.least=many"], "must be a whole number"),
        (
            ["judge", "e.json", "--policies", "policies/", "--now", "soon"],
            'invalid --now value "soon": expected an RFC 3339 timestamp',
        ),
        (["judge", "e.json", "--policies", "policies/", "--report", "junti=x.xml"], "did you mean `junit`?"),
        (["judge", "e.json", "--policies", "policies/", "--report", "junit"], "is not FORMAT=PATH"),
        (["judge", "e.json", "--policies", "policies/", "--waivers", "w.yaml"], "No such file"),
        (
            ["judge", "e.json", "--policies", "policies/", "--report", "junit=e.json/x.xml"],
            "cannot write e.json/x.xml",
        ),
        (["judge", "e.json", "--policies", "policies/", "--report", "junit=policies"], "it is a folder"),
        (["report", "e.json"], "this is not a verdict"),
        (["report", "MODEL_CARD.md"], "is not valid JSON"),
        (["policy", "test", "nothing/"], "there is no nothing/"),
        (["policy", "tset", "policies/"], "did you mean `test`?"),
        (["demo", "--dir", "policies"], "is no demonstration"),
    ],
)
def test_a_mistake_on_the_command_line(gatepost: Run, project: Path, arguments: list[str], said: str) -> None:
    evidence = {
        "schema": "gatepost.evidence/1",
        "subject": {"name": "credit"},
        "evidence": {"documentation": {"owner": "me"}},
    }
    (project / "e.json").write_text(json.dumps(evidence))
    done = gatepost(*arguments, cwd=project)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert json.loads((project / "e.json").read_text()) == evidence


def test_a_policy_without_tests_fails_its_tests(gatepost: Run, project: Path) -> None:
    done = gatepost("policy", "test", "policies/", cwd=project)
    assert done.returncode == 1
    assert "the policy `docs` has no tests" in done.stdout


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ("tests: [{name: a, expect: {docs/ownr: pass}}]", "did you mean `docs/owner`?"),
        ("tests: [{name: a, expect: {}}]", "must not be empty"),
        ("tests: [{name: a}]", "needs `expect`"),
        ("tests: [{name: a, expect: {docs/owner: pass}}]", "expected pass, got missing"),
        (
            "tests: [{name: a, evidence: {documentation: {ownr: x}}, expect: {docs/owner: pass}}]",
            "did you mean `owner`?",
        ),
        (
            "tests: [{name: a, evidence: {documentation: {owner: x}}, expect: {docs/owner: {outcome: pass, items: {z: pass}}}}]",
            "expected pass, got no such item",
        ),
    ],
)
def test_a_test_that_could_not_fail_fails(gatepost: Run, project: Path, tests: str, said: str) -> None:
    (project / "policies" / "docs.test.yaml").write_text(tests)
    done = gatepost("policy", "test", "policies/", cwd=project)
    assert done.returncode == 1
    assert said in done.stdout


def fairness(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"y": [0, 1] * 50, "y_hat": [0, 1] * 50, "sex": ["f", "m"] * 50} | columns)


@pytest.mark.parametrize(
    ("frame", "options", "said"),
    [
        (fairness(), "label: risk, prediction: y_hat, attributes: [sex]", "has no column `risk`"),
        (fairness(y=[None, 1] * 50), "label: y, prediction: y_hat, attributes: [sex]", "values of `y` are missing"),
        (
            fairness(y=["good", "bad"] * 50, y_hat=["good", "bad"] * 50),
            "label: y, prediction: y_hat, attributes: [sex]",
            "`favorable` is needed",
        ),
        (fairness(), "label: y, model: model.pkl, attributes: [sex]", "model.pkl"),
    ],
)
def test_data_that_cannot_be_measured_is_a_failed_source(
    gatepost: Run, project: Path, frame: pd.DataFrame, options: str, said: str
) -> None:
    frame.to_csv(project / "d.csv", index=False)
    change(project / GATE, "policies:", f"  - fairness: {{data: d.csv, {options}}}\npolicies:")
    done = gatepost("run", cwd=project)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout.startswith("ERROR  credit")
    assert "gatepost.yaml:4:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_model_that_cannot_be_loaded(gatepost: Run, project: Path) -> None:
    fairness().to_csv(project / "d.csv", index=False)
    (project / "model.pkl").write_bytes(b"\x80\x04not a pickle")
    entry = "  - performance: {data: d.csv, label: y, model: model.pkl}\npolicies:"
    change(project / GATE, "policies:", entry)
    done = gatepost("run", cwd=project)
    assert done.returncode == 2
    assert "model.pkl" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_mlflow_server_that_does_not_answer(gatepost: Run, project: Path) -> None:
    entry = "  - mlflow: {model: models:/m@champion, tracking_uri: 'http://127.0.0.1:9'}\npolicies:"
    change(project / GATE, "policies:", entry)
    done = gatepost("run", cwd=project)
    assert done.returncode == 2
    assert "127.0.0.1:9" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_source_that_is_not_required_only_takes_its_rules_down(gatepost: Run, project: Path) -> None:
    change(project / GATE, "policies:", "  - file: {path: no.yaml, section: risk}\n    required: false\npolicies:")
    done = gatepost("run", cwd=project)
    assert done.returncode == 0
    assert "no.yaml" in done.stderr
