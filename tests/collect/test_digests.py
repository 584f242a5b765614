from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from gatepost.collect.digests import code_digest, file_digest, files_below, tree_digest

EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "b").mkdir(parents=True)
    (root / "b" / "x y.txt").write_text("one")
    (root / "b.txt").write_text("two")
    (root / "Z").write_text("")
    return root


def test_a_file_has_its_sha256(tree: Path) -> None:
    assert file_digest(tree / "Z") == EMPTY
    assert tree_digest(tree / "Z") == EMPTY


def test_a_tree_has_the_digest_that_the_shell_gives(tree: Path) -> None:
    listing = "find . -type f -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum"
    shell = subprocess.run(["sh", "-c", listing], cwd=tree, capture_output=True, text=True, check=True)
    assert tree_digest(tree) == "sha256:" + shell.stdout.split()[0]


def test_names_and_contents_count_and_times_do_not(tree: Path) -> None:
    before = tree_digest(tree)
    (tree / "Z").touch()
    (tree / "empty").mkdir()
    assert tree_digest(tree) == before
    (tree / "Z").rename(tree / "Y")
    renamed = tree_digest(tree)
    (tree / "Y").write_text("x")
    assert len({before, renamed, tree_digest(tree)}) == 3


def test_a_link_to_a_folder_is_not_followed_but_counts(tree: Path) -> None:
    before = tree_digest(tree)
    (tree / "loop").symlink_to("..")
    assert tree_digest(tree) != before
    assert [name for name, _ in files_below(tree)] == ["Z", "b.txt", "b/x y.txt", "loop"]


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "gone").symlink_to("nowhere")
    with pytest.raises(FileNotFoundError):
        tree_digest(tmp_path)


def test_the_digest_of_code_reads_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1")
    (tmp_path / "same.py").symlink_to("a.py")
    before = code_digest(tmp_path)
    (tmp_path / "endless.py").symlink_to("/dev/zero")
    (tmp_path / "gone.py").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.py")
    after = code_digest(tmp_path)
    assert after != before
    (tmp_path / "a.py").write_text("x = 2")
    assert code_digest(tmp_path) != after
