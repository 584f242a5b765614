from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

import pytest

from gatepost.git.changes import Changes, changes, settings_of
from gatepost.git.head import head_of
from gatepost.git.repository import find
from gatepost.problems import GatepostError

from .conftest import add_submodule, commit, make, run, trapped


def found(folder: Path) -> Changes:
    repository = find(folder)
    assert repository is not None
    return changes(repository, head_of(repository), settings_of(repository))


def entries(folder: Path) -> list[str]:
    return list(found(folder).entries)


def touch_all(folder: Path) -> None:
    """Make git look into every file: its times say nothing any more."""
    for path in folder.rglob("*"):
        if ".git" not in path.relative_to(folder).parts and not path.is_dir():
            os.utime(path, ns=(1, 1), follow_symlinks=False)


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_what_git_status_says(tmp_path: Path, object_format: str) -> None:
    files = {name: name for name in ("changed", "deleted", "staged", "moved", "ödd \n name", "same")}
    top = make(tmp_path / "r", {**files, ".gitignore": "*.log\n"}, f"--object-format={object_format}")
    touch_all(top)
    assert entries(top) == []
    (top / "changed").write_text("CHANGED")
    (top / "deleted").unlink()
    (top / "staged").write_text("other")
    run(top, "add", "staged")
    run(top, "mv", "moved", "away")
    (top / "ödd \n name").write_text("x")
    (top / "new").write_text("x")
    (top / "run.log").write_text("x")
    expected = ["A  away", " M changed", " D deleted", "D  moved", "M  staged", " M ödd \n name", "?? new"]
    assert sorted(entries(top)) == sorted(expected)
    listed = run(top, "status", "--porcelain", "-z", "--no-renames")
    assert sorted(entries(top)) == sorted(entry for entry in listed.split("\0") if entry)


@pytest.mark.parametrize("inside", [False, True])
def test_nothing_that_is_configured_is_started(tmp_path: Path, inside: bool) -> None:
    marker = tmp_path / "MARKER"
    outer = make(tmp_path / "outer", {"x": "x"})
    files = {"a.txt": "a", ".gitattributes": "*.txt filter=x diff=x\n"}
    top = make(outer / "inner" if inside else tmp_path / "r", files)
    (top / ".git" / "config").write_text(trapped(marker).replace("\tworktree = .\n", ""))
    touch_all(top)
    assert entries(top) == []
    (top / "a.txt").write_text("b")
    assert found(top) == Changes((), {"a.txt": "x"})
    (top / "new").write_text("b")
    assert found(top).entries == ("?? new",)
    assert not marker.exists()


def test_hooks_and_the_monitor_are_not_started(tmp_path: Path) -> None:
    top = make(tmp_path / "r", {"a": "a"})
    run(top, "config", "core.fsmonitor", f"touch {tmp_path / 'MARKER'}")
    for name in ("post-index-change", "fsmonitor-watchman", "reference-transaction"):
        hook = top / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path / 'MARKER'}\n")
        hook.chmod(0o755)
    (top / "a").write_text("b")
    assert entries(top) == [" M a"]
    assert not (tmp_path / "MARKER").exists()


def test_a_filter_without_a_program_changes_nothing(tmp_path: Path) -> None:
    top = make(tmp_path / "r", {"a.txt": "a", ".gitattributes": "*.txt filter=absent\n"})
    (top / "a.txt").write_text("b")
    assert found(top) == Changes((" M a.txt",), {})


def pointer(content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(content)}\n"


@pytest.mark.parametrize("configured", [True, False])
def test_a_file_of_lfs_is_compared_with_its_pointer(tmp_path: Path, configured: bool) -> None:
    content = b"\x00weights" * 1000
    top = make(tmp_path / "r", {"model.bin": pointer(content), ".gitattributes": "*.bin filter=lfs diff=lfs -text\n"})
    if configured:
        run(top, "config", "filter.lfs.clean", f"touch {tmp_path / 'MARKER'}; git-lfs clean -- %f")
        run(top, "config", "filter.lfs.required", "true")
    assert entries(top) == []  # the pointer itself, as in a checkout without LFS
    (top / "model.bin").write_bytes(content)
    assert entries(top) == []
    (top / "model.bin").write_bytes(content[:-1] + b"S")
    assert entries(top) == [" M model.bin"]
    (top / "model.bin").write_bytes(content + b"x")
    assert entries(top) == [" M model.bin"]
    (top / "model.bin").unlink()
    (top / "model.bin").symlink_to(tmp_path / "elsewhere")
    assert "model.bin" in entries(top)[0]
    assert not (tmp_path / "MARKER").exists()


