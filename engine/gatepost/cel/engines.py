"""The engines: a line each. One is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

from gatepost.cel.interface import Engine
from gatepost.problems import GatepostError, did_you_mean

__all__ = ["DEFAULT", "ENGINES", "load_engine"]

DEFAULT = "cel-expr-python"
ENGINES = {
    DEFAULT: "gatepost.cel.cel_expr:CelExpr",
    "cel-python": "gatepost.cel.cel_python:CelPython",
}


def load_engine(name: str = DEFAULT) -> Engine:
    """Return the engine of that name.

    Raises:
        GatepostError: there is none, or its package is not installed.
    """
    if name not in ENGINES:
        raise GatepostError.of(
            f"there is no CEL engine `{name}`", advice=did_you_mean(name, ENGINES) or "known: " + ", ".join(ENGINES)
        )
    module, _, attribute = ENGINES[name].partition(":")
    engine: Engine = getattr(import_module(module), attribute)()
    return engine
