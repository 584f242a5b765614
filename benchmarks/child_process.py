"""What the confined child process costs: `python benchmarks/child_process.py [--runs 15]`.

First the parts of the confinement, in milliseconds of processor time, each in a process of its own; then a whole
child whose job does nothing, in processor time and in time that passes. The medians and the least of all runs are
shown: the least is what a quiet machine takes.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from gatepost.collect.isolation import kernel, landlock, reachable, sandbox, seccomp
from gatepost.collect.isolation.confinement import confine_worker, confinement


def in_a_process(step: Callable[[], object]) -> float:
    """Return the milliseconds of processor time that a step takes in a new process."""
    receive, send = os.pipe()
    if os.fork() == 0:
        kernel.forbid_new_privileges()
        before = time.process_time()
        step()
        os.write(send, str((time.process_time() - before) * 1000).encode())
        os._exit(0)
    os.close(send)
    os.wait()
    found = float(os.read(receive, 100))
    os.close(receive)
    return found


def whole_child() -> tuple[float, float]:
    """Return the milliseconds of processor time and of time that passes for one child."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    sandbox.run("os:getpid", {}, timeout_seconds=600, memory_bytes=2**30, say=print)
    passed = time.perf_counter() - begun
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used * 1000, passed * 1000


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    path = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    steps: dict[str, Callable[[], object]] = {
        "capabilities": kernel.drop_capabilities,
        "scope of signals": lambda: landlock.enter_scope(landlock.abi()),
        "paths to allow": lambda: reachable.rules(path),
        "seccomp": lambda: seccomp.install(network=False, keep_group=False),
        "all of the worker": lambda: confine_worker(
            scratch=Path("/tmp"), reads=(), writes=(), python_path=path, network=False
        ),
    }
    print(confinement().note(network=False))
    for name, step in steps.items():
        times = [in_a_process(step) for _ in range(runs)]
        print(f"{name:20} {statistics.median(times):7.2f} ms  least {min(times):7.2f}")
    children = [whole_child() for _ in range(runs)]
    for name, times in zip(("child, processor", "child, passed"), zip(*children, strict=True), strict=True):
        print(f"{name:20} {statistics.median(times):7.0f} ms  least {min(times):7.0f}")


if __name__ == "__main__":
    main()
