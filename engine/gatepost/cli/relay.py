"""Reading what libraries and child processes write to the standard descriptors, line by line."""

from __future__ import annotations

import contextlib
import math
import os
import select
import sys
import threading
import time
from collections.abc import Callable

__all__ = ["Relay"]

_LONGEST = 4000
_PATIENCE = 0.2
"""Seconds to read the last lines."""


class Relay:
    """Takes the place of the descriptors 1 and 2 until they are put back; ``error`` is standard error as it was."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._output, self.error = os.dup(1), os.dup(2)
        self._pipe, pipe = os.pipe()
        self._stop, self._stopper = os.pipe()
        os.dup2(pipe, 1)
        os.dup2(pipe, 2)
        os.close(pipe)
        self._thread = threading.Thread(target=self._read, name="gatepost-relay", daemon=True)
        self._thread.start()

    def put_back(self) -> None:
        """Put the descriptors back."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os.dup2(self._output, 1)
        os.dup2(self.error, 2)

    def close(self) -> None:
        """Show what is left in the pipe, and end."""
        os.close(self._stopper)
        self._thread.join()
        for descriptor in (self._pipe, self._stop, self._output, self.error):
            os.close(descriptor)

    def _read(self) -> None:
        unread = b""
        deadline = math.inf
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self._pipe, self._stop], [], [])
            if self._stop in ready:
                # A process that was left behind may hold the pipe and write on: do not wait for its end.
                deadline = min(deadline, time.monotonic() + _PATIENCE)
                if self._pipe not in ready:
                    break
            chunk = os.read(self._pipe, 65536)
            if not chunk:
                break
            *lines, unread = (unread + chunk).split(b"\n")
            for line in lines:
                self._tell(line)
            if len(unread) > _LONGEST:
                self._tell(unread)
                unread = b""
        self._tell(unread)

    def _tell(self, line: bytes) -> None:
        # A bar of progress writes its line again and again after a carriage return; its last state is enough.
        text = line.decode("utf-8", "replace").rstrip("\r").rpartition("\r")[2].rstrip()
        if text:
            self._show(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}...")
