"""Whose repository it is: a merge request does not bring its own `main`, and starts nothing through git."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

CONFIG = """subject: {name: credit}
collect:
  - file: {path: facts.yaml, section: custom}
policies: [policies/]
evidence_schema: {type: object, properties: {score: {type: number}}}
"""
POLICY = """policy: own
version: 1.0.0
title: Own
owner: me@example.com
params:
  least: {type: number, default: 0.5}
rules:
  - id: score
    title: The score is high enough
    severity: high
    enforcement: block
    require: evidence.custom.score >= params.least
    message: "The score {evidence.custom.score} is below {params.least}"
"""
PROJECT = {"gatepost.yaml": CONFIG, "policies/own.yaml": POLICY, "facts.yaml": "score: 0.4\n"}
WEAK = {**PROJECT, "policies/own.yaml": POLICY.replace("0.5", "0.1")}


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.email=a@example.com", "-c", "user.name=a", "-c", "protocol.file.allow=always"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment["GIT_CONFIG_GLOBAL"] = os.devnull
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def write(folder: Path, files: dict[str, str]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)


def commit(folder: Path, files: dict[str, str]) -> None:
    write(folder, files)
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "--allow-empty", "-m", "change")


def make(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    commit(folder, files)
    return folder


def below(folder: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}": content for name, content in files.items()}


def as_files(repository: Path, target: Path, marker: Path) -> None:
    """Copy a repository as ordinary files, with a configuration whose every line would start something."""
    for name in ("HEAD", "objects", "refs", "index"):
        subprocess.run(["cp", "-r", str(repository / ".git" / name), str(target)], check=True)
    (target / "refs" / "remotes" / "origin").mkdir(parents=True, exist_ok=True)
    shutil.copy(repository / ".git" / "refs" / "heads" / "main", target / "refs" / "remotes" / "origin" / "main")
    command = f"printenv SECRET > {marker}; cat"
    (target / "config").write_text(
        f"""[core]
