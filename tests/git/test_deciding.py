from __future__ import annotations

import os
from pathlib import Path

import pytest

from gatepost.git import deciding as module
from gatepost.git.deciding import deciding, note_on_submodule, root_of
from gatepost.problems import GatepostError

from .conftest import add_submodule, as_files, commit, make, run


@pytest.fixture
def outer(tmp_path: Path) -> Path:
    """Return a repository with `model/` at main, on the branch of a merge request."""
    outer = make(tmp_path / "outer", {"model/gatepost.yaml": "x", "README": "x"})
    run(outer, "checkout", "-q", "-b", "mr")
    return outer


def without_model(outer: Path) -> None:
    run(outer, "rm", "-rq", "model")
    run(outer, "commit", "-qm", "away")


def test_a_plain_repository_decides(outer: Path) -> None:
    assert deciding(outer / "model", "main").top == outer
    assert deciding(outer / "model", "main", str(outer)).top == outer


def test_a_bare_repository_of_files_does_not_decide(tmp_path: Path, outer: Path) -> None:
    as_files(make(tmp_path / "evil", {"gatepost.yaml": "y"}), outer / "model", "")
    commit(outer, {})
    assert deciding(outer / "model", "main").top == outer


def test_a_submodule_in_the_place_of_a_folder_does_not_decide(tmp_path: Path, outer: Path) -> None:
    evil = make(tmp_path / "evil", {"gatepost.yaml": "y"})
    without_model(outer)
    add_submodule(outer, evil, "model")
    assert deciding(outer / "model", "main").top == outer
    with pytest.raises(GatepostError, match="is a part of the repository"):
        deciding(outer / "model", "main", str(outer / "model"))


@pytest.mark.parametrize("in_index", [True, False])
def test_a_repository_of_an_artifact_in_the_place_of_a_folder_does_not_decide(outer: Path, in_index: bool) -> None:
    if not in_index:  # then only the ref knows of the folder
        without_model(outer)
    make(outer / "model", {"gatepost.yaml": "y"})
    assert deciding(outer / "model", "main").top == outer
    with pytest.raises(GatepostError, match="is a part of the repository"):
        deciding(outer / "model", "main", str(outer / "model"))


def test_a_submodule_that_only_the_merge_request_has_does_not_decide(tmp_path: Path, outer: Path) -> None:
    add_submodule(outer, make(tmp_path / "evil", {"gatepost.yaml": "y"}), "new")
    assert deciding(outer / "new", "main").top == outer


def test_a_project_in_a_submodule_is_decided_by_the_repository_around(tmp_path: Path, outer: Path) -> None:
    project = make(tmp_path / "project", {"gatepost.yaml": "y", "deep/x": "x"})
    run(outer, "checkout", "-q", "main")
    add_submodule(outer, project, "project")
    assert deciding(outer / "project" / "deep", "main").top == outer
    assert "is a submodule of" in note_on_submodule(outer / "project" / "deep")
    assert note_on_submodule(outer / "model") == note_on_submodule(project) == ""
    # The same in a submodule of a submodule: the outermost decides.
    around = make(tmp_path / "around", {})
    add_submodule(around, outer, "middle")
    run(around, "submodule", "--quiet", "update", "--init", "--recursive")
    assert deciding(around / "middle" / "project", "main").top == around


def test_a_repository_that_nobody_records_must_be_named(tmp_path: Path, outer: Path) -> None:
    inner = make(outer / "checkouts" / "tools", {"gatepost.yaml": "y"})
    with pytest.raises(GatepostError, match="which does not record it") as caught:
        deciding(inner, "main")
    assert caught.value.problems[0].advice.endswith(f"--repository {inner}")
    assert deciding(inner, "main", str(inner)).top == inner
    assert deciding(inner, "main", os.path.relpath(outer)).top == outer


def test_a_working_tree_of_the_repository_decides_for_itself(tmp_path: Path, outer: Path) -> None:
    run(outer, "worktree", "add", "-q", "-b", "a", str(outer / "trees" / "a"))
    run(outer, "worktree", "add", "-q", "-b", "b", str(tmp_path / "b"))
    assert deciding(outer / "trees" / "a" / "model", "main").top == outer / "trees" / "a"
    assert deciding(tmp_path / "b" / "model", "main").top == tmp_path / "b"


def test_a_link_out_of_the_repository_is_refused(
    tmp_path: Path, outer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make(tmp_path / "other", {"model/gatepost.yaml": "y"})
    without_model(outer)
    (outer / "model").symlink_to(other / "model")
    commit(outer, {})
    with pytest.raises(GatepostError, match="which leads out of the repository"):
        deciding(outer / "model", "main")
    monkeypatch.chdir(other / "model")  # as a shell does that follows `cd model`
    monkeypatch.setenv("PWD", str(outer / "model"))
    with pytest.raises(GatepostError, match="which leads out of the repository"):
        deciding(Path(), "main")
    assert deciding(Path(), "main", str(other)).top == other


def test_a_repository_reached_by_a_link_decides(tmp_path: Path, outer: Path) -> None:
    (tmp_path / "link").symlink_to(outer)
    (tmp_path / "deep").symlink_to(outer / "model")
    assert deciding(tmp_path / "link" / "model", "main").top == outer
    assert deciding(tmp_path / "deep", "main").top == outer
    assert deciding(tmp_path / "link" / "model", "main", str(tmp_path / "link")).top == outer


def test_the_option_names_a_root(tmp_path: Path, outer: Path) -> None:
    with pytest.raises(GatepostError, match=r"has no \.git") as caught:
        root_of(outer / "model", str(outer / "model"))
    assert caught.value.problems[0].advice == f"did you mean {outer}?"
    with pytest.raises(GatepostError, match=r"has no \.git"):
        root_of(outer, str(tmp_path / "nowhere"))
    other = make(tmp_path / "other", {})
    with pytest.raises(GatepostError, match="does not lie in --repository"):
        deciding(outer / "model", "main", str(other))
    assert root_of(outer, None) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_repository_of_another_user_is_refused_unless_it_is_safe(
    tmp_path: Path, outer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (outer, outer / ".git"):
        os.chown(path, 12345, 12345)
    monkeypatch.delenv("SUDO_UID", raising=False)
    with pytest.raises(GatepostError, match="belongs to another user") as caught:
        deciding(outer / "model", "main")
    assert caught.value.problems[0].advice.endswith(f"--add safe.directory {outer}")
    for value, safe in (("*", True), (str(outer), True), (f"{tmp_path}/*", True), (f"{outer}/model", False)):
        settings = tmp_path / "gitconfig"
        settings.write_text(f"[safe]\n\tdirectory = {value}\n")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
        if safe:
            assert deciding(outer / "model", "main").top == outer
        else:
            with pytest.raises(GatepostError, match="belongs to another user"):
                deciding(outer / "model", "main")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.directory")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(outer))
    assert deciding(outer / "model", "main").top == outer
    # What the repository says of itself does not count.
    monkeypatch.delenv("GIT_CONFIG_COUNT")
    run(tmp_path, "config", "--file", str(outer / ".git" / "config"), "safe.directory", "*")
    with pytest.raises(GatepostError, match="belongs to another user"):
        deciding(outer / "model", "main")


def test_no_repository(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(GatepostError, match="is not in a git repository") as caught:
        module.deciding(tmp_path / "empty", "main")
    assert "--trusted-ref needs a checkout" in caught.value.problems[0].advice
