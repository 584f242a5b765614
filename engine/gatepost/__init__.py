"""Gatepost: a policy-as-code compliance engine and CI gate for machine-learning models.

The Python API is ``collect``, ``judge`` and ``load_policies``; each imports what it needs when it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatepost.__about__ import __version__

if TYPE_CHECKING:
    from gatepost.api import collect, judge, load_policies

__all__ = ["__version__", "collect", "judge", "load_policies"]


def __getattr__(name: str) -> Any:
    if name in ("collect", "judge", "load_policies"):
        from gatepost import api

        return getattr(api, name)
    raise AttributeError(f"module 'gatepost' has no attribute {name!r}")
