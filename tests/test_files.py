from __future__ import annotations

import contextlib
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from gatepost import files
from gatepost.files import read_input, read_whole, replace_whole, write_whole
from gatepost.problems import GatepostError


def test_it_writes_and_makes_folders(tmp_path: Path) -> None:
    write_whole(tmp_path / "a" / "b.txt", "über")
    assert (tmp_path / "a" / "b.txt").read_text("utf-8") == "über"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b.txt"]


def test_it_keeps_the_mode_of_the_file_and_follows_the_umask_for_a_new_one(tmp_path: Path) -> None:
    target = tmp_path / "old"
    target.write_text("old")
    target.chmod(0o640)
    write_whole(target, b"new")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    previous = os.umask(0o027)
    try:
        write_whole(tmp_path / "new", b"new")
    finally:
        os.umask(previous)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


def test_a_link_outside_of_a_checkout_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "dangling").symlink_to(tmp_path / "folder" / "new")
    (tmp_path / "folder").mkdir()
    (tmp_path / "to-folder").symlink_to("folder")
    for name in ("link", "dangling", "to-folder/x"):
        write_whole(tmp_path / name, "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == ["new", "x"]


def test_a_folder_in_the_way_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GatepostError, match="it is a folder"):
        write_whole(tmp_path, "x")


def test_a_file_in_the_way_of_a_folder_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    with pytest.raises(GatepostError, match="cannot write"):
        write_whole(tmp_path / "file" / "report.xml", "x")
    assert (tmp_path / "file").read_text() == "old"


def test_a_failing_write_keeps_the_old_file_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "report.xml"
    target.write_text("old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(GatepostError, match="No space left on device"):
        write_whole(target, "new")
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.xml"]


def test_a_device_is_written_to_not_replaced() -> None:
    write_whole(Path("/dev/null"), "x")
    assert not Path("/dev/null").is_file()


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()))
    reader.start()
    write_whole(tmp_path / "pipe", "x")
    reader.join()
    assert read == ["x"]


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "../dev/stdout"])
@pytest.mark.parametrize("to", ["file", "pipe"])
def test_standard_output_by_its_path(tmp_path: Path, path: str, to: str) -> None:
    if path.startswith(".."):
        path = os.path.relpath("/dev/stdout", tmp_path)
    program = f"import pathlib, gatepost.files as f; f.write_whole(pathlib.Path({path!r}), 'a'); print('b')"
    if to == "pipe":
        command = [sys.executable, "-c", program]
        found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    else:
        with (tmp_path / "out").open("w") as stream:
            subprocess.run([sys.executable, "-c", program], cwd=tmp_path, stdout=stream, check=True)
        found = (tmp_path / "out").read_text()
    assert found == "ab\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a checkout whose files a merge request supplies, beside a file `outside/kept` of somebody else."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "kept").write_text("old")
    folder = tmp_path / "checkout"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "config").write_text("old")
    (folder / "sub").mkdir()
    return folder


LINKS = {
    "../outside/kept": "l",
    "../outside/new": "l",
    "../outside": "l/kept",
    "..": "l/outside/kept",
    ".": "l/l/l/sub/x",
    "sub": "l/x",
    "sub/l2": "l/../../outside/kept",
    ".git": "l/config",
    ".git/config": "l",
    "/proc/self/environ": "l",
    "/proc/self/fd/1": "l",
    "/dev/stdout": "l",
    "/dev/full": "l",
    "/dev/null": "l",
    "l": "l",
}


@pytest.mark.parametrize(("target", "path"), LINKS.items())
@pytest.mark.parametrize("git", [True, False])
@pytest.mark.parametrize("relative", [True, False])
def test_a_link_of_the_checkout_is_not_followed(
    checkout: Path, target: str, path: str, git: bool, relative: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / "l").symlink_to(target)
    monkeypatch.chdir(checkout)
    if not git:
        (checkout / ".git").rename(checkout.parent / "moved")
    with pytest.raises(GatepostError, match=r"cannot write .*: l is a symbolic link in the checkout") as caught:
        write_whole(Path(path) if relative else checkout / path, "new", None if git else checkout)
    assert str(caught.value.problems[0].place) == "l"
    assert "remove it" in caught.value.problems[0].advice
    with pytest.raises(GatepostError, match="l is a symbolic link in the checkout"):
        read_whole(checkout / path, checkout)
    assert str(Path("l").readlink()) == target
    _nothing_happened(checkout)


