"""The files of a folder of policies: those that are read, and policies that are not because of their names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

from gatepost.paths import is_yaml

__all__ = ["not_in_force", "yaml_files"]

_HEAD_BYTES = 1_000_000
_FIRST_LINE = re.compile(r"(?:---)?\s*['\"]?(?:policy|profile)['\"]?\s*:")


def yaml_files(folder: Path) -> Iterator[Path]:
    """Return the YAML files (``.yaml``, ``.yml``, in any case) of a folder and those below it, but hidden ones."""
    for path in _visible(folder):
        if is_yaml(path.name) and not path.name.startswith(".") and path.is_file():
            yield path


def not_in_force(folder: Path) -> Iterator[tuple[Path, str]]:
    """Return the policies and profiles that :func:`yaml_files` leaves out, each with the reason.

    Told by the content, so that a note, a schema or a table beside the policies is not one. Hidden folders are not
    looked into.
    """
    for path in _visible(folder):
        is_link = path.is_symlink()
        if is_link and path.is_dir():
            if any(True for _ in yaml_files(path.resolve())):
                yield path, "it is a link to a folder, which is not followed"
        elif is_link and is_yaml(path.name) and not path.exists():
            yield path, "it is a link that leads nowhere"
        elif path.is_file() and (path.name.startswith(".") or not is_yaml(path.name)) and _holds_policy(path):
            hidden = path.name.startswith(".")
            yield path, "its name starts with a dot" if hidden else "its name does not end in .yaml or .yml"


def _visible(folder: Path) -> Iterator[Path]:
    """Return what is below a folder, hidden files included, but not what is in hidden folders."""
    for path in sorted(folder.rglob("*")):
        if not any(part.startswith(".") for part in path.relative_to(folder).parts[:-1]):
            yield path


def _holds_policy(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            text = stream.read(_HEAD_BYTES).decode("utf-8-sig", "replace")
    except OSError:
        return False
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text)
        except ValueError:
            return False
        return isinstance(found, dict) and bool({"policy", "profile"} & set(found))
    lines = (
        line for line in text.splitlines() if line.strip() not in ("", "---") and not line.lstrip().startswith("#")
    )
    return bool(_FIRST_LINE.match(next(lines, "")))
