"""Runs a target on broken files until its time is over, and says how to see a failure again."""

from __future__ import annotations

import signal
import tempfile
import time
import traceback
from pathlib import Path
from types import FrameType

from tests.fuzz.mutations import mutant
from tests.fuzz.targets import Target

__all__ = ["PATIENCE", "FuzzError", "fuzz", "try_one"]

PATIENCE = 60
"""Seconds that reading one file may take, on a machine that has much else to do."""


class FuzzError(Exception):
    """A file was not read as it should be; the message says how to see that again."""


class _TooSlowError(BaseException):
    pass


def fuzz(target: Target, seconds: float, seed: int) -> int:
    """Read broken files until the time is over; return how many.

    Raises:
        FuzzError: one was a fault of gatepost, or took too long.
    """
    corpus, ends, number = target.corpus(), time.monotonic() + seconds, 0
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < ends or number == 0:
            content = mutant(corpus, seed, number)
            reason = try_one(target, content, Path(folder))
            if reason:
                again = f"python -m tests.fuzz {target.name} --seed {seed} --only {number}"
                raise FuzzError(f"{reason}\nsee it again: {again}")
            number += 1
    return number


def try_one(target: Target, content: bytes, folder: Path) -> str:
    """Read one file; return what is wrong with how it was read, if anything."""

    def too_slow(_number: int, _frame: FrameType | None) -> None:
        raise _TooSlowError

    before = signal.signal(signal.SIGALRM, too_slow)
    signal.alarm(PATIENCE)
    try:
        target.run(content, folder)
    except (Exception, _TooSlowError):
        return traceback.format_exc()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    return ""
