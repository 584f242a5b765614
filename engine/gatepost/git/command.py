"""The one function that runs git: on a git directory that is named, with nothing that a repository can start."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from gatepost.problems import GatepostError

__all__ = ["NO_REPOSITORY", "git", "said"]

NO_REPOSITORY = Path(os.devnull)
"""The git directory of a command that needs no repository: git then searches for none."""

# What a configuration could start, or where it could send git, is set here; the command line counts last.
_SETTINGS = {
    "safe.bareRepository": "explicit",
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.untrackedCache": "false",
    "core.commitGraph": "false",  # it could name other parents and trees than the commits
    "submodule.recurse": "false",
    "fetch.recurseSubmodules": "false",
    "fetch.writeCommitGraph": "false",
    "protocol.ext.allow": "never",
    "transfer.bundleURI": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "http.lowSpeedLimit": "1000",  # bytes a second: a server that went silent
    "http.lowSpeedTime": "30",
}
_ALWAYS = {
    "GIT_OPTIONAL_LOCKS": "0",  # reading writes no index
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "LC_ALL": "C",
}
# The job's own settings of how to reach a server, which fetching needs. All other variables GIT_* go: hooks set some
# of them, and they would make git look at another repository, index, or store of objects.
_NETWORK = (
    "GIT_ASKPASS",
    "GIT_CONFIG_",
    "GIT_HTTP_",
    "GIT_PROXY_",
    "GIT_SSH",
    "GIT_SSL_",
)


def git(
    git_dir: Path,
    *arguments: str,
    work_tree: Path | None = None,
    stdin: bytes = b"",
    variables: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    job_settings: bool = False,
    protocols: str = "",
    timeout: float = 300,
) -> subprocess.CompletedProcess[bytes]:
    """Run a git command on a git directory; the caller checks its exit code.

    ``settings`` are further values of the configuration (``-c``). ``job_settings`` lets the configuration of the user
    and of the system count, and the variables of the job that say how to reach a server. ``protocols`` are those that
    may be used (``https:ssh``); none by default, so that no command fetches by the way. Git runs in ``work_tree``,
    else in the git directory, and searches for no repository.

    Raises:
        GatepostError: git is not installed, cannot be run, or does not end within ``timeout`` seconds.
    """
    # Git runs in another folder than this process, so a relative path would lead elsewhere.
    git_dir, work_tree = git_dir.absolute(), work_tree.absolute() if work_tree else None
    path = _absolute_path()
    program = shutil.which("git", path=path)
    if program is None:
        raise GatepostError.of("the `git` command is not installed", advice="install git")
    environment = _environment(job_settings) | {"PATH": path, "GIT_ALLOW_PROTOCOL": protocols or "none"}
    environment |= {**_ALWAYS, **(variables or {})}
    values = {**(settings or {}), **_SETTINGS}
    options = [part for key, value in values.items() for part in ("-c", f"{key}={value}")]
    where = [f"--git-dir={git_dir}", *([f"--work-tree={work_tree}"] if work_tree else [])]
    folder = work_tree or (git_dir if git_dir.is_dir() else Path("/"))
    try:
        return _run([program, *options, *where, *arguments], environment, folder, stdin, timeout)
    except subprocess.TimeoutExpired as error:
        raise GatepostError.of(f"git {arguments[0]} did not end within {timeout:g} s") from error
    except OSError as error:
        raise GatepostError.of(f"git cannot be run: {error.strerror or error}") from error


def _run(
    command: list[str], environment: dict[str, str], folder: Path, stdin: bytes, timeout: float
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a session of its own, so that ssh asks no terminal, and end all of it on any way out."""
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, env=environment, cwd=folder, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
    ) as process:
        try:
            output, errors = process.communicate(stdin, timeout)
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def _absolute_path() -> str:
    """Return PATH without relative entries: git runs in the working tree, which could bring a `git` of its own."""
    return os.pathsep.join(one for one in os.get_exec_path() if one.startswith(os.sep))


def _environment(job_settings: bool) -> dict[str, str]:
    kept = ("GIT_EXEC_PATH", *(_NETWORK if job_settings else ()))
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key.startswith(kept)
    }
    if not job_settings:
        environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull}
    return environment


def said(answer: subprocess.CompletedProcess[bytes]) -> str:
    """Return the line in which git says why it failed; the caller takes credentials out of it."""
    lines = [line for line in answer.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    return (fatal or lines or [f"exit code {answer.returncode}"])[0]
