"""Jobs that try to leave their confinement: they run in the child, and import nothing but the standard library.

Each attempt is told as ``refused`` or ``allowed``. What starts processes stops by a counter of its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LIBC = ctypes.CDLL(None, use_errno=True)
NUMBERS = {"x86_64": 0, "aarch64": 1}
CALLS = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "memfd_create": (319, 279),
    "shmget": (29, 194),
    "mq_open": (240, 180),
    "inotify_init1": (294, 26),
    "mount": (165, 40),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_by_handle_at": (304, 265),
    "pidfd_getfd": (438, 438),
    "clone3": (435, 435),
}


def _told(attempt: Callable[[], Any]) -> str:
    try:
        attempt()
    except (OSError, subprocess.CalledProcessError):
        return "refused"
    return "allowed"


def _call(number: int, *arguments: int) -> None:
    if LIBC.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), "")


def look_at_processes(pids: list[int]) -> dict[str, str]:
    """Try to learn of each ancestor what its ``/proc`` holds, and to signal it."""
    told = {}
    for at, pid in enumerate([os.getppid(), *pids]):  # the first is the supervisor
        for name in ("environ", "mem", "maps", "cmdline", "auxv", "stack", "io"):
            told[f"{at} {name}"] = _told(lambda path=f"/proc/{pid}/{name}": Path(path).open("rb").close())
        told[f"{at} task environ"] = _told(lambda path=f"/proc/{pid}/task/{pid}/environ": Path(path).read_bytes())
        told[f"{at} fd"] = _told(lambda path=f"/proc/{pid}/fd": list(Path(path).iterdir()))
        told[f"{at} root"] = _told(lambda path=f"/proc/{pid}/root": Path(path, "etc", "hosts").read_bytes())
        told[f"{at} cwd"] = _told(lambda path=f"/proc/{pid}/cwd": Path(path).readlink())
        told[f"{at} signal"] = _told(lambda pid=pid: os.kill(pid, 0))
        told[f"{at} limits"] = _told(lambda pid=pid: __import__("resource").prlimit(pid, 7, (64, 64)))
    told["list of processes"] = _told(lambda: list(Path("/proc").iterdir()))
    return told


def use_files(outside: str) -> dict[str, str]:
    """Try to read and change files that are no inputs of the job, in every way that names them."""
    folder = Path(outside)
    told = {
        "read": _told((folder / "secret").read_bytes),
        "list": _told(lambda: list(folder.iterdir())),
        "git": _told((folder / ".git" / "config").read_bytes),
        "write": _told(lambda: (folder / "new").write_text("x")),
        "append": _told(lambda: (folder / "secret").open("ab").close()),
        "truncate": _told(lambda: os.truncate(folder / "secret", 0)),
        "open and truncate": _told(lambda: os.close(os.open(folder / "secret", os.O_RDONLY | os.O_TRUNC))),
        "remove": _told((folder / "secret").unlink),
        "rename": _told(lambda: (folder / "secret").rename(folder / "other")),
        "take": _told(lambda: (folder / "secret").rename("taken")),
        "hard link": _told(lambda: Path("linked").hardlink_to(folder / "secret")),
        "folder": _told((folder / "made").mkdir),
        "pipe": _told(lambda: os.mkfifo(folder / "pipe")),
        "shared memory": _told(lambda: Path("/dev/shm/gatepost-test").write_text("x")),
        "execute": _told(lambda: subprocess.run([folder / "program"], check=True)),
    }
    Path("link").symlink_to(folder / "secret")
    told["symbolic link"] = _told(Path("link").read_bytes)
    descriptor = os.open(folder, os.O_PATH)
    told["descriptor of the folder"] = _told(lambda: os.open("secret", os.O_RDONLY, dir_fd=descriptor))
    told["path of the descriptor"] = _told(Path(f"/proc/self/fd/{descriptor}/secret").read_bytes)
    told["another process"] = _told(lambda: subprocess.check_output(["cat", folder / "secret"]))
    (folder / "secret").chmod(0o777)
    os.utime(folder / "secret", (0, 0))
    return told


def leave_links(out: str) -> dict[str, str]:
    """Try to leave in the output folder what whoever opens it would follow, wait for, or take for a file."""
    Path("link").symlink_to("/etc/passwd")
    folder = Path(out)
    return {
        "symbolic link": _told(lambda: (folder / "a").symlink_to("/etc/passwd")),
        "moved link": _told(lambda: Path("link").rename(folder / "b")),
        "hard link": _told(lambda: (folder / "c").hardlink_to("/etc/passwd")),
        "pipe": _told(lambda: os.mkfifo(folder / "d")),
        "socket": _told(lambda: os.mknod(folder / "e", 0o140600)),
        "device": _told(lambda: os.mknod(folder / "f", 0o60600, os.makedev(254, 0))),
        "another folder": _told(lambda: folder.rename(f"{out}2")),
    }


def read(paths: list[str]) -> dict[str, str]:
    return {path: _told(Path(path).read_bytes) for path in paths}


def connect(port: int, path: str, abstract: str) -> dict[str, str]:
    """Try to reach somebody."""
    sockets = {
        "tcp": lambda: socket.create_connection(("127.0.0.1", port)),
        "tcp, version 6": lambda: socket.socket(socket.AF_INET6),
        "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port)),
        "listen": lambda: socket.create_server(("127.0.0.1", 0)),
        "raw": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1),
        "packets": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
        "names": lambda: socket.getaddrinfo("localhost.example.com", 80),
        "unix": lambda: socket.socket(socket.AF_UNIX).connect(path),
        "abstract": lambda: socket.socket(socket.AF_UNIX).connect(f"\0{abstract}"),
        "datagrams of a pair": lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b"x", path),
        "connected pair": lambda: socket.socketpair()[0].connect(path),
        "vsock": lambda: socket.socket(socket.AF_VSOCK),
    }
    return {name: _told(attempt) for name, attempt in sockets.items()}


def make_calls() -> dict[str, str]:
    """Make system calls that nothing in the child needs."""
    column = NUMBERS[os.uname().machine]
    name = ctypes.addressof(ctypes.create_string_buffer(b"gatepost"))
    arguments = {
        "memfd_create": (name, 0),
        "shmget": (0, 4096, 0o1600),
        "unshare": (0x10000000,),
        "keyctl": (0, -3, 1),
    }
    arguments |= {"io_uring_setup": (1, name), "ptrace": (0, 0, 0, 0), "userfaultfd": (1,)}
    told = {
        call: _told(lambda n=pair[column], c=call: _call(n, *arguments.get(c, ()))) for call, pair in CALLS.items()
    }
    told["shared memory without a name"] = _told(lambda: mmap.mmap(-1, 4096))
    told["a namespace by clone"] = _told(lambda: _call((56, 220)[column], 0x10000000 | 17, 0, 0, 0, 0))
    if column == 0:
        told["the numbers of x32"] = _told(lambda: _call(0x40000000 + 39))
    return told


def status() -> dict[str, str]:
    lines = Path("/proc/self/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def open_descriptors() -> list[str]:
    return [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]


def environment() -> dict[str, str]:
    return {"environ": Path("/proc/self/environ").read_text()} | dict(os.environ)


def leave_descendants(marker: str, wait: float = 0.0) -> None:
    """Leave processes behind that left the session, ignore signals, are stopped, or are always new ones."""
    ready, tell = os.pipe()
    for kind in ("plain", "session", "stopped"):
        if os.fork():
            continue
        os.close(ready)
        if kind != "plain":
            os.setsid()
            if os.fork():
                os._exit(0)
        for number in range(1, signal.NSIG):
            if number not in (signal.SIGKILL, signal.SIGSTOP):
                with contextlib.suppress(OSError, ValueError):
                    signal.signal(number, signal.SIG_IGN)
        os.write(tell, f"{os.getpid()} ".encode())
        os.close(tell)
        if kind == "stopped":
            os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(600)
        os._exit(0)
    os.close(tell)
    found = b""
    while len(found.split()) < 3 or not found.endswith(b" "):
        found += os.read(ready, 100)
    Path(marker).write_bytes(found)
    _hand_on(300)
    time.sleep(wait)


def _hand_on(generations: int) -> None:
    """Start a process that goes on in a child again and again, each living only for a moment."""
    if os.fork():
        return
    os.setsid()
    for _ in range(generations):
        time.sleep(0.001)
        if os.fork():
            os._exit(0)
    os._exit(0)


def start_many(number: int) -> None:
    for _ in range(min(number, 300)):
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
    time.sleep(60)


def hold_in_children(number: int, megabytes: int) -> None:
    """Hold memory in each of several processes."""
    for _ in range(min(number, 20)):
        if os.fork() == 0:
            held = b"x" * (megabytes * 1024**2)
            time.sleep(60)
            os._exit(len(held) % 2)
    time.sleep(60)


def fill_scratch(megabytes: int, unnamed: bool) -> None:
    block = os.urandom(1024**2)
    held = []
    for number in range(min(megabytes, 1000) // 10):
        file = Path(f"file{number}").open("wb")  # noqa: SIM115 - stays open
        held.append(file)
        for _ in range(10):
            file.write(block)
        file.flush()
        if unnamed:
            Path(f"file{number}").unlink()
    time.sleep(60)


def write_events(text: str) -> None:
    """Write to the descriptor of the events, whichever it is, what is no event."""
    for descriptor in range(3, 20):
        try:
            os.write(descriptor, text.encode())
        except OSError:
            continue


def nested(attack: str, arguments: dict[str, Any], own: str = "") -> Any:
    """Run another job in a child of this child."""
    from gatepost.collect.isolation.sandbox import run

    if own:
        Path(own).write_text("of the outer child")
        arguments = {**arguments, "paths": [str(Path(own).resolve())]}
    if "pids" in arguments:
        arguments["pids"] = [os.getpid(), os.getppid(), *arguments["pids"]]
    if "marker" in arguments:
        arguments["marker"] = str(Path("out").resolve() / "pids")
        Path("out").mkdir()
    answer = run(
        f"attacks:{attack}",
        arguments,
        timeout_seconds=600,
        memory_bytes=2**30,
        say=print,
        writes=[Path("out").resolve()] if "marker" in arguments else [],
    )
    if "marker" in arguments:
        pids = [int(word) for word in Path(arguments["marker"]).read_text().split()]
        return [_told(lambda pid=pid: os.kill(pid, 0)) for pid in pids]
    return answer


def python_of_its_own() -> str:
    program = "import sys; print(sum(range(10)))"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
