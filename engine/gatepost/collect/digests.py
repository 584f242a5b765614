"""SHA-256 digests of files and folders."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["code_digest", "file_digest", "files_below", "resolved_tree", "text_digest", "tree_digest"]

# Several collectors read the same data, and each asks before and after. A file that was written just now may be
# written again within the same tick of the file system's clock, and is not remembered.
_known: dict[tuple[int, ...], str] = {}
_UNSETTLED = 2_000_000_000


def text_digest(text: str) -> str:
    """Give ``sha256:`` and the SHA-256 of the text's UTF-8 bytes in hexadecimal digits."""
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()}"


def file_digest(path: Path) -> str:
    """Give ``sha256:`` and the SHA-256 of the file's bytes in hexadecimal digits.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        stat = os.fstat(stream.fileno())
        identity = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        if identity not in _known:
            digest = f"sha256:{hashlib.file_digest(stream, 'sha256').hexdigest()}"
            if time.time_ns() - max(identity[3:]) < _UNSETTLED:
                return digest
            _known[identity] = digest
        return _known[identity]


def tree_digest(path: Path) -> str:
    """Give a digest of all files below a folder, by name and content; of a file, its :func:`file_digest`.

    Times, permissions and empty folders do not count. The digest is the SHA-256 of one line
    ``HEX  relative/path`` for each file, sorted by the bytes of the path, so that
    ``find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs sha256sum | sha256sum`` gives the same. A symbolic
    link to a file counts as the file; one to a folder is not followed and counts by where it points.

    Raises:
        OSError: a file cannot be read.
    """
    if not path.is_dir():
        return file_digest(path)
    lines = []
    for name, file in files_below(path):
        value = text_digest(str(file.readlink())) if file.is_dir() else file_digest(file)
        lines.append(f"{value.removeprefix('sha256:')}  {name}\n")
    return text_digest("".join(lines))


def code_digest(folder: Path) -> str:
    """Give a digest of all Python files below a folder, as :func:`tree_digest` does; of a model's project.

    Hidden folders, virtual environments and links to folders are left out; a link to a file elsewhere counts by where
    it points, since that may be a device without an end.

    Raises:
        OSError: a file or folder cannot be read.
    """
    lines = []
    for here, folders, files in os.walk(folder, onerror=_raise):
        folders[:] = sorted(name for name in folders if not _is_foreign(Path(here, name)))
        for name in sorted(name for name in files if name.endswith(".py")):
            path = Path(here, name)
            inside = path.is_file() and path.resolve().is_relative_to(folder.resolve())
            value = file_digest(path) if inside else text_digest(str(path.readlink() if path.is_symlink() else ""))
            lines.append(f"{value}  {path.relative_to(folder).as_posix()}")
    return text_digest("\n".join(lines))


def _is_foreign(folder: Path) -> bool:
    return folder.name.startswith(".") or folder.name == "node_modules" or (folder / "pyvenv.cfg").exists()


def files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    """Give (relative path with ``/``, path) of each file and folder link below ``folder``, in byte order.

    Raises:
        OSError: a folder cannot be listed.
    """
    found: list[tuple[bytes, str, Path]] = []
    for here, folders, files in os.walk(folder, onerror=_raise):
        links = [name for name in folders if (Path(here) / name).is_symlink()]
        for name in (*files, *links):
            path = Path(here) / name
            relative = path.relative_to(folder).as_posix()
            found.append((os.fsencode(relative), relative, path))
    for _key, relative, path in sorted(found, key=lambda entry: entry[0]):
        yield relative, path


def resolved_tree(path: Path) -> tuple[Path, ...]:
    """Return a file or folder without links, and what the links below a folder lead to, if anything.

    Raises:
        OSError: a folder cannot be listed.
    """
    top = path.resolve()
    links = (file for _, file in files_below(top) if file.is_symlink()) if top.is_dir() else ()
    return (top, *(link.resolve() for link in links if link.exists()))


def _raise(error: OSError) -> None:
    raise error
