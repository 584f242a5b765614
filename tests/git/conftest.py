"""Repositories made by the real git, and traps that a merge request could set in them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")


def run(folder: Path, *arguments: str, **extra: str) -> str:
    """Run git as a person would, and return what it prints."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **extra}
    command = ["git", *IDENTITY, "-c", "protocol.file.allow=always", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def make(folder: Path, files: dict[str, str], *options: str, branch: str = "main") -> Path:
    """Make a repository with one commit of these files."""
    folder.mkdir(parents=True, exist_ok=True)
    run(folder, "init", "-q", "-b", branch, *options)
    commit(folder, files)
    return folder


def commit(folder: Path, files: dict[str, str], message: str = "change") -> str:
    """Write files, commit all that is there, and return the commit."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    run(folder, "add", "-A", "-f")
    run(folder, "commit", "-q", "--allow-empty", "-m", message)
    return run(folder, "rev-parse", "HEAD")


def add_submodule(outer: Path, inner: Path, path: str) -> str:
    """Add a repository as a submodule, commit it, and return the commit."""
    run(outer, "submodule", "--quiet", "add", str(inner), path)
    return commit(outer, {})


def trapped(marker: Path) -> str:
    """Return a configuration of which every line that git obeys writes the marker."""
    command = f"touch {marker}; cat"
    return f"""[core]
\trepositoryformatversion = 0
\tbare = false
\tworktree = .
\tfsmonitor = "{command}"
\thooksPath = hooks
\tsshCommand = "{command}"
\tgitProxy = "{command}"
\taskPass = "{command}"
\tpager = "{command}"
\talternateRefsCommand = "{command}"
[filter "x"]
\tclean = "{command}"
\tsmudge = "{command}"
\tprocess = "{command}"
\trequired = true
[diff]
\texternal = "{command}"
[diff "x"]
\ttextconv = "{command}"
[credential]
\thelper = "!{command}"
[gpg]
\tprogram = "{command}"
[alias]
\tstatus = "!{command}"
\tls-files = "!{command}"
[remote "origin"]
\turl = "ext::sh -c touch% {marker}"
\tuploadpack = "{command}"
\tfetch = +refs/heads/*:refs/remotes/origin/*
[uploadpack]
\tpackObjectsHook = "{command}"
"""


def as_files(repository: Path, target: Path, config: str) -> None:
    """Copy a repository as a bare one of ordinary files, which a commit can hold."""
    target.mkdir(parents=True, exist_ok=True)
    for name in ("HEAD", "objects", "refs", "index"):
        subprocess.run(["cp", "-r", str(repository / ".git" / name), str(target)], check=True)
    (target / "config").write_text(config)
    hooks = target / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("reference-transaction", "post-index-change", "fsmonitor-watchman"):
        (hooks / name).write_text("#!/bin/sh\ntouch ../hooked\n")
        (hooks / name).chmod(0o755)


@pytest.fixture(autouse=True)
def _only_this_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
