"""Where a run reads its rules: from the working tree, or as they are at a trusted ref."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

from gatepost.git.command import git
from gatepost.git.tree import TrustedTree, open_tree
from gatepost.problems import GatepostError, Place

__all__ = ["TrustedSources"]


class TrustedSources:
    """What the repository around ``start`` holds at a ref; the files lie below ``folder``."""

    def __init__(self, ref: str, start: Path, folder: Path) -> None:
        self.tree: TrustedTree = open_tree(ref, start, folder)
        self.used: list[str] = []

    def __call__(self, path: str) -> Path:
        """Give the file or folder of the ref for a path from the working folder.

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
            what = f"{self.tree.ref} has no {inside}: it is new here, so it is not to be judged by yet"
            raise GatepostError.of(what, Place(path), "merge it first, in a change of its own that is reviewed")
        if inside not in self.used:
            self.used.append(inside)
        return found

    def relative(self, path: str) -> str | None:
        """Give a path from the root of the repository; None where it lies outside."""
        given = Path(os.path.normpath(Path(path).absolute()))
        for one in (given, given.parent.resolve() / given.name):
            inside = os.path.relpath(one, self.tree.top)
            if inside != ".." and not inside.startswith("../"):
                return "" if inside == "." else inside
        return None

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
        listed = git(self.tree.top, "ls-files", "-z").stdout
        return frozenset(listed.decode("utf-8", "surrogateescape").split("\0")[:-1])

    def check_folder(self, folder: Path) -> None:
        """Refuse a folder for what a run leaves that the merge request brings along: it may hold made-up results.

        Raises:
            GatepostError: git tracks it, or something in it.
        """
        inside = self.relative(str(folder))
        if inside is not None and self._in_index(inside):
            what = f"{inside} is in git: what a run leaves, and its cache, must not come with the repository"
            raise GatepostError.of(what, Place(inside), f"git rm -r --cached {inside}")
