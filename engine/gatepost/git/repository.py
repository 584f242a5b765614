"""Whose repository is it? Found by us, by entries named ``.git``, which no commit can hold; never by git's search.

Git itself takes a folder with ``HEAD``, ``objects`` and ``refs`` for a repository, and these can be committed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gatepost.nofollow import checkout_above
from gatepost.problems import GatepostError

__all__ = ["Repository", "find", "logical", "nearest_root"]

_NAME = ".git"
_MOST_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Repository:
    """A working tree and its git directory; all paths are absolute and without symbolic links.

    ``top`` is the root of the working tree, ``git_dir`` its own git directory, ``common_dir`` the one that it shares
    with other working trees of the repository (objects and refs). ``enclosing`` is the repository in whose working
    tree this one lies.
    """

    top: Path
    git_dir: Path
    common_dir: Path
    enclosing: Repository | None = None

    @property
    def is_own(self) -> bool:
        """Tell whether the job made the git directory: it is not in a folder that somebody else may have filled."""
        return self.enclosing is None or (self.is_worktree_of(self.enclosing) and self.enclosing.is_own)

    @property
    def objects(self) -> Path:
        """The folder of the objects."""
        return self.common_dir / "objects"

    def is_worktree_of(self, other: Repository) -> bool:
        """Tell whether this is a working tree that ``git worktree add`` made and the other repository knows of."""
        if self.common_dir != other.common_dir or self.git_dir.parent != other.common_dir / "worktrees":
            return False
        back = _line(self.git_dir / "gitdir")
        return back is not None and Path(os.path.realpath(self.git_dir / back)) == self.top / _NAME

    def outwards(self) -> Iterator[Repository]:
        """Yield this repository and those around it, the nearest first."""
        one: Repository | None = self
        while one is not None:
            yield one
            one = one.enclosing

    def tracks_files_at(self, path: Path) -> bool:
        """Tell whether a path lies in a working tree here, outside of every git directory: a commit can bring it."""
        return any(_in_work_tree(path, one) for one in self.outwards())


def find(folder: Path) -> Repository | None:
    """Return the nearest repository around a folder, with those around it; None where there is none.

    Like git, it passes over a ``.git`` that is no repository, and stops at GIT_CEILING_DIRECTORIES.

    Raises:
        GatepostError: the nearest ``.git`` leads to a place where git keeps no repository.
    """
    found: Repository | None = None
    # From the outermost inwards: what is believed of one depends on those around it.
    tops = [above for above in _above(Path(os.path.realpath(folder))) if os.path.lexists(above / _NAME)]
    for top in reversed(tops):
        git_dir = _git_dir(top)
        common = _common_dir(git_dir) if git_dir is not None else None
        if git_dir is not None and common is not None:
            one = Repository(top, git_dir, common, found)
            _check_place(one)
            found = one
    return found


def nearest_root(folder: Path) -> Path:
    """Return the nearest folder above that holds ``.git``, or the folder itself; without symbolic links."""
    real = Path(os.path.realpath(folder))
    return checkout_above(real) or real


def logical(path: Path) -> Path:
    """Return the absolute path as the user went there: by PWD, which keeps the symbolic links of a ``cd``."""
    there = Path(os.environ.get("PWD", ""))
    try:
        is_here = there.is_absolute() and there.samefile(Path.cwd())
    except OSError:
        is_here = False
    return Path(os.path.normpath((there if is_here else Path.cwd()) / path))


def _above(folder: Path) -> Iterator[Path]:
    ceilings = {
        os.path.realpath(one) for one in os.environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep) if one
    }
    yield folder
    for above in folder.parents:
        if str(above) in ceilings:
            return
        yield above


def _git_dir(top: Path) -> Path | None:
    """Return the git directory that ``.git`` is or leads to; None where it is none."""
    entry = top / _NAME
    if not entry.is_file():
        return Path(os.path.realpath(entry)) if entry.is_dir() else None
    line = _line(entry)
    if line is None or not line.startswith("gitdir:"):
        return None
    return Path(os.path.realpath(top / line.removeprefix("gitdir:").strip()))


def _common_dir(git_dir: Path) -> Path | None:
    """Return the folder with objects and refs; None where this is no git directory."""
    shared = _line(git_dir / "commondir")
    common = Path(os.path.realpath(git_dir / shared)) if shared else git_dir
    is_one = os.path.lexists(git_dir / "HEAD") and (common / "objects").is_dir() and (common / "refs").is_dir()
    return common if is_one else None


def _check_place(one: Repository) -> None:
    """Refuse a git directory that a commit, an artifact or a cache could have brought or pointed to.

    The outermost ``.git`` is the job's own; it must only not lead back into files of a working tree. One further in
    must be a folder, a submodule that the repository around keeps, or a working tree that it knows of.
    """
    places = {one.git_dir, one.common_dir}
    advice = "remove it, or clone again"
    if any(one.tracks_files_at(place) for place in places):
        what = f"{one.top / _NAME} leads to {one.git_dir}, which is in a working tree, where a commit can put files"
        raise GatepostError.of(what, advice=advice)
    outer = one.enclosing
    if outer is None or one.is_worktree_of(outer):
        return
    kept = (one.top / _NAME, outer.common_dir / "modules", outer.git_dir / "modules")
    if not all(any(place.is_relative_to(root) for root in kept) for place in places):
        what = f"{one.top / _NAME} leads to {one.git_dir}, where git keeps no submodule of {outer.top}"
        raise GatepostError.of(what, advice=advice)


def _in_work_tree(path: Path, one: Repository) -> bool:
    # `.git` of a folder further in counts too: nothing in it can be committed.
    return path.is_relative_to(one.top) and _NAME not in path.relative_to(one.top).parts


def _line(path: Path) -> str | None:
    """Return the first line of a small regular file; None where there is none."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as stream:
            return os.fsdecode(stream.read(_MOST_BYTES)).split("\n")[0].removesuffix("\r")
    except OSError:
        return None
