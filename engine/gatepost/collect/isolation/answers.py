"""What the child process says: its events, read as what a stranger wrote, and the errors made of them."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.collect.isolation.child import LIMIT_OF_CODE
from gatepost.collect.isolation.usage import MEMORY, PROCESSES
from gatepost.text import harmless

__all__ = ["Child", "failure", "listen", "wait_for_end"]

_STDERR_KEPT = 16 * 1024
_LONGEST_RESULT = 256 * 1024**2
_LONGEST_TEXT = 1000
_MOST_TEXTS = 100_000
_SIGNS_OF_NO_MEMORY = ("bad_alloc", "cannot allocate memory", "memory allocation", "memoryerror")


@dataclass
class Child:
    """A child process that runs, and what it has said."""

    process: subprocess.Popen[bytes]
    events: int
    stderr: bytes = b""
    texts: int = 0
    unread: bytearray = field(default_factory=bytearray)

    def last_line(self) -> str:
        """Return the last line that it wrote to standard error."""
        lines = [line.strip() for line in self.stderr.decode("utf-8", "replace").splitlines()]
        return next((harmless(line[:300]) for line in reversed(lines) if line), "")


def listen(child: Child, deadline: float, say: Callable[[str], None]) -> dict[str, Any]:
    """Pass on progress until the answer is there: ``result``, ``error``, ``memory``, ``timeout`` or ``crash``.

    Raises:
        CollectorError: the child wrote something else, or too much.
    """
    assert child.process.stderr is not None
    with selectors.DefaultSelector() as selector:
        selector.register(child.events, selectors.EVENT_READ)
        selector.register(child.process.stderr, selectors.EVENT_READ)
        ended = False
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                return {"timeout": True}
            ready = selector.select(0 if ended else min(left, 0.1))
            if not ready:
                # A process that the child left behind may hold the pipes open: do not wait for it. But the child may
                # have written its answer since the pipes were looked at, so they are looked at once more.
                if ended:
                    break
                ended = child.process.poll() is not None
            for key, _events in ready:
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.fd != child.events:
                    child.stderr = (child.stderr + chunk)[-_STDERR_KEPT:]
                else:
                    answer = _read(child, chunk, say)
                    if answer is not None:
                        return answer
    try:
        return {"crash": child.process.wait(max(0.0, deadline - time.monotonic()))}
    except subprocess.TimeoutExpired:
        return {"timeout": True}


def wait_for_end(process: subprocess.Popen[bytes], deadline: float) -> bool:
    """Wait until nobody can write to a process's standard error any more, and close it; return whether that came.

    Unlike ``Popen.wait`` with a time limit, this does not look again and again.
    """
    assert process.stderr is not None
    with process.stderr, selectors.DefaultSelector() as selector:
        selector.register(process.stderr, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0:
            if selector.select(left) and not os.read(process.stderr.fileno(), 65536):
                return True
    return False


def _read(child: Child, chunk: bytes, say: Callable[[str], None]) -> dict[str, Any] | None:
    searched = len(child.unread)
    child.unread += chunk
    while (end := child.unread.find(b"\n", searched)) >= 0:
        line = bytes(child.unread[:end])
        del child.unread[: end + 1]
        searched = 0
        event = _event(line)
        if "say" not in event:
            return event
        child.texts += 1
        if child.texts > _MOST_TEXTS:
            raise CollectorError(f"the child process wrote more than {_MOST_TEXTS} lines of progress")
        say(harmless(event["say"][:_LONGEST_TEXT]))
    if len(child.unread) > _LONGEST_RESULT:
        raise CollectorError(f"the result is longer than {_LONGEST_RESULT // 1024**2} MiB")
    return None


def _event(line: bytes) -> dict[str, Any]:
    try:
        event = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        event = None
    match event:
        case {"say": str(text)}:
            return {"say": text}
        case {"memory": True}:
            return {"memory": True}
        case {"result": result}:
            return {"result": result}
        case {"error": {"what": str(what), "option": list(option), "advice": str(advice)}}:
            steps = tuple(step for step in option if isinstance(step, str | int))
            return {"error": CollectorError(harmless(what), option=steps, advice=harmless(advice))}
    raise CollectorError("the child process wrote something that is not a message of Gatepost")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def failure(answer: Mapping[str, Any], child: Child, timeout_seconds: float, memory_bytes: int) -> CollectorError:
    """Return the error for an answer that is not a result."""
    if "error" in answer:
        error: CollectorError = answer["error"]
        return error
    if "timeout" in answer:
        return CollectorError(
            f"stopped after {timeout_seconds:g} s, which is its time limit",
            advice="use fewer rows, or allow it more time",
        )
    last = child.last_line()
    code = int(answer.get("crash", 0))
    limit = LIMIT_OF_CODE.get(code)
    if (
        "memory" in answer
        or limit == MEMORY
        or (not limit and any(sign in last.lower() for sign in _SIGNS_OF_NO_MEMORY))
    ):
        return CollectorError(
            f"ran out of memory; its limit is {memory_bytes / 1024**3:.3g} GiB",
            advice="use fewer rows, or allow it more memory",
        )
    if limit is not None:
        what = "started too many processes" if limit == PROCESSES else "wrote too much to its temporary folder"
        return CollectorError(f"the child process {what}, and was ended", advice="use fewer rows, or another model")
    how = f"was killed by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code} and no result"
    advice = "the system may have run out of memory" if code == -signal.SIGKILL else ""
    return CollectorError(f"the child process {how}" + (f": {last}" if last else ""), advice=advice)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
