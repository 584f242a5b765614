"""The Dockerfile: linted, and its installation run in a folder, for no container engine is at hand."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import FILES, ROOT, tool

pytestmark = [pytest.mark.slow, pytest.mark.systems]
TEXT = (ROOT / "Dockerfile").read_text("utf-8")


def test_the_linter_finds_nothing() -> None:
    done = subprocess.run([tool("hadolint"), ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_it_ends_as_a_user_without_rights_and_without_tools_for_building() -> None:
    stages = TEXT.split("\nFROM ")
    assert re.findall(r"^USER (\S+)$", stages[-1], re.M) == ["10001"]
    assert "pip install" not in stages[-1]
    assert "uninstall --yes --quiet setuptools wheel pip" in stages[-1]


def test_what_it_copies_is_enough_to_install_and_run(tmp_path: Path) -> None:
    source, target, project = tmp_path / "source", tmp_path / "opt", tmp_path / "project"
    source.mkdir()
    for kept in re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.M):
        copy = shutil.copytree if (ROOT / kept).is_dir() else shutil.copy
        copy(ROOT / kept, source / kept, **({"symlinks": True} if copy is shutil.copytree else {}))  # type: ignore[operator]
    (command,) = re.findall(r"^RUN (python -m venv .*?[^\\])$", TEXT, re.M | re.S)
    command = (
        command.replace("/opt/gatepost", str(target))
        .replace("/source", str(source))
        .replace("python -m", f"{sys.executable} -m")
    )
    environment = {**os.environ, "EXTRAS": "model-card"}
    done = subprocess.run(["sh", "-ec", command], env=environment, capture_output=True, text=True, check=False)
    if "No matching distribution" in done.stderr or "NewConnectionError" in done.stderr:
        pytest.skip("no registry is reached")
    assert done.returncode == 0, done.stderr
    assert not (target / "bin" / "pip").exists()
    for name, text in FILES.items():
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text(text)
    run = subprocess.run(
        [target / "bin" / "gatepost", "run"], cwd=project / "m", capture_output=True, text=True, check=False
    )
    assert run.returncode == 1, run.stderr
    assert "BLOCKED  credit" in run.stdout
