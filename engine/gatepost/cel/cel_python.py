"""The second engine: cel-python, pure Python; chosen by hand, never silently.

cel-python follows Python where CEL says otherwise (``1.0 == 1`` is an error to it, ``s && true`` gives back the
string). What differs is put right here by functions of our own in the place of its operators; what it lacks is
refused when an expression is compiled.
"""

from __future__ import annotations

import datetime
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any

from gatepost.cel import ast
from gatepost.cel.interface import CompileError, Value
from gatepost.cel.parser import CelSyntaxError, parse
from gatepost.cel.unparse import unparse

__all__ = ["CelPython"]

_MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})
_FUNCTIONS = frozenset(
    "size string int uint double bool bytes timestamp duration type dyn matches contains startsWith endsWith "
    "getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds "
    "getMilliseconds".split()
)
_MAX_INT = 2**63 - 1
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)\Z", re.ASCII)
_DURATION = re.compile(
    r"[-+]?(\d+(\.\d*)?|\.\d+)(h|ms|us|ns|m|s)((\d+(\.\d*)?|\.\d+)(h|ms|us|ns|m|s))*\Z|0\Z", re.ASCII
)


class CelPython:
    """cel-python behind our interface."""

    name = "cel-python"
    evaluates_lists_fast = False

    def __init__(self) -> None:
        limit = sys.getrecursionlimit()
        try:
            import celpy
        except ImportError as error:
            from gatepost.problems import GatepostError

            raise GatepostError.of(
                "the engine cel-python is not installed", advice="pip install 'gatepost[cel-python]'"
            ) from error
        self._celpy = celpy
        self._environment = celpy.Environment()
        # Making an environment sets the limit of the whole process.
        sys.setrecursionlimit(max(limit, sys.getrecursionlimit()))
        self._functions = _functions(celpy)

    @property
    def version(self) -> str:
        """The version of the installed package."""
        from importlib.metadata import version

        return version("cel-python")

    def compile(self, source: str, variables: frozenset[str]) -> _Program:
        """Compile an expression; see :class:`gatepost.cel.interface.Engine`."""
        try:
            tree = parse(source)
        except CelSyntaxError as error:
            raise CompileError(error.message, error.start) from error
        _refuse(tree, variables)
        try:
            compiled = self._environment.compile(unparse(_strict(tree)))
        except self._celpy.CELParseError as error:
            raise CompileError(f"cel-python cannot read this: {error}".split("\n")[0]) from error
        return _Program(self._environment.program(compiled, functions=self._functions), self._celpy)

    def bind(self, variables: frozenset[str], data: Mapping[str, Any]) -> Any:
        """Convert the variables to the engine's types."""
        kinds = self._celpy.celtypes
        return {name: _to_cel(kinds, value) for name, value in data.items()}


class _Program:
    __slots__ = ("_errors", "_evaluate", "_kinds")

    def __init__(self, runner: Any, celpy: Any) -> None:
        self._evaluate = runner.evaluate
        self._kinds = celpy.celtypes
        self._errors = (
            celpy.CELEvalError,
            ValueError,
            TypeError,
            LookupError,
            ArithmeticError,
            RecursionError,
            MemoryError,
        )

    def evaluate(self, bound: Any) -> Value:
        try:
            return Value(_to_python(self._kinds, self._evaluate(bound)))
        except self._errors as error:
            return Value(error=str(error.args[0] if error.args else error))


def _refuse(tree: ast.Node, variables: frozenset[str]) -> None:
    """Refuse what the engine lacks, or means something else by."""
    unknown = (
        ast.free_names(tree) - variables - {"bool", "int", "uint", "double", "string", "bytes", "list", "map", "type"}
    )
    for node in ast.walk(tree):
        lacking = ""
        if isinstance(node, ast.Ident) and node.name in unknown:
            raise CompileError(f"undeclared reference to '{node.name}'", node.start)
        if isinstance(node, (ast.Select, ast.Index)) and node.optional:
            lacking = "optional fields"
        elif isinstance(node, (ast.ListLiteral, ast.MapLiteral)) and any(node.optional):
            lacking = "optional entries"
        elif isinstance(node, ast.Macro) and (node.name not in _MACROS or len(node.variables) > 1):
            lacking = f"macro {node.name}() with {len(node.variables)} variables"
        elif isinstance(node, ast.Call) and node.function not in _FUNCTIONS:
            lacking = f"function {node.function}()"
        elif isinstance(node, ast.Select) and not re.fullmatch(r"[A-Za-z_]\w*", node.field, re.ASCII):
            lacking = "fields in back-ticks"
        if lacking:
            raise CompileError(f"cel-python has no {lacking}", node.start)


