"""What a CEL engine is; chosen by hand, never silently."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

__all__ = ["TIMESTAMPS", "CompileError", "Engine", "Program", "Value"]

TIMESTAMPS = frozenset({"now", "collected_at"})
"""The variables that hold timestamps; all others are dynamic."""


@dataclass(frozen=True, slots=True)
class Value:
    """What an evaluation gave: a plain Python value, or the engine's words on why there is none."""

    value: Any = None
    error: str | None = None


class CompileError(Exception):
    """An engine refuses an expression; ``offset`` is where, as far as the engine says."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class Program(Protocol):
    """A compiled expression."""

    def evaluate(self, bound: Any) -> Value:
        """Evaluate on variables that :meth:`Engine.bind` made ready. Never raises."""
        ...


class Engine(Protocol):
    """Compiles and evaluates standard CEL."""

    name: str
    evaluates_lists_fast: bool
    """Whether a macro over a list costs little more than one evaluation."""

    @property
    def version(self) -> str:
        """The version of the engine."""
        ...

    def compile(self, source: str, variables: frozenset[str]) -> Program:
        """Compile an expression that may read these variables.

        Raises:
            CompileError: the engine refuses it.
        """
        ...

    def bind(self, variables: frozenset[str], data: Mapping[str, Any]) -> Any:
        """Make variables ready for many evaluations of programs compiled with the same names."""
        ...
