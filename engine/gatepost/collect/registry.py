"""The collectors: a line each. A collector's module is imported when gatepost.yaml names it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from gatepost.collect.interface import Collector
from gatepost.problems import GatepostError

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints

__all__ = ["BUILT_IN", "GROUP", "Collectors", "Registry"]

GROUP = "gatepost.collectors"
"""The entry-point group in which other packages offer collectors: modules or objects that are a ``Collector``."""

BUILT_IN = {
    "mlflow": "gatepost.collect.sources.mlflow",
    "git": "gatepost.collect.sources.git",
    "model_card": "gatepost.collect.sources.model_card",
    "file": "gatepost.collect.sources.file",
    "great_expectations": "gatepost.collect.sources.great_expectations",
    "performance": "gatepost.collect.sources.performance",
    "fairness": "gatepost.collect.sources.fairness",
    "drift": "gatepost.collect.sources.drift",
    "leakage": "gatepost.collect.sources.leakage",
    "evidently": "gatepost.collect.sources.evidently",
    "explainability": "gatepost.collect.sources.explainability",
    "robustness": "gatepost.collect.sources.robustness",
}

_KINDS = {"name": str, "version": str, "sections": tuple, "extra": str, "options": Mapping}
_FUNCTIONS = ("describe", "fingerprint", "collect")


class Collectors(Protocol):
    """Where collectors are found by name."""

    def names(self) -> Iterable[str]:
        """Give all names."""
        ...

    def get(self, name: str) -> Collector | None:
        """Import a collector, or give nothing where there is none of that name.

        Raises:
            GatepostError: there is one, and it cannot be used.
        """
        ...


class Registry:
    """The built-in collectors, and those of other packages by the entry-point group ``gatepost.collectors``.

    A built-in collector hides another package's of the same name. ``modules`` are the built-in ones: a name and
    the module to import.
    """

    def __init__(self, modules: Mapping[str, str] | None = None) -> None:
        self.modules = BUILT_IN if modules is None else modules

    def names(self) -> list[str]:
        """Give all names: the built-in ones, then those of other packages, sorted."""
        return [*self.modules, *sorted({entry.name for entry in _others()} - self.modules.keys())]

    def get(self, name: str) -> Collector | None:
        """Import a collector, or give nothing where there is none of that name.

        Raises:
            GatepostError: another package's collector cannot be loaded, or is none.
        """
        if name in self.modules:
            return import_module(self.modules[name])
        for entry in _others():
            if entry.name == name:
                return _load(entry)
        return None


def _others() -> EntryPoints:
    from importlib.metadata import entry_points  # costs more than all else here: only where it is needed

    return entry_points(group=GROUP)


def _load(entry: EntryPoint) -> Collector:
    package = entry.dist.name if entry.dist is not None else entry.value
    about = f"the collector `{entry.name}` of {package}"
    try:
        found = entry.load()
    except Exception as error:  # the other package's code may raise anything
        what = f"{about} cannot be loaded: {type(error).__name__}: {error}"
        raise GatepostError.of(what, advice=f"fix or remove the package {package}") from error
    lacking = [key for key, kind in _KINDS.items() if not isinstance(getattr(found, key, None), kind)]
    lacking += [key for key in _FUNCTIONS if not callable(getattr(found, key, None))]
    if lacking:
        what = f"{about} is none: it lacks {', '.join(lacking)}, or has them of another type"
        raise GatepostError.of(what, advice=f"tell the authors of {package}")
    if not _usable(found.options):
        what = f"{about} describes its options by something that is no JSON Schema, or has a `$ref`"
        raise GatepostError.of(what, advice=f"tell the authors of {package}")
    collector: Collector = found
    return collector


def _usable(options: Mapping[str, Any]) -> bool:
    """Tell whether a schema can become a part of that of gatepost.yaml, where a reference would lead elsewhere."""
    import jsonschema_rs

    try:
        return '"$ref"' not in json.dumps(dict(options)) and jsonschema_rs.meta.is_valid(dict(options))
    except (TypeError, ValueError, jsonschema_rs.ValidationError):
        return False