def _strict(node: ast.Node) -> ast.Node:
    """``has(a.b.c)`` is false to cel-python where ``a.b`` is not there; CEL says that it is an error."""
    inner = ast.rebuild(node, _strict)
    if not isinstance(inner, ast.Has):
        return inner
    s, e = node.start, node.end
    there = ast.Call(s, e, "size", None, (ast.ListLiteral(s, e, (inner.select.operand,), (False,)),))
    one = ast.Binary(s, e, "==", there, ast.Literal(s, e, "int", 1, "1"))
    return ast.Ternary(s, e, one, inner, ast.Literal(s, e, "bool", False, "false"))


def _to_cel(kinds: Any, value: Any) -> Any:
    if isinstance(value, bool):
        return kinds.BoolType(value)
    if isinstance(value, int):
        return kinds.UintType(value) if value > _MAX_INT else kinds.IntType(value)
    if isinstance(value, float):
        return kinds.DoubleType(value)
    if isinstance(value, str):
        return kinds.StringType(value)
    if isinstance(value, bytes):
        return kinds.BytesType(value)
    if isinstance(value, Mapping):
        return kinds.MapType({_to_cel(kinds, key): _to_cel(kinds, part) for key, part in value.items()})
    if isinstance(value, (list, tuple)):
        return kinds.ListType([_to_cel(kinds, part) for part in value])
    if isinstance(value, datetime.datetime):
        return kinds.TimestampType(value)
    if isinstance(value, datetime.timedelta):
        return kinds.DurationType(value)
    return value


def _to_python(kinds: Any, value: Any) -> Any:
    if isinstance(value, kinds.BoolType):
        return bool(value)
    if isinstance(value, (kinds.IntType, kinds.UintType)):
        return int(value)
    if isinstance(value, kinds.DoubleType):
        return float(value)
    if isinstance(value, kinds.StringType):
        return str(value)
    if isinstance(value, kinds.BytesType):
        return bytes(value)
    if isinstance(value, kinds.MapType):
        return {_to_python(kinds, key): _to_python(kinds, part) for key, part in value.items()}
    if isinstance(value, kinds.ListType):
        return [_to_python(kinds, part) for part in value]
    if isinstance(value, kinds.TimestampType):
        return datetime.datetime.fromtimestamp(value.timestamp(), datetime.UTC)
    if isinstance(value, kinds.DurationType):
        return datetime.timedelta(seconds=value.total_seconds())
    return value


def _functions(celpy: Any) -> dict[str, Callable[..., Any]]:
    """Return the operators as CEL has them, in the place of the engine's own."""
    return _Operators(celpy).table()


