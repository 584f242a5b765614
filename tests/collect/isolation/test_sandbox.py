"""The sandbox: a job in a child process, its limits, and what is said when it goes wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatepost.collect.interface import CollectorError
from gatepost.collect.isolation.sandbox import run

JOBS = """
    import os, signal, subprocess, sys, time
    from pathlib import Path

    from gatepost.collect.interface import CollectorError

    def double(number):
        return {"twice": 2 * number, "pid": os.getpid()}

    def noisy():
        print("this is not JSON", flush=True)
        os.system("echo neither is this")
        return "clean"

    def report(say):
        for step in range(3):
            say(f"step {step}")
        return None

    def environment():
        return dict(os.environ)

    def mistaken():
        raise CollectorError("no column `y`", option=("label", 0), advice="it has: x")

    def broken():
        raise ValueError("first line\\nsecond line")

    def lacking():
        import a_package_that_is_nowhere

    def not_json():
        return float("nan")

    def hog(gigabytes, seconds):
        held = bytearray(int(gigabytes * 1024**3))
        time.sleep(seconds)
        return len(held)

    def crash():
        print("the last words", file=sys.stderr, flush=True)
        os.abort()

    def leave():
        os._exit(3)

    def sleep(seconds, marker=None):
        if marker:
            child = subprocess.Popen(["sleep", str(seconds)])
            Path(marker).write_text(f"{os.getpid()} {child.pid}")
        time.sleep(seconds)

    def keep_the_lock(marker):
        import ctypes

        Path(marker).write_text(f"{os.getpid()} {os.getpid()}")
        ctypes.PyDLL(None).sleep(60)

    def big(size):
        return "x" * size
"""


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    (tmp_path / "sandbox_jobs.py").write_text(textwrap.dedent(JOBS))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)

    def call_it(name: str, *, timeout: float = 30.0, memory: float = 1.0, say: Any = None, **arguments: Any) -> Any:
        return run(
            f"sandbox_jobs:{name}",
            arguments,
            timeout_seconds=timeout,
            memory_bytes=int(memory * 1024**3),
            say=say or (lambda _text: None),
            writes=[tmp_path],
        )

    return call_it


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition: Callable[[], bool], seconds: float = 120.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_the_result_comes_from_another_process(call: Callable[..., Any]) -> None:
    answer = call("double", number=21)
    assert answer["twice"] == 42
    assert answer["pid"] != os.getpid()


def test_what_the_child_prints_does_not_reach_the_result(call: Callable[..., Any]) -> None:
    assert call("noisy") == "clean"


def test_a_result_larger_than_a_pipe_arrives_whole(call: Callable[..., Any]) -> None:
    assert call("big", size=3_000_000) == "x" * 3_000_000


def test_progress_is_passed_on_in_order(call: Callable[..., Any]) -> None:
    lines: list[str] = []
    assert call("report", say=lines.append) is None
    assert lines == ["step 0", "step 1", "step 2"]


def test_the_child_gets_no_secret(call: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_TOKEN", "AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "OPENAI_API_KEY", "CI_JOB"):
        monkeypatch.setenv(name, "hunter2")
    environment = call("environment")
    assert "hunter2" not in environment.values()
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment["HOME"] != os.environ.get("HOME")


def test_a_collectors_own_error_arrives_as_it_was(call: Callable[..., Any]) -> None:
    with pytest.raises(CollectorError) as caught:
        call("mistaken")
    assert (caught.value.what, caught.value.option, caught.value.advice) == (
        "no column `y`",
        ("label", 0),
        "it has: x",
    )


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ("broken", "ValueError: first line"),
        ("lacking", "the Python package a_package_that_is_nowhere is not installed"),
        ("not_json", "ValueError: Out of range float values are not JSON compliant"),
        ("crash", "the child process was killed by SIGABRT: the last words"),
        ("leave", "the child process ended with exit code 3 and no result"),
    ],
)
def test_what_goes_wrong_in_the_child_is_one_line(call: Callable[..., Any], job: str, said: str) -> None:
    with pytest.raises(CollectorError) as caught:
        call(job)
    assert caught.value.what.startswith(said)
    assert "\n" not in caught.value.what


@pytest.mark.parametrize("gigabytes", [0.55, 2.0])
def test_the_memory_limit_holds(call: Callable[..., Any], gigabytes: float) -> None:
    # A little too much is seen and killed; a lot too much is refused by the kernel at once.
    with pytest.raises(CollectorError, match=r"ran out of memory; its limit is 0\.5 GiB"):
        call("hog", gigabytes=gigabytes, memory=0.5, seconds=20)


def test_memory_below_the_limit_is_there_to_be_used(call: Callable[..., Any]) -> None:
    assert call("hog", gigabytes=0.4, memory=0.5, seconds=0.5) == int(0.4 * 1024**3)


def test_the_time_limit_kills_the_whole_group(call: Callable[..., Any], tmp_path: Path) -> None:
    marker = tmp_path / "pids"
    for limit in (1.5, 6, 24, 96):  # on a loaded machine the child may not even have begun
        with pytest.raises(CollectorError, match=f"stopped after {limit} s"):
            call("sleep", seconds=600, marker=str(marker), timeout=limit)
        if marker.exists():
            break
    pids = [int(word) for word in marker.read_text().split()]
    assert len(pids) == 2
    assert wait_until(lambda: not any(alive(pid) for pid in pids))


@pytest.mark.parametrize(
    ("job", "number"),
    [("sleep", signal.SIGINT), ("sleep", signal.SIGKILL), ("keep_the_lock", signal.SIGKILL)],
)
def test_the_child_dies_with_its_parent(
    call: Callable[..., Any], tmp_path: Path, job: str, number: signal.Signals
) -> None:
    marker = tmp_path / "pids"
    arguments = {"marker": str(marker)} | ({"seconds": 60} if job == "sleep" else {})
    program = (
        "from gatepost.collect.isolation.sandbox import run\n"
        f"run('sandbox_jobs:{job}', {arguments!r}, timeout_seconds=60,"
        f" memory_bytes=2**30, say=print, writes=[{str(tmp_path)!r}])"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        assert wait_until(lambda: marker.exists() and len(marker.read_text().split()) == 2)
        pids = [int(word) for word in marker.read_text().split()]
        assert all(alive(pid) for pid in pids)
        os.kill(parent.pid, number)
        assert parent.wait(120) == -number
        assert wait_until(lambda: not any(alive(pid) for pid in pids))
    finally:
        parent.kill()
        parent.wait()
