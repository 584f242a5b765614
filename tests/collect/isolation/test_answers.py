from __future__ import annotations

import os
import subprocess
import sys
import time

from gatepost.collect.isolation.answers import Child, listen


class _Late(subprocess.Popen[bytes]):
    """A process that writes its answer just before it is asked whether it has ended."""

    events = -1

    def poll(self) -> int | None:
        os.write(self.events, b'{"result": 1}\n')
        self.wait()
        return 0


def test_an_answer_that_comes_between_the_pipes_and_the_end_is_read() -> None:
    reads, writes = os.pipe()
    inherited, held = os.pipe()  # the child left a process that keeps its standard error open
    with _Late([sys.executable, "-c", "pass"], stderr=held) as process:
        process.stderr, process.events = os.fdopen(inherited, "rb"), writes
        answer = listen(Child(process, reads), time.monotonic() + 60, print)
    for descriptor in (reads, writes, held):
        os.close(descriptor)
    assert answer == {"result": 1}
