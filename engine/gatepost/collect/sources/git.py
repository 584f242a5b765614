"""The commit of a repository: fills ``training.git``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.git.changes import Changes, changes, settings_of
from gatepost.git.configuration import main_remote
from gatepost.git.deciding import around, is_submodule
from gatepost.git.head import head_of
from gatepost.git.repository import Repository
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
    """Return the commit, the remote and the list of changes: all that the result is made of.

    Raises:
        CollectorError: as :func:`collect`.
    """
    found = _look(options, context)
    unknown = _text("\n".join(f"{name} {path}" for path, name in found.changes.unknown.items()))
    parts = {"commit": found.commit, "remote": found.remote, "changes": _text("\n".join(found.changes.entries))}
    return Fingerprint({**parts, "unknown": unknown, "notes": "\n".join(found.notes)})


def collect(options: Mapping[str, Any], context: Context) -> Collected:
    """Fill ``training.git``: ``commit`` (full hexadecimal name), ``dirty``, ``remote`` (without credentials).

    ``dirty`` is true where a tracked file was changed, added or deleted, or an untracked file is not ignored; it is
    absent where only a filter, which is not run, could tell. ``remote`` is the URL of ``origin``, else of the only
    remote; absent where there is none. Nothing that a repository configures is started.

    Raises:
        CollectorError: no git, no repository, no commit yet.
    """
    found = _look(options, context)
    entries, unknown = found.changes.entries, found.changes.unknown
    git: dict[str, Any] = {"commit": found.commit}
    if entries or not unknown:
        git["dirty"] = bool(entries)
    if found.remote:
        git["remote"] = found.remote
    git = {key: value for key, value in git.items() if key in options.get("fields", git)}
    notes = list(found.notes)
    if entries:
        notes.append(f"{len(entries)} changed or untracked: {_listed([entry[3:] for entry in entries])}")
    if unknown:
        filters = ", ".join(sorted({f"`{name}`" for name in unknown.values()}))
        notes.append(
            f"it is not known whether {len(unknown)} files changed, because the filter {filters} is not run: "
            f"{_listed(list(unknown))}"
        )
    return Collected(sections={"training": {"git": git}}, uri=found.remote, notes=tuple(notes))


@dataclass(frozen=True, slots=True)
class _Found:
    commit: str
    remote: str
    changes: Changes
    notes: tuple[str, ...]


def _look(options: Mapping[str, Any], context: Context) -> _Found:
    shown = str(options.get("path", "."))
    folder = context.path(shown, ("path",))
    if not folder.is_dir():
        raise CollectorError(f"no such folder: {shown}", option=("path",), advice="name a folder of a repository")
    try:
        nearest = around(folder)
        repository, notes = _deciding(nearest, shown, context)
        commit = head_of(repository)
        if not commit:
            what = f"the git repository of {shown} has no commit yet"
            raise CollectorError(what, option=("path",), advice="commit, then run again")
        settings = settings_of(repository)
        remote = without_credentials(main_remote(settings)[1])
        return _Found(commit, remote, changes(repository, commit, settings), notes)
    except GatepostError as error:
        advice = error.problems[0].advice or "run in a checkout"
        what = redacted(str(error)).replace(str(folder), shown)
        raise CollectorError(what, option=("path",), advice=f"{advice}, or leave the `git` entry out") from error


def _deciding(nearest: Repository, shown: str, context: Context) -> tuple[Repository, tuple[str, ...]]:
    """Return the repository whose commit counts: under a trusted ref, that of the run, and not one inside it."""
    outer = nearest.enclosing
    if outer is None or nearest.is_own or nearest.top == context.repository.resolve():
        return nearest, ()
    kind = "is a submodule of" if is_submodule(nearest) else "is a repository of its own inside"
    run = next((one for one in nearest.outwards() if one.top == context.repository.resolve()), None)
    if context.trusted is not None and run is not None:
        return run, (f"{shown} {kind} {outer.top.name}, whose commit counts",)
    return nearest, (f"{shown} {kind} {outer.top.name}: with --trusted-ref, the commit of {outer.top.name} counts",)


def _listed(paths: list[str]) -> str:
    more = f" and {len(paths) - _SHOWN_FILES} more" if len(paths) > _SHOWN_FILES else ""
    return _text(", ".join(paths[:_SHOWN_FILES])) + more


def _text(paths: str) -> str:
    """Return names of files as text, also where they are not UTF-8."""
    return os.fsencode(paths).decode("utf-8", "replace")
