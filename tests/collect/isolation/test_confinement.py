"""What a job cannot do in the child process: every attempt is made, as this user and as one without rights."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import gatepost
from gatepost.collect.isolation.confinement import confinement

HERE = Path(__file__).parent
ENGINE = Path(gatepost.__path__[0]).parent
DRIVER = """
import json, os, sys
from pathlib import Path
from gatepost.collect.isolation.sandbox import run
from gatepost.collect.interface import CollectorError

job = json.loads(sys.argv[1])
for key in ("reads", "writes"):
    job[key] = [Path(path) for path in job.get(key, ())]
if "pids" in job["arguments"]:
    pid = os.getpid()
    while pid:
        job["arguments"]["pids"].append(pid)
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
held = open("/etc/hostname")
os.set_inheritable(held.fileno(), True)
try:
    answer = {"result": run(**job, say=print)}
except CollectorError as error:
    answer = {"error": error.what, "advice": error.advice}
print(json.dumps(answer))
"""

pytestmark = pytest.mark.skipif(
    bool(confinement().lacking), reason=f"nothing can be confined here: {', '.join(confinement().lacking)}"
)


@dataclass(frozen=True)
class Attacker:
    """Starts a gate as some user, which runs one job of attacks.py in a child."""

    command: tuple[str, ...]
    folder: Path

    def start(self, job: str, *, memory: float = 1.0, **rest: Any) -> subprocess.Popen[str]:
        options = {key: rest.pop(key) for key in ("reads", "writes", "network") if key in rest}
        about = {"function": f"attacks:{job}", "arguments": rest, "timeout_seconds": 600, **options}
        about["memory_bytes"] = int(memory * 1024**3)
        (self.folder / "home").mkdir(exist_ok=True)
        environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ENGINE}{os.pathsep}{HERE}",
            "HOME": str(self.folder / "home"),
            "TMPDIR": str(self.folder),
            "MLFLOW_TRACKING_TOKEN": "hunter2",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = [*self.command, "-c", DRIVER, json.dumps(about)]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, cwd=self.folder)

    def answer(self, job: str, **rest: Any) -> dict[str, Any]:
        said, _ = self.start(job, **rest).communicate()
        return json.loads(said.splitlines()[-1])

    def result(self, job: str, **rest: Any) -> Any:
        answer = self.answer(job, **rest)
        assert "result" in answer, answer
        return answer["result"]


def _as_another_user() -> tuple[str, ...] | None:
    """Return how Python is started as a user without rights; nothing where it cannot be."""
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        return None
    drop = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "sh", "-c", 'exec "$0" "$@"')
    check = "import sys; sys.path.insert(0, sys.argv[1]); import gatepost.collect.isolation.sandbox"
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        tried = subprocess.run([*drop, python, "-c", check, ENGINE], check=False, capture_output=True, cwd="/")
        if tried.returncode == 0:
            return (*drop, python)
    return None


@pytest.fixture(params=["this user", "another user"])
def attacker(request: pytest.FixtureRequest) -> Iterator[Attacker]:
    command: tuple[str, ...] | None = (sys.executable,)
    if request.param == "another user":
        command = _as_another_user()
        if command is None:
            pytest.skip("needs root, setpriv, and a Python that another user can execute")
    folder = Path(tempfile.mkdtemp(prefix="attack-")).resolve()
    folder.chmod(0o777)
    try:
        yield Attacker(command, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def outside(attacker: Attacker, name: str = "repository") -> Path:
    """Make a folder that every user may use, with a secret in it."""
    folder = attacker.folder / name
    (folder / ".git").mkdir(parents=True)
    (folder / "secret").write_text("hunter2")
    (folder / ".git" / "config").write_text("hunter2")
    (folder / "program").write_text("#!/bin/sh\n")
    for path in (folder, folder / ".git", folder / "secret", folder / ".git" / "config", folder / "program"):
        path.chmod(0o777)
    if attacker.command[0] == "setpriv":  # the other user's own
        for path in (folder, folder / "secret"):
            os.chown(path, 65534, 65534)
    return folder


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.02)


def test_nothing_is_learned_of_any_ancestor_and_none_is_signalled(attacker: Attacker) -> None:
    told = attacker.result("look_at_processes", pids=[])
    assert len(told) > 20
    if confinement().landlock < 6:
        told = {name: found for name, found in told.items() if "signal" not in name}
    assert {name for name, found in told.items() if found != "refused"} == set()


def test_files_that_are_no_inputs_are_neither_read_nor_changed(attacker: Attacker) -> None:
    folder = outside(attacker)
    before = (folder / "secret").stat()
    told = attacker.result("use_files", outside=str(folder))
    assert {name for name, found in told.items() if found != "refused"} == set()
    after = (folder / "secret").stat()
    assert (folder / "secret").read_text() == "hunter2"
    assert (after.st_mode, after.st_mtime_ns) == (before.st_mode, before.st_mtime_ns)
    assert {path.name for path in folder.iterdir()} == {".git", "secret", "program"}


def test_the_home_folder_is_not_read(attacker: Attacker) -> None:
    home = outside(attacker, "home")
    told = attacker.result("read", paths=[str(home / "secret"), str(home / ".git" / "config"), "/etc/shadow"])
    assert set(told.values()) == {"refused"}


def test_inputs_are_read_and_only_they(attacker: Attacker) -> None:
    folder = outside(attacker)
    told = attacker.result(
        "read", paths=[str(folder / "secret"), str(folder / "program")], reads=[str(folder / "secret")]
    )
    assert told == {str(folder / "secret"): "allowed", str(folder / "program"): "refused"}


def test_an_input_is_not_changed(attacker: Attacker) -> None:
    folder = outside(attacker)
    told = attacker.result("use_files", outside=str(folder), reads=[str(folder)])
    changed = (
        "write",
        "append",
        "truncate",
        "open and truncate",
        "remove",
        "rename",
        "take",
        "folder",
        "pipe",
        "execute",
    )
    assert {told[name] for name in changed} == {"refused"}
    assert (folder / "secret").read_text() == "hunter2"


def test_the_output_folder_holds_files_only(attacker: Attacker) -> None:
    out = attacker.folder / "out"
    out.mkdir()
    out.chmod(0o777)
    told = attacker.result("leave_links", out=str(out), writes=[str(out)])
    assert {name for name, found in told.items() if found != "refused"} == set()
    assert list(out.iterdir()) == []


def test_nobody_is_reached(attacker: Attacker) -> None:
    path = attacker.folder / "socket"
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as unix,
        socket.socket(socket.AF_UNIX) as abstract,
    ):
        unix.bind(str(path))
        unix.listen()
        path.chmod(0o777)
        name = f"gatepost-{os.getpid()}-{attacker.folder.name}"
        abstract.bind(f"\0{name}")
        abstract.listen()
        arguments = {"port": server.getsockname()[1], "path": str(path), "abstract": name}
        told = attacker.result("connect", **arguments)
        assert {name for name, found in told.items() if found != "refused"} == set()
        told = attacker.result("connect", **arguments, network=True)
        # With the network, still not the services of this machine that are no network, such as Docker's.
        assert {name for name, found in told.items() if found != "refused"} <= {
            "tcp",
            "tcp, version 6",
            "udp",
            "listen",
            "names",
        }
        assert told["tcp"] == "allowed"


def test_no_system_call_leads_around_it(attacker: Attacker) -> None:
    assert {name for name, found in attacker.result("make_calls").items() if found != "refused"} == set()


def test_no_capability_is_left_and_none_can_be_gained(attacker: Attacker) -> None:
    status = attacker.result("status")
    sets = ("CapInh", "CapPrm", "CapEff", "CapAmb")
    assert {status[name] for name in sets} == {"0000000000000000"}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")


def test_no_secret_and_no_open_file_is_inherited(attacker: Attacker) -> None:
    assert not [value for value in attacker.result("environment").values() if "hunter2" in value]
    found = attacker.result("open_descriptors")
    assert {path for path in found if not path.startswith(("pipe:", "/dev/null", "/proc/"))} == set()


def test_descendants_end_with_the_child(attacker: Attacker) -> None:
    out = attacker.folder / "out"
    out.mkdir()
    out.chmod(0o777)
    attacker.result("leave_descendants", marker=str(out / "pids"), writes=[str(out)])
    pids = [int(word) for word in (out / "pids").read_text().split()]
    assert len(pids) == 3
    assert not [pid for pid in pids if alive(pid)]


def test_descendants_end_with_the_gate(attacker: Attacker) -> None:
    out = attacker.folder / "out"
    out.mkdir()
    out.chmod(0o777)
    marker = out / "pids"
    gate = attacker.start("leave_descendants", marker=str(marker), wait=600, writes=[str(out)])
    wait_until(lambda: gate.poll() is not None or (marker.exists() and len(marker.read_text().split()) == 3))
    assert gate.poll() is None
    pids = [int(word) for word in marker.read_text().split()]
    gate.send_signal(signal.SIGKILL)
    gate.communicate()
    wait_until(lambda: not any(alive(pid) for pid in pids))
    wait_until(lambda: not list(attacker.folder.glob("gatepost-child-*")))  # its folder goes with it


def test_too_many_processes_are_ended(attacker: Attacker) -> None:
    assert attacker.answer("start_many", number=200)["error"].startswith(
        "the child process started too many processes"
    )


def test_memory_is_counted_over_all_processes(attacker: Attacker) -> None:
    answer = attacker.answer("hold_in_children", number=8, megabytes=100, memory=0.5)
    assert answer["error"] == "ran out of memory; its limit is 0.5 GiB"


@pytest.mark.parametrize("unnamed", [False, True])
def test_the_files_of_the_child_are_counted(attacker: Attacker, unnamed: bool) -> None:
    answer = attacker.answer("fill_scratch", megabytes=400, unnamed=unnamed, memory=0.06)
    assert answer["error"].startswith("the child process wrote too much to its temporary folder")


@pytest.mark.parametrize(
    "text", ["x\n", "[]\n", '{"say": 1}\n', '{"error": 1}\n', '{"result": NaN}\n', "[" * 100_000 + "\n"]
)
def test_what_is_no_event_is_refused(attacker: Attacker, text: str) -> None:
    answer = attacker.answer("write_events", text=text)
    assert answer["error"] == "the child process wrote something that is not a message of Gatepost"


def test_a_child_of_the_child_is_confined_within_it(attacker: Attacker) -> None:
    assert attacker.result("nested", attack="python_of_its_own", arguments={}) == "45\n"
    told = attacker.result("nested", attack="look_at_processes", arguments={"pids": []})
    assert set(told.values()) == {"refused"}
    told = attacker.result("nested", attack="read", arguments={}, own="file")
    assert set(told.values()) == {"refused"}
    told = attacker.result("nested", attack="leave_descendants", arguments={"marker": ""})
    assert told == ["refused"] * 3
