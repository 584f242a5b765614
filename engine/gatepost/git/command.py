"""Running git on a repository: it asks nobody, and looks where it is told to."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from gatepost.problems import GatepostError

__all__ = ["git", "refusal"]

# Set in hooks; they would make git look at another repository than the one that is named.
_HOOK_VARIABLES = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_NAMESPACE",
)


def git(folder: Path, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a git command in a folder; what it answers is the caller's to judge.

    Raises:
        GatepostError: git is not there, cannot be run, or does not end.
    """
    environment = {key: value for key, value in os.environ.items() if key not in _HOOK_VARIABLES}
    # Reading must not write the index, ask for a password, speak another language or run a monitor.
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *arguments]
    try:
        return subprocess.run(command, env=environment, capture_output=True, timeout=300, check=False, input=stdin)
    except FileNotFoundError as error:
        raise GatepostError.of("there is no `git` command here", advice="install git") from error
    except subprocess.TimeoutExpired as error:
        raise GatepostError.of(f"git {arguments[0]} did not end within 300 s") from error
    except OSError as error:
        raise GatepostError.of(f"git cannot be run: {error.strerror or error}") from error


def refusal(answer: subprocess.CompletedProcess[bytes], shown: str) -> tuple[str, str]:
    """Say in words why git does not read the repository of a folder, and what to do about it."""
    said = answer.stderr.decode("utf-8", "replace").strip()
    if "dubious ownership" in said:
        advice = "in CI: git config --global --add safe.directory <the repository>"
        return f"git refuses {shown}: the repository belongs to another user", advice
    if "not a git repository" in said:
        return f"{shown} is not in a git repository", ""
    first = said.splitlines()[0] if said else f"exit code {answer.returncode}"
    return f"git cannot read the repository of {shown}: {first}", ""