def test_a_checkout_by_git_lfs_is_not_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if shutil.which("git-lfs") is None:
        pytest.skip("git-lfs is not installed")
    top = make(tmp_path / "r", {"x": "x"})
    run(top, "lfs", "install", "--local")
    run(top, "lfs", "track", "*.bin")
    commit(top, {"model.bin": "weights" * 1000})
    assert run(top, "show", "HEAD:model.bin").startswith("version https://git-lfs")
    touch_all(top)
    assert entries(top) == []
    (top / "model.bin").write_text("other")
    assert entries(top) == [" M model.bin"]


@pytest.mark.parametrize(
    ("settings", "attributes"),
    [
        ({"core.autocrlf": "true"}, ""),
        ({"core.eol": "crlf"}, "* text=auto\n"),
        ({}, "*.txt text eol=crlf\n"),
        ({}, "*.txt text working-tree-encoding=UTF-16LE-BOM\n"),
        ({}, "*.txt ident\n"),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_line_ends_and_encodings_are_no_changes(
    tmp_path: Path, settings: dict[str, str], attributes: str, inside: bool
) -> None:
    outer = make(tmp_path / "outer", {"x": "x"})
    origin = make(tmp_path / "origin", {".gitattributes": attributes} if attributes else {})
    if "encoding" in attributes:
        (origin / "a.txt").write_bytes("é\n".encode("utf-16"))
        commit(origin, {})
    else:
        commit(origin, {"a.txt": "one\ntwo $Id$\n"})
    options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
    top = outer / "inner" if inside else tmp_path / "clone"
    run(tmp_path, "clone", "-q", *options, str(origin), str(top))
    stored = run(top, "cat-file", "blob", "HEAD:a.txt").encode() + b"\n"
    assert (top / "a.txt").read_bytes() != stored  # it looks different
    touch_all(top)
    assert found(top) == Changes((), {})
    (top / "a.txt").write_bytes((top / "a.txt").read_bytes() + "three".encode("utf-16-le"))
    assert entries(top) == [" M a.txt"]


def test_the_settings_of_the_user_for_line_ends_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path / "r", {"a.txt": "one\ntwo\n"})
    (tmp_path / "ignore").write_text("*.tmp\n")
    settings = tmp_path / "gitconfig"
    settings.write_text(f"[core]\n\tautocrlf = true\n\texcludesFile = {tmp_path / 'ignore'}\n")
    run(tmp_path, "clone", "-q", "r", "clone", GIT_CONFIG_GLOBAL=str(settings))
    top = tmp_path / "clone"
    assert (top / "a.txt").read_bytes() == b"one\r\ntwo\r\n"
    touch_all(top)
    (top / "x.tmp").write_text("x")
    assert entries(top) == [" M a.txt", "?? x.tmp"]
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    assert entries(top) == []


def test_what_the_job_excludes_does_not_count(tmp_path: Path) -> None:
    top = make(tmp_path / "r", {"a": "a"})
    (top / ".git" / "info").mkdir(exist_ok=True)
    (top / ".git" / "info" / "exclude").write_text(".venv\n")
    (top / ".venv").mkdir()
    (top / ".venv" / "x").write_text("x")
    assert entries(top) == []
    run(top, "worktree", "add", "-q", "-b", "beside", str(tmp_path / "beside"))
    (tmp_path / "beside" / ".venv").write_text("x")
    assert entries(tmp_path / "beside") == []
    (tmp_path / "beside" / "a").write_text("b")
    assert entries(tmp_path / "beside") == [" M a"]


def test_shallow_partial_and_sparse_clones(tmp_path: Path) -> None:
    origin = make(tmp_path / "origin", {"a/x": "x", "b/y": "y"})
    commit(origin, {"a/x": "xx"})
    run(origin, "config", "uploadpack.allowFilter", "true")
    for number, options in enumerate((["--depth=1"], ["--filter=blob:none"], ["--filter=tree:0"], ["--sparse"])):
        clone = tmp_path / f"clone{number}"
        run(tmp_path, "clone", "-q", *options, origin.as_uri(), str(clone))
        if "--sparse" in options:
            run(clone, "sparse-checkout", "set", "--sparse-index", "a")
            assert not (clone / "b").exists()
        assert entries(clone) == [], options
        (clone / "a" / "x").write_text("other")
        assert entries(clone) == [" M a/x"], options


def test_a_split_index_is_read(tmp_path: Path) -> None:
    top = make(tmp_path / "r", {"a": "a", "b": "b"})
    run(top, "update-index", "--split-index")
    (top / "a").write_text("x")
    assert entries(top) == [" M a"]


def test_submodules_are_compared_without_their_configuration(tmp_path: Path) -> None:
    marker = tmp_path / "MARKER"
    shared = make(tmp_path / "shared", {"s.txt": "s", ".gitattributes": "*.txt filter=x\n"})
    outer = make(tmp_path / "outer", {"x": "x"})
    add_submodule(outer, shared, "sub")
    assert entries(outer) == []
    (outer / ".git" / "modules" / "sub" / "config").write_text(
        trapped(marker).replace("worktree = .", f"worktree = {outer / 'sub'}")
    )
    touch_all(outer)
    assert entries(outer) == []
    (outer / "sub" / "new").write_text("x")
    assert entries(outer) == ["?? sub/new"]
    (outer / "sub" / "s.txt").write_text("t")
    assert found(outer) == Changes(("?? sub/new",), {"sub/s.txt": "x"})
    assert not marker.exists()
    run(tmp_path, "clone", "-q", str(outer), "clone")
    assert entries(tmp_path / "clone") == []  # a submodule that is not checked out is as it should be


def test_a_repository_that_nobody_records_is_one_new_folder(tmp_path: Path) -> None:
    outer = make(tmp_path / "outer", {"x": "x"})
    inner = make(outer / "inner", {"a.txt": "a", ".gitattributes": "*.txt filter=x\n"})
    (inner / ".git" / "config").write_text(trapped(tmp_path / "MARKER"))
    (inner / "a.txt").write_text("b")
    assert entries(outer) == ["?? inner/"]
    assert not (tmp_path / "MARKER").exists()


def test_another_commit_of_a_submodule_is_a_change(tmp_path: Path) -> None:
    shared = make(tmp_path / "shared", {"s": "s"})
    outer = make(tmp_path / "outer", {"x": "x"})
    add_submodule(outer, shared, "sub")
    commit(shared, {"s": "t"})
    run(outer / "sub", "pull", "-q")
    assert entries(outer) == [" M sub"]
    shutil.rmtree(outer / "sub")
    assert entries(outer) == [" D sub"]
    (outer / "sub").symlink_to(shared)
    assert any("sub" in entry for entry in entries(outer))
    (outer / "sub").unlink()
    (outer / "sub").mkdir()
    (outer / "sub" / "s").write_text("files in its place")
    assert entries(outer) == [" M sub"]


def test_the_index_of_an_inner_repository_is_not_believed(tmp_path: Path) -> None:
    outer = make(tmp_path / "outer", {"x": "x"})
    inner = make(outer / "inner", {"a": "a", "b": "b"})
    run(inner, "update-index", "--assume-unchanged", "a")
    run(inner, "update-index", "--skip-worktree", "b")
    (inner / ".git" / "info").mkdir(exist_ok=True)
    (inner / ".git" / "info" / "exclude").write_text("*\n")
    for name in ("a", "b", "new"):
        (inner / name).write_text("changed")
    assert entries(inner) == [" M a", " M b", "?? new"]


def test_wrong_objects_of_an_inner_repository_are_refused(tmp_path: Path) -> None:
    outer = make(tmp_path / "outer", {"x": "x"})
    inner = make(outer / "inner", {"a": "a"})
    head, tree = run(inner, "rev-parse", "HEAD"), run(inner, "rev-parse", "HEAD^{tree}")
    commit(inner, {"a": "b"})
    other = run(inner, "rev-parse", "HEAD^{tree}")
    store = inner / ".git" / "objects"
    (store / tree[:2] / tree[2:]).unlink()
    shutil.copy(store / other[:2] / other[2:], store / tree[:2] / tree[2:])
    run(inner, "update-ref", "--no-deref", "HEAD", head)
    with pytest.raises(GatepostError, match=r"not what its name says|git cannot read"):
        found(inner)


@pytest.mark.parametrize(
    "head", ["ref: ../../../etc/passwd", "ref: refs/../../config", "ref: refs/heads/loop", "x" * 40, ""]
)
def test_a_head_that_leads_elsewhere_is_none(tmp_path: Path, head: str) -> None:
    outer = make(tmp_path / "outer", {"x": "x"})
    inner = make(outer / "inner", {"a": "a"})
    (inner / ".git" / "refs" / "heads" / "loop").write_text("ref: refs/heads/loop\n")
    (inner / ".git" / "HEAD").write_text(f"{head}\n")
    repository = find(inner)
    assert repository is not None
    assert head_of(repository) == ""


def test_packed_refs_of_an_inner_repository_are_read(tmp_path: Path) -> None:
    outer = make(tmp_path / "outer", {"x": "x"})
    inner = make(outer / "inner", {"a": "a"})
    run(inner, "pack-refs", "--all")
    repository = find(inner)
    assert repository is not None
    assert head_of(repository) == run(inner, "rev-parse", "HEAD")
