"""Reaching files without following a symbolic link that a merge request could have committed.

A path is walked folder by folder, each opened relative to the one before, so that nothing that is swapped on the way
changes where it leads. A link that lies in a checkout (a folder with ``.git``, or one that the caller names) is
refused. Links elsewhere (``/tmp``, ``/dev/stdout``, a link to the checkout itself) belong to the machine or to the
job, and are followed.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gatepost.problems import GatepostError, Place
from gatepost.text import harmless

__all__ = ["Found", "checkout_above", "is_git_name", "reached"]

# A handle by which to reach what lies in a folder; unlike reading, it needs no permission to list the folder.
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
_MOST_LINKS = 40
_LONGEST = 4095  # bytes of a path that the system takes
_DESCRIPTORS = re.compile(r"/proc/(\d+)(?:/task/\d+)?/fd")
# What HFS+ ignores within a name, as git lists it.
_IGNORED = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF])


@dataclass(frozen=True, slots=True)
class Found:
    """What a path leads to: ``name`` in the open folder ``handle``, which lies at ``folder``.

    ``status`` is that of the name itself; None where nothing is there. ``descriptor`` is the number of an open file
    of this process, where the path names one (``/dev/stdout``).
    """

    handle: int
    folder: Path
    name: str
    status: os.stat_result | None
    descriptor: int | None = None


@contextlib.contextmanager
def reached(path: Path, checkout: Path | None = None, *, create: bool = False) -> Iterator[Found]:
    """Walk to a path and yield what it leads to; with ``create``, folders on the way are made.

    ``checkout`` is a folder below which links are refused even where it holds no ``.git``.

    Raises:
        GatepostError: a link of a checkout lies on the way, or the path leads into a ``.git`` folder.
        OSError: a folder on the way is missing, is a file, or cannot be opened.
    """
    walk = _Walk(path, None if checkout is None else checkout.resolve(), create)
    try:
        yield walk.end()
    finally:
        walk.close()


def checkout_above(folder: Path) -> Path | None:
    """Return the nearest folder at or above one that holds an entry ``.git``, which git cannot commit."""
    return next((above for above in (folder, *folder.parents) if os.path.lexists(above / ".git")), None)


def is_git_name(name: str) -> bool:
    """Tell whether a file system could take a name for ``.git``: by case, dots, streams, or what it ignores."""
    plain = name.translate(_IGNORED).partition(":")[0].casefold().rstrip(" .")
    return plain in (".git", "git~1")


@dataclass
class _Walk:
    """A walk in progress: an open folder, where it lies, and the names that are still to go."""

    path: Path
    root: Path | None
    create: bool
    handle: int = -1
    folder: Path = Path()
    names: list[str] = field(default_factory=list)

    def end(self) -> Found:
        self._begin(os.fspath(self.path))
        links = 0
        while self.names:
            name = self.names.pop(0)
            status = self._status(name)
            if status is not None and stat.S_ISLNK(status.st_mode):
                links += 1
                if links > _MOST_LINKS:
                    raise OSError(40, "Too many levels of symbolic links")
                if not self.names and (opened := _DESCRIPTORS.fullmatch(str(self.folder))) and name.isdecimal():
                    own = int(name) if int(opened[1]) == os.getpid() else None
                    return Found(self.handle, self.folder, name, os.stat(name, dir_fd=self.handle), own)
                self._follow(name, status)
            elif self.names:
                self._enter(name, status)
            elif name == "..":
                break
            else:
                self._check_git(name)
                return Found(self.handle, self.folder, name, status)
        raise IsADirectoryError(21, "Is a directory")

    def close(self) -> None:
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1

    def _begin(self, path: str) -> None:
        if len(os.fsencode(path)) > _LONGEST:
            raise OSError(36, "File name too long")
        absolute = path.startswith("/")
        self._move(os.open("/" if absolute else ".", _FOLDER), Path("/") if absolute else Path.cwd())
        self.names[:0] = [name for name in path.split("/") if name not in ("", ".")]

    def _status(self, name: str) -> os.stat_result | None:
        try:
            return os.stat(name, dir_fd=self.handle, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def _enter(self, name: str, status: os.stat_result | None) -> None:
        if name == "..":
            self._move(os.open(name, _FOLDER, dir_fd=self.handle), self.folder.parent)
            return
        if status is None:
            if not self.create or ".." in self.names:
                raise FileNotFoundError(2, "No such file or directory")
            self._check_git(name, *self.names)
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, dir_fd=self.handle)
        self._move(os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=self.handle), self.folder / name)

    def _move(self, handle: int, folder: Path) -> None:
        self.close()
        self.handle, self.folder = handle, folder

    def _follow(self, name: str, status: os.stat_result) -> None:
        link = self.folder / name
        if checkout_above(self.folder) is not None or self._in_root():
            shown = _shown(link)
            what = f"{harmless(shown)} is a symbolic link in the checkout, which is not followed"
            advice = "a merge request could have committed it: remove it, or name a path without links"
            raise GatepostError.of(what, Place(shown), advice)
        folder = os.fstat(self.handle)
        for_all = folder.st_mode & stat.S_ISVTX and folder.st_mode & stat.S_IWOTH
        if for_all and status.st_uid not in (os.geteuid(), folder.st_uid):
            # What the kernel refuses too (fs.protected_symlinks), where it follows links itself.
            what = f"{harmless(str(link))} is a symbolic link of another user in a folder that all may write to"
            raise GatepostError.of(what, Place(str(link)), "name a path without links")
        target = os.readlink(name, dir_fd=self.handle)
        if target.startswith("/"):
            self._begin(target)
        else:
            self.names[:0] = [part for part in target.split("/") if part not in ("", ".")]

    def _in_root(self) -> bool:
        return self.root is not None and self.folder.is_relative_to(self.root)

    def _check_git(self, *names: str) -> None:
        """Refuse names in a ``.git`` folder; a worktree that itself lies in one is a checkout like any other."""
        inside = self.folder.relative_to(checkout_above(self.folder) or "/").parts
        if any(is_git_name(part) for part in (*inside, *names)):
            shown = harmless(str(self.path))
            what = f"{shown} lies in a .git folder, where nothing is written or read"
            raise GatepostError.of(what, Place(str(self.path)), "name a path outside of it")


def _shown(path: Path) -> str:
    """Return a path as the user knows it: from the working folder, where it lies below."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)
