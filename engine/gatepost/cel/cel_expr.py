"""The default engine: cel-expr-python, Google's runtime."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gatepost.cel.interface import TIMESTAMPS, CompileError, Value

__all__ = ["CelExpr"]

_CONFIG = "extensions:\n" + "".join(
    f"- name: {name}\n"
    for name in [
        "two-var-comprehensions",
        "sets",
        "lists",
        "regex",
        "math",
        "strings",
        "optional",
        "encoders",
        "bindings",
    ]
)
_POSITION = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")


class CelExpr:
    """cel-expr-python behind our interface."""

    name = "cel-expr-python"
    evaluates_lists_fast = True

    def __init__(self) -> None:
        try:
            from cel_expr_python import cel
        except ImportError as error:
            from gatepost.problems import GatepostError

            raise GatepostError.of(
                f"the CEL engine cannot be loaded: {error}",
                advice="cel-expr-python has wheels for Linux with glibc, macOS on arm64 and Windows; elsewhere "
                "pip install 'gatepost[cel-python]' and give --cel cel-python",
            ) from error
        self._cel = cel
        self._config = cel.NewEnvConfigFromYaml(_CONFIG)
        self._environments: dict[frozenset[str], Any] = {}

    @property
    def version(self) -> str:
        """The version of the installed package."""
        # The folder's name says it; importlib.metadata takes longer to import than a judgement lasts.
        installed = Path(self._cel.__file__).resolve().parent.parent
        for folder in installed.glob("cel_expr_python-*.dist-info"):
            return folder.name.removeprefix("cel_expr_python-").removesuffix(".dist-info")
        from importlib.metadata import version

        return version("cel-expr-python")

    def _environment(self, variables: frozenset[str]) -> Any:
        found = self._environments.get(variables)
        if found is None:
            kinds = self._cel.Type
            typed = {n: kinds.TIMESTAMP if n in TIMESTAMPS else kinds.DYN for n in sorted(variables)}
            found = self._cel.NewEnv(config=self._config, variables=typed)
            self._environments[variables] = found
        return found

    def compile(self, source: str, variables: frozenset[str]) -> _Program:
        """Compile an expression; see :class:`gatepost.cel.interface.Engine`."""
        try:
            program = self._environment(variables).compile(source)
        except RuntimeError as error:
            raise _compile_error(source, str(error)) from error
        return _Program(program, self._cel.Type)

    def bind(self, variables: frozenset[str], data: Mapping[str, Any]) -> Any:
        """Make an activation; values are converted when they are first read, and kept."""
        return self._environment(variables).Activation(data)


class _Program:
    __slots__ = ("_bool", "_error", "_evaluate")

    def __init__(self, program: Any, kinds: Any) -> None:
        self._evaluate = program.eval
        self._bool = kinds.BOOL
        self._error = kinds.ERROR

    def evaluate(self, bound: Any) -> Value:
        try:
            return self._value(self._evaluate(bound))
        except RuntimeError as error:  # the iteration budget is raised, other errors are returned
            return Value(error=str(error))
        except MemoryError:
            return Value(error="the value is larger than the memory")
        except (TypeError, ValueError, OverflowError):  # a type, an optional, a time beyond Python's
            return Value(error="the value has a type that cannot be shown")

    def _value(self, result: Any) -> Value:
        kind = result.type()
        if kind == self._bool:
            # The truth of the engine's object itself is always True.
            return _TRUE if result.value() is True else _FALSE
        if kind == self._error:
            return Value(error=str(result.value()))
        value = result.plain_value()
        return Value(bytes(value) if isinstance(value, bytearray) else value)


_TRUE, _FALSE = Value(True), Value(False)


def _compile_error(source: str, text: str) -> CompileError:
    found = _POSITION.search(text)
    if found is None:
        return CompileError(text.split("\n")[0])
    line, column, message = int(found[1]), int(found[2]), found[3]
    lines = source.split("\n")
    offset = sum(len(part) + 1 for part in lines[: line - 1]) + column - 1
    return CompileError(message.replace("Syntax error: ", "").strip(), min(offset, max(0, len(source) - 1)))
