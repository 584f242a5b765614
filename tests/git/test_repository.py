from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from gatepost.git.repository import find, logical, nearest_root
from gatepost.problems import GatepostError

from .conftest import add_submodule, as_files, make, run


def test_the_nearest_git_counts_and_those_around_it_are_known(tmp_path: Path) -> None:
    outer = make(tmp_path / "outer", {"a/b/c": "x"})
    inner = make(outer / "a" / "b" / "inner", {"d/e": "x"})
    found = find(inner / "d")
    assert found is not None and found.enclosing is not None
    assert (found.top, found.enclosing.top, found.is_own) == (inner, outer, False)
    assert find(outer / "a") == found.enclosing
    assert found.enclosing.is_own
    assert find(tmp_path) is None


@pytest.mark.parametrize("place", ["model", ".", "model/deep"])
def test_files_that_look_like_a_repository_are_none(tmp_path: Path, place: str) -> None:
    outer = make(tmp_path / "outer", {"model/deep/x": "x"})
    as_files(make(tmp_path / "evil", {"y": "y"}), outer / place, "[core]\n\tbare = false\n\tworktree = .\n")
    found = find(outer / "model" / "deep")
    assert found is not None
    assert (found.top, found.git_dir) == (outer, outer / ".git")


def test_a_git_that_is_no_repository_is_passed_over(tmp_path: Path) -> None:
    outer = make(tmp_path / "outer", {"model/x": "x"})
    (outer / "model" / ".git").mkdir()
    found = find(outer / "model")
    assert found is not None and found.top == outer
    (outer / "model" / ".git").rmdir()
    (outer / "model" / ".git").write_text("gitdir: nowhere\n")
    found = find(outer / "model")
    assert found is not None and found.top == outer


@pytest.mark.parametrize("kind", ["file", "link"])
@pytest.mark.parametrize("place", [".", "model"])
def test_a_git_that_leads_to_committed_files_is_refused(tmp_path: Path, kind: str, place: str) -> None:
    outer = make(tmp_path / "outer", {"model/x": "x"})
    as_files(make(tmp_path / "evil", {"y": "y"}), outer / "store", "")
    if place == ".":
        shutil.rmtree(outer / ".git")
    entry = outer / place / ".git"
    if kind == "file":
        entry.write_text(f"gitdir: {os.path.relpath(outer / 'store', outer / place)}\n")
    else:
        entry.symlink_to(outer / "store")
    with pytest.raises(GatepostError, match="in a working tree, where a commit can put files"):
        find(outer / place)


def test_an_inner_git_that_leads_to_another_repository_is_refused(tmp_path: Path) -> None:
    other = make(tmp_path / "other", {"secret": "x"})
    outer = make(tmp_path / "outer", {"model/x": "x"})
    (outer / "model" / ".git").write_text(f"gitdir: {other / '.git'}\n")
    with pytest.raises(GatepostError, match="where git keeps no submodule of"):
        find(outer / "model")
    (outer / "model" / ".git").unlink()
    shutil.copytree(outer / ".git", outer / "model" / ".git")
    (outer / "model" / ".git" / "commondir").write_text(f"{other / '.git'}\n")
    with pytest.raises(GatepostError, match="where git keeps no submodule of"):
        find(outer / "model")


def test_a_worktree_is_the_jobs_own_also_inside(tmp_path: Path) -> None:
    outer = make(tmp_path / "outer", {"x": "x"})
    run(outer, "worktree", "add", "-q", "-b", "beside", str(tmp_path / "beside"))
    run(outer, "worktree", "add", "-q", "-b", "inside", str(outer / "wt" / "inside"))
    beside, inside = find(tmp_path / "beside"), find(outer / "wt" / "inside")
    assert beside is not None and inside is not None
    assert beside.common_dir == inside.common_dir == outer / ".git"
    assert beside.is_own and inside.is_own
    # A `.git` that says so is not enough: the repository must know of it.
    (outer / "model").mkdir()
    shutil.copy(outer / "wt" / "inside" / ".git", outer / "model" / ".git")
    with pytest.raises(GatepostError, match="where git keeps no submodule of"):
        find(outer / "model")


def test_a_submodule_in_a_submodule(tmp_path: Path) -> None:
    deepest = make(tmp_path / "c", {"x": "x"})
    middle = make(tmp_path / "b", {"x": "x"})
    add_submodule(middle, deepest, "c")
    outer = make(tmp_path / "a", {"x": "x"})
    add_submodule(outer, middle, "b")
    run(outer, "submodule", "--quiet", "update", "--init", "--recursive")
    found = find(outer / "b" / "c")
    assert found is not None
    assert [one.top for one in found.outwards()] == [outer / "b" / "c", outer / "b", outer]
    assert not found.is_own


def test_a_separate_git_directory_and_a_symbolic_link(tmp_path: Path) -> None:
    top = make(tmp_path / "top", {"sub/x": "x"}, f"--separate-git-dir={tmp_path / 'store'}")
    (tmp_path / "link").symlink_to(top)
    (tmp_path / "deep").symlink_to(top / "sub")
    for folder in (top / "sub", tmp_path / "link" / "sub", tmp_path / "deep"):
        found = find(folder)
        assert found is not None
        assert (found.top, found.git_dir, found.is_own) == (top, tmp_path / "store", True)


def test_the_ceiling_ends_the_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outer = make(tmp_path / "outer", {"a/b/x": "x"})
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", f"/nowhere:{outer / 'a'}")
    assert find(outer / "a" / "b") is None
    assert nearest_root(outer / "a" / "b") == outer


def test_the_logical_path_keeps_the_links_of_cd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.chdir(tmp_path / "real")
    monkeypatch.setenv("PWD", str(tmp_path / "link"))
    assert logical(Path("x")) == tmp_path / "link" / "x"
    monkeypatch.setenv("PWD", str(tmp_path))  # not where we are
    assert logical(Path("x")) == tmp_path / "real" / "x"
    monkeypatch.delenv("PWD")
    assert logical(Path("../y")) == tmp_path / "y"
