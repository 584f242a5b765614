"""A small repository with a gate, for the runners of CI systems."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FILES = {
    ".gitignore": ".gitlab-ci-local/\n",
    "m/gatepost.yaml": """subject: {name: credit}
collect:
  - file: {path: risk.yaml, section: custom}
policies: [policies/own.yaml]
evidence_schema: {type: object, properties: {score: {type: number}, note: {type: string}}}
""",
    "m/risk.yaml": 'score: 0.4\nnote: "::error::mine <b> $(touch owned)"\n',
    "m/policies/own.yaml": """policy: own
version: 1.0.0
title: Own
owner: me@example.com
rules:
  - id: score
    title: The score is high enough
    severity: high
    enforcement: block
    require: evidence.custom.score >= 0.5
    message: "The score {evidence.custom.score} is below 0.5: {evidence.custom.note}"
    fix: Raise it.
""",
}

HIJACKS = {
    f"{folder}{name}.py": f"raise SystemExit('{name} of the change was imported')"
    for folder in ("", "m/")
    for name in ("pip", "venv", "click")
}
"""What Python imports where it is not told to leave the folder alone in which it runs."""


def tool(name: str) -> str:
    """Give the path of a tool that stands beside this Python or on the path; without it the test skips."""
    found = shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: make test-all brings it")
    return found


Npm = Callable[[str], Path]


@pytest.fixture(scope="session")
def npm(tmp_path_factory: pytest.TempPathFactory) -> Npm:
    """Install a package of npm, once a session; without npm or its registry the test skips. Gives `node_modules`."""
    folder = tmp_path_factory.mktemp("npm")
    there: set[str] = set()
    refused: list[str] = [] if shutil.which("npm") else ["npm is not installed"]
    # A registry that is not reached is found out soon, and asked no second time.
    quick = ["--fetch-retries=1", "--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=1000"]

    def install(package: str) -> Path:
        if refused:
            pytest.skip(refused[0])
        if package not in there:
            command = ["npm", "install", "--silent", "--no-audit", "--no-fund", *quick, "--prefix", folder, package]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
                failed = done.returncode != 0
            except subprocess.TimeoutExpired:
                failed = True
            if failed:
                refused.append(f"npm cannot install {package}: does it reach its registry?")
                pytest.skip(refused[0])
            there.add(package)
        return folder / "node_modules"

    return install


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Give a repository with a model that is blocked in ``m``, and with what the jobs install from."""
    folder = tmp_path / "re po"  # a space, for every line of shell
    folder.mkdir()
    # The policies and examples that ship are links within the package, which become folders here.
    shutil.copytree(ROOT / "engine", folder / "engine", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "action.yml"):
        shutil.copy(ROOT / name, folder / name)
    for name, text in {**FILES, **HIJACKS}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    commit(folder)
    return folder


def commit(folder: Path) -> None:
    """Commit all that is there."""
    git = ["git", "-c", "user.email=a@example.com", "-c", "user.name=a", "-c", "init.defaultBranch=main"]
    subprocess.run([*git, "init", "-q"], cwd=folder, check=True)
    subprocess.run([*git, "add", "-A"], cwd=folder, check=True)
    subprocess.run([*git, "commit", "-qm", "all"], cwd=folder, check=True)
