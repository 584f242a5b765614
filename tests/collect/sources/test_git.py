from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from gatepost.collect.interface import CollectorError, Context
from gatepost.collect.sources import git


def run(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    root = tmp_path / "project"
    root.mkdir()
    return root


@pytest.fixture
def repository(folder: Path) -> Path:
    run(folder, "init", "-q", "-b", "main")
    (folder / "train.py").write_text("print(1)\n")
    (folder / ".gitignore").write_text("*.log\n")
    run(folder, "add", ".")
    run(folder, "commit", "-q", "-m", "first")
    return folder


def facts(root: Path, path: str = ".") -> dict[str, Any]:
    collected = git.collect({"path": path}, Context(root, root))
    return dict(collected.sections["training"]["git"])


def test_a_clean_checkout(repository: Path) -> None:
    assert facts(repository) == {"commit": run(repository, "rev-parse", "HEAD"), "dirty": False}


def test_the_remote_has_no_credentials(repository: Path) -> None:
    run(repository, "remote", "add", "backup", "https://backup.example/r.git")
    assert facts(repository)["remote"] == "https://backup.example/r.git"
    run(repository, "remote", "add", "origin", "https://ci:s3cret@host.example/r.git")
    collected = git.collect({}, Context(repository, repository))
    assert collected.sections["training"]["git"]["remote"] == "https://host.example/r.git"
    assert collected.uri == "https://host.example/r.git"
    assert "s3cret" not in str(git.fingerprint({}, Context(repository, repository)))


def test_changed_deleted_staged_and_untracked_files_are_dirty_and_ignored_ones_are_not(repository: Path) -> None:
    (repository / "run.log").write_text("x")
    assert facts(repository)["dirty"] is False
    (repository / "new file.py").write_text("x")
    collected = git.collect({}, Context(repository, repository))
    assert collected.sections["training"]["git"]["dirty"] is True
    assert collected.notes == ("1 changed or untracked: new file.py",)
    (repository / "new file.py").unlink()
    (repository / "train.py").unlink()
    assert facts(repository)["dirty"] is True
    run(repository, "checkout", "train.py")
    run(repository, "mv", "train.py", "fit.py")
    assert facts(repository)["dirty"] is True


def test_a_change_outside_the_named_folder_counts(repository: Path) -> None:
    (repository / "sub").mkdir()
    (repository / "train.py").write_text("print(2)\n")
    assert facts(repository, "sub")["dirty"] is True


def test_a_detached_head(repository: Path) -> None:
    first = run(repository, "rev-parse", "HEAD")
    run(repository, "checkout", "-q", "--detach")
    assert facts(repository)["commit"] == first


def test_variables_of_a_hook_do_not_lead_elsewhere(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(repository, "rev-parse", "HEAD")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other"))
    assert facts(repository)["commit"] == first


def test_the_fingerprint_tells_commits_and_changes_apart(repository: Path) -> None:
    context = Context(repository, repository)
    clean = git.fingerprint({}, context)
    assert git.fingerprint({}, context) == clean
    (repository / "new.py").write_text("x")
    dirty = git.fingerprint({}, context)
    run(repository, "add", ".")
    run(repository, "commit", "-q", "-m", "second")
    committed = git.fingerprint({}, context)
    assert len({str(parts) for parts in (clean, dirty, committed)}) == 3


def test_looking_does_not_write(repository: Path) -> None:
    index = repository / ".git" / "index"
    (repository / "train.py").touch()
    before = index.stat().st_mtime_ns
    facts(repository)
    assert index.stat().st_mtime_ns == before


def test_no_repository(folder: Path) -> None:
    with pytest.raises(CollectorError, match=r"\. is not in a git repository") as caught:
        facts(folder)
    assert caught.value.option == ("path",)


def test_no_commit_yet(folder: Path) -> None:
    run(folder, "init", "-q")
    with pytest.raises(CollectorError, match="no commit yet"):
        facts(folder)


def test_a_bare_repository_is_none_for_files_can_make_it(folder: Path) -> None:
    run(folder, "init", "-q", "--bare", "store.git")
    with pytest.raises(CollectorError, match=r"store\.git is not in a git repository"):
        facts(folder, "store.git")


def test_no_git_command(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CollectorError, match="`git` command is not installed"):
        facts(repository)


def test_no_such_folder(repository: Path) -> None:
    with pytest.raises(CollectorError, match="no such folder: nowhere"):
        facts(repository, "nowhere")


def test_the_options() -> None:
    validator = jsonschema_rs.Draft202012Validator(dict(git.options))
    assert validator.is_valid({"path": "src"}) and validator.is_valid({})
    assert not validator.is_valid({"pth": "src"})
    assert git.describe({}) == "."


def test_only_the_fields_that_are_asked_for(repository: Path) -> None:
    found = git.collect({"fields": ["dirty"]}, Context(folder=repository, repository=repository))
    assert found.sections["training"]["git"] == {"dirty": False}