\trepositoryformatversion = 0
\tbare = false
\tworktree = .
\tfsmonitor = "{command}"
\tsshCommand = "{command}"
[filter "x"]
\tclean = "{command}"
[remote "origin"]
\turl = .
\tuploadpack = "{command}"
[credential]
\thelper = "!{command}"
"""
    )
    (target / ".gitattributes").write_text("*.yaml filter=x\n")


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """Return a repository with a project in `model/`, blocked by the rules of `main`, on the branch `mr`."""
    origin = make(tmp_path / "origin", below("model", PROJECT))
    git(origin, "checkout", "-qb", "mr")
    return origin


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """Return the repository of an attacker, with a weaker policy on a `main` of its own."""
    return make(tmp_path / "evil", WEAK)


def cloned(origin: Path, *options: str, name: str = "checkout") -> Path:
    git(origin.parent, "clone", "-q", *options, "-b", "mr", origin.as_uri(), name)
    return origin.parent / name


def judged(gatepost: Run, folder: Path, *options: str, code: int = 1, **env: str) -> tuple[dict[str, Any], str]:
    done = gatepost("run", "--trusted-ref", "main", *options, cwd=folder, env={"SECRET": "s3cret", **env})
    assert done.returncode == code, done.stderr + done.stdout
    left = folder / ".gatepost" / "verdict.json"
    return json.loads(left.read_text()) if left.exists() else {}, " ".join((done.stdout + done.stderr).split())


def trusted(verdict: dict[str, Any], origin: Path) -> None:
    assert verdict["decision"] == "block"
    assert verdict["trusted"]["commit"] == git(origin, "rev-parse", "main")


@pytest.mark.parametrize("place", ["model", ".", "model/policies"])
def test_a_repository_of_committed_files_neither_judges_nor_starts_anything(
    gatepost: Run, origin: Path, evil: Path, place: str
) -> None:
    marker = origin.parent / "MARKER"
    write(origin, below("model", WEAK))
    as_files(evil, origin / place, marker)
    commit(origin, {})
    checkout = cloned(origin)
    trusted(judged(gatepost, checkout / "model")[0], origin)
    assert not marker.exists()


def test_a_submodule_in_the_place_of_the_folder_does_not_judge(gatepost: Run, origin: Path, evil: Path) -> None:
    git(origin, "rm", "-rq", "model")
    git(origin, "submodule", "--quiet", "add", str(evil), "model")
    commit(origin, {})
    checkout = cloned(origin, "--recurse-submodules")
    trusted(judged(gatepost, checkout / "model")[0], origin)


def test_a_repository_that_an_artifact_restored_does_not_judge(gatepost: Run, origin: Path, evil: Path) -> None:
    git(origin, "rm", "-rq", "model")
    commit(origin, {})
    checkout = cloned(origin)
    shutil.copytree(evil, checkout / "model", dirs_exist_ok=True)
    trusted(judged(gatepost, checkout / "model")[0], origin)


def test_a_git_file_that_leads_to_committed_files_is_refused(gatepost: Run, origin: Path, evil: Path) -> None:
    (origin / "store").mkdir()
    as_files(evil, origin / "store", origin.parent / "MARKER")
    commit(origin, below("model", WEAK))
    checkout = cloned(origin)
    (checkout / "model" / ".git").write_text("gitdir: ../store\n")
    _, printed = judged(gatepost, checkout / "model", code=2)
    assert "which is in a working tree, where a commit can put files" in printed
    assert not (origin.parent / "MARKER").exists()


def test_a_folder_that_became_a_link_is_not_judged_by_the_rules_behind_it(gatepost: Run, origin: Path) -> None:
    git(origin, "checkout", "-q", "main")
    commit(origin, below("toy", WEAK))  # another project with weaker rules
    git(origin, "checkout", "-q", "-B", "mr")
    shutil.rmtree(origin / "model")
    (origin / "model").symlink_to("toy")
    commit(origin, {})
    checkout = cloned(origin)
    done = gatepost("run", "--trusted-ref", "main", "--config", "model/gatepost.yaml", cwd=checkout)
    assert done.returncode == 2, done.stdout
    # As a shell that follows the link by `cd model` leaves it.
    judged(gatepost, checkout / "toy", code=2, PWD=str(checkout / "model"))
    assert judged(gatepost, checkout / "toy", code=0)[0]["trusted"]["commit"] == git(origin, "rev-parse", "main")


def test_a_folder_that_became_a_link_out_of_the_repository_is_refused(
    gatepost: Run, origin: Path, evil: Path
) -> None:
    shutil.rmtree(origin / "model")
    (origin / "model").symlink_to(evil)
    commit(origin, {})
    checkout = cloned(origin)
    done = gatepost("run", "--trusted-ref", "main", "--config", "model/gatepost.yaml", cwd=checkout)
    assert done.returncode == 2
    assert "is behind the symbolic link" in done.stderr and "leads out of the repository" in done.stderr
    _, printed = judged(gatepost, evil, code=2, PWD=str(checkout / "model"))
    assert "leads out of the repository" in printed


def test_a_project_in_a_submodule_is_judged_by_the_repository_around(gatepost: Run, tmp_path: Path) -> None:
    project = make(tmp_path / "project", PROJECT)
    origin = make(tmp_path / "origin", {"README": "x"})
    git(origin, "submodule", "--quiet", "add", str(project), "team/project")
    commit(origin, {})
    git(origin, "checkout", "-qb", "mr")
    commit(project, {"policies/own.yaml": POLICY.replace("0.5", "0.1")})
    git(origin / "team" / "project", "pull", "-q")
    commit(origin, {})
    checkout = cloned(origin, "--recurse-submodules")
    verdict, _ = judged(gatepost, checkout / "team" / "project")
    trusted(verdict, origin)
    assert verdict["trusted"]["changed"] == ["team/project/policies/own.yaml"]
    assert judged(gatepost, checkout / "team" / "project")[0]["decision"] == "block"  # and again, with its cache
    (checkout / "team" / "project" / ".gatepost").rename(tmp_path / "kept")
    done = gatepost("run", cwd=checkout / "team" / "project")
    assert done.returncode == 0, done.stderr
    assert f"note: {checkout}/team/project is a submodule of {checkout}" in done.stderr


def test_results_that_come_with_a_submodule_are_refused(gatepost: Run, tmp_path: Path) -> None:
    project = make(tmp_path / "project", PROJECT)
    origin = make(tmp_path / "origin", {"README": "x"})
    git(origin, "submodule", "--quiet", "add", str(project), "project")
    commit(origin, {})
    git(origin, "checkout", "-qb", "mr")
    commit(project, {".gatepost/cache/made-up": "{}"})
    git(origin / "project", "pull", "-q")
    commit(origin, {})
    checkout = cloned(origin, "--recurse-submodules")
    _, printed = judged(gatepost, checkout / "project", code=2)
    assert "project/.gatepost is in git" in printed


def test_a_repository_inside_that_nobody_records_must_be_named(gatepost: Run, origin: Path, tmp_path: Path) -> None:
    checkout = cloned(origin)
    inner = make(checkout / "other", PROJECT)
    _, printed = judged(gatepost, inner, code=2)
    assert f"{inner} is a repository of its own inside {checkout}, which does not record it" in printed
    assert f"--repository {inner}" in printed
    verdict, _ = judged(gatepost, inner, "--repository", ".")
    assert verdict["trusted"]["commit"] == git(inner, "rev-parse", "main")
    _, printed = judged(gatepost, inner, "--repository", "policies", code=2)
    assert f"--repository policies has no .git did you mean {inner}?" in printed


def test_the_option_names_the_root_for_collect_too(gatepost: Run, origin: Path) -> None:
    checkout = cloned(origin)
    make(
        checkout / "model" / "part",
        {"gatepost.yaml": CONFIG.replace("facts.yaml", "../facts.yaml"), **below("policies", {"own.yaml": POLICY})},
    )
    part = checkout / "model" / "part"
    done = gatepost("collect", "-o", "evidence.json", cwd=part)
    assert done.returncode == 2
    assert "lies outside the repository" in done.stderr
    done = gatepost("collect", "-o", "evidence.json", "--repository", "../..", cwd=part)
    assert done.returncode == 0, done.stderr
    assert json.loads((part / "evidence.json").read_text())["evidence"]["custom"] == {"score": 0.4}
    done = gatepost("collect", "-o", "evidence.json", "--repository", "../../..", cwd=part)
    assert done.returncode == 2
    assert "has no .git" in done.stderr


def test_the_target_branch_counts_as_it_is_now(gatepost: Run, origin: Path) -> None:
    checkout = cloned(origin)  # a checkout that the runner kept
    git(origin, "checkout", "-q", "main")
    commit(origin, below("model", {"policies/own.yaml": POLICY.replace("0.5", "0.7")}))
    (checkout / "model" / "facts.yaml").write_text("score: 0.6\n")
    trusted(judged(gatepost, checkout / "model")[0], origin)
    origin.rename(origin.parent / "gone")
    commit(origin.parent / "gone", {})
    verdict, printed = judged(gatepost, checkout / "model")
    assert "warning: the remote origin cannot be asked what main is now" in printed
    assert verdict["decision"] == "block"


@pytest.mark.parametrize(
    "options", [["--depth=1"], ["--filter=blob:none"], ["--filter=tree:0"], ["--depth=1", "--filter=blob:none"]]
)
def test_shallow_and_partial_clones(gatepost: Run, origin: Path, options: list[str]) -> None:
    git(origin, "config", "uploadpack.allowFilter", "true")
    commit(origin, below("model", {"policies/own.yaml": POLICY.replace("0.5", "0.1")}))
    verdict, _ = judged(gatepost, cloned(origin, *options) / "model")
    trusted(verdict, origin)
    assert verdict["trusted"]["changed"] == ["model/policies/own.yaml"]


def test_a_worktree_a_link_and_a_detached_head(gatepost: Run, origin: Path) -> None:
    checkout = cloned(origin)
    git(checkout, "worktree", "add", "-q", "--detach", str(origin.parent / "tree"))
    (origin.parent / "link").symlink_to(checkout)
    for folder in (origin.parent / "tree", origin.parent / "link"):
        verdict, _ = judged(gatepost, folder / "model", PWD=str(folder / "model"))
        trusted(verdict, origin)


def test_the_commit_is_told_without_starting_a_filter(gatepost: Run, origin: Path, evil: Path) -> None:
    marker = origin.parent / "MARKER"
    config = CONFIG.replace("policies:", "  - git: {path: sub}\npolicies:")
    git(origin, "checkout", "-q", "main")
    commit(origin, {**below("model", {"gatepost.yaml": config}), "model/sub/x": "x"})
    git(origin, "checkout", "-q", "-B", "mr")
    as_files(evil, origin / "model" / "sub", marker)
    commit(origin, {"model/sub/own.yaml": "changed"})
    checkout = cloned(origin)
    judged(gatepost, checkout / "model")
    evidence = json.loads((checkout / "model" / ".gatepost" / "evidence.json").read_text())
    assert evidence["evidence"]["training"]["git"]["commit"] == git(origin, "rev-parse", "mr")
    assert not marker.exists()


def test_the_commit_of_a_submodule_counts_only_without_a_trusted_ref(gatepost: Run, origin: Path, evil: Path) -> None:
    config = CONFIG.replace("policies:", "  - git: {path: sub}\npolicies:")
    git(origin, "checkout", "-q", "main")
    git(origin, "submodule", "--quiet", "add", str(evil), "model/sub")
    commit(origin, below("model", {"gatepost.yaml": config}))
    git(origin, "checkout", "-q", "-B", "mr")
    checkout = cloned(origin, "--recurse-submodules")
    judged(gatepost, checkout / "model")
    for option, repository in (("--trusted-ref=main", origin), ("--quiet", evil)):
        done = gatepost("run", option, cwd=checkout / "model")
        assert done.returncode == 1, done.stderr
        evidence = json.loads((checkout / "model" / ".gatepost" / "evidence.json").read_text())
        assert evidence["evidence"]["training"]["git"]["commit"] == git(repository, "rev-parse", "HEAD")
        assert "sub is a submodule of checkout" in evidence["sources"][-1]["notes"][0]
