"""Where a run reads its rules: from the working tree, or as they are at a trusted ref."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from gatepost.git.deciding import deciding
from gatepost.git.repository import logical
from gatepost.git.tracked import index_paths, is_committed
from gatepost.git.tree import TrustedTree, open_tree
from gatepost.problems import GatepostError, Place

__all__ = ["TrustedSources"]


class TrustedSources:
    """What the repository that decides for ``start`` holds at a ref; the files lie below ``folder``.

    ``repository`` is the value of ``--repository``.
    """

    def __init__(self, ref: str, start: Path, folder: Path, repository: str | None = None) -> None:
        self.tree: TrustedTree = open_tree(ref, deciding(start, ref, repository), folder)
        self.used: list[str] = []

    def __call__(self, path: str) -> Path:
        """Return the file or folder of the ref for a path from the working folder.

        A path outside the repository stays as it is, and so does what git does not track: the job made it, not the
        merge request.

        Raises:
            GatepostError: the path is tracked, and the ref has it not.
        """
        inside = self.relative(path)
        if inside is None:
            return Path(path)
        found = self.tree.take(inside)
        if not found.exists():
            if not self.is_tracked(path):
                return Path(path)
            if path.startswith("profile/"):  # which then is one that ships
                return found
            what = f"{inside} does not exist at the trusted ref {self.tree.ref}; it takes effect once it is merged"
            raise GatepostError.of(what, Place(path), "merge it first, in a change of its own that is reviewed")
        if inside not in self.used:
            self.used.append(inside)
        return found

    def relative(self, path: str) -> str | None:
        """Return a path from the root of the repository, by its names; None where it lies outside.

        A folder that the merge request made a symbolic link counts by its name, as the ref has it.
        """
        given = logical(Path(path))
        for above in (*reversed(given.parents), given):
            if Path(os.path.realpath(above)) == self.tree.top:
                inside = given.relative_to(above).as_posix()
                return "" if inside == "." else inside
        real = given.parent.resolve() / given.name
        return real.relative_to(self.tree.top).as_posix() if real.is_relative_to(self.tree.top) else None

    def is_tracked(self, path: str) -> bool:
        """Tell whether a path, what it leads to, or anything above or below it is in the index."""
        both = (self.relative(path), self.relative(os.path.realpath(path)))
        return any(self._in_index(one) for one in both if one is not None)

    def _in_index(self, inside: str) -> bool:
        if not inside:
            return True
        parts = inside.split("/")
        above = {"/".join(parts[:number]) for number in range(1, len(parts) + 1)}
        return any(name in above or name.startswith(f"{inside}/") for name in self._index)

    @cached_property
    def _index(self) -> frozenset[str]:
        return frozenset(index_paths(self.tree.remote.repository))

    def check_python_path(self, python_path: str) -> None:
        """Refuse a ``PYTHONPATH`` that names a folder of the checkout: its modules would run in the gate itself.

        Raises:
            GatepostError: an entry lies in the checkout; an empty one is the working folder.
        """
        for entry in python_path.split(os.pathsep) if python_path else ():
            if self.relative(entry or ".") is not None:
                what = f"PYTHONPATH names {entry or 'the working folder'}, whose modules the merge request can change"
                advice = f"set GATEPOST_PYTHONPATH={entry or '.'} instead: only the child process uses it"
                raise GatepostError.of(what, advice=advice)

    def check_folder(self, folder: Path) -> None:
        """Refuse a folder for what a run leaves that the merge request brings along: it may hold made-up results.

        Raises:
            GatepostError: git tracks it, or something in it.
        """
        inside = self.relative(str(folder))
        if inside is not None and is_committed(self.tree.remote.repository, inside):
            what = f"{inside} is in git: what a run leaves, and its cache, must not come with the repository"
            raise GatepostError.of(what, Place(inside), f"git rm -r --cached {inside}")
