"""A git directory of our own beside the real objects: git then obeys no configuration of the repository."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["Scratch", "scratch"]


@dataclass(frozen=True, slots=True)
class Scratch:
    """A git directory that lasts as long as its context, and the variables that lead git to the real objects."""

    git_dir: Path
    variables: Mapping[str, str] = field(default_factory=dict)


@contextmanager
def scratch(
    stores: Sequence[Path], commit: str, settings: Mapping[str, str] | None = None, shallow: Path | None = None
) -> Iterator[Scratch]:
    """Make a git directory whose HEAD is ``commit``; ``stores`` are the folders that objects are read from.

    ``settings`` (``core.autocrlf``) stand in its configuration, with the format of its objects (SHA-1 or SHA-256, by
    the length of the commit) and nothing else. ``shallow`` is the file that says where a shallow clone ends.
    """
    with TemporaryDirectory(prefix="gatepost-git-") as folder:
        root = Path(folder)
        for name in ("refs", "objects", "info"):
            (root / name).mkdir()
        (root / "HEAD").write_text(f"{commit}\n")
        (root / "config").write_text(_config(len(commit) == 64, settings or {}))
        if shallow is not None and shallow.is_file():
            (root / "shallow").write_bytes(shallow.read_bytes())
        others = os.pathsep.join(_quoted(store) for store in stores)
        yield Scratch(root, {"GIT_ALTERNATE_OBJECT_DIRECTORIES": others})


def _config(sha256: bool, settings: Mapping[str, str]) -> str:
    lines = ["[core]", "\trepositoryformatversion = 1", "\tbare = false"]
    if sha256:
        lines += ["[extensions]", "\tobjectformat = sha256"]
    for key, value in settings.items():
        section, _, name = key.partition(".")
        quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        lines += [f"[{section}]", f'\t{name} = "{quoted}"']
    return "\n".join(lines) + "\n"


def _quoted(path: Path) -> str:
    """Quote a path as git reads it in a list of folders, which a colon would end."""
    text = str(path)
    if ":" not in text and not text.startswith('"'):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
