"""Which packages of an extra are installed, told by their metadata: nothing is imported."""

from __future__ import annotations

import re
from functools import cache
from importlib import metadata

__all__ = ["lacking"]

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_OWN = re.compile(r"gatepost\[([^\]]+)\]")


@cache
def lacking(extra: str) -> tuple[str, ...]:
    """Return the packages of an extra that are not installed."""
    return tuple(sorted(name for name in _packages(extra) if not _is_installed(name)))


def _packages(extra: str) -> set[str]:
    found: set[str] = set()
    for requirement in metadata.requires("gatepost") or ():
        wanted, _, marker = requirement.partition(";")
        if re.sub(r"[\s\"']", "", marker) != f"extra=={extra}":
            continue
        own = _OWN.match(wanted)
        name = _NAME.match(wanted)
        if own:
            found |= {package for part in own[1].split(",") for package in _packages(part.strip())}
        elif name:
            found.add(name[0])
    return found


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
