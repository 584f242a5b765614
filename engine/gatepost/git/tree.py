"""The repository as it is at a git ref: what is needed is written to a folder, byte for byte."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gatepost.git.objects import LINK, SUBMODULE, TREE, Objects
from gatepost.git.remote import Remote, RemoteError
from gatepost.git.repository import Repository
from gatepost.git.revisions import resolve
from gatepost.git.submodules import fetch_commit, names_and_urls, resolved, stores
from gatepost.paths import is_yaml
from gatepost.problems import GatepostError, Place

__all__ = ["TrustedTree", "open_tree"]

_SIMILAR = re.compile(r"\.[^/]*(?:y[aml]{2}|json)[^/]*$", re.IGNORECASE)
_MOST_LINKS = 40


@dataclass(frozen=True)
class TrustedTree:
    """A commit of a repository (or of a submodule). Paths are relative to its root, with ``/``.

    Every object is hashed again when it is read, so it does not matter who filled the store. ``folder`` is where
    files are written to, ``prefix`` the path of a submodule, ``url`` where its submodules' relative URLs start,
    ``notes`` what a person should know of how the ref was found.
    """

    ref: str
    commit: str
    remote: Remote
    url: str
    objects: Objects
    folder: Path
    prefix: str = ""
    notes: tuple[str, ...] = ()

    @property
    def top(self) -> Path:
        """The root of the working tree."""
        return self.remote.repository.top

    def take(self, path: str) -> Path:
        """Write a file, or the YAML files of a folder, and return where it is, which stays empty if the ref has none.

        Files whose names could be meant as YAML are written too, so that they can be said not to be in force.

        Symbolic links are followed within the repository, at the same ref; submodules at the commit it names.

        Raises:
            GatepostError: a link leads out of the repository or in a circle; a submodule cannot be read.
        """
        found = self._followed(path)
        target = self.folder / path
        if found is None:
            return target
        tree, inside = found
        entry = tree.objects.entry(inside)
        if entry is not None and entry.mode != TREE:
            _write(target, tree.content([inside])[inside])
            return target
        target.mkdir(parents=True, exist_ok=True)
        for name, content in self.files(path, _is_similar).items():
            _write(self.folder / name, content)
        return target

    def files(self, path: str, wanted: Callable[[str], object] | None = None) -> dict[str, bytes]:
        """Return the content of a file, or of the files of a folder with a ``wanted`` name (YAML), by their paths."""
        wanted = wanted or is_yaml
        found = self._followed(path)
        if found is None:
            return {}
        tree, inside = found
        entry = tree.objects.entry(inside)
        if entry is not None and entry.mode != TREE:
            return {path: tree.content([inside])[inside]}
        contents: dict[str, bytes] = {}
        plain: dict[str, str] = {}
        for name, one in tree.objects.below(inside):
            below = name[len(inside) + 1 :] if inside else name
            shown = posixpath.join(path, below) if path else below
            if one.mode == SUBMODULE:
                contents |= tree._submodule(name)._wanted(shown, wanted)
            elif wanted(name) and one.mode == LINK:
                linked = tree.files(name, wanted)
                if name in linked:  # it may lead nowhere, or to a folder
                    contents[shown] = linked[name]
            elif wanted(name):
                plain[name] = shown
        read = tree.content(list(plain))
        return contents | {plain[name]: content for name, content in read.items()}

    def _wanted(self, shown: str, wanted: Callable[[str], object]) -> dict[str, bytes]:
        return {posixpath.join(shown, name): content for name, content in self.files("", wanted).items()}

    def content(self, paths: list[str]) -> dict[str, bytes]:
        """Read files of the commit, which must be there."""
        wanted = {path: entry.sha for path in paths if (entry := self.objects.entry(path)) is not None}
        blobs = self.objects.blobs(wanted.values())
        return {path: blobs[sha] for path, sha in wanted.items()}

    def _followed(self, path: str) -> tuple[TrustedTree, str] | None:
        """Return the tree that holds a path, and the path in it, behind all links; None where the ref has none."""
        for _ in range(_MOST_LINKS):
            path = self._inside(path, path)
            self.objects.expect(path)
            moved = None
            for above in (*_above(path), path):
                entry = self.objects.entry(above)
                if entry is None:
                    return None
                rest = path[len(above) + 1 :]
                if entry.mode == SUBMODULE:
                    return self._submodule(above)._followed(rest)
                if entry.mode == LINK:
                    target = self.content([above])[above].decode("utf-8", "surrogateescape")
                    moved = self._inside(posixpath.join(posixpath.dirname(above), target, rest), above, target)
                    break
            if moved is None:
                return self, path
            path = moved
        raise GatepostError.of(f"{path} is a circle of symbolic links at {self.ref}", Place(self.prefix + path))

    def _inside(self, path: str, shown: str, target: str = "") -> str:
        normal = posixpath.normpath(path)
        normal = "" if normal == "." else normal
        if normal.startswith(("/", "../")) or normal == "..":
            where = f"is a symbolic link to {target}, which lies" if target else "lies"
            what = f"{shown} {where} outside the repository at {self.ref}"
            raise GatepostError.of(what, Place(self.prefix + shown), "name a path inside")
        return normal

    def _submodule(self, path: str) -> TrustedTree:
        """Return a submodule at the commit that this tree names, whatever is checked out, and wherever it comes from.

        Raises:
            GatepostError: its objects are not here, and cannot be fetched from the URL that the ref gives.
        """
        entry = self.objects.entry(path)
        commit = entry.sha if entry is not None else ""
        shown = f"{self.prefix}{path}"
        listed = self.objects.entry(".gitmodules")
        plain = listed is not None and listed.mode not in (TREE, LINK, SUBMODULE)
        gitmodules = self.content([".gitmodules"])[".gitmodules"] if plain else b""
        name, url = names_and_urls(gitmodules, path)
        url = resolved(url, self.url)
        found = list(stores(self.remote.repository, shown, name))
        objects = Objects([*found, *self.objects.stores], commit)
        if not objects.have(commit):
            try:
                if not url:
                    raise RemoteError(f"{self.ref} gives no URL for it in .gitmodules")
                into = self.folder / ".git" / commit  # no file of a commit has such a path
                objects = Objects([fetch_commit(self.remote, url, commit, into)], commit)
            except RemoteError as error:
                why = f"lacks {commit[:12]}, which {self.ref} names" if found else "is not checked out"
                what = f"the submodule {shown} {why}, and git cannot fetch it: {error}"
                advice = f"before the gate: git submodule update --init -- {shown}"
                raise GatepostError.of(what, Place(shown), advice) from error
        return TrustedTree(self.ref, commit, self.remote, url, objects, self.folder, f"{shown}/")


def _is_similar(name: str) -> bool:
    """Tell whether a name is that of a YAML file, or could be meant as one (``a.yaml.bak``, ``a.json``)."""
    return is_yaml(name) or bool(_SIMILAR.search(name))


def open_tree(ref: str, repository: Repository, folder: Path) -> TrustedTree:
    """Open a repository at a ref; files are written below ``folder``.

    Raises:
        GatepostError: there is no such ref.
    """
    remote = Remote.of(repository)
    found = resolve(remote, ref)
    fetch = remote.fetch_objects if remote.is_promisor else None
    objects = Objects([repository.objects], found.commit, fetch)
    return TrustedTree(ref, found.commit, remote, remote.url, objects, folder, notes=found.notes)


def _above(path: str) -> list[str]:
    """Return the folders above a path, the outermost first."""
    parts = path.split("/")
    return ["/".join(parts[:number]) for number in range(1, len(parts))]


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
