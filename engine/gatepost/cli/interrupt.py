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

from gatepost.cli.streams import error_descriptor

__all__ = ["INTERRUPTED", "Interruption", "interruptible", "leave"]

INTERRUPTED = 130
_PATIENCE = 0.7
"""Seconds in which the command has to end by itself after an interrupt."""


class Interruption:
    """Whether the user interrupted the command."""

    def __init__(self) -> None:
        self.happened = False
        self.told = False
        """Whether the user was told so."""
        self._ended = threading.Event()

    def handle(self, _signal: int, _frame: FrameType | None) -> None:
        """Raise KeyboardInterrupt; where that changes nothing, or at the second interrupt, end the process.

        A library may catch the exception, and Python drops it where it arises in a callback of its own.
        """
        if self.happened:
            self._end_now()
        self.happened = True
        threading.Thread(target=self._insist, name="gatepost-interrupt", daemon=True).start()
        raise KeyboardInterrupt

    def over(self) -> None:
        """Take note that the command has ended."""
        self._ended.set()

    def _insist(self) -> None:
        if not self._ended.wait(_PATIENCE):
            self._end_now()

    def _end_now(self) -> None:
        if not self.told:
            with contextlib.suppress(OSError):
                os.write(error_descriptor(), b"\ninterrupted\n")
        os._exit(INTERRUPTED)  # child processes end with this one


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
        if not interruption.happened:  # else the end of the process is to come, and is waited for no longer
            interruption.over()
            if mine:
                signal.signal(signal.SIGINT, signal.default_int_handler)


def leave() -> None:
    """End the process with 130, without waiting for threads: a source may wait for an answer that never comes."""
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(INTERRUPTED)
