"""Packages that can be called: ``gatepost.judge`` is a package and the function of the Python API at once.

Importing a sub-package binds its name in ``gatepost``, over the function of the same name. So the package itself
calls the function.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

__all__ = ["make_callable"]


class _CallablePackage(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        from gatepost import api

        return getattr(api, self.__name__.rpartition(".")[2])(*args, **kwargs)


def make_callable(package: str) -> None:
    """Make a loaded package call the function of its name in :mod:`gatepost.api`."""
    sys.modules[package].__class__ = _CallablePackage
