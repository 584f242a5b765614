"""The standard streams of the process: whether they can be written to, and which descriptors they are.

Imports next to nothing: ``gatepost --version`` uses it.
"""

from __future__ import annotations

import io
import os
import sys
from typing import IO

__all__ = ["abandon_output", "error_descriptor", "open_closed", "set_error_descriptor"]

_error = 2


def error_descriptor() -> int:
    """Return the descriptor of standard error as the caller of this process opened it."""
    return _error


def set_error_descriptor(descriptor: int) -> None:
    """Say which descriptor standard error has while something else stands in its place."""
    global _error
    _error = descriptor


def open_closed() -> None:
    """Open what the caller closed (``>&-``), so that no file of ours gets the number of a standard stream.

    What is written to a closed standard output fails, as it should; a closed standard error swallows it.
    """
    for number, name, flags in ((0, "stdin", os.O_RDONLY), (1, "stdout", os.O_RDONLY), (2, "stderr", os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, flags)  # the lowest free number: those below it are open
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may know less than UTF-8


def abandon_output(stream: IO[str]) -> None:
    """Discard what a stream could not write, so that Python does not try it again when it ends."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)
