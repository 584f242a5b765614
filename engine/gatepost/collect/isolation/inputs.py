"""The files that a child process may read for its entry."""

from __future__ import annotations

import os
from pathlib import Path

from gatepost.collect.interface import Context

__all__ = ["inputs"]


def inputs(context: Context, *paths: Path) -> list[Path]:
    """Return files and folders without symbolic links, and where the links in the folders lead (as DVC makes them).

    Raises:
        CollectorError: a link in a folder leads out of it, and out of the repository and the data roots.
    """
    found = [path.resolve() for path in paths]
    targets = [link for folder in found if folder.is_dir() for link in _links(folder)]
    return [*found, *dict.fromkeys(context.check(link) for link in targets)]


def _links(folder: Path) -> list[Path]:
    """Return the links below a folder that lead out of it to something that exists."""
    found = [Path(where) / name for where, folders, files in os.walk(folder) for name in (*folders, *files)]
    return [
        path for path in found if path.is_symlink() and path.exists() and not path.resolve().is_relative_to(folder)
    ]
