"""Runs a function that touches a model in a child process that is confined and limited.

A model file is code, and so are the expressions of a suite and the views of a database. What executes them runs in a
process of its own, which gets a job as JSON, answers in JSON, and cannot take the gate down: it may crash, hang or
eat memory, and the parent describes that in one line. It has no secrets, reads only what it is given, writes only to
its own folder, and has no network unless its entry says so: see :mod:`gatepost.collect.isolation.confinement`.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from gatepost.collect.interface import CollectorError
from gatepost.collect.isolation.answers import Child, failure, listen, wait_for_end
from gatepost.collect.isolation.confinement import confinement

__all__ = ["isolation_note", "kill_all", "run"]

_children: set[subprocess.Popen[bytes]] = set()

# The child gets these variables and no other, so that no token of the CI job reaches a model's code. It sets
# PYTHONPATH itself, once it is confined.
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
_SCRATCH_PER_MEMORY = 4
"""How much more the child may write than hold: databases write to files what does not fit into memory."""
_PATIENCE = 10.0
# -P keeps the working folder off the import path, so that a file lying there cannot pose as a library. The folder of
# this package stands first only while it is imported: it may be on no other path than PYTHONPATH.
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]); import gatepost; del sys.path[0];"
    "from gatepost.collect.isolation.child import main; main(int(sys.argv[2]), int(sys.argv[3]))"
)


def run(
    function: str,
    arguments: Mapping[str, Any],
    *,
    timeout_seconds: float,
    memory_bytes: int,
    say: Callable[[str], None],
    reads: Sequence[Path] = (),
    writes: Sequence[Path] = (),
    network: bool = False,
    require_isolation: bool = False,
) -> Any:
    """Call ``module:function`` with ``arguments`` in a child process, and return what it returns.

    Arguments and result must be JSON without NaN or Infinity. A function with a parameter ``say`` gets a callable
    whose lines arrive at ``say`` here. What the child prints reaches nobody; the last line on its standard error
    is told where it crashed.

    The child reads the files and folders ``reads`` (absolute, without symbolic links), Python and its packages, and
    what ``GATEPOST_PYTHONPATH`` and ``PYTHONPATH`` name; it writes to the existing folders ``writes``, where it can
    make files and folders only, and to its own temporary folder, which goes away with it. ``memory_bytes`` limits the
    private writable memory of each of its processes (what ``RLIMIT_DATA`` counts: address space that a library merely
    reserves does not) and what they hold together. All of them are killed when this function is left, however it is
    left, and when this process dies. A child may call this function itself.

    Raises:
        CollectorError: the one that the function raised, or one that says what happened to the child: any other
            exception, too much time, memory, files or processes, a crash; or ``require_isolation`` is set and
            :func:`isolation_note` says that something is lacking.
    """
    lacking = confinement().lacking
    if require_isolation and lacking:
        raise CollectorError(
            f"the child process cannot be isolated: {' and '.join(lacking)}",
            advice="run the gate on Linux 6.2 or later with Landlock on, or set in gatepost.yaml (at the trusted"
            " ref): require_isolation: false",
        )
    folder = Path(tempfile.mkdtemp(prefix="gatepost-child-")).resolve()
    job = {
        "function": function,
        "arguments": dict(arguments),
        "memory_bytes": memory_bytes,
        "memory_margin": _MEMORY_MARGIN,
        "scratch": str(folder),
        "scratch_bytes": _SCRATCH_PER_MEMORY * memory_bytes,
        "reads": [str(path) for path in reads],
        "writes": [str(path) for path in writes],
        "python_path": _python_path(),
        "network": network,
    }
    try:
        with _started(job, folder) as child:
            answer = listen(child, time.monotonic() + timeout_seconds, say)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if "result" in answer:
        return answer["result"]
    raise failure(answer, child, timeout_seconds, memory_bytes)


def isolation_note(*, network: bool = False) -> str:
    """Return one line for the notes of a source: what confines its child process, or what this system lacks."""
    return confinement().note(network)


def kill_all() -> None:
    """Have every child that runs killed, with all that it started; who waits for one is told that it crashed."""
    for process in list(_children):
        _hang_up(process)


@contextlib.contextmanager
def _started(job: Mapping[str, Any], folder: Path) -> Iterator[Child]:
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
        yield Child(process, events)
    finally:
        if events_for_child >= 0:
            os.close(events_for_child)
        if process is not None:
            _end(process)
            _children.discard(process)
        os.close(events)


def _popen(job: IO[bytes], events: int, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-c", _PROGRAM, str(Path(__file__).parents[3]), str(job.fileno()), str(events)],
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
    # The child has no /dev/shm, which the locks of multiprocessing need: joblib works with one process then.
    return environment | {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "JOBLIB_MULTIPROCESSING": "0"}


def _python_path() -> list[str]:
    """Return the folders of ``GATEPOST_PYTHONPATH`` and ``PYTHONPATH``, used once the child is confined.

    They may be the project's, so the gate itself must not use them: it never looks at the former.
    """
    named = (os.environ.get(name, "") for name in ("GATEPOST_PYTHONPATH", "PYTHONPATH"))
    return [str(Path(entry).resolve()) for entries in named for entry in entries.split(os.pathsep) if entry]


def _end(process: subprocess.Popen[bytes]) -> None:
    """Have the supervisor kill all that it started, and wait for it."""
    _hang_up(process)
    if not wait_for_end(process, time.monotonic() + _PATIENCE):
        # It was stopped, by a child that this kernel could not keep from it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _hang_up(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
