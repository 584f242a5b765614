"""The commit that is checked out."""

from __future__ import annotations

import re
from pathlib import Path

from gatepost.git.repository import Repository
from gatepost.git.revisions import commit_of

__all__ = ["head_of"]

_REF = re.compile(r"ref: (refs/(?!.*\.\.)[^\x00-\x20\x7f~^:?*\[\\]+)\Z")
_HASH = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
_MOST_LINKS = 5


def head_of(repository: Repository) -> str:
    """Return the commit that is checked out; nothing where there is none yet.

    Of a repository that the job did not make, HEAD and refs are read as files, so that git reads no configuration.
    """
    if repository.is_own:
        return commit_of(repository, "HEAD")
    line = _first_line(repository.git_dir / "HEAD")
    for _ in range(_MOST_LINKS):
        named = _REF.match(line)
        if named is None:
            return line if _HASH.match(line) else ""
        line = _first_line(repository.git_dir / named[1]) or _first_line(repository.common_dir / named[1])
        line = line or _packed(repository.common_dir / "packed-refs", named[1])
    return ""


def _first_line(path: Path) -> str:
    try:
        return path.read_bytes()[:4096].decode("ascii", "replace").partition("\n")[0] if path.is_file() else ""
    except OSError:
        return ""


def _packed(path: Path, ref: str) -> str:
    try:
        lines = path.read_text("ascii", "replace").splitlines() if path.is_file() else []
    except OSError:
        return ""
    return next((line.partition(" ")[0] for line in lines if line.partition(" ")[2] == ref), "")
