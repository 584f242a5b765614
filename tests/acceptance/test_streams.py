"""Standard streams that are full, closed or left by their reader: one clear error, and never an undeserved 0."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Run, clean_environment

COMMANDS = [
    ["--help"],
    ["--version"],
    ["run", "--help"],
    ["run", "--no-cache"],
    ["run", "--no-cache", "--quiet", "--report", "json=-"],
    ["run", "--no-cache", "--quiet", "--report", "html=/dev/stdout"],
    ["collect", "--no-cache", "-o", "ev.json"],
    ["report"],
    ["judge", ".gatepost/evidence.json", "--policies", "policies"],
    ["explain", "docs/owner"],
    ["policy", "list"],
    ["policy", "show", "docs/owner"],
    ["policy", "lint", "policies"],
    ["policy", "fmt", "--check", "--no-schemas", "policies"],
    ["policy", "schema", "policy"],
    ["policy", "test", "policies"],
    ["evidence", "show"],
    ["evidence", "schema"],
    ["evidence", "validate", ".gatepost/evidence.json", ".gatepost/evidence.json"],
    ["cache", "show"],
    ["doctor"],
]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a project in which the gate was run."""
    from .conftest import CARD, CONFIG, POLICY

    folder = tmp_path_factory.mktemp("streams")
    for path, text in {
        "gatepost.yaml": CONFIG,
        "MODEL_CARD.md": CARD,
        "policies/docs.yaml": POLICY,
        ".git/x": "",
    }.items():
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text)
    assert _shell(folder, ["run"], "").returncode == 0
    return folder


def _shell(cwd: Path, arguments: list[str], redirection: str) -> subprocess.CompletedProcess[str]:
    command = f'"$0" -m gatepost "$@" {redirection}'
    return subprocess.run(
        ["sh", "-c", command, sys.executable, *arguments],
        cwd=cwd,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("redirection", "reason"), [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")]
)
def test_what_cannot_be_written_is_one_error(ran: Path, arguments: list[str], redirection: str, reason: str) -> None:
    done = _shell(ran, arguments, redirection)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("cannot write") == 1
    assert reason in done.stderr
    for word in ("fault of gatepost", "Traceback", "Exception ignored"):
        assert word not in done.stderr


def test_a_reader_that_is_gone_is_one_error(ran: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "gatepost", "report"], cwd=ran, env=clean_environment(), stdout=write,
        stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr.count("cannot write to standard output: Broken pipe")) == (2, 1)
    assert done.stderr.count("\n") == 2


def test_a_report_to_a_full_device_is_an_error(ran: Path) -> None:
    done = _shell(ran, ["run", "--quiet", "--report", "json=/dev/full"], "")
    assert done.returncode == 2
    assert "cannot write /dev/full: No space left on device" in done.stderr


@pytest.mark.parametrize("redirection", ["2>&-", "<&- 2>&-", "2>/dev/full"])
def test_without_standard_error_the_verdict_is_the_same_and_no_file_is_harmed(ran: Path, redirection: str) -> None:
    done = _shell(ran, ["run", "--no-cache", "--report", "json=out.json"], redirection)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("PASS  credit")
    assert json.loads((ran / "out.json").read_text())["decision"] == "pass"
    assert _shell(ran, ["run", "--config", "none.yaml"], redirection).returncode == 2


def test_with_no_stream_at_all_reports_are_whole(ran: Path) -> None:
    done = _shell(ran, ["run", "--no-cache", "--quiet", "--report", "json=out.json"], "<&- >&- 2>&-")
    assert done.returncode == 0
    assert json.loads((ran / "out.json").read_text())["decision"] == "pass"


def test_letters_that_the_terminal_does_not_know_are_no_error(gatepost: Run, ran: Path) -> None:
    done = gatepost("policy", "show", "docs/ä\u2028", cwd=ran, env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 2
    assert "no rule in force is called `docs/\\xe4 `" in done.stderr
