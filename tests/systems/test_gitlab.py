"""GitLab's template, run for real by gitlab-ci-local, passing and failing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from junitparser import JUnitXml

from .conftest import ROOT, Npm, commit, tool

pytestmark = [pytest.mark.slow, pytest.mark.systems]
TEMPLATE = ".gitlab-ci-template.yml"
VERSION = "gitlab-ci-local@4.70.1"


@pytest.fixture(scope="session")
def runner(npm: Npm) -> Path:
    if shutil.which("rsync") is None:
        pytest.skip("gitlab-ci-local needs rsync")
    return npm(VERSION) / ".bin" / "gitlab-ci-local"


def ci(runner: Path, repository: Path, *arguments: str, **inputs: object) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / TEMPLATE, repository)
    given = {
        "working-directory": "m",
        "package": ".",
        **{key.replace("_", "-"): value for key, value in inputs.items()},
    }
    (repository / ".gitlab-ci.yml").write_text(json.dumps({"include": [{"local": TEMPLATE, "inputs": given}]}))
    commit(repository)
    command = [runner, "--force-shell-executor", "--no-color", *arguments]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=300, check=False)


def status(found: subprocess.CompletedProcess[str]) -> str:
    """Give what the runner says of the job; its own exit code does not tell a failed job from a passed one."""
    lines = [line for line in (found.stdout + found.stderr).splitlines() if line.startswith("gatepost finished in")]
    assert lines, found.stdout + found.stderr
    return re.sub(r"^gatepost finished in [\d.]+ m?s ?", "", lines[-1]).strip()


def test_the_component_is_the_template() -> None:
    assert (ROOT / "templates" / "gatepost.yml").read_text() == (ROOT / TEMPLATE).read_text()


def test_a_blocked_model_fails_the_job_and_leaves_its_reports(runner: Path, repository: Path) -> None:
    found = ci(runner, repository, "gatepost")
    assert status(found) == "FAIL 1"
    assert "BLOCKED" in found.stdout
    artifacts = repository / ".gitlab-ci-local" / "artifacts" / "gatepost"
    assert [case.name for suite in JUnitXml.fromfile(str(artifacts / "gatepost.xml")) for case in suite] == ["score"]
    (issue,) = json.loads((artifacts / "gatepost-codequality.json").read_text())
    assert (issue["check_name"], issue["location"]["path"]) == ("own/score", "m/risk.yaml")
    assert (artifacts / "gatepost.env").read_text().startswith("gatepost_decision=block\n")
    assert "## BLOCKED credit" in (artifacts / "gatepost.md").read_text()
    assert {path.name for path in (artifacts / "gatepost-files").iterdir()} == {"evidence.json", "verdict.json"}
    assert not (repository / "owned").exists()


def test_a_model_that_complies_passes_and_a_team_may_begin_softly(runner: Path, repository: Path) -> None:
    allowed = ci(runner, repository, "gatepost", allowed_exit_code=1)
    assert status(allowed) == "WARN 1"
    broken = ci(runner, repository, "gatepost", allowed_exit_code=1, config="none.yaml")
    assert status(broken) == "FAIL 2"
    (repository / "m" / "risk.yaml").write_text("score: 0.9\nnote: fine\n")
    passed = ci(runner, repository, "gatepost")
    assert (status(passed), " PASS  gatepost\n" in passed.stdout + passed.stderr) == ("", True)


def test_a_merge_request_is_judged_by_its_target_branch(runner: Path, repository: Path) -> None:
    remote = repository.parent / "remote.git"
    for command in (["branch", "-M", "main"], ["clone", "-q", "--bare", ".", str(remote)]):
        subprocess.run(["git", *command], cwd=repository, check=True)
    subprocess.run(["git", "remote", "add", "origin", str(remote)], cwd=repository, check=True)
    subprocess.run(["git", "checkout", "-qb", "mr"], cwd=repository, check=True)
    own = repository / "m" / "policies" / "own.yaml"
    own.write_text(own.read_text().replace("enforcement: block", "enforcement: info"))
    event = ["--variable", "CI_PIPELINE_SOURCE=merge_request_event"]
    event += ["--variable", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main"]
    assert status(ci(runner, repository, *event, "gatepost")) == "FAIL 1"
    report = (repository / ".gitlab-ci-local" / "artifacts" / "gatepost" / "gatepost.md").read_text()
    assert "would be warn as proposed" in report
    assert status(ci(runner, repository, *event, "gatepost", trusted_ref="")) == ""
    gone = [*event[:3], "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=gone"]
    assert status(ci(runner, repository, *gone, "gatepost")).startswith("FAIL")


def test_what_a_merge_request_brings_along_is_not_run(runner: Path, repository: Path) -> None:
    """Environments, packages and reports where the job could look for its own, behind links."""
    outside = repository.parent / "outside"
    outside.mkdir()
    (outside / "kept").write_text("old")
    (repository / ".cache").symlink_to(outside)
    (repository / ".gatepost-venv").symlink_to(outside)
    (repository / "gatepost.md").symlink_to(outside / "kept")
    (repository / "gatepost.env").write_text("gatepost_decision=pass\n")
    found = ci(runner, repository, "gatepost")
    assert status(found) == "FAIL 1"
    artifacts = repository / ".gitlab-ci-local" / "artifacts" / "gatepost"
    assert (artifacts / "gatepost.env").read_text().startswith("gatepost_decision=block\n")
    assert not (artifacts / "gatepost.md").is_symlink()
    assert [path.name for path in outside.iterdir()] == ["kept"]
    assert (outside / "kept").read_text() == "old"


def test_a_folder_that_leads_out_of_the_checkout_is_not_entered(runner: Path, repository: Path) -> None:
    (repository / "m").rename(repository.parent / "elsewhere")
    (repository / "m").symlink_to(repository.parent / "elsewhere")
    found = ci(runner, repository, "gatepost")
    assert status(found) == "FAIL 2"
    assert "working-directory leads out of the checkout" in found.stdout + found.stderr
    assert not (repository.parent / "elsewhere" / ".gatepost").exists()


def test_what_it_becomes_is_what_gitlab_reads(runner: Path, repository: Path) -> None:
    preview = ci(runner, repository, "--preview")
    (repository / "preview.yml").write_text(preview.stdout)
    kind = ["--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci"]
    checked = subprocess.run(
        [tool("check-jsonschema"), *kind, repository / "preview.yml"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + preview.stdout


def test_what_init_writes_runs(runner: Path, repository: Path) -> None:
    remote = repository.parent / "remote.git"
    subprocess.run(["git", "remote", "add", "origin", "https://gitlab.example.com/x.git"], cwd=repository, check=True)
    subprocess.run(["git", "branch", "-M", "main"], cwd=repository, check=True)
    command = [tool("gatepost"), "init", "--yes"]
    written = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True)
    assert "wrote  .gitlab-ci.yml" in written.stdout
    job = repository / ".gitlab-ci.yml"
    job.write_text(re.sub(r'"gatepost\[.*?"', '".[model-card]"', job.read_text()))
    commit(repository)
    subprocess.run(["git", "clone", "-q", "--bare", ".", remote], cwd=repository, check=True)
    subprocess.run(["git", "remote", "set-url", "origin", remote], cwd=repository, check=True)
    command = [runner, "--force-shell-executor", "--no-color", "gatepost"]
    command += ["--variable", "CI_PIPELINE_SOURCE=merge_request_event"]
    command += ["--variable", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main"]
    found = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=300, check=False)
    assert status(found) == "FAIL 1"
    assert "Fill in `owner:` in MODEL_CARD.md, line 2." in found.stdout
    artifacts = repository / ".gitlab-ci-local" / "artifacts" / "gatepost"
    assert len(json.loads((artifacts / ".gatepost" / "codequality.json").read_text())) >= 2
    assert "<title>BLOCKED" in (artifacts / ".gatepost" / "gatepost.html").read_text()
