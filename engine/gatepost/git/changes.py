"""What differs from the commit that is checked out, told without running a filter, a hook or a monitor."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gatepost.git.command import git, said
from gatepost.git.configuration import Settings, read_foreign, read_own
from gatepost.git.head import head_of
from gatepost.git.objects import SUBMODULE, Objects
from gatepost.git.repository import Repository
from gatepost.git.scratch import Scratch, scratch
from gatepost.git.tracked import checked_out
from gatepost.problems import GatepostError

__all__ = ["Changes", "changes", "settings_of"]

# Settings that say how a file of a commit looks in the working tree; none of them starts anything.
_LOOKS = {
    "core.autocrlf": re.compile(r"true|false|input|yes|no|on|off|1|0", re.I),
    "core.eol": re.compile(r"lf|crlf|native", re.I),
    "core.filemode": re.compile(r"true|false|yes|no|on|off|1|0", re.I),
    "core.ignorecase": re.compile(r"true|false|yes|no|on|off|1|0", re.I),
    "core.symlinks": re.compile(r"true|false|yes|no|on|off|1|0", re.I),
    "core.precomposeunicode": re.compile(r"true|false|yes|no|on|off|1|0", re.I),
}
# These name files or change what git looks at; only the job's own configuration may.
_OWN_LOOKS = ("core.excludesfile", "core.attributesfile", "core.sparsecheckout", "core.sparsecheckoutcone")
_POINTER = re.compile(
    rb"version https://git-lfs\.github\.com/spec/v1\n(?:ext-.*\n)*oid sha256:([0-9a-f]{64})\nsize (\d+)\n\Z"
)
_MOST_POINTER_BYTES = 1024
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Changes:
    """Entries of ``git status`` (``XY path``), and files of which it is not known, with the filter of each."""

    entries: tuple[str, ...]
    unknown: Mapping[str, str]


def settings_of(repository: Repository) -> Settings:
    """Return the configuration: that of the job, or what that of another repository says, as data."""
    return read_own(repository) if repository.is_own else read_foreign(repository)


def changes(repository: Repository, commit: str, settings: Settings, depth: int = 0) -> Changes:
    """Return what was changed, added or deleted since a commit, in submodules that are checked out too.

    ``settings`` are those of :func:`settings_of`.

    A file with a filter looks changed without it. A pointer of Git LFS is compared with the file by size and SHA-256;
    what another filter (git-crypt, nbstripout) would make of a file is not known, and said so.

    Raises:
        GatepostError: git cannot read the repository.
    """
    objects = Objects([repository.objects], commit)
    looks = _looks(repository, settings)
    shallow = repository.common_dir / "shallow"
    with scratch([repository.objects], commit, looks, shallow if repository.is_own else None) as there:
        if repository.is_own:
            _copy_index(repository, there)
        else:
            _make_index(repository, there, commit, objects)
        # Git itself compares line ends and encodings, and needs no program for them. --no-renames keeps one entry per
        # file: a rename would have two names. A submodule is compared by us: git would run in it.
        options = ("--porcelain", "-z", "--untracked-files=normal", "--no-renames", "--ignore-submodules=all")
        output = _ask(repository, there, "status", *options)
        entries = [entry for entry in output.split("\0") if entry]
        listed = _ask(repository, there, "ls-files", "--stage", "-z")
        staged = dict(_staged(entry) for entry in listed.split("\0") if entry)
        looking = [entry[3:] for entry in entries if entry[:2] == " M"]
        filters = _filters(repository, there, looking)
    names = {path: staged[path][1] for path in filters}
    same, unknown = _compare(repository, objects, names, filters)
    # Without a program for it, the filter does nothing for git either.
    unknown = {path: name for path, name in unknown.items() if _is_configured(name, settings)}
    left = [entry for entry in entries if entry[:2] != " M" or entry[3:] not in same | unknown.keys()]
    inner: dict[str, str] = {}
    for path, (mode, sha) in staged.items():
        if mode == SUBMODULE:
            found = _submodule(repository, path, sha, depth)
            left += found.entries
            inner |= found.unknown
    return Changes(tuple(left), {**unknown, **inner})


def _submodule(outer: Repository, path: str, sha: str, depth: int) -> Changes:
    """Compare what is checked out of a submodule with the commit that is recorded; nothing may be checked out."""
    place = outer.top / path
    if place.is_symlink() or not place.is_dir():
        return Changes((f" {'T' if os.path.lexists(place) else 'D'} {path}",), {})
    one = checked_out(outer, path) if depth < _DEEPEST else None
    if one is None:
        return Changes((f" M {path}",), {}) if any(place.iterdir()) else Changes((), {})
    head = head_of(one)
    if head != sha:
        return Changes((f" M {path}",), {})
    found = changes(one, head, settings_of(one), depth + 1)
    entries = tuple(f"{entry[:3]}{path}/{entry[3:]}" for entry in found.entries)
    return Changes(entries, {f"{path}/{name}": filtered for name, filtered in found.unknown.items()})


def _looks(repository: Repository, settings: Settings) -> dict[str, str]:
    looks = {
        key: settings[key][-1]
        for key, pattern in _LOOKS.items()
        if key in settings and pattern.fullmatch(settings[key][-1])
    }
    if repository.is_own:
        looks |= {key: settings[key][-1] for key in _OWN_LOOKS if key in settings}
    return looks


def _copy_index(repository: Repository, there: Scratch) -> None:
    """Copy the index with its time, by which git tells which files it must look into, and the job's exclusions."""
    for name in ("index", *(path.name for path in repository.git_dir.glob("sharedindex.*"))):
        source = repository.git_dir / name
        if source.is_file():
            shutil.copy2(source, there.git_dir / name)
    for name in ("exclude", "attributes", "sparse-checkout"):
        source = (repository.git_dir if name == "sparse-checkout" else repository.common_dir) / "info" / name
        if source.is_file():
            shutil.copyfile(source, there.git_dir / "info" / name)