class _Operators:
    def __init__(self, celpy: Any) -> None:
        self.kinds = celpy.celtypes
        self.failed = celpy.CELEvalError
        self.functions = celpy.evaluation.base_functions

    def table(self) -> dict[str, Callable[..., Any]]:
        true, false = self.kinds.BoolType(True), self.kinds.BoolType(False)
        ordered: dict[str, Callable[[Any, Any], bool]] = {
            "_<_": lambda a, b: a < b,
            "_<=_": lambda a, b: a <= b,
            "_>_": lambda a, b: a > b,
            "_>=_": lambda a, b: a >= b,
        }
        return {
            **{name: self.passing(self.ordering(name, compare)) for name, compare in ordered.items()},
            "_==_": self.passing(lambda a, b: true if self.same(a, b) else false),
            "_!=_": self.passing(lambda a, b: false if self.same(a, b) else true),
            "_in_": self.passing(self.within),
            "_&&_": lambda a, b: self.joined(a, b, ends=False),
            "_||_": lambda a, b: self.joined(a, b, ends=True),
            "_[_]": self.passing(self.item),
            **{f"_{sign}_": self.passing(self.arithmetic(f"_{sign}_")) for sign in "+-*/%"},
            "string": self.passing(self.string),
            "timestamp": self.passing(self.parsed("timestamp", _TIMESTAMP)),
            "duration": self.passing(self.parsed("duration", _DURATION)),
            "dyn": lambda a: a,
        }

    def passing(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return errors among the arguments on."""

        def strict(*values: Any) -> Any:
            for value in values:
                if isinstance(value, self.failed):
                    return value
            return function(*values)

        return strict

    def kind(self, value: Any) -> str:
        kinds = self.kinds
        if isinstance(value, kinds.BoolType):
            return "bool"
        if isinstance(value, (kinds.IntType, kinds.UintType, kinds.DoubleType)):
            return "number"
        return type(value).__name__

    def plain(self, value: Any) -> Any:
        """Return a number as Python has it, which compares whole numbers and others exactly."""
        return float(value) if isinstance(value, self.kinds.DoubleType) else int(value)

    def ordering(self, name: str, compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], Any]:
        def ordered(a: Any, b: Any) -> Any:
            kind = self.kind(a)
            if kind != self.kind(b) or kind in ("MapType", "ListType", "NoneType"):
                raise TypeError(f"no such overload: {name} of {kind} and {self.kind(b)}")
            if kind == "number":
                return self.kinds.BoolType(compare(self.plain(a), self.plain(b)))
            if kind == "bool":
                return self.kinds.BoolType(compare(bool(a), bool(b)))
            return self.functions[name](a, b)

        return ordered

    def same(self, a: Any, b: Any) -> bool:
        kind = self.kind(a)
        if kind != self.kind(b):
            return False
        if kind == "number":
            return bool(self.plain(a) == self.plain(b))
        if kind == "bool":
            return bool(a) is bool(b)
        if kind == "ListType":
            return len(a) == len(b) and all(map(self.same, a, b))
        if kind == "MapType":
            return len(a) == len(b) and all(key in b and self.same(value, b[key]) for key, value in a.items())
        if kind == "StringType":
            return str(a) == str(b)
        return bool(a == b)

    def within(self, item: Any, container: Any) -> Any:
        if self.kind(container) not in ("ListType", "MapType"):
            raise TypeError(f"no such overload: in {self.kind(container)}")
        return self.kinds.BoolType(any(self.same(item, other) for other in container))

    def joined(self, a: Any, b: Any, *, ends: bool) -> Any:
        """Join two conditions in whatever order: the one that decides counts, be the other an error or no boolean."""
        for side in (a, b):
            if isinstance(side, self.kinds.BoolType) and bool(side) is ends:
                return side
        for side in (a, b):
            if isinstance(side, self.failed):
                return side
            if not isinstance(side, self.kinds.BoolType):
                raise TypeError(f"no such overload: {self.kind(side)} where true or false is needed")
        return a

    def item(self, container: Any, index: Any) -> Any:
        if self.kind(container) == "ListType":
            number = self.plain(index) if self.kind(index) == "number" else None
            if number is None or number != int(number) or not 0 <= number < len(container):
                raise IndexError(f"index out of bounds: index={number} size={len(container)}")
            return container[int(number)]
        return self.functions["_[_]"](container, index)

    def arithmetic(self, name: str) -> Callable[[Any, Any], Any]:
        def joined(a: Any, b: Any) -> Any:
            if self.kind(a) == "number" or self.kind(b) == "number":
                if type(a) is not type(b):
                    raise TypeError(f"no such overload: {name} of {type(a).__name__} and {type(b).__name__}")
                if isinstance(a, self.kinds.DoubleType) and name == "_/_" and not float(b):
                    raise ZeroDivisionError("divide by zero")
            found = self.functions[name](a, b)
            # The engine leaves its own types where it inherits an operator of Python's.
            return self.kinds.DoubleType(found) if type(found) is float else found

        return joined

    def string(self, value: Any) -> Any:
        if isinstance(value, self.kinds.DoubleType):
            return self.kinds.StringType(repr(float(value)).removesuffix(".0"))
        return self.functions["string"](value)

    def parsed(self, name: str, form: re.Pattern[str]) -> Callable[[Any], Any]:
        def read(value: Any) -> Any:
            if isinstance(value, self.kinds.StringType) and not form.match(str(value)):
                raise ValueError(f"this is no {name}: {value}")
            return self.functions[name](value)

        return read
