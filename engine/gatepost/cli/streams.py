"""The standard streams of the process: whether they can be written to, and which descriptors they are.

Imports next to nothing: ``gatepost --version`` uses it.
"""

from __future__ import annotations

import io
import os
import sys
from typing import IO

__all__ = ["StandardOutput", "abandon_output", "error_descriptor", "prepare", "set_error_descriptor"]

_error = 2


def error_descriptor() -> int:
    """Return the descriptor of standard error as the caller of this process opened it."""
    return _error


def set_error_descriptor(descriptor: int) -> None:
    """Say which descriptor standard error has while something else stands in its place."""
    global _error
    _error = descriptor


class StandardOutput(io.TextIOWrapper):
    """Standard output that remembers whether it failed, whoever wrote to it."""

    failed: OSError | None = None

    def write(self, text: str, /) -> int:
        """Write, and keep what goes wrong."""
        try:
            return super().write(text)
        except OSError as error:
            self.failed = error
            raise

    def flush(self) -> None:
        """Write what is buffered, and keep what goes wrong."""
        try:
            super().flush()
        except OSError as error:
            self.failed = error
            raise


def prepare() -> None:
    """Make the standard streams such that what cannot be written is noticed, and nothing else takes their place."""
    _open_closed()
    encoding, terminal = sys.stdout.encoding, sys.stdout.isatty()
    binary = os.fdopen(1, "wb", closefd=False)
    sys.stdout = StandardOutput(binary, encoding, errors="backslashreplace", line_buffering=terminal)
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")  # a terminal may know less than UTF-8


def _open_closed() -> None:
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


def abandon_output(stream: IO[str]) -> None:
    """Discard what a stream could not write, so that Python does not try it again when it ends."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)
