"""Runs a function that touches a model in a child process with a time limit and a memory limit.

A model file is code. What loads one runs in a process of its own, which gets a job as JSON, answers in JSON, and
cannot take the gate down: it may crash, hang or eat memory, and the parent says so in one line.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from gatepost.collect.interface import CollectorError

__all__ = ["kill_all", "run"]

_children: set[subprocess.Popen[bytes]] = set()

# The child gets these variables and no other, so that no token of the CI job reaches a model's code.
_KEPT = (
    "CONDA_PREFIX",
    "CUDA_VISIBLE_DEVICES",
    "DYLD_LIBRARY_PATH",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "LD_LIBRARY_PATH",
    "PATH",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPATH",
    "TZ",
    "VIRTUAL_ENV",
)
# One thread for each numerical library: results do not depend on the machine, and address space is not reserved.
_ONE_THREAD = (
    "BLIS_NUM_THREADS",
    "LOKY_MAX_CPU_COUNT",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
# The kernel refuses memory this much above the limit; in between, the child is seen and killed. Were it the limit
# itself that the kernel guards, OpenBLAS would not fail there but ask for its buffer of 128 MiB again and again.
_MEMORY_MARGIN = 160 * 1024**2
_STDERR_KEPT = 16 * 1024
_SIGNS_OF_NO_MEMORY = ("bad_alloc", "cannot allocate memory", "memory allocation", "memoryerror")


def run(
    function: str,
    arguments: Mapping[str, Any],
    *,
    timeout_seconds: float,
    memory_bytes: int,
    say: Callable[[str], None],
) -> Any:
    """Call ``module:function`` with ``arguments`` in a child process, and give what it returns.

    Arguments and result must be JSON without NaN or Infinity. A function with a parameter ``say`` gets a callable
    whose lines arrive at ``say`` here. What the child prints reaches nobody; the last line on its standard error
    is told where it crashed. ``memory_bytes`` limits its private writable memory (what ``RLIMIT_DATA`` counts:
    address space that a library merely reserves does not). The child's process group is killed when this function
    is left, however it is left, and when this process dies.

    Raises:
        CollectorError: the one that the function raised, or one that says what happened to the child: any other
            exception, too much time, too much memory, a crash.
    """
    job = {"function": function, "arguments": dict(arguments), "memory_bytes": memory_bytes + _MEMORY_MARGIN}
    with tempfile.TemporaryDirectory(prefix="gatepost-child-", ignore_cleanup_errors=True) as folder:
        with _started(job, Path(folder)) as child:
            answer = _listen(child, time.monotonic() + timeout_seconds, memory_bytes, say)
        if "result" in answer:
            return answer["result"]
        raise _failure(answer, child, timeout_seconds, memory_bytes)


def kill_all() -> None:
    """Kill every child that runs, with all that it started; who waits for one is told that it crashed."""
    for process in list(_children):
        _signal_group(process)


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    events: int
    stderr: bytes = b""

    def last_line(self) -> str:
        lines = [line.strip() for line in self.stderr.decode("utf-8", "replace").splitlines()]
        return next((line[:300] for line in reversed(lines) if line), "")


@contextlib.contextmanager
def _started(job: Mapping[str, Any], folder: Path) -> Iterator[_Child]:
    """Start the child; its standard input stays open as long as this process lives, which is how it knows."""
    events, events_for_child = os.pipe()
    process: subprocess.Popen[bytes] | None = None
    try:
        with tempfile.TemporaryFile() as stream:
            stream.write(json.dumps(job, allow_nan=False).encode("utf-8"))
            stream.seek(0)
            process = _popen(stream, events_for_child, folder)
        _children.add(process)
        os.close(events_for_child)
        events_for_child = -1
        yield _Child(process, events)
    finally:
        if events_for_child >= 0:
            os.close(events_for_child)
        if process is not None:
            _kill(process)
            _children.discard(process)
        os.close(events)


def _popen(job: IO[bytes], events: int, folder: Path) -> subprocess.Popen[bytes]:
    # -P keeps the working folder off the import path, so that a file lying there cannot pose as a library.
    command = [sys.executable, "-P", "-m", "gatepost.collect.isolation.child", str(job.fileno()), str(events)]
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=(job.fileno(), events),
        cwd=folder,
        env=_environment(folder),
        start_new_session=True,
    )


def _environment(folder: Path) -> dict[str, str]:
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment |= dict.fromkeys(_ONE_THREAD, "1")
    # Caches and settings that libraries write into the home folder go away with the child.
    environment |= {"HOME": str(folder), "TMPDIR": str(folder), "PYTHONUSERBASE": site.getuserbase()}
    return environment | {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}


def _kill(process: subprocess.Popen[bytes]) -> None:
    _signal_group(process)
    for stream in (process.stdin, process.stderr):
        if stream is not None:
            stream.close()
    process.wait()


def _signal_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _listen(child: _Child, deadline: float, memory_bytes: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Pass on progress until the answer is there: ``result``, ``error``, ``memory``, ``timeout`` or ``crash``."""
    assert child.process.stderr is not None
    unread = b""
    with selectors.DefaultSelector() as selector:
        selector.register(child.events, selectors.EVENT_READ)
        selector.register(child.process.stderr, selectors.EVENT_READ)
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return {"timeout": True}
            if _data_bytes(child.process.pid) > memory_bytes:
                return {"memory": True}
            ready = selector.select(min(left, 0.1))
            # A process that the child left behind may hold the pipes open: do not wait for it.
            if not ready and child.process.poll() is not None:
                break
            for key, _events in ready:
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.fd != child.events:
                    child.stderr = (child.stderr + chunk)[-_STDERR_KEPT:]
                else:
                    *lines, unread = (unread + chunk).split(b"\n")
                    answer = _read(lines, say)
                    if answer is not None:
                        return answer
    try:
        return {"crash": child.process.wait(max(0.0, deadline - time.monotonic()))}
    except subprocess.TimeoutExpired:
        return {"timeout": True}


def _data_bytes(pid: int) -> int:
    """Give the private writable memory of a process, as RLIMIT_DATA counts it; 0 where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    _, found, rest = status.partition("VmData:")
    return int(rest.split()[0]) * 1024 if found else 0


def _read(lines: list[bytes], say: Callable[[str], None]) -> dict[str, Any] | None:
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            raise CollectorError("the child process wrote something that is no message of Gatepost") from None
        if "say" not in event:
            return dict(event)
        say(str(event["say"]))
    return None


def _failure(answer: Mapping[str, Any], child: _Child, timeout_seconds: float, memory_bytes: int) -> CollectorError:
    if "error" in answer:
        error = answer["error"]
        return CollectorError(error["what"], option=tuple(error["option"]), advice=error["advice"])
    if "timeout" in answer:
        return CollectorError(
            f"stopped after {timeout_seconds:g} s, which is its time limit",
            advice="use fewer rows, or allow it more time",
        )
    last = child.last_line()
    if "memory" in answer or any(sign in last.lower() for sign in _SIGNS_OF_NO_MEMORY):
        return CollectorError(
            f"ran out of memory; its limit is {memory_bytes / 1024**3:.3g} GiB",
            advice="use fewer rows, or allow it more memory",
        )
    code = int(answer["crash"])
    how = f"was killed by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code} and no result"
    advice = "the system may have run out of memory" if code == -signal.SIGKILL else ""
    return CollectorError(f"the child process {how}" + (f": {last}" if last else ""), advice=advice)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