def _make_index(repository: Repository, there: Scratch, commit: str, objects: Objects) -> None:
    """Make an index of the commit: the one that is there could say that all is as it was."""
    lines = (
        f"{entry.mode} {entry.sha}\t{path}\0".encode("utf-8", "surrogateescape") for path, entry in objects.below("")
    )
    _ask(repository, there, "update-index", "-z", "--index-info", stdin=b"".join(lines))


def _filters(repository: Repository, there: Scratch, paths: Iterable[str]) -> dict[str, str]:
    """Return the filters of files that have one, by path."""
    asked = "".join(f"{path}\0" for path in paths)
    if not asked:
        return {}
    output = _ask(repository, there, "check-attr", "-z", "--stdin", "filter", stdin=os.fsencode(asked))
    fields = output.split("\0")[:-1]
    found = zip(fields[::3], fields[2::3], strict=True)
    return {path: value for path, value in found if value not in ("unspecified", "unset", "set", "")}


def _compare(
    repository: Repository, objects: Objects, names: Mapping[str, str], filters: Mapping[str, str]
) -> tuple[set[str], dict[str, str]]:
    """Return the files that are what their LFS pointer says, and those that only their filter could compare."""
    same: set[str] = set()
    unknown: dict[str, str] = {}
    blobs = objects.blobs(names.values())
    for path, sha in names.items():
        pointer = _POINTER.match(blobs[sha]) if len(blobs[sha]) <= _MOST_POINTER_BYTES else None
        if pointer is not None:
            if _is_content(repository.top / path, pointer[1].decode(), int(pointer[2])):
                same.add(path)
        elif filters[path] != "lfs":
            unknown[path] = filters[path]
    return same, unknown


def _is_configured(name: str, settings: Settings) -> bool:
    return any(settings.get(f"filter.{name}.{key}", ("",))[-1] for key in ("clean", "process"))


def _is_content(path: Path, digest: str, size: int) -> bool:
    if path.is_symlink() or not path.is_file() or path.stat().st_size != size:
        return False
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == digest


def _staged(entry: str) -> tuple[str, tuple[str, str]]:
    about, _, path = entry.partition("\t")
    mode, sha, _ = about.split()
    return path, (mode, sha)


def _ask(repository: Repository, there: Scratch, *arguments: str, stdin: bytes = b"") -> str:
    answer = git(there.git_dir, *arguments, work_tree=repository.top, stdin=stdin, variables=there.variables)
    if answer.returncode != 0:
        raise GatepostError.of(f"git {arguments[0]} failed in {repository.top}: {said(answer)}")
    return os.fsdecode(answer.stdout)
