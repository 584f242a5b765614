"""What gatepost.yaml names, as seen from the working folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

__all__ = ["from_here"]


def from_here(source: str, folder: Path, where: Callable[[str], Path] = Path) -> str:
    """Return a path (or a name such as ``profile/strict``) of the gatepost.yaml in ``folder``.

    ``where`` gives the file that is read for a path.
    """
    path = source if folder == Path() else f"{folder}/{source}"
    is_name = source.startswith(("profile/", "models:/")) and not where(path).exists()
    return source if is_name else path
