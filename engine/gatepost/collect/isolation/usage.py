"""What a process and its descendants use: memory, processes, and the files in their scratch folder."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

__all__ = ["MEMORY", "PROCESSES", "SCRATCH", "Usage", "descendants"]

MEMORY, PROCESSES, SCRATCH = "memory", "processes", "scratch"
_MOST_PROCESSES = 64
_MOST_THREADS = 2048
_MOST_FILES = 100_000
_FILES_EVERY = 10
"""Files are counted each time that memory was looked at this often."""


class Usage:
    """Compares what the descendants of a process use with their limits.

    ``memory_bytes`` limits the private writable memory of each process, and what all of them hold together, memory
    that they share counted once. ``scratch_bytes`` limits the files in ``scratch``, and the open ones without a name.
    """

    def __init__(self, pid: int, scratch: Path, memory_bytes: int, scratch_bytes: int) -> None:
        self._pid = pid
        self._scratch = scratch
        self._memory_bytes = memory_bytes
        self._scratch_bytes = scratch_bytes
        self._looks = 0

    def exceeded(self) -> str:
        """Return the name of a limit that is exceeded, or an empty text; where the system does not tell, as well."""
        self._looks += 1
        pids = descendants(self._pid, _MOST_PROCESSES)
        if len(pids) > _MOST_PROCESSES:  # nothing else first: there are more of them each moment
            return PROCESSES
        found = [one for one in map(_status, pids) if one]
        if sum(one.get("Threads", 0) for one in found) > _MOST_THREADS:
            return PROCESSES
        if any(one.get("VmData", 0) * 1024 > self._memory_bytes for one in found):
            return MEMORY
        # Shared memory counts once for each process here: what is counted exactly takes longer.
        if sum(map(_held, found)) * 1024 > self._memory_bytes and _proportional(pids) * 1024 > self._memory_bytes:
            return MEMORY
        if self._looks % _FILES_EVERY == 0 and self._files_exceeded(pids):
            return SCRATCH
        return ""

    def _files_exceeded(self, pids: list[int]) -> bool:
        used = 0
        for number, size in enumerate(_sizes(self._scratch)):
            used += size
            if used > self._scratch_bytes or number > _MOST_FILES:
                return True
        return used + sum(map(_unnamed, pids)) > self._scratch_bytes


def descendants(pid: int, enough: int | None = None) -> list[int]:
    """Return the numbers of the children of a process, of theirs, and so on; none where the system does not tell.

    With ``enough``, the search ends once there are more than that.
    """
    found: list[int] = []
    ahead = [pid]
    while ahead and (enough is None or len(found) <= enough):
        children = _children(ahead.pop())
        found += children
        ahead += children
    return found


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            with contextlib.suppress(OSError):
                found += map(int, (thread / "children").read_bytes().split())
    return found


def _status(pid: int) -> dict[str, int]:
    """Return the numbers of ``/proc/PID/status``, memory in KiB."""
    return _numbers(Path(f"/proc/{pid}/status"))


def _held(status: dict[str, int]) -> int:
    return status.get("RssAnon", 0) + status.get("RssShmem", 0) + status.get("VmSwap", 0)


def _proportional(pids: list[int]) -> int:
    """Return the memory in KiB that processes hold together, the part of each in what is shared."""
    rolls = [(_numbers(Path(f"/proc/{pid}/smaps_rollup")), pid) for pid in pids]
    return sum(
        roll["Pss_Anon"] + roll.get("Pss_Shmem", 0) + roll.get("SwapPss", 0)
        if "Pss_Anon" in roll
        else _held(_status(pid))
        for roll, pid in rolls
    )


def _numbers(path: Path) -> dict[str, int]:
    with contextlib.suppress(OSError):
        pairs = (line.partition(":") for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
        words = ((name, rest.split()) for name, _, rest in pairs)
        return {name: int(rest[0]) for name, rest in words if rest and rest[0].isdecimal()}
    return {}


def _sizes(folder: Path) -> Iterator[int]:
    """Return the bytes that each entry below a folder takes."""
    ahead = [str(folder)]
    while ahead:
        with contextlib.suppress(OSError), os.scandir(ahead.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    yield entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        ahead.append(entry.path)


def _unnamed(pid: int) -> int:
    """Return the bytes of the files that a process holds open and that have no name any more."""
    sizes = 0
    with contextlib.suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                about = descriptor.stat()
                if stat.S_ISREG(about.st_mode) and about.st_nlink == 0:
                    sizes += about.st_blocks * 512
    return sizes
