"""What comes with a commit: paths in the index, and in the commits of submodules."""

from __future__ import annotations

import os
from pathlib import Path

from gatepost.git.command import git, said
from gatepost.git.head import head_of
from gatepost.git.objects import SUBMODULE, Objects
from gatepost.git.repository import Repository, find
from gatepost.problems import GatepostError

__all__ = ["checked_out", "index_paths", "is_committed"]


def index_paths(repository: Repository, path: str = "") -> dict[str, str]:
    """Return the modes of what the index has at a path, below it, or as a submodule above it, by path.

    Raises:
        GatepostError: git cannot read the index.
    """
    answer = git(repository.git_dir, "ls-files", "--stage", "-z", work_tree=repository.top)
    if answer.returncode != 0:
        raise GatepostError.of(f"git cannot read the index of {repository.top}: {said(answer)}")
    found: dict[str, str] = {}
    for entry in os.fsdecode(answer.stdout).split("\0")[:-1]:
        about, _, name = entry.partition("\t")
        if not path or name == path or name.startswith(f"{path}/") or path.startswith(f"{name}/"):
            found[name] = about.partition(" ")[0]
    return found


def checked_out(repository: Repository, path: str) -> Repository | None:
    """Return the repository that is checked out at the path of a submodule; None where there is none.

    Raises:
        GatepostError: its ``.git`` leads elsewhere.
    """
    place = Path(os.path.realpath(repository.top / path))
    one = find(place)
    return one if one is not None and one.top == place else None


def is_committed(repository: Repository, path: str) -> bool:
    """Tell whether a path, or anything below it, comes with the index, or with a submodule that is checked out.

    Raises:
        GatepostError: the index, or the submodule, cannot be read.
    """
    for name, mode in index_paths(repository, path).items():
        if mode != SUBMODULE or not path.startswith(f"{name}/") or _in_submodule(repository, name, path):
            return True
    return False


def _in_submodule(repository: Repository, name: str, path: str) -> bool:
    inner = checked_out(repository, name)
    head = head_of(inner) if inner is not None else ""
    if inner is None or not head:
        return False
    inside = path[len(name) + 1 :]
    objects = Objects([inner.objects], head)
    for number in range(1, inside.count("/") + 2):
        part = "/".join(inside.split("/")[:number])
        entry = objects.entry(part)
        if entry is None:
            return False
        if entry.mode == SUBMODULE and part != inside:
            return _in_submodule(inner, part, inside)
    return True
