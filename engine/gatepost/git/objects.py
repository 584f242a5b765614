"""Objects of git, each hashed again by us: what a commit names cannot be anything else, wherever it is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from gatepost.git.command import git, said
from gatepost.git.scratch import scratch
from gatepost.problems import GatepostError

__all__ = ["LINK", "SUBMODULE", "TREE", "Entry", "Objects"]

TREE, LINK, SUBMODULE = "40000", "120000", "160000"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a tree says of a name in it: the mode, as git writes it, and the name of the object."""

    mode: str
    sha: str


@dataclass(frozen=True)
class Objects:
    """The objects in some stores. ``fetch`` gets those that a partial clone left at its remote.

    ``commit`` is the one from which everything is reached; its length tells SHA-1 from SHA-256. Reading raises a
    :class:`GatepostError` where an object is not here, or is not what its name says.
    """

    stores: Sequence[Path]
    commit: str
    fetch: Callable[[Sequence[str]], None] | None = None
    _trees: dict[str, Mapping[str, Entry]] = field(default_factory=dict)
    _kept: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    _expected: set[str] = field(default_factory=set)

    @cached_property
    def _root(self) -> str:
        """The name of the tree of the commit."""
        content = self._read([self.commit], "commit")[self.commit]
        first = content.split(b"\n", 1)[0]
        if not first.startswith(b"tree "):
            raise GatepostError.of(f"the commit {self.commit[:12]} is malformed")
        return first[5:].decode("ascii", "replace")

    def expect(self, path: str) -> None:
        """Read in one go what lies on the way to a path, if git finds it; each object counts by its own hash only."""
        parts = path.split("/") if path else []
        ways = ["/".join(parts[:number]) for number in range(len(parts) + 1)]
        new = [f"{self.commit}:{way}" for way in ways if way not in self._expected and "\n" not in way]
        if not self._kept:
            new.append(self.commit)
        self._expected.update(ways)
        if new:
            for kind, content in self._batch(new):
                if kind:
                    self._kept[_hash(kind, content, len(self.commit))] = (kind, content)

    def entry(self, path: str) -> Entry | None:
        """Return what the commit has at a path, links not followed; None where it has nothing."""
        entry = Entry(TREE, self._root)
        for part in path.split("/") if path else ():
            if entry.mode != TREE:
                return None
            inside = self._trees_of([entry.sha])[entry.sha].get(part)
            if inside is None:
                return None
            entry = inside
        return entry

    def below(self, path: str) -> Iterator[tuple[str, Entry]]:
        """Yield all that is below a folder and is not a folder, a level at a time."""
        entry = self.entry(path)
        level = {path: entry.sha} if entry is not None and entry.mode == TREE else {}
        while level:
            trees = self._trees_of(level.values())
            deeper: dict[str, str] = {}
            for folder, sha in level.items():
                for name, one in trees[sha].items():
                    there = f"{folder}/{name}" if folder else name
                    if one.mode == TREE:
                        deeper[there] = one.sha
                    else:
                        yield there, one
            level = deeper

    def _trees_of(self, names: Iterable[str]) -> Mapping[str, Mapping[str, Entry]]:
        """Return the entries of several trees; those that were read before are kept."""
        wanted = list(dict.fromkeys(names))
        new = [sha for sha in wanted if sha not in self._trees]
        for sha, content in self._read(new, "tree").items():
            self._trees[sha] = _entries(content, len(self.commit) // 2, sha)
        return {sha: self._trees[sha] for sha in wanted}

    def blobs(self, names: Iterable[str]) -> Mapping[str, bytes]:
        """Return the contents of files."""
        return self._read(list(dict.fromkeys(names)), "blob")

    def have(self, sha: str) -> bool:
        """Tell whether a commit is in the stores, whole or not."""
        try:
            self._read([sha], "commit")
        except _MissingError:
            return False
        return True

    def _read(self, names: list[str], kind: str) -> dict[str, bytes]:
        try:
            return self._stored(names, kind)
        except _MissingError as error:
            if self.fetch is None or kind == "commit":
                raise
            self.fetch(error.names)
        return self._stored(names, kind)

    def _stored(self, names: list[str], kind: str) -> dict[str, bytes]:
        """Read objects and hash them."""
        wanted = [name for name in names if name not in self._kept]
        read = dict(zip(wanted, self._batch(wanted), strict=True))
        missing = [name for name, (found, _) in read.items() if not found]
        if missing:
            raise _MissingError(kind, missing)
        for name, (found, content) in read.items():
            if _hash(found, content, len(name)) != name:
                what = f"the object {name[:12]} is not what its name says: the store of objects was tampered with"
                raise GatepostError.of(what, advice="clone again")
        found_here = {name: self._kept.get(name) or read[name] for name in names}
        for name, (found, _) in found_here.items():
            if found != kind:
                raise GatepostError.of(f"the object {name[:12]} is a {found}, and not a {kind}")
        return {name: content for name, (_, content) in found_here.items()}

    def _batch(self, names: Sequence[str]) -> list[tuple[str, bytes]]:
        """Ask git for objects: kind and content of each, not verified; an empty kind where it has none."""
        if not names:
            return []
        with scratch(self.stores, self.commit) as there:
            asked = "".join(f"{name}\n" for name in names).encode("utf-8", "surrogateescape")
            answer = git(there.git_dir, "cat-file", "--batch", stdin=asked, variables=there.variables)
        found: list[tuple[str, bytes]] = []
        output, start = answer.stdout, 0
        for name in names:
            end = output.find(b"\n", start)
            head = output[start:end].rsplit(b" ", 2) if end >= 0 else []
            if head and head[-1] == b"missing":
                found.append(("", b""))
                start = end + 1
                continue
            if len(head) != 3 or not head[2].isdigit():
                raise GatepostError.of(f"git cannot read the object {name[:12]}: {said(answer)}")
            size = int(head[2])
            found.append((head[1].decode("ascii", "replace"), output[end + 1 : end + 1 + size]))
            start = end + size + 2
        return found


class _MissingError(GatepostError):
    """Objects are not in the stores."""

    def __init__(self, kind: str, names: list[str]) -> None:
        problem = GatepostError.of(
            f"the {kind} {names[0][:12]} is not in this clone", advice="fetch it before the gate"
        )
        super().__init__(*problem.problems)
        self.names = names


def _hash(kind: str, content: bytes, length: int) -> str:
    algorithm = hashlib.sha256() if length == 64 else hashlib.sha1(usedforsecurity=False)
    algorithm.update(f"{kind} {len(content)}\0".encode())
    algorithm.update(content)
    return algorithm.hexdigest()


def _entries(content: bytes, width: int, sha: str) -> Mapping[str, Entry]:
    """Parse a tree, whose entries are mode, space, name, a null byte, and an object's name in ``width`` bytes."""
    entries: dict[str, Entry] = {}
    start = 0
    while start < len(content):
        space, null = content.find(b" ", start), content.find(b"\0", start)
        name = content[space + 1 : null].decode("utf-8", "surrogateescape")
        end = null + 1 + width
        is_name = start < space < null and end <= len(content) and "/" not in name
        if not is_name or name.lower() in ("", ".", "..", ".git") or name in entries:
            raise GatepostError.of(f"the tree {sha[:12]} is malformed")
        entries[name] = Entry(
            content[start:space].decode("ascii", "replace").lstrip("0"), content[null + 1 : end].hex()
        )
        start = end
    return entries
