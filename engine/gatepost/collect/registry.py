"""The collectors: a line each. A collector's module is imported when gatepost.yaml names it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Protocol

from gatepost.collect.interface import Collector

__all__ = ["BUILT_IN", "Collectors", "Registry"]

GROUP = "gatepost.collectors"
BUILT_IN = {
    "mlflow": "gatepost.collect.sources.mlflow",
    "git": "gatepost.collect.sources.git",
    "model_card": "gatepost.collect.sources.model_card",
    "file": "gatepost.collect.sources.file",
    "great_expectations": "gatepost.collect.sources.great_expectations",
    "performance": "gatepost.collect.sources.performance",
    "fairness": "gatepost.collect.sources.fairness",
    "robustness": "gatepost.collect.sources.robustness",
}


class Collectors(Protocol):
    """Where collectors are found by name."""

    def names(self) -> Iterable[str]:
        """Give all names."""
        ...

    def get(self, name: str) -> Collector | None:
        """Import a collector, or give nothing where there is none of that name."""
        ...


class Registry:
    """The built-in collectors, and those of other packages by the entry-point group ``gatepost.collectors``."""

    def __init__(self, modules: Mapping[str, str] | None = None) -> None:
        self.modules = BUILT_IN if modules is None else modules

    def names(self) -> list[str]:
        """Give all names, the built-in ones first."""
        return [*self.modules, *sorted(e.name for e in entry_points(group=GROUP) if e.name not in self.modules)]

    def get(self, name: str) -> Collector | None:
        """Import a collector, or give nothing where there is none of that name."""
        if name in self.modules:
            return import_module(self.modules[name])
        for entry in entry_points(group=GROUP):
            if entry.name == name:
                found: Collector = entry.load()
                return found
        return None
