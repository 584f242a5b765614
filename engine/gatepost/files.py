"""Writing files whole or not at all, and reading what was left; see ``nofollow`` for where that may be."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gatepost.nofollow import Found, reached
from gatepost.problems import GatepostError, Place
from gatepost.text import harmless

__all__ = ["MAX_BYTES", "folder_opened", "opened", "read_input", "read_whole", "replace_whole", "write_whole"]

_PATIENCE = 5  # seconds in which somebody must open the other end of a pipe

MAX_BYTES = 64 * 1024 * 1024
"""How large a file that a user names may be."""

_WRITE = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC


def write_whole(path: Path, content: str | bytes, checkout: Path | None = None) -> None:
    """Write ``content`` to ``path`` so that a reader sees the old file or the new one, never a part.

    Folders on the way are created. A device, a pipe or an open file (``/dev/stdout``) is written to as it is.
    ``checkout`` is a folder below which no link is followed even where it holds no ``.git``.

    Raises:
        GatepostError: the file cannot be written, is or lies behind a symbolic link of a checkout, or lies in a
            ``.git`` folder; what was there before still is.
    """
    with _writing(path):
        data = content.encode("utf-8") if isinstance(content, str) else content
        with reached(path, checkout, create=True) as found:
            if found.status is None or _is_plain(found):
                _replace(found, data)
            elif stat.S_ISDIR(found.status.st_mode):
                raise IsADirectoryError(21, "Is a directory")
            else:
                _append(found, data)


def replace_whole(path: Path, content: str | bytes, checkout: Path | None = None) -> bool:
    """Replace a regular file as :func:`write_whole` does, and return whether there was one.

    Nothing is created, and a folder, a device, a pipe or an open file is left as it is. Unlike there, a power failure
    within the next seconds may bring back the old file, for waiting for the disk takes longer than all else.

    Raises:
        GatepostError: as :func:`write_whole`.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with _writing(path):
        try:
            with reached(path, checkout) as found:
                if not _is_plain(found):
                    return False
                if not _holds(found, data):
                    _replace(found, data, wait=False)
        except (FileNotFoundError, NotADirectoryError):
            return False
    return True


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Say of what goes wrong that a path cannot be written."""
    place, cannot = Place(str(path)), f"cannot write {harmless(str(path))}"
    try:
        yield
    except GatepostError as error:
        raise GatepostError(*(replace(one, what=f"{cannot}: {one.what}") for one in error.problems)) from error
    except IsADirectoryError as error:
        raise GatepostError.of(f"{cannot}: it is a folder", place, "name a file") from error
    except (OSError, ValueError) as error:  # a null or half a character is a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        advice = "the file that was there before is unchanged"
        raise GatepostError.of(f"{cannot}: {reason}", place, advice) from error


def read_whole(path: Path, checkout: Path | None = None) -> bytes:
    """Return the content of a file that a run left.

    Raises:
        GatepostError: it is or lies behind a symbolic link of a checkout.
        OSError: it cannot be read.
    """
    with opened(path, checkout) as descriptor, os.fdopen(os.dup(descriptor), "rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise OSError(27, f"it has more than {MAX_BYTES:,} bytes, which is the limit")
    return content


def read_input(path: Path, most: int = MAX_BYTES) -> bytes:
    """Return the content of a file that a user names: a regular one, or an open pipe (``/dev/stdin``, ``<(...)``).

    A named pipe or a device might never end, or never begin.

    Raises:
        OSError: it cannot be read, is something else, or has more than ``most`` bytes.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
    except ValueError as error:  # a null character, or half of a character
        raise OSError(22, f"it is not a valid path: {error}") from error
    with os.fdopen(descriptor, "rb") as stream:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(21, "it is a folder")
        if not stat.S_ISREG(mode) and not os.path.realpath(path).startswith("/proc/"):
            raise OSError(22, "it is not a regular file")
        os.set_blocking(descriptor, True)
        content = stream.read(most + 1)
    if len(content) > most:
        raise OSError(27, f"it has more than {most:,} bytes, which is the limit")
    return content


@contextlib.contextmanager
def opened(path: Path, checkout: Path | None = None) -> Iterator[int]:
    """Open a regular file for reading and yield its descriptor.

    Raises:
        GatepostError: as :func:`read_whole`.
        OSError: it cannot be read, or is not a regular file.
    """
    with reached(path, checkout) as found:
        if found.status is None:
            raise FileNotFoundError(2, "No such file or directory")
        if not stat.S_ISREG(found.status.st_mode):
            raise OSError(22, "it is not a regular file")
        descriptor = os.open(found.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=found.handle)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def folder_opened(path: Path, checkout: Path | None = None) -> Iterator[int]:
    """Open a folder and yield its handle, by which to list what is in it.

    Raises:
        GatepostError: as :func:`read_whole`.
        OSError: it is missing, or is not a folder.
    """
    with reached(path, checkout) as found:
        handle = os.open(found.name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=found.handle)
    try:
        yield handle
    finally:
        os.close(handle)


def _is_plain(found: Found) -> bool:
    return found.status is not None and stat.S_ISREG(found.status.st_mode) and not _is_open_file(found)


def _holds(found: Found, data: bytes) -> bool:
    if found.status is None or found.status.st_size != len(data):
        return False
    descriptor = os.open(found.name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=found.handle)
    with os.fdopen(descriptor, "rb") as stream:
        return stream.read(len(data)) == data


def _is_open_file(found: Found) -> bool:
    """Tell whether a path names an open file (``/proc/self/fd/1``): whoever opened it goes on writing to it."""
    return found.folder.is_relative_to("/proc")


def _append(found: Found, data: bytes) -> None:
    if found.descriptor is not None:  # this keeps its position, and works for a socket too
        descriptor = os.dup(found.descriptor)
    else:
        descriptor = _open_to_append(found)
        os.set_blocking(descriptor, True)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(data)


def _open_to_append(found: Found) -> int:
    """Open a device or a pipe; a pipe that nobody opens for reading is not waited for without end."""
    follow = 0 if _is_open_file(found) else os.O_NOFOLLOW
    flags = os.O_WRONLY | os.O_APPEND | os.O_NOCTTY | os.O_NONBLOCK | follow
    ends = time.monotonic() + _PATIENCE
    while True:
        try:
            return os.open(found.name, flags, dir_fd=found.handle)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > ends:
                raise OSError(errno.ENXIO, "nobody reads from it") from error
            time.sleep(0.02)


def _replace(found: Found, data: bytes, *, wait: bool = True) -> None:
    folder, status = found.handle, found.status
    # Beside the target, for only within a file system is a replacement whole.
    temporary = f".{found.name[:50]}.{os.getpid()}-{time.monotonic_ns()}.tmp"
    # A new file gets what the umask leaves; one that replaces another must not be more open than that, ever.
    mode = 0o600 if status is not None else 0o666
    descriptor = os.open(temporary, _WRITE | os.O_CREAT | os.O_EXCL, mode, dir_fd=folder)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            if wait:
                os.fsync(stream.fileno())
            if status is not None:
                if not os.access(found.name, os.W_OK, dir_fd=folder):
                    raise PermissionError(13, "Permission denied")
                os.fchmod(stream.fileno(), status.st_mode & 0o777)
        os.replace(temporary, found.name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
