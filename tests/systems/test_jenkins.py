"""The pipelines for Jenkins: their Groovy parses, and their shell steps run. No Jenkins is to be had here."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from .conftest import ROOT, Npm, commit, tool

pytestmark = [pytest.mark.slow, pytest.mark.systems]
BLOCKS = re.findall(r"```groovy\n(.*?)```", (ROOT / "docs" / "how-to" / "jenkins.md").read_text("utf-8"), re.S)


def steps(script: str) -> list[str]:
    return re.findall(r"sh '''\n(.*?)'''", script, re.S)


def test_there_is_a_pipeline_and_a_step_of_a_library() -> None:
    assert [len(steps(block)) for block in BLOCKS] == [2, 2]


@pytest.fixture(scope="session")
def parses(npm: Npm) -> object:
    """Give what parses Groovy: npm-groovy-lint, with the Node.js that it needs."""
    if not any(os.access(Path(folder) / "java", os.X_OK) for folder in os.environ["PATH"].split(":")):
        pytest.skip("npm-groovy-lint needs Java")
    npm("node@22")
    modules = npm("npm-groovy-lint@18.0.0")

    def check(path: Path) -> str:
        environment = {**os.environ, "PATH": f"{modules / 'node' / 'bin'}:{os.environ['PATH']}"}
        command = [
            modules / ".bin" / "npm-groovy-lint",
            "--parse",
            "--failon",
            "error",
            "--noserver",
            "--nolintafter",
        ]
        command += [
            "--path",
            path.parent,
            "--files",
            f"**/{path.name}",
            "--output",
            "json",
        ]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        return done.stdout + done.stderr

    return check


@pytest.mark.parametrize("which", ["pipeline", "step", "init", "broken"])
def test_the_groovy_parses(parses: object, tmp_path: Path, which: str) -> None:
    if which == "init":
        subprocess.run(
            [tool("gatepost"), "init", "--yes"], cwd=_with_jenkins(tmp_path), check=True, capture_output=True
        )
        text = (tmp_path / "Jenkinsfile.gatepost").read_text()
    else:
        text = {"pipeline": BLOCKS[0], "step": BLOCKS[1], "broken": BLOCKS[0].replace("stages {", "stages ({")}[which]
    folder = tmp_path / "groovy"
    folder.mkdir()
    (folder / "Jenkinsfile.groovy").write_text(text)
    said = parses(folder / "Jenkinsfile.groovy")  # type: ignore[operator]
    assert ("NglParseError" in said) == (which == "broken"), said


def _with_jenkins(folder: Path) -> Path:
    (folder / "Jenkinsfile").write_text("pipeline {}\n")
    return folder


@pytest.mark.parametrize("block", BLOCKS, ids=["pipeline", "step"])
@pytest.mark.parametrize("target", ["", "main"])
def test_its_shell_steps_run(repository: Path, block: str, target: str) -> None:
    remote = repository.parent / "remote.git"
    git = ["git", "-C", str(repository)]
    subprocess.run([*git, "branch", "-M", "main"], check=True)
    subprocess.run([*git, "clone", "-q", "--bare", ".", str(remote)], check=True)
    subprocess.run([*git, "remote", "add", "origin", str(remote)], check=True)
    own = repository / "m" / "policies" / "own.yaml"
    own.write_text(own.read_text().replace("enforcement: block", "enforcement: info"))
    commit(repository)
    workspace = repository.parent / "work space"
    environment = {
        **os.environ,
        "WORKSPACE": str(repository),
        "WORKSPACE_TMP": str(workspace),
        "GATEPOST_FAIL_ON": "block",
        "CHANGE_TARGET": target,
    }
    environment["GATEPOST_PACKAGE"] = str(repository)
    install, run = steps(block)
    # Installed from here, for no registry has this version.
    install = re.sub(r"'gatepost\[.*?'", f"'{repository}'", install)
    codes = [
        subprocess.run(
            ["sh", "-xe", "-c", step], cwd=repository / "m", env=environment, capture_output=True, check=False
        ).returncode
        for step in (install, run)
    ]
    assert codes == [0, 1 if target else 0]  # without a target branch it is judged by what it changed
    assert {"gatepost.xml", "gatepost.sarif", "gatepost.html"} <= {path.name for path in (repository / "m").iterdir()}
