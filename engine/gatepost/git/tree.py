"""The repository as it is at a git ref: what is asked for is written to a folder, byte for byte."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gatepost.git.command import git
from gatepost.git.revisions import commit_of, fetch, repository_of, resolve
from gatepost.problems import GatepostError, Place

__all__ = ["TrustedTree", "open_tree"]

_LINK, _MODULE = "120000", "160000"
_YAML = (".yaml", ".yml")
_MOST_LINKS = 40


@dataclass(frozen=True)
class TrustedTree:
    """A commit of a repository (or of a submodule). Paths are relative to its root, with ``/``.

    ``top`` is the root of the working tree, ``git_folder`` where git runs, ``folder`` where files are written to.
    """

    ref: str
    commit: str
    top: Path
    git_folder: Path
    folder: Path
    prefix: str = ""

    def take(self, path: str) -> Path:
        """Write a file, or the YAML files of a folder, and give where it is; nothing is there where the ref has none.

        Symbolic links are followed within the repository, at the same ref; submodules at the commit it names.

        Raises:
            GatepostError: a link leads out of the repository or in a circle; a submodule is not checked out.
        """
        found = self._followed(path)
        target = self.folder / path
        if found is None:
            return target
        tree, inside = found
        if inside in tree._entries:
            _write(target, tree.content([inside])[inside])
            return target
        target.mkdir(parents=True, exist_ok=True)
        for name, content in self.files(path).items():
            _write(self.folder / name, content)
        return target

    def files(self, path: str) -> dict[str, bytes]:
        """Give the content of a file, or of the YAML files of a folder, by their paths."""
        found = self._followed(path)
        if found is None:
            return {}
        tree, inside = found
        if inside in tree._entries:
            return {path: tree.content([inside])[inside]}
        below = f"{inside}/" if inside else ""
        contents: dict[str, bytes] = {}
        plain: dict[str, str] = {}
        for name, (mode, _) in tree._entries.items():
            if not name.startswith(below):
                continue
            shown = posixpath.join(path, name[len(below) :]) if path else name
            if mode == _MODULE:
                contents |= tree._submodule(name)._yaml(shown)
            elif name.endswith(_YAML) and mode == _LINK:
                linked = tree.files(name)
                if name in linked:  # it may lead nowhere, or to a folder
                    contents[shown] = linked[name]
            elif name.endswith(_YAML):
                plain[name] = shown
        read = tree.content(list(plain))
        return contents | {plain[name]: content for name, content in read.items()}

    def _yaml(self, shown: str) -> dict[str, bytes]:
        return {posixpath.join(shown, name): content for name, content in self.files("").items()}

    def content(self, paths: list[str]) -> dict[str, bytes]:
        """Read files of the commit, which must be there."""
        wanted = [self._entries[path][1] for path in paths]
        answer = git(self.git_folder, "cat-file", "--batch", stdin="".join(f"{sha}\n" for sha in wanted).encode())
        output, start, contents = answer.stdout, 0, {}
        for path in paths:
            end = output.find(b"\n", start)
            head = output[start:end].split()
            if end < 0 or len(head) != 3:
                what = f"git does not give {path} of {self.ref} ({self.commit[:12]})"
                raise GatepostError.of(what, Place(self.prefix + path), "fetch it before the gate")
            size = int(head[2])
            contents[path] = output[end + 1 : end + 1 + size]
            start = end + size + 2
        return contents

    @cached_property
    def _entries(self) -> Mapping[str, tuple[str, str]]:
        """By path, the mode and the name of the object of all that is no folder."""
        answer = git(self.git_folder, "ls-tree", "-r", "-z", "--full-tree", self.commit)
        if answer.returncode != 0:
            said = answer.stderr.decode("utf-8", "replace").strip()
            raise GatepostError.of(f"git cannot list {self.ref} ({self.commit[:12]}): {said}")
        entries = {}
        for line in answer.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]:
            about, _, name = line.partition("\t")
            mode, _, sha = about.split()
            entries[name] = (mode, sha)
        return entries

    @cached_property
    def _folders(self) -> frozenset[str]:
        return frozenset(above for name in self._entries for above in _above(name)) | {""}

    def _followed(self, path: str) -> tuple[TrustedTree, str] | None:
        """Give the tree that holds a path, and the path in it, behind all links; None where the ref has none."""
        for _ in range(_MOST_LINKS):
            path = self._inside(path, path)
            moved = None
            for above in (*_above(path), path):
                mode, _ = self._entries.get(above, ("", ""))
                rest = path[len(above) + 1 :]
                if mode == _MODULE:
                    return self._submodule(above)._followed(rest)
                if mode == _LINK:
                    target = self.content([above])[above].decode("utf-8", "surrogateescape")
                    moved = self._inside(posixpath.join(posixpath.dirname(above), target, rest), above, target)
                    break
            if moved is None:
                return (self, path) if path in self._entries or path in self._folders else None
            path = moved
        raise GatepostError.of(f"{path} is a circle of symbolic links at {self.ref}", Place(self.prefix + path))

    def _inside(self, path: str, shown: str, target: str = "") -> str:
        normal = posixpath.normpath(path)
        normal = "" if normal == "." else normal
        if normal.startswith(("/", "../")) or normal == "..":
            said = f"is a symbolic link to {target}, which lies" if target else "lies"
            what = f"{shown} {said} outside the repository at {self.ref}"
            raise GatepostError.of(what, Place(self.prefix + shown), "name a path inside")
        return normal

    def _submodule(self, path: str) -> TrustedTree:
        """Give a submodule at the commit that this tree names, whatever is checked out."""
        commit = self._entries[path][1]
        shown = f"{self.prefix}{path}"
        for place in (self.top / path, *self._modules(path)):
            if (place / ".git").exists() or (place / "HEAD").is_file():
                refused = "" if commit_of(place, commit) else fetch(place, "origin", commit)
                if not refused:
                    return TrustedTree(self.ref, commit, self.top / path, place, self.folder, f"{shown}/")
                what = f"the submodule {shown} lacks {commit[:12]}, which {self.ref} names: {refused}"
                raise GatepostError.of(what, Place(shown), "fetch it before the gate")
        advice = f"before the gate: git submodule update --init -- {shown}"
        raise GatepostError.of(f"{shown} is a submodule that is not checked out", Place(shown), advice)

    def _modules(self, path: str) -> Iterator[Path]:
        """Give where git keeps a submodule that has moved since, or is checked out no more."""
        blob = f"{self.commit}:.gitmodules"
        answer = git(self.git_folder, "config", "--blob", blob, "-z", "--get-regexp", r"^submodule\..*\.path$")
        common = git(self.git_folder, "rev-parse", "--path-format=absolute", "--git-common-dir")
        for entry in answer.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]:
            key, _, value = entry.partition("\n")
            if value == path:
                name = key.removeprefix("submodule.").removesuffix(".path")
                yield Path(os.fsdecode(common.stdout.removesuffix(b"\n"))) / "modules" / name


def open_tree(ref: str, start: Path, folder: Path) -> TrustedTree:
    """Open the repository that holds ``start`` at a ref; files are written below ``folder``.

    Raises:
        GatepostError: there is no repository, or no such ref.
    """
    top = repository_of(start)
    return TrustedTree(ref, resolve(top, ref), top, top, folder)


def _above(path: str) -> list[str]:
    """Give the folders above a path, the outermost first."""
    parts = path.split("/")
    return ["/".join(parts[:number]) for number in range(1, len(parts))]


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
