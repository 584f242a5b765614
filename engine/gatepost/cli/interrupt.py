"""Ctrl-C: the command ends soon, with 130, whatever a library does about it."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType

__all__ = ["INTERRUPTED", "Interruption", "interruptible", "leave"]

INTERRUPTED = 130
_PATIENCE = 5.0
"""Seconds in which the command has to end by itself after an interrupt."""


class Interruption:
    """Whether the user interrupted the command."""

    def __init__(self) -> None:
        self.happened = False
        self._ended = threading.Event()

    def handle(self, _signal: int, _frame: FrameType | None) -> None:
        """Raise KeyboardInterrupt; where that changes nothing, or at the second interrupt, end the process.

        A library may catch the exception, and Python drops it where it arises in a callback of its own.
        """
        if self.happened:
            _end_now()
        self.happened = True
        threading.Thread(target=self._insist, name="gatepost-interrupt", daemon=True).start()
        raise KeyboardInterrupt

    def over(self) -> None:
        """Take note that the command has ended."""
        self._ended.set()

    def _insist(self) -> None:
        if not self._ended.wait(_PATIENCE):
            _end_now()


@contextlib.contextmanager
def interruptible() -> Iterator[Interruption]:
    """Handle SIGINT within the block, unless it is ignored or handled otherwise, as in a background job."""
    interruption = Interruption()
    mine = threading.current_thread() is threading.main_thread()
    mine = mine and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if mine:
        signal.signal(signal.SIGINT, interruption.handle)
    try:
        yield interruption
    finally:
        interruption.over()
        if mine:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def leave() -> None:
    """End the process with 130, without waiting for threads: a source may wait for an answer that never comes."""
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.flush()
    os._exit(INTERRUPTED)


def _end_now() -> None:
    with contextlib.suppress(OSError):
        os.write(2, b"\ninterrupted\n")
    os._exit(INTERRUPTED)  # child processes end with this one
