"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from gatepost.problems import GatepostError, Place

__all__ = ["write_whole"]


def write_whole(path: Path, content: str | bytes) -> None:
    """Write ``content`` to ``path`` so that a reader sees the old file or the new one, never a part.

    Folders on the way are created. A symbolic link is followed, not replaced.

    Raises:
        GatepostError: the file cannot be written; what was there before still is.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    target = path.resolve() if path.is_symlink() else path
    if target.exists() and not target.is_file():
        if target.is_dir():
            raise GatepostError.of(f"cannot write {path}: it is a folder", Place(str(path)), "name a file")
        with target.open("wb") as stream:  # a device or a pipe cannot be replaced
            stream.write(data)
        return
    temporary = ""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target, for only within a file system is a replacement whole.
        temporary = str(target.with_name(f".{target.name[:50]}.{os.getpid()}-{time.monotonic_ns()}.tmp"))
        replaces = target.exists()
        # A new file gets what the umask leaves; one that replaces another must not be more open than that, ever.
        mode = 0o600 if replaces else 0o666
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        if replaces:
            if not os.access(target, os.W_OK):
                raise PermissionError(13, "Permission denied")
            os.chmod(temporary, target.stat().st_mode & 0o777)  # noqa: PTH101
        os.replace(temporary, target)  # noqa: PTH105
        temporary = ""
    except OSError as error:
        reason = error.strerror or str(error)
        raise GatepostError.of(
            f"cannot write {path}: {reason}", Place(str(path)), "the file that was there before is unchanged"
        ) from error
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)  # noqa: PTH108
