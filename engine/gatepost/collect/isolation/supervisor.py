"""Watches the process that does the job, and ends it with everything that it started.

The supervisor runs none of the job's code. It ends the worker when the gate has gone (the gate holds the other end of
its standard input) and when it uses too much; when the worker has ended, it ends what the worker left.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import time

from gatepost.collect.isolation.usage import Usage, descendants

__all__ = ["Supervisor"]

_INTERVAL = 0.1
_PATIENCE = 5.0
"""Seconds to look for descendants where the kernel cannot be asked to end all of them at once."""


class Supervisor:
    """Supervises ``worker``, the leader of a process group.

    ``scoped`` tells that the kernel keeps the signals of this process among itself and its descendants.
    """

    def __init__(self, worker: int, usage: Usage, *, scoped: bool) -> None:
        self._worker = worker
        self._usage = usage
        self._scoped = scoped
        self._status = 0
        self._ended = False

    def run(self) -> tuple[int, str]:
        """Wait until the worker ends or has to, and end all descendants.

        Returns the worker's status, as ``os.wait`` has it, and the name of the limit that was exceeded, if any.
        """
        limit = self._watch()
        end = time.monotonic() + _PATIENCE
        while self._reap():
            self._kill()
            if not self._scoped and time.monotonic() > end:
                break
            time.sleep(0.01)
        return self._status, limit

    def _watch(self) -> str:
        """Wait for the end of the worker or of the gate, or for a limit to be exceeded; return its name."""
        poll = select.poll()
        poll.register(0, select.POLLIN)
        with contextlib.suppress(OSError, AttributeError):  # without it, the worker is looked at after each interval
            poll.register(os.pidfd_open(self._worker), select.POLLIN)
        while True:
            if any(descriptor == 0 for descriptor, _ in poll.poll(_INTERVAL * 1000)):
                return ""
            if not self._reap() or self._ended:
                return ""
            limit = self._usage.exceeded()
            if limit:
                return limit

    def _reap(self) -> bool:
        """Take note of every process that has ended; return whether others are left.

        Every descendant whose own parent has ended is a child of this process, its subreaper.
        """
        with contextlib.suppress(ChildProcessError):
            while True:
                ended, status = os.waitpid(-1, os.WNOHANG)
                if ended == self._worker:
                    self._ended, self._status = True, status
                if not ended:
                    return True
        return False

    def _kill(self) -> None:
        if self._scoped:
            # All at once, in one step of the kernel that no fork can overtake.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(-1, signal.SIGKILL)
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._worker, signal.SIGKILL)
        if not self._ended:
            os.kill(self._worker, signal.SIGKILL)
        for pid in descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
