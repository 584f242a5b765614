"""Where a run may read: the repository and what gatepost.yaml adds to it, for paths and for addresses."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gatepost.nofollow import is_git_name

__all__ = ["OutsideError", "Roots", "check_usable", "data_root", "inside_repository", "is_yaml", "leads_out"]


class OutsideError(Exception):
    """A path or an address leads out of what may be read; ``advice`` is the line to add, and where."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Roots:
    """The places that may be read: ``repository``, and ``data_roots`` as :func:`data_root` returns them.

    Symbolic links count by where they lead. What lies in a ``.git`` folder is never read: its configuration may
    hold the credentials of the job.
    """

    repository: Path
    data_roots: tuple[str, ...] = ()

    def resolve(self, value: str | Path, folder: Path | None = None) -> Path:
        """Return the absolute path without links of a path; a relative one starts at ``folder``.

        Raises:
            OutsideError: it leads outside of these roots, into a ``.git`` folder, or in a circle.
        """
        written = (folder or self.repository) / value
        shown = Path(value)
        if shown.is_absolute() and shown.is_relative_to(self.repository):
            shown = shown.relative_to(self.repository)
        try:
            path = written.resolve()
            check_usable(path)
        except (OSError, RuntimeError, ValueError) as error:  # a circle of links, a null character, a long name
            reason = getattr(error, "strerror", None) or error
            raise OutsideError(f"{shown!s:.100} is not a valid path: {reason}", "name a path inside") from error
        root = next((root for root in self.folders() if path.is_relative_to(root)), None)
        if root is None:
            link = f", behind a symbolic link to {path}" if _has_link(written) else ""
            raise OutsideError(f"{shown} lies outside the repository{link}", _allow(str(path.parent)))
        if any(map(is_git_name, path.relative_to(root).parts)):
            raise OutsideError(f"{shown} lies in a .git folder, which is never read", "name a file of the project")
        return path

    def folders(self) -> tuple[Path, ...]:
        """Return the roots that are folders, without links, the repository first."""
        return (self.repository.resolve(), *(Path(root) for root in self.data_roots if "://" not in root))

    def check_address(self, address: str, named: tuple[str, ...] = ()) -> None:
        """Refuse an address that stored data gives, unless its host is one that the configuration names.

        ``named`` are the addresses that gatepost.yaml or the job's environment give, such as the tracking server;
        ``data_roots`` allow all that lies below them.

        Raises:
            OutsideError: the address leads to another host or bucket.
        """
        origin = _origin(address)
        roots = [root for root in self.data_roots if "://" in root]
        if origin in {_origin(one) for one in named} or any(_below(address, root) for root in roots):
            return
        shown = f"{origin[0]}://{origin[1]}"
        raise OutsideError(f"the stored address leads to {shown}, which gatepost.yaml does not name", _allow(shown))


def data_root(written: str, folder: Path, repository: Path) -> str:
    """Return an entry of ``data_roots`` as :class:`Roots` takes it: an absolute folder, or an address as it is.

    Raises:
        OutsideError: it would allow every file of the machine, or lies in the repository: what may be read there is
            not decided by a link that a merge request can put in its place.
    """
    if "://" in written:
        return written
    plain = Path(os.path.normpath(folder / written))
    if plain.is_relative_to(repository):
        what = f"data root {written} lies in the repository"
        raise OutsideError(what, "remove it: the repository may be read anyway")
    path = plain.resolve()
    if path == path.parent:
        what = f"data root {written} would allow every file of the machine"
        raise OutsideError(what, "name the folder of the data")
    return str(path)


def inside_repository(value: str | Path, folder: Path, repository: Path) -> str | None:
    """Return a path from the root of the repository, with ``/``; None where a merge request cannot change it.

    It counts by its names, as a ref has it; one that lies outside by its names counts by where it leads.
    """
    plain = Path(os.path.normpath(folder / value))
    if plain.is_relative_to(repository):
        return plain.relative_to(repository).as_posix()
    try:
        real, root = plain.resolve(), repository.resolve()
    except (OSError, RuntimeError, ValueError):  # a circle of links, a null character
        return None
    return real.relative_to(root).as_posix() if real.is_relative_to(root) else None


def check_usable(path: Path) -> None:
    """Refuse a path that the system cannot take, whether something is there or not.

    Raises:
        OSError: it or a name in it is too long.
        ValueError: it has a null character, or half of a character.
    """
    try:
        os.lstat(path)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise


def leads_out(path: Path) -> bool:
    """Tell whether a path in a checkout leads out of it by a symbolic link, which a merge request can have committed.

    What is not in a checkout (a folder below one with ``.git``) leads nowhere else than where the user says.
    """
    plain = Path(os.path.abspath(path))  # noqa: PTH100 - `..` by the path's letters, and links kept
    tops = [above for above in plain.parents if os.path.lexists(above / ".git")]
    # Unlike Path.resolve, this takes a circle of links, which reading then refuses.
    return bool(tops) and not Path(os.path.realpath(plain)).is_relative_to(os.path.realpath(tops[-1]))


def _allow(root: str) -> str:
    return f"to allow it, add to gatepost.yaml (at the trusted ref): data_roots: [{root}]; or --data-root {root}"


def _has_link(path: Path) -> bool:
    return any(one.is_symlink() for one in (path, *path.parents))


_PORTS = {"http": 80, "https": 443}


def _origin(address: str) -> tuple[str, str, int | None]:
    """Return scheme, host (or bucket) and port; what cannot be parsed equals nothing that is named."""
    parts = urlsplit(address)
    scheme = parts.scheme.lower()
    try:
        return scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(scheme)
    except ValueError:
        return scheme, parts.netloc, -1


def _below(address: str, root: str) -> bool:
    """Tell whether an address lies below a root; dots in its path, also encoded ones, make it lie nowhere."""
    path, above = urlsplit(address).path, urlsplit(root).path.rstrip("/")
    steps = path.replace("%2e", ".").replace("%2E", ".").replace("%2f", "/").replace("%2F", "/").split("/")
    if ".." in steps or "." in steps or "\\" in path:
        return False
    return _origin(address) == _origin(root) and (path == above or path.startswith(f"{above}/"))


def is_yaml(name: str) -> bool:
    """Tell whether a file is read as YAML where its folder is named: ``.yaml`` or ``.yml``, in any case."""
    return name.lower().endswith((".yaml", ".yml"))