def _nothing_happened(checkout: Path) -> None:
    outside = checkout.parent / "outside"
    assert [path.name for path in outside.iterdir()] == ["kept"]
    assert (outside / "kept").read_text() == "old"
    config = next(path for path in (checkout / ".git/config", checkout.parent / "moved/config") if path.exists())
    assert config.read_text() == "old"
    assert list((checkout / "sub").iterdir()) == []


def test_a_link_to_the_checkout_is_followed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout.parent / "link").symlink_to("checkout")
    monkeypatch.chdir(checkout.parent)
    write_whole(Path("link/sub/a"), "new")
    write_whole(checkout.parent / "link" / "sub" / "b", "new", checkout.parent / "link")
    assert sorted(path.name for path in (checkout / "sub").iterdir()) == ["a", "b"]
    (checkout / "l").symlink_to("sub")
    with pytest.raises(GatepostError, match="l is a symbolic link in the checkout"):
        write_whole(checkout.parent / "link" / "l" / "c", "new")


def test_a_worktree_and_a_submodule_are_checkouts(checkout: Path) -> None:
    for folder in (checkout / "module", checkout / ".git" / "worktrees-here" / "one"):
        folder.mkdir(parents=True)
        (folder / ".git").write_text("gitdir: elsewhere\n")
        write_whole(folder / "out" / "report.xml", "new")
        assert (folder / "out" / "report.xml").read_text() == "new"
        (folder / "l").symlink_to(checkout.parent / "outside")
        for path in (folder / "l" / "kept", folder / ".git"):
            with pytest.raises(GatepostError, match=r"is a symbolic link|lies in a \.git folder"):
                write_whole(path, "new")
    _nothing_happened(checkout)


GIT_NAMES = [
    ".git",
    ".GIT",
    ".Git",
    ".git.",
    ".git ",
    ".git. .",
    "git~1",
    "GIT~1",
    ".g\u200cit",
    "\ufeff.git",
    ".git::$DATA",
]


