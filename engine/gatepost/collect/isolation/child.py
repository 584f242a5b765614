"""The child process of the sandbox: confines itself, then does one job.

:func:`main` reads the job from one file descriptor and writes events, one JSON object a line, to another:
``{"say": text}`` any number of times, then ``{"result": ...}``, ``{"error": {what, option, advice}}`` or
``{"memory": true}``. Nothing that the job names is imported or read before the process is confined.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gatepost.collect.isolation import kernel
from gatepost.collect.isolation.confinement import confine_supervisor, confine_worker
from gatepost.collect.isolation.supervisor import Supervisor
from gatepost.collect.isolation.usage import MEMORY, PROCESSES, SCRATCH, Usage

__all__ = ["LIMIT_OF_CODE", "main"]

# By its exit code the supervisor tells that it ended the worker, and for which limit.
LIMIT_OF_CODE = {201: MEMORY, 202: PROCESSES, 203: SCRATCH}
_MOST_OPEN_FILES = 4096
_LESS_URGENT = 5


def main(job_descriptor: int, events_descriptor: int) -> None:
    """Start the process that does the job, watch it, and end as it ended."""
    with os.fdopen(job_descriptor, "rb") as stream:
        job = json.load(stream)
    os.set_inheritable(events_descriptor, False)
    _limit(job)
    tell = _Events(events_descriptor)
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    first = _come_first()
    try:
        scoped = confine_supervisor()
    except OSError as error:
        tell(_unconfined(error))
        return
    supervisor = os.getpid()
    worker = os.fork()
    if worker == 0:
        os.setpriority(os.PRIO_PROCESS, 0, usual if first else min(usual + _LESS_URGENT, 19))
        _work(job, supervisor, tell)
        os._exit(0)
    os.close(events_descriptor)  # or the gate would wait for this process, not for the one that works
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    scratch = Path(job["scratch"])
    usage = Usage(supervisor, scratch, job["memory_bytes"], job["scratch_bytes"])
    status, limit = Supervisor(worker, usage, scoped=scoped).run()
    shutil.rmtree(scratch, ignore_errors=True)  # the gate does it too, where it lives on
    _end_as(status, limit)


def _come_first() -> bool:
    """Let the supervisor run before processes of the job, so that it can end them however many they are.

    Returns False where that needs a right that this process does not have; the job is made less urgent then.
    """
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, -20)
        return True
    return False


class _Events:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __call__(self, event: Mapping[str, Any]) -> None:
        line = json.dumps(event, allow_nan=False).encode("utf-8") + b"\n"
        while line:
            line = line[os.write(self._descriptor, line) :]


def _work(job: Mapping[str, Any], supervisor: int, tell: Callable[[Mapping[str, Any]], None]) -> None:
    kernel.die_with_parent(supervisor)
    os.setpgid(0, 0)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.close(nothing)
    try:
        confine_worker(
            scratch=Path(job["scratch"]),
            reads=[Path(path) for path in job["reads"]],
            writes=[Path(path) for path in job["writes"]],
            python_path=job["python_path"],
            network=job["network"],
        )
    except OSError as error:
        tell(_unconfined(error))
        return
    if job["python_path"]:
        sys.path[:0] = job["python_path"]
        os.environ["PYTHONPATH"] = os.pathsep.join(job["python_path"])
    from gatepost.collect.isolation.job import do  # imports what the job may replace, so not earlier

    do(job["function"], job["arguments"], tell)


def _limit(job: Mapping[str, Any]) -> None:
    limits = [
        (resource.RLIMIT_DATA, job["memory_bytes"] + job["memory_margin"]),
        (resource.RLIMIT_FSIZE, job["scratch_bytes"]),
        (resource.RLIMIT_NOFILE, _MOST_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ]
    for name, most in limits:
        _, hard = resource.getrlimit(name)
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        with contextlib.suppress(ValueError, OSError):  # a system without this limit still has the time limit
            resource.setrlimit(name, (value, value))


def _unconfined(error: OSError) -> dict[str, Any]:
    what = f"the child process cannot be isolated: {error.strerror}"
    return {"error": {"what": what, "option": (), "advice": "see SECURITY.md for what the kernel has to offer"}}


def _end_as(status: int, limit: str) -> None:
    code = next((code for code, name in LIMIT_OF_CODE.items() if name == limit), None)
    if code is None and os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF if code is None else code)
