"""The action, checked by those who know GitHub's rules, and run for real by act, without containers."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, commit, tool

pytestmark = [pytest.mark.slow, pytest.mark.systems]
CHECKOUT = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1"
UPLOAD = "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a"
SETUP_PYTHON = "actions/setup-python@5fda3b95a4ea91299a34e894583c3862153e4b97"
WORKFLOW = """
on: {event}
jobs:
  gate:
    runs-on: ubuntu-latest
    steps:
      - uses: {checkout}
      - id: gate
        uses: ./
        {options}
"""


def ran(*command: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([tool(command[0]), *command[1:]], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("kind", "path"),
    [("vendor.github-actions", "action.yml"), ("vendor.github-workflows", ".github/workflows/gate.yml")],
)
def test_they_are_what_github_reads(kind: str, path: str) -> None:
    found = ran("check-jsonschema", "--builtin-schema", kind, path)
    assert found.returncode == 0, found.stdout


def test_no_input_reaches_a_shell_line() -> None:
    assert (ROOT / "action.yml").read_text().count("run:") == 3
    found = ran("zizmor", "--offline", "--no-progress", "action.yml", ".github/workflows")
    assert found.returncode == 0, found.stdout


def test_the_workflows_are_well_formed() -> None:
    found = ran("actionlint", *map(str, (ROOT / ".github" / "workflows").glob("*.yml")))
    assert (found.returncode, found.stdout) == (0, "")


def act(repository: Path, options: str, event: str = "push") -> list[dict[str, Any]]:
    """Run the action in a workflow."""
    return act_on(repository, WORKFLOW.format(event=event, checkout=CHECKOUT, options=options), event)


def act_on(repository: Path, text: str, event: str) -> list[dict[str, Any]]:
    """Run a workflow; act tells what each step says and asks for as lines of JSON."""
    stub = repository.parent / "stub"
    stub.mkdir(exist_ok=True)
    (stub / "action.yml").write_text("name: stub\nruns: {using: composite, steps: [{run: 'true', shell: bash}]}\n")
    workflow = repository / ".github" / "workflows" / "gate.yml"
    workflow.parent.mkdir(parents=True, exist_ok=True)
    workflow.write_text(text)
    commit(repository)
    local = ["--artifact-server-addr", "127.0.0.1", "--cache-server-addr", "127.0.0.1"]
    payload = repository.parent / "event.json"
    payload.write_text(json.dumps({"pull_request": {"base": {"ref": "main"}, "head": {"ref": "mr"}}}))
    command = [event, "-e", str(payload), "-P", "ubuntu-latest=-self-hosted", "-W", str(workflow), "--json", *local]
    stubs = [part for name in (CHECKOUT, SETUP_PYTHON, UPLOAD) for part in ("--local-repository", f"{name}={stub}")]
    found = ran("act", *command, *stubs, cwd=repository)
    lines = [json.loads(line) for line in found.stdout.splitlines() if line.startswith("{")]
    assert lines, found.stderr
    return lines


def outputs(lines: list[dict[str, Any]]) -> dict[str, str]:
    asked = [line["msg"].partition(":: ")[2] for line in lines if line.get("command") == "set-output"]
    return dict(one.partition("=")[::2] for one in asked)


def test_it_annotates_summarises_and_fails_last(repository: Path) -> None:
    lines = act(repository, 'with: {working-directory: m, extras: "", python-version: "", policies: "policies"}')
    annotations = [line for line in lines if line.get("command") in ("error", "warning", "notice")]
    (annotation,) = annotations
    assert annotation["kvPairs"]["file"] == "m/risk.yaml"
    assert annotation["kvPairs"]["line"] == "1"
    assert annotation["kvPairs"]["title"].startswith("own/score, high")
    assert annotation["msg"].strip().startswith("❗  ::error file=m/risk.yaml")
    found = outputs(lines)
    assert {key: found[key] for key in ("decision", "blocked", "warned")} == {
        "decision": "block",
        "blocked": "1",
        "warned": "0",
    }
    assert Path(found["sarif"]).name == "gatepost.sarif"
    assert Path(found["evidence-json"]).name == "evidence.json"
    (summary,) = [line["msg"] for line in lines if line.get("command") == "summary"]
    assert "## BLOCKED credit" in summary
    assert "&lt;b&gt;" in summary
    results = [
        (line["msg"].split("[")[0].split("-")[-1].strip(), line["stepResult"])
        for line in lines
        if "stepResult" in line
    ]
    assert ("Main Judge", "success") in results
    assert ("Main Keep", "success") in results
    assert ("Main Decide", "failure") in results
    assert lines[-1]["msg"].endswith("Job failed")


def test_an_input_cannot_run_a_command(repository: Path) -> None:
    owned = repository.parent / "owned"
    evil = f'$(touch {owned})`touch {owned}`"; touch {owned}; echo "'
    options = {"working-directory": "m", "extras": "", "python-version": ""}
    options |= {"config": evil, "policies": evil, "profile": evil, "reports": f"json={evil}", "fail-on": evil}
    lines = act(repository, f"with: {json.dumps(options)}")
    assert not owned.exists()
    assert outputs(lines)["decision"] == "error"
    assert lines[-1]["msg"].endswith("Job failed")


def test_a_model_that_complies_passes(repository: Path) -> None:
    (repository / "m" / "risk.yaml").write_text("score: 0.9\nnote: fine\n")
    options = 'with: {working-directory: m, extras: "", python-version: "", summary: "false", annotations: "false"}'
    lines = act(repository, options)
    assert outputs(lines)["decision"] == "pass"
    assert not [line for line in lines if line.get("command") in ("error", "warning", "summary")]
    assert lines[-1]["msg"].endswith("Job succeeded")


def test_a_pull_request_is_judged_by_its_target_branch(repository: Path) -> None:
    git = ["git", "-C", str(repository)]
    # act copies the working tree without what the clone knows of a remote's branches: the branch itself is there.
    subprocess.run([*git, "branch", "-M", "main"], check=True)
    subprocess.run([*git, "checkout", "-qb", "mr"], check=True)
    own = repository / "m" / "policies" / "own.yaml"
    own.write_text(own.read_text().replace("enforcement: block", "enforcement: info"))
    options = 'with: {working-directory: m, extras: "", python-version: ""}'
    lines = act(repository, options, "pull_request")
    assert outputs(lines)["decision"] == "block"
    (summary,) = [line["msg"] for line in lines if line.get("command") == "summary"]
    assert "would be warn as proposed" in summary
    options = 'with: {working-directory: m, extras: "", python-version: "", trusted-ref: "", summary: "false"}'
    assert outputs(act(repository, options, "pull_request"))["decision"] == "warn"


def test_what_init_writes_runs_by_the_rules_of_the_target_branch(repository: Path) -> None:
    git = ["git", "-C", str(repository)]
    (repository / "MODEL_CARD.md").write_text("---\nowner: us\nintended_use: ''\n---\n# M\n")
    (repository / ".github").mkdir()
    assert ran("gatepost", "init", "--yes", cwd=repository).returncode == 0
    workflow = repository / ".github" / "workflows" / "gatepost.yml"
    assert ran("actionlint", str(workflow)).returncode == 0
    found = ran("zizmor", "--offline", "--no-progress", str(workflow))
    assert found.returncode == 0, found.stdout
    # Installed from here, into an environment of its own, for the registry has no such version.
    into = "python3 -I -m venv $RUNNER_TEMP/own && $RUNNER_TEMP/own/bin/python -I -m pip install -q ."
    text = re.sub(
        r"python -I -m pip install .*",
        f"{into}[model-card] && echo $RUNNER_TEMP/own/bin >> $GITHUB_PATH",
        workflow.read_text(),
    )
    # In a clone, what `origin` has of the target branch.
    text = text.replace("trusted=()", "git update-ref refs/remotes/origin/main refs/heads/main; trusted=()")
    card = repository / "MODEL_CARD.md"
    card.write_text("---\nowner: us\nintended_use: ''\nlimitations: x\n---\n# M\n")
    commit(repository)
    subprocess.run([*git, "branch", "-M", "main"], check=True)
    subprocess.run([*git, "checkout", "-qb", "mr"], check=True)
    own = repository / "policies" / "our-rules.yaml"
    own.write_text(own.read_text().replace("enforcement: block", "enforcement: info"))
    lines = act_on(repository, text, "pull_request")
    errors = [line["kvPairs"]["title"] for line in lines if line.get("command") == "error" and line["kvPairs"]]
    assert errors == ["our-rules/intended-use, high"]
    assert lines[-1]["msg"].endswith("Job failed")
    (summary,) = [line["msg"] for line in lines if line.get("command") == "summary"]
    assert "as proposed" in summary


def test_known_findings_are_not_enforced(repository: Path) -> None:
    command = ["gatepost", "run", "--quiet", "--report", "json=base.json"]
    ran(*command, cwd=repository / "m")
    options = 'with: {working-directory: m, extras: "", python-version: "", new-only: base.json}'
    assert outputs(act(repository, options))["decision"] == "pass"
