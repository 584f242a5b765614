"""Evasion attacks on classifiers of tables; everything here runs in the child process."""

from __future__ import annotations

from typing import Any, TypeAlias

__all__ = ["Array"]

# A numpy array. The project's type check treats numpy as untyped.
Array: TypeAlias = Any
