"""What gatepost.yaml names, as seen from the working folder."""

from __future__ import annotations

from pathlib import Path

__all__ = ["from_here"]


def from_here(source: str, folder: Path) -> str:
    """Give a path (or a name such as ``profile/strict``) of the gatepost.yaml in ``folder``."""
    if source.startswith(("profile/", "models:/")) and not (folder / source).exists():
        return source
    return source if folder == Path() else f"{folder}/{source}"
