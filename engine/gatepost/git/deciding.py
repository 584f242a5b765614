"""Which repository's ref supplies the rules: the one that the job checked out, not one that lies in it."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from gatepost.git.configuration import check_owner
from gatepost.git.objects import SUBMODULE
from gatepost.git.repository import Repository, find, logical, nearest_root
from gatepost.git.tracked import index_paths
from gatepost.git.tree import open_tree
from gatepost.problems import GatepostError

__all__ = ["around", "deciding", "is_submodule", "note_on_submodule", "root_of"]


def around(folder: Path) -> Repository:
    """Return the nearest repository around a folder.

    Raises:
        GatepostError: there is none, it belongs to another user, or it leads elsewhere.
    """
    found = find(folder)
    if found is None:
        raise GatepostError.of(f"{folder} is not in a git repository")
    check_owner(found)
    return found


def root_of(folder: Path, named: str | None) -> Path | None:
    """Return the root of the repository that ``--repository`` names; None where the option is not there.

    Raises:
        GatepostError: it has no ``.git``, or the folder does not lie in it.
    """
    if named is None:
        return None
    root = Path(os.path.realpath(named))
    if not os.path.lexists(root / ".git"):
        near = nearest_root(root)
        advice = f"did you mean {near}?" if os.path.lexists(near / ".git") else "name the folder that holds .git"
        raise GatepostError.of(f"--repository {named} has no .git", advice=advice)
    if not Path(os.path.realpath(folder)).is_relative_to(root):
        what = f"{folder} does not lie in --repository {named}"
        raise GatepostError.of(what, advice="name the repository of gatepost.yaml")
    return root


def deciding(folder: Path, ref: str, named: str | None = None) -> Repository:
    """Return the repository whose ref supplies the rules for a folder; ``named`` is the value of ``--repository``.

    What a repository records as a submodule, or has ordinary files at, is decided by that repository: a merge request
    can put another repository there. One that the repository around does not know is only taken where it is named.

    Raises:
        GatepostError: there is no repository, it belongs to another user, or it is not clear which one decides.
    """
    root = root_of(folder, named)
    try:
        nearest = around(folder)
    except GatepostError as error:
        advice = error.problems[0].advice or "--trusted-ref needs a checkout of a git repository"
        raise GatepostError.of(str(error), advice=advice) from error
    chosen = _named(nearest, root, named) if root is not None else _outermost_that_knows(nearest, folder, ref)
    check_owner(chosen)
    for inner, outer in _pairs(chosen):
        inside = inner.top.relative_to(outer.top).as_posix()
        if not inner.is_worktree_of(outer) and (index_paths(outer, inside) or _at_ref(outer, ref, inside)):
            raise GatepostError.of(
                f"{inner.top} is a part of the repository {outer.top}, which decides",
                advice=f"leave --repository out, or name {outer.top}",
            )
    return chosen


def _named(nearest: Repository, root: Path, named: str | None) -> Repository:
    for one in nearest.outwards():
        if one.top == root:
            return one
    raise GatepostError.of(f"--repository {named} is not a git repository", advice=f"found: {nearest.top}")


def _outermost_that_knows(nearest: Repository, folder: Path, ref: str) -> Repository:
    tops = [one.top for one in nearest.outwards()]
    for link in (one for one in (logical(folder), *logical(folder).parents) if one.is_symlink()):
        left = find(link.parent)
        if left is not None and left.top not in tops:
            what = f"{folder} is behind the symbolic link {link}, which leads out of the repository {left.top}"
            raise GatepostError.of(what, advice=f"to judge by the refs of {nearest.top}: --repository {nearest.top}")
    chain = list(nearest.outwards())
    chosen = chain.pop()
    while chain:
        inner = chain.pop()
        if inner.is_worktree_of(chosen):
            chosen = inner
            continue
        inside = inner.top.relative_to(chosen.top).as_posix()
        if index_paths(chosen, inside) or _at_ref(chosen, ref, inside):
            return chosen
        what = f"{inner.top} is a repository of its own inside {chosen.top}, which does not record it"
        raise GatepostError.of(what, advice=f"name the one that decides: --repository {inner.top}")
    return chosen


def _pairs(one: Repository) -> list[tuple[Repository, Repository]]:
    chain = list(one.outwards())
    return list(pairwise(chain))


def is_submodule(one: Repository) -> bool:
    """Tell whether the repository around has a submodule recorded in its index where this one lies."""
    outer = one.enclosing
    if outer is None or one.is_worktree_of(outer):
        return False
    inside = one.top.relative_to(outer.top).as_posix()
    return any(mode == SUBMODULE for mode in index_paths(outer, inside).values())


def note_on_submodule(folder: Path) -> str:
    """Return what to say of a folder in a submodule; nothing where it is in none, or no repository can be read."""
    try:
        one = find(folder)
        inside = one is not None and is_submodule(one)
    except GatepostError:  # a run without a trusted ref needs no git
        return ""
    if one is None or one.enclosing is None or not inside:
        return ""
    return f"{one.top} is a submodule of {one.enclosing.top}, whose ref decides under --trusted-ref"


def _at_ref(repository: Repository, ref: str, path: str) -> bool:
    """Tell whether a ref has something at a path; a submodule above it counts."""
    try:
        with TemporaryDirectory(prefix="gatepost-") as folder:
            tree = open_tree(ref, repository, Path(folder))
            parts = path.split("/")
            entries = [tree.objects.entry("/".join(parts[: number + 1])) for number in range(len(parts))]
    except GatepostError:  # it has no such ref, so it decides nothing
        return False
    return entries[-1] is not None or any(entry is not None and entry.mode == SUBMODULE for entry in entries)
