"""The hooks, as pre-commit installs and runs them from this repository."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from .conftest import FILES, HIJACKS, ROOT, commit, tool

pytestmark = [pytest.mark.slow, pytest.mark.systems]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        target = tmp_path / "project" / name.removeprefix("m/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    commit(tmp_path / "project")
    return tmp_path / "project"


def test_the_manifest_is_valid() -> None:
    found = subprocess.run([tool("pre-commit"), "validate-manifest", ROOT / ".pre-commit-hooks.yaml"], check=False)
    assert found.returncode == 0


def test_each_hook_runs_and_finds_what_is_wrong(project: Path, repository: Path, tmp_path: Path) -> None:
    shutil.copy(ROOT / ".pre-commit-hooks.yaml", repository)
    for name in HIJACKS:  # pre-commit installs in the folder of the hooks' own repository, which is trusted
        (repository / name).unlink()
    commit(repository)

    def hook(name: str) -> tuple[int, str]:
        environment = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "pre-commit"), "NO_COLOR": "1"}
        command = [tool("pre-commit"), "try-repo", str(repository), name, "--all-files", "--color=never"]
        found = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
        return found.returncode, found.stdout + found.stderr

    policy = project / "policies" / "own.yaml"
    code, said = hook("gatepost-policy-lint")
    assert code == 0, said
    code, said = hook("gatepost-policy-test")
    assert code == 1, said
    assert "own.yaml" in said
    (project / "policies" / "own.test.yaml").write_text(
        "tests:\n  - name: at the limit\n    evidence: {custom: {score: 0.5}}\n    expect: {own/score: pass}\n"
    )
    commit(project)
    code, said = hook("gatepost-policy-test")
    assert code == 0, said
    code, said = hook("gatepost-run")
    assert code == 1, said
    assert "BLOCKED  credit" in said
    policy.write_text(policy.read_text().replace("severity: high", "severity: hgih"))
    code, said = hook("gatepost-policy-lint")
    assert code == 1, said
    assert "hgih" in said
    policy.write_text(FILES["m/policies/own.yaml"].replace("title: Own", "title:   Own"))
    code, said = hook("gatepost-policy-fmt")
    assert code == 1, said
    assert "files were modified by this hook" in said
    assert "title: Own" in policy.read_text()
