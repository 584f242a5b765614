"""The child process of the sandbox: ``python -m gatepost.collect.isolation.child JOB EVENTS``.

Reads one job from the file descriptor JOB and writes events, one JSON object a line, to the descriptor EVENTS:
``{"say": text}`` any number of times, then one of ``{"result": ...}``, ``{"error": {what, option, advice}}`` and
``{"memory": true}``.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import inspect
import json
import os
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from typing import Any

from gatepost.collect.interface import CollectorError

__all__ = ["main"]


def main(job_descriptor: int, events_descriptor: int) -> None:
    """Do the job, tell the parent, and end."""
    with os.fdopen(job_descriptor, "rb") as stream:
        job = json.load(stream)
    os.set_inheritable(events_descriptor, False)
    _start_guardian(events_descriptor)
    _limit(job["memory_bytes"])
    lock = threading.Lock()

    def tell(event: Mapping[str, Any]) -> None:
        line = json.dumps(event, allow_nan=False).encode("utf-8") + b"\n"
        with lock:
            while line:
                line = line[os.write(events_descriptor, line) :]

    try:
        tell({"result": _call(job["function"], job["arguments"], lambda text: tell({"say": text}))})
    except CollectorError as error:
        tell({"error": {"what": error.what, "option": error.option, "advice": error.advice}})
    except BaseException as error:  # noqa: BLE001 - whatever a model's code raises, the parent is told
        traceback.print_exc()
        tell({"memory": True} if _out_of_memory(error) else {"error": _described(error)})


def _call(function: str, arguments: dict[str, Any], say: Any) -> Any:
    module, _, name = function.partition(":")
    target = getattr(importlib.import_module(module), name)
    if "say" in inspect.signature(target).parameters:
        arguments = {**arguments, "say": say}
    return target(**arguments)


def _limit(memory_bytes: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    most = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    with contextlib.suppress(ValueError, OSError):  # a system without this limit still has the time limit
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _start_guardian(events_descriptor: int) -> None:
    """Start a process that kills the group, itself too, when the parent is gone.

    The parent holds the other end of standard input, so the end of the file is the sign. A thread would not do:
    it cannot act while native code keeps the interpreter's lock.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    if os.fork():
        os.dup2(nothing, 0)
        os.close(nothing)
        return
    os.close(events_descriptor)  # or the parent would wait for this process, not for the one that works
    os.dup2(nothing, 2)
    while os.read(0, 4096):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    text = str(error).lower()
    return any(sign in text for sign in ("cannot allocate memory", "failed to map segment", "can't start new thread"))


def _described(error: BaseException) -> dict[str, Any]:
    if isinstance(error, ModuleNotFoundError) and error.name:
        what, advice = f"the Python package {error.name} is not installed", f"pip install {error.name}"
    else:
        first = next(iter(str(error).strip().splitlines()), "")
        what, advice = f"{type(error).__name__}: {first}"[:500].removesuffix(": "), ""
    return {"what": what, "option": (), "advice": advice}


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
