"""What lies in a folder that Gatepost can begin with."""

from __future__ import annotations

import csv
import json
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from gatepost.git.command import NO_REPOSITORY, git
from gatepost.git.configuration import main_remote, read_own
from gatepost.git.repository import Repository, find
from gatepost.git.revisions import commit_of
from gatepost.problems import GatepostError

__all__ = ["Found", "RegisteredModel", "look"]

_CARDS = ("MODEL_CARD.md", "model_card.md", "docs/MODEL_CARD.md", "docs/model_card.md")
_SKIPPED = {"node_modules", "mlruns", "venv", "env", "site-packages", "__pycache__", "build", "dist"}
_MOST_FILES = 20_000


@dataclass(frozen=True, slots=True)
class RegisteredModel:
    """A model in MLflow's registry, and the version or alias that a gate would look at."""

    name: str
    uri: str


@dataclass(frozen=True, slots=True)
class Found:
    """What is there. Paths are relative to the folder, with ``/``."""

    name: str
    email: str = ""
    branch: str = "main"
    git: bool = False
    card: str = ""
    tracking_uri: str = ""
    models: tuple[RegisteredModel, ...] = ()
    data: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    dvc: bool = False
    ci: str = ""
    policies: bool = False


def look(folder: Path, environ: Mapping[str, str]) -> Found:
    """Look into a folder; nothing is imported, run or asked over a network but git."""
    files = list(_files(folder))
    data = tuple(file for file in files if file.endswith((".csv", ".parquet")))
    tracking = _tracking(folder, environ)
    in_git = _look_at_git(folder)
    return Found(
        name=re.sub(r"[^A-Za-z0-9_.-]+", "-", folder.resolve().name).strip("-") or "model",
        email=in_git.email,
        branch=in_git.branch or "main",
        git=in_git.has_commit,
        card=next((card for card in _CARDS if (folder / card).is_file()), ""),
        tracking_uri=tracking,
        models=tuple(_models(folder, tracking)),
        data=data,
        columns=_columns(folder / data[0]) if data else (),
        suites=tuple(file for file in files if file.endswith(".json") and _is_suite(folder / file)),
        dvc=(folder / ".dvc").is_dir() or (folder / "dvc.yaml").is_file(),
        ci=_ci(folder, in_git.remote),
        policies=any((folder / "policies").glob("*.y*ml")),
    )


def _files(folder: Path) -> Iterator[str]:
    """Return the files of the folder and two levels below, hidden ones and what others installed left out."""
    seen = 0
    for above, folders, names in os.walk(folder):
        depth = len(Path(above).relative_to(folder).parts)
        folders[:] = sorted(n for n in folders if depth < 2 and not n.startswith(".") and n not in _SKIPPED)
        for name in sorted(names):
            seen += 1
            if seen > _MOST_FILES:
                return
            yield Path(above, name).relative_to(folder).as_posix()


@dataclass(frozen=True, slots=True)
class _InGit:
    email: str = ""
    branch: str = ""
    has_commit: bool = False
    remote: str = ""


def _look_at_git(folder: Path) -> _InGit:
    try:
        repository = find(folder)
        if repository is None or not repository.is_own:
            answer = git(NO_REPOSITORY, "config", "user.email", job_settings=True)
            return _InGit(email=answer.stdout.decode("utf-8", "replace").strip())
        settings = read_own(repository)
        email = settings.get("user.email", ("",))[-1]
        head = bool(commit_of(repository, "HEAD"))
        return _InGit(email, _default_branch(repository), head, main_remote(settings)[1])
    except GatepostError:  # there is no git, which is no reason not to begin
        return _InGit()


def _default_branch(repository: Repository) -> str:
    answer = git(repository.git_dir, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    return answer.stdout.decode("utf-8", "replace").strip().removeprefix("origin/")


def _tracking(folder: Path, environ: Mapping[str, str]) -> str:
    if environ.get("MLFLOW_TRACKING_URI"):
        return environ["MLFLOW_TRACKING_URI"]
    if (folder / "mlflow.db").is_file():
        return "sqlite:///mlflow.db"
    return "mlruns" if (folder / "mlruns").is_dir() else ""


def _models(folder: Path, tracking: str) -> Iterator[RegisteredModel]:
    """Return the registered models of a store that is a file here; a server is not asked."""
    path = folder / "mlflow.db"
    if tracking != "sqlite:///mlflow.db" or not path.is_file():
        return
    try:
        with closing(sqlite3.connect(f"file:{path.resolve().as_posix()}?mode=ro", uri=True)) as store:
            newest = dict(store.execute("SELECT name, MAX(version) FROM model_versions GROUP BY name"))
            aliases = store.execute("SELECT name, alias FROM registered_model_aliases ORDER BY alias").fetchall()
    except sqlite3.Error:  # no such tables: an older or newer MLflow
        return
    for name, version in newest.items():
        # The gate is for what is to come, not for what is in use.
        own = [alias for owner, alias in aliases if owner == name and alias != "champion"]
        yield RegisteredModel(name, f"models:/{name}@{own[0]}" if own else f"models:/{name}/{version}")


def _columns(path: Path) -> tuple[str, ...]:
    if path.suffix != ".csv":
        return ()
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return tuple(next(csv.reader(stream), ()))
    except (OSError, UnicodeDecodeError, csv.Error):
        return ()


def _is_suite(path: Path) -> bool:
    try:
        if path.stat().st_size > 1_000_000:
            return False
        content = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and isinstance(content.get("expectations"), list) and "results" not in content


def _ci(folder: Path, remote: str) -> str:
    if (folder / ".github").is_dir():
        return "github"
    if (folder / ".gitlab-ci.yml").is_file():
        return "gitlab"
    if (folder / "Jenkinsfile").is_file():
        return "jenkins"
    return next((name for name in ("github", "gitlab") if name in remote), "")