@pytest.mark.parametrize("name", GIT_NAMES)
@pytest.mark.parametrize("path", ["{}", "{}/config", "{}/hooks/pre-commit", "sub/{}/config", "sub/../{}/x", "new/{}"])
def test_nothing_is_written_below_git(checkout: Path, name: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(checkout.rglob("*"))
    monkeypatch.chdir(checkout)
    for given in (Path(path.format(name)), checkout / path.format(name)):
        with pytest.raises(GatepostError, match=r"cannot write .* lies in a \.git folder"):
            write_whole(given, "new")
    assert [path for path in sorted(checkout.rglob("*")) if path.name != "new"] == before
    monkeypatch.chdir(checkout / ".git")
    with pytest.raises(GatepostError, match=r"lies in a \.git folder"):
        write_whole(Path("x"), "new")


@pytest.mark.parametrize("name", [".gitignore", "git", ".git-x", "x.git", ".github", "git~10", "ünï\n$z"])
def test_other_names_are_written(checkout: Path, name: str) -> None:
    write_whole(checkout / name / name, "new")
    assert (checkout / name / name).read_text() == "new"
    assert read_whole(checkout / name / name) == b"new"


def test_where_a_path_leads_is_not_changed_by_a_swap_on_the_way(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is opened before the file is: what then stands in its place is not written to."""
    (checkout / "sub").rename(checkout / "out")
    real = os.open

    def swapping(path: object, flags: int, *rest: object, **options: object) -> int:
        if flags & os.O_CREAT and (checkout / "out").is_dir() and not (checkout / "out").is_symlink():
            (checkout / "out").rename(checkout / "sub")
            (checkout / "out").symlink_to("../outside")
        return real(path, flags, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", swapping)
    write_whole(checkout / "out" / "kept", "new")
    assert (checkout / "sub" / "kept").read_text() == "new"
    assert (checkout.parent / "outside" / "kept").read_text() == "old"


def test_a_folder_that_becomes_a_link_after_it_was_looked_at(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.open

    def swapping(path: object, flags: int, *rest: object, **options: object) -> int:
        if path == "sub":
            (checkout / "sub").rename(checkout / "moved")
            (checkout / "sub").symlink_to("../outside")
        return real(path, flags, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", swapping)
    with pytest.raises(GatepostError, match="cannot write"):
        write_whole(checkout / "sub" / "kept", "new")
    assert (checkout.parent / "outside" / "kept").read_text() == "old"


def test_a_path_with_a_null_character_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(GatepostError, match="null"):
        write_whole(tmp_path / "a\0b", "x")


def test_no_descriptor_is_left_open(checkout: Path) -> None:
    (checkout / "l").symlink_to("sub")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ("a/b/c", "l/x", ".git/x", "sub", "a/b/c/d", "nothing/../x"):
        with contextlib.suppress(GatepostError):
            write_whole(checkout / path, "new")
        with contextlib.suppress(GatepostError, OSError):
            read_whole(checkout / path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_only_a_regular_file_is_replaced(checkout: Path) -> None:
    (checkout / "file").write_text("old")
    (checkout / "file").chmod(0o640)
    os.mkfifo(checkout / "pipe")
    (checkout / "link").symlink_to("file")
    assert replace_whole(checkout / "file", "new", checkout)
    assert ((checkout / "file").read_text(), (checkout / "file").stat().st_mode & 0o777) == ("new", 0o640)
    before = (checkout / "file").stat().st_ino
    assert replace_whole(checkout / "file", "new", checkout)
    assert (checkout / "file").stat().st_ino == before  # it holds that already
    for path in ("pipe", "gone", "gone/too", "file/too"):
        assert not replace_whole(checkout / path, "new", checkout)
    for path in ("link", ".git/config"):
        with pytest.raises(GatepostError):
            replace_whole(checkout / path, "new", checkout)
    assert not (checkout / "gone").exists()
    assert (checkout / "file").read_text() == "new"


def test_a_pipe_that_nobody_reads_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_PATIENCE", 0)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(GatepostError, match="nobody reads from it"):
        write_whole(tmp_path / "pipe", "x")


@pytest.mark.parametrize(
    ("shell", "size"),
    [
        ("yes | head -c 300000 | $READ /dev/stdin", 300_000),
        ("$READ <(sleep 0.3; echo abc)", 4),
        ("$READ /dev/fd/0 < $0", 2),
    ],
)
def test_what_is_open_already_is_read_to_its_end(tmp_path: Path, shell: str, size: int) -> None:
    program = tmp_path / "read.py"
    program.write_text(
        "import pathlib, sys, gatepost.files as f; print(len(f.read_input(pathlib.Path(sys.argv[1]))))"
    )
    (tmp_path / "two").write_text("ab")
    command = ["bash", "-c", shell.replace("$READ", f"'{sys.executable}' '{program}'"), str(tmp_path / "two")]
    assert subprocess.run(command, capture_output=True, text=True).stdout == f"{size}\n"


@pytest.mark.parametrize("path", ["pipe", "/dev/zero", "/dev/urandom", "link"])
def test_what_has_no_end_is_not_read(tmp_path: Path, path: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    with pytest.raises(OSError, match="not a regular file"):
        read_input(tmp_path / path)


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(OSError, match="more than 67,108,864 bytes"):
        read_input(tmp_path / "sparse")
    (tmp_path / "small").write_bytes(b"123")
    assert read_input(tmp_path / "small", 3) == b"123"
    with pytest.raises(OSError, match="more than 2 bytes"):
        read_input(tmp_path / "small", 2)


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b", "x" * 5_000, "", ".", "missing"])
def test_a_path_that_cannot_be_read_is_an_error_of_the_system(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError):
        read_input(tmp_path / name)
