"""The commit of a repository: fills ``training.git``."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.git.command import git, refusal
from gatepost.problems import GatepostError
from gatepost.secrets import redacted, without_credentials

name = "git"
version = "1"
sections: tuple[str, ...] = ("training",)
extra = ""
options: Mapping[str, Any] = {
    "type": "object",
    "description": "The commit that is checked out, and whether files differ from it.",
    "examples": [{"path": "."}],
    "properties": {
        "path": {
            "type": "string",
            "default": ".",
            "minLength": 1,
            "description": "A folder of the repository, relative to gatepost.yaml.",
        },
        "fields": {
            "type": "array",
            "minItems": 1,
            "uniqueItems": True,
            "items": {"type": "string", "enum": ["commit", "dirty", "remote"]},
            "description": "What to take (all). Leave `commit` out where MLflow knows the commit of the training: "
            "what is checked out now may be a later one.",
        },
    },
    "additionalProperties": False,
}

_SHOWN_FILES = 5


def describe(options: Mapping[str, Any]) -> str:
    """Say which folder is looked at."""
    return str(options.get("path", "."))


def fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Give the commit, the remote and git's list of changes: all that the result is made of.

    Raises:
        CollectorError: as :func:`collect`.
    """
    commit, remote, changes = _look(options, context)
    return Fingerprint({"commit": commit, "remote": remote, "changes": "\n".join(changes)})


def collect(options: Mapping[str, Any], context: Context) -> Collected:
    """Fill ``training.git``: ``commit`` (full hexadecimal name), ``dirty``, ``remote`` (without credentials).

    ``dirty`` is true where a tracked file was changed, added or deleted, or an untracked file is not ignored.
    ``remote`` is the URL of ``origin``, else of the only remote; absent where there is none.

    Raises:
        CollectorError: no git, no repository, no commit yet.
    """
    commit, remote, changes = _look(options, context)
    git: dict[str, Any] = {"commit": commit, "dirty": bool(changes)}
    if remote:
        git["remote"] = remote
    git = {key: value for key, value in git.items() if key in options.get("fields", git)}
    notes: tuple[str, ...] = ()
    if changes:
        shown = ", ".join(change[3:] for change in changes[:_SHOWN_FILES])
        more = f" and {len(changes) - _SHOWN_FILES} more" if len(changes) > _SHOWN_FILES else ""
        notes = (f"{len(changes)} changed or untracked: {shown}{more}",)
    return Collected(sections={"training": {"git": git}}, uri=remote, notes=notes)


def _look(options: Mapping[str, Any], context: Context) -> tuple[str, str, list[str]]:
    """Give commit, remote (or nothing) and the entries of ``git status`` (``XY path``)."""
    shown = str(options.get("path", "."))
    folder = context.path(shown, ("path",))
    if not folder.is_dir():
        raise CollectorError(f"no such folder: {shown}", option=("path",), advice="name a folder of a repository")
    inside = _git(folder, "rev-parse", "--is-inside-work-tree")
    if inside.returncode != 0:
        raise _no_repository(inside, shown)
    if inside.stdout.strip() != b"true":
        raise CollectorError(
            f"{shown} is a git repository without a working tree", option=("path",), advice="name a checkout of it"
        )
    head = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if head.returncode != 0:
        raise CollectorError(
            f"the git repository of {shown} has no commit yet", option=("path",), advice="commit, then run again"
        )
    top = Path(_checked(folder, "rev-parse", "--show-toplevel").removesuffix("\n"))
    # --no-renames keeps one entry a file: a rename would have two names.
    status = _checked(top, "status", "--porcelain", "-z", "--untracked-files=normal", "--no-renames")
    return _text(head.stdout).strip(), _remote(folder), [entry for entry in status.split("\0") if entry]


def _remote(folder: Path) -> str:
    names = _checked(folder, "remote").split("\n")[:-1]
    if not names or ("origin" not in names and len(names) > 1):
        return ""
    url = _git(folder, "remote", "get-url", "origin" if "origin" in names else names[0])
    return without_credentials(_text(url.stdout).strip()) if url.returncode == 0 else ""


def _no_repository(answer: subprocess.CompletedProcess[bytes], shown: str) -> CollectorError:
    what, advice = refusal(answer, shown)
    advice = advice or "run in a checkout, or leave the `git` entry out"
    return CollectorError(redacted(what), option=("path",), advice=advice)


def _checked(folder: Path, *arguments: str) -> str:
    answer = _git(folder, *arguments)
    if answer.returncode != 0:
        said = redacted(_text(answer.stderr).strip()) or f"exit code {answer.returncode}"
        raise CollectorError(f"git {arguments[0]} failed: {said.splitlines()[0]}", option=("path",))
    return _text(answer.stdout)


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return git(folder, *arguments)
    except GatepostError as error:
        advice = error.problems[0].advice
        raise CollectorError(
            str(error), advice=f"{advice}, or leave the `git` entry out" if advice else ""
        ) from error


def _text(output: bytes) -> str:
    return output.decode("utf-8", "replace")
