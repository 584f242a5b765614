"""Finding, formatting and comparing files for ``gatepost policy fmt``, and the schemas for editors."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from gatepost.config_schema import file_schema
from gatepost.located_yaml import parse, read_text
from gatepost.policy.editor_schemas import FIRST_KEYS, editor_schema, for_editors
from gatepost.policy.folders import yaml_files
from gatepost.policy.formatting import format_text
from gatepost.problems import GatepostError, Place, did_you_mean
from gatepost.text import json_text
from gatepost.typed import Schema, load_schema

__all__ = ["difference", "files", "formatted", "root", "schema_text"]


def root() -> Path:
    """Return the nearest folder at or above the working folder that holds ``.git``, or the working folder."""
    here = Path.cwd()
    return next((above for above in (here, *here.parents) if (above / ".git").exists()), here)


def files(paths: Iterable[str]) -> list[Path]:
    """Return the YAML files at the paths.

    Raises:
        GatepostError: there is none at one of them.
    """
    found: dict[Path, None] = {}
    for text in paths:
        path = Path(text)
        here = list(yaml_files(path)) if path.is_dir() else [path] if path.exists() else []
        if not here:
            near = did_you_mean(path.name, [child.name for child in path.parent.glob("*")])
            raise GatepostError.of(f"there is no YAML file at {text}", Place(text), near)
        found.update(dict.fromkeys(here))
    return list(found)


def formatted(path: Path, schemas: Path | None) -> tuple[str, str, str]:
    """Return the text of a file, the same in the one form, and what kind of file it is.

    Raises:
        GatepostError: it cannot be read, is of an unrecognised type, or cannot be formatted.
    """
    text = read_text(path, str(path))
    kind = _kind(text, str(path))
    line = None if schemas is None else os.path.relpath(schemas / f"{kind}.json", path.parent).replace(os.sep, "/")
    return text, format_text(text, str(path), _schema(kind), line), kind


def _kind(text: str, path: str) -> str:
    document = parse(text, path)
    keys = list(document.root.value) if isinstance(document.root.value, dict) else []
    first = keys[0] if keys else ""
    # gatepost.yaml may begin with any of its keys.
    kind = FIRST_KEYS.get(first) or ("gatepost" if {"subject", "collect"} <= set(keys) else None)
    if kind is None:
        place = document.place(document.root)
        what = f"unrecognised file type: the first key is `{first}`" if first else "unrecognised file type"
        raise GatepostError(document.problem(what, place, did_you_mean(first, FIRST_KEYS)))
    return kind


@cache
def _schema(kind: str) -> Schema:
    return Schema(file_schema()) if kind == "gatepost" else load_schema("gatepost.policy.schema", f"{kind}.json")


def schema_text(kind: str) -> str:
    """Return the JSON Schema for editors of a kind of file."""
    schema: dict[str, Any] = for_editors(file_schema()) if kind == "gatepost" else editor_schema(kind)
    return json_text(schema) + "\n"


def difference(before: str, after: str, path: str) -> str:
    """Return what changes, as a unified diff."""
    lines = difflib.unified_diff(before.splitlines(True), after.splitlines(True), path, f"{path} (formatted)")
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
