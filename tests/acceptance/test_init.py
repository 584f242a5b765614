"""What `gatepost init` writes is in force at once: it passes the lint, its tests pass, and it runs."""

from __future__ import annotations

import json
import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

Run = Callable[..., Any]


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.email=a@example.com", "-c", "user.name=a"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def works(gatepost: Run, folder: Path, code: int = 1) -> str:
    linted = gatepost("policy", "lint", "policies", cwd=folder)
    assert (linted.returncode, linted.stdout[:21]) == (0, "0 errors, 0 warnings ")
    tested = gatepost("policy", "test", "policies", "--coverage-min", "100", "--mutate", cwd=folder)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    done = gatepost("run", cwd=folder)
    assert done.returncode == code, done.stdout + done.stderr
    return str(done.stdout)


def test_it_begins_in_an_empty_folder(gatepost: Run, tmp_path: Path) -> None:
    folder = tmp_path / "my: model #1"
    folder.mkdir()
    done = gatepost("init", "--yes", cwd=folder)
    assert done.returncode == 0, done.stderr
    wrote = ["gatepost.yaml", "policies/our-rules.yaml", "policies/our-rules.test.yaml", "MODEL_CARD.md"]
    assert [line.removeprefix("wrote  ") for line in done.stdout.splitlines() if line.startswith("wrote")] == wrote
    assert yaml.safe_load((folder / "gatepost.yaml").read_text())["subject"]["name"] == "my-model-1"
    shown = works(gatepost, folder)
    assert "fix   Fill in `owner:` in MODEL_CARD.md, line 2." in shown
    card = (folder / "MODEL_CARD.md").read_text()
    (folder / "MODEL_CARD.md").write_text(
        card.replace("owner: TODO", "owner: us").replace("use: TODO", "use: Scoring")
    )
    works(gatepost, folder, code=0)


def test_it_looks_and_never_overwrites(gatepost: Run, tmp_path: Path) -> None:
    (tmp_path / ".github").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "holdout.csv").write_text("age,risk: yes\n30,1\n17,0\n")
    demand = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "min_value": 18}}
    (tmp_path / "suite.json").write_text(json.dumps({"name": "s", "expectations": [demand]}))
    (tmp_path / "MODEL_CARD.md").write_text("---\nowner: us\nintended_use: Scoring\n---\n# M\n")
    (tmp_path / "dvc.yaml").write_text("stages: {}\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "user.email", "me@example.com")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "all")
    done = gatepost("init", "-y", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "found  DVC         there; no collector reads it yet" in done.stdout
    assert "wrote  .github/workflows/gatepost.yml" in done.stdout
    assert 'owner: "me@example.com"' in (tmp_path / "policies" / "our-rules.yaml").read_text()
    text = (tmp_path / "gatepost.yaml").read_text()
    assert '- great_expectations: {data: "data/holdout.csv", suite: "suite.json"}' in text
    assert '# Its columns: "age", "risk: yes"' in text
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "gatepost")
    works(gatepost, tmp_path, code=0)
    again = gatepost("run", cwd=tmp_path)  # what the first run wrote makes no changed tree
    assert again.stdout.startswith("PASS"), again.stdout
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and ".git/" not in str(path)}
    again = gatepost("init", "--yes", cwd=tmp_path)
    assert "kept   gatepost.yaml, which was there" in again.stdout
    assert "wrote" not in again.stdout
    assert all(path.read_bytes() == content for path, content in before.items())


def test_a_model_of_mlflow_is_taken_where_there_is_one(gatepost: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as store:
        store.execute("CREATE TABLE model_versions (name TEXT, version INTEGER)")
        store.execute("CREATE TABLE registered_model_aliases (name TEXT, alias TEXT, version INTEGER)")
        store.executemany("INSERT INTO model_versions VALUES (?, ?)", [("credit", 9), ("credit", 10)])
        store.execute("INSERT INTO registered_model_aliases VALUES ('credit', 'champion', 9)")
        store.commit()
    gatepost("init", "--yes", cwd=tmp_path)
    written = yaml.safe_load((tmp_path / "gatepost.yaml").read_text())
    assert written["subject"]["name"] == "credit"
    assert {"mlflow": {"model": "models:/credit/10", "tracking_uri": "sqlite:///mlflow.db"}} in written["collect"]


def test_an_existing_pipeline_is_told_what_to_include(gatepost: Run, tmp_path: Path) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text("job: {script: 'true'}\n")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "mine.yaml").write_text("policy: x\n")
    done = gatepost("init", "--yes", cwd=tmp_path)
    assert "wrote  .gitlab/gatepost.yml" in done.stdout
    assert ".gitlab/gatepost.yml: add it to .gitlab-ci.yml: include: [{local: .gitlab/gatepost.yml}]" in done.stdout
    assert (tmp_path / ".gitlab-ci.yml").read_text() == "job: {script: 'true'}\n"
    assert not (tmp_path / "policies" / "our-rules.yaml").exists()


def test_without_a_terminal_it_asks_nobody(gatepost: Run, tmp_path: Path) -> None:
    done = gatepost("init", cwd=tmp_path, stdin=subprocess.DEVNULL)
    assert done.returncode == 2
    assert "gatepost init --yes" in done.stderr
    assert list(tmp_path.iterdir()) == []
    missing = gatepost("init", "--yes", "--dir", "nowhere", cwd=tmp_path)
    assert (missing.returncode, "there is no folder nowhere" in missing.stderr) == (2, True)


def test_at_a_terminal_it_asks(tmp_path: Path) -> None:
    above, below = pty.openpty()
    command = [sys.executable, "-m", "gatepost", "init"]
    running = subprocess.Popen(command, cwd=tmp_path, stdin=below, stdout=subprocess.PIPE, text=True)
    os.write(above, b"scorer\nlimited\nnonsense\nregression\njenkins\n")
    shown, _ = running.communicate(timeout=60)
    assert running.returncode == 0
    assert "'nonsense' is not one of" in shown
    written = yaml.safe_load((tmp_path / "gatepost.yaml").read_text())
    expected = {"name": "scorer", "risk_tier": "limited", "task": "regression", "location": "MODEL_CARD.md"}
    assert written["subject"] == expected
    assert (tmp_path / "Jenkinsfile").is_file()


@pytest.mark.parametrize("name", [".gitlab", "policies", "gatepost.yaml"])
def test_a_folder_that_cannot_be_written_is_said(gatepost: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text("job: {script: 'true'}\n")
    (tmp_path / name).symlink_to("/proc/nothing/here")
    done = gatepost("init", "--yes", cwd=tmp_path)
    assert "Traceback" not in done.stderr
    if name == "gatepost.yaml":
        assert "kept   gatepost.yaml" in done.stdout
    else:
        assert (done.returncode, "cannot write" in done.stderr) == (2, True)
