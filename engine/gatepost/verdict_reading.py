"""Reading a verdict strictly: every field has the type that :mod:`gatepost.verdict` declares, or it is damaged."""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Literal, NoReturn, TypeVar, Union, cast, get_args, get_origin, get_type_hints, is_typeddict

from gatepost.evidence import json_text
from gatepost.evidence.json_text import INT64, MAX_DEPTH, Duplicated, Flawed
from gatepost.evidence.pointers import pointer, printable
from gatepost.evidence.schema import Path
from gatepost.problems import GatepostError, Place, Problem, did_you_mean
from gatepost.verdict import LEFT_OUT_IF_EMPTY, SCHEMA, Counts, Result, Verdict

__all__ = ["from_data", "parse"]

T = TypeVar("T")

# How a field is called in JSON, where Python does not allow that name.
_JSON_NAMES: Mapping[tuple[Any, str], str] = {(Counts, "passed"): "pass"}
_IDENTIFIERS = frozenset(((Result, "rule"), (Result, "fingerprint")))
"""What reports write as it is; the names of rules are ASCII, and fingerprints are hexadecimal."""
_MAX_SHOWN = 60


class _DamagedError(Exception):
    def __init__(self, path: Path, what: str, advice: str = "") -> None:
        super().__init__(what)
        self.path = path
        self.what = what
        self.advice = advice


def parse(content: bytes, path: str) -> Verdict:
    """Read a verdict file; ``path`` is how messages call it.

    Raises:
        GatepostError: it is not a verdict, one of a later version, or damaged, with the line and column.
    """
    advice = "make it again: `gatepost run`, or `gatepost judge EVIDENCE --report json=FILE`"
    try:
        text = json_text.decode(content, path)
        data = json_text.load(text, path)
    except GatepostError as error:
        found = (replace(problem, advice=advice) if problem.advice else problem for problem in error.problems)
        raise GatepostError(*found) from error
    try:
        return _verdict(data)
    except _DamagedError as damage:
        span = json_text.spans(text, {damage.path}).get(damage.path, json_text.Span(0, 1))
        what = printable(damage.what)
        raise GatepostError(
            json_text.problem(what, text, path, span.start, span.end, damage.advice or advice)
        ) from damage


def from_data(data: Any, path: str = "") -> Verdict:
    """Read a verdict from plain JSON data.

    Raises:
        GatepostError: as :func:`parse`.
    """
    try:
        return _verdict(data)
    except _DamagedError as damage:
        place = Place(path) if path else None
        raise GatepostError(Problem(printable(damage.what), place, damage.advice)) from damage


def _verdict(data: Any) -> Verdict:
    if not isinstance(data, Mapping):
        raise _DamagedError((), f"this is not a verdict: it is {_shown(data)}, expected a JSON object")
    if data.get("schema") != SCHEMA:
        found = f"`schema` is {_shown(data['schema'])}" if "schema" in data else "it has no `schema`"
        advice = "install a newer gatepost" if str(data.get("schema")).startswith("gatepost.verdict/") else ""
        where: Path = ("schema",) if "schema" in data else ()
        raise _DamagedError(where, f"this is not a verdict: {found}, expected `{SCHEMA}`", advice)
    _check_keys(data, ())
    return _object(Verdict, {key: value for key, value in data.items() if key != "schema"}, ())


def _damaged(path: Path, what: str, advice: str = "") -> NoReturn:
    raise _DamagedError(path, f"the verdict is damaged: {pointer(path) or 'the document'} {what}", advice)


def _value(kind: Any, data: Any, path: Path) -> Any:
    """Return the data as a value of a type of :mod:`gatepost.verdict`."""
    origin = get_origin(kind)
    if kind is Any:
        return _json(data, path)
    if origin in (Union, types.UnionType):  # X | None: what is absent is left out, never null
        return _value(next(one for one in get_args(kind) if one is not types.NoneType), data, path)
    if origin is Literal:
        if not isinstance(data, str) or data not in get_args(kind):
            _damaged(path, f"is {_shown(data)}, expected one of: {', '.join(map(str, get_args(kind)))}")
        return data
    if origin is tuple:
        if not isinstance(data, list):
            _damaged(path, f"is {_shown(data)}, expected a list")
        return tuple(_value(get_args(kind)[0], item, (*path, number)) for number, item in enumerate(data))
    if origin is not None:
        return {key: _value(get_args(kind)[1], item, (*path, key)) for key, item in _map(data, path).items()}
    if dataclasses.is_dataclass(kind) or is_typeddict(kind):
        return _object(kind, _map(data, path), path)
    return _scalar(kind, data, path)


def _scalar(kind: Any, data: Any, path: Path) -> Any:
    if kind is str and isinstance(data, str):
        return data
    if kind is bool and isinstance(data, bool):
        return data
    if kind is int and type(data) is int and 0 <= data in INT64:
        return data
    if kind is float and type(data) in (int, float) and math.isfinite(data):
        return data
    expected = {str: "a string", bool: "true or false", int: "a whole number, 0 or more", float: "a number"}[kind]
    _damaged(path, f"is {_shown(data)}, expected {expected}")


@cache
def _fields(kind: Any) -> tuple[dict[str, tuple[str, Any]], frozenset[str]]:
    """Return the fields of a class (the name in Python and the type, by the name in JSON), and which are required."""
    hints = get_type_hints(kind)
    names = {_JSON_NAMES.get((kind, name), name): (name, hint) for name, hint in hints.items()}
    if is_typeddict(kind):
        return names, cast("frozenset[str]", kind.__required_keys__)
    required = {field.name for field in dataclasses.fields(kind) if _is_required(kind, field)}
    return names, frozenset(shown for shown, (name, _) in names.items() if name in required)


def _is_required(kind: Any, field: dataclasses.Field[Any]) -> bool:
    """Tell whether :meth:`Verdict.to_json` always writes a field."""
    if kind in (Verdict, Counts):
        return field.default is not None and field.name not in LEFT_OUT_IF_EMPTY
    return field.default is field.default_factory is dataclasses.MISSING


def _object(kind: type[T], data: Mapping[str, Any], path: Path) -> T:
    names, required = _fields(cast(Any, kind))
    for key in data:
        if key not in names:
            advice = did_you_mean(key, names) or "a newer Gatepost may have written it"
            _damaged((*path, key), "is not a field of a verdict", advice)
    for key in sorted(required - set(data)):
        _damaged(path, f"lacks `{key}`")
    found = {names[key][0]: _value(names[key][1], value, (*path, key)) for key, value in data.items()}
    for key in data:
        if (kind, key) in _IDENTIFIERS and not (data[key].isascii() and data[key].isprintable()):
            _damaged((*path, key), f"is {_shown(data[key])}, expected ASCII without control characters")
    return kind(**found)


def _map(data: Any, path: Path) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        _damaged(path, f"is {_shown(data)}, expected a map")
    _check_keys(data, path)
    return data


def _check_keys(data: Mapping[Any, Any], path: Path) -> None:
    if isinstance(data, Duplicated):
        _damaged((*path, data.twice[0]), "is there twice")
    for key in data:
        if not isinstance(key, str):
            _damaged(path, f"has the key {_shown(key)}, expected a string")


def _json(data: Any, path: Path) -> Any:
    """Return a value of any type that JSON has, but null."""
    if isinstance(data, (list, Mapping)) and len(path) > MAX_DEPTH:
        _damaged(path, f"is nested deeper than {MAX_DEPTH} levels")
    if isinstance(data, list):
        return [_json(item, (*path, number)) for number, item in enumerate(data)]
    if isinstance(data, Mapping):
        return {key: _json(item, (*path, key)) for key, item in _map(data, path).items()}
    if isinstance(data, (str, bool)) or (type(data) is int and data in INT64):
        return data
    return _scalar(float, data, path)


def _shown(data: Any) -> str:
    if isinstance(data, Flawed):
        return data.what.removeprefix("is ")
    if data is None:
        return "null"
    if isinstance(data, (Mapping, list)):
        return "a map" if isinstance(data, Mapping) else "a list"
    text = str(data).lower() if isinstance(data, bool) else str(data)
    return f"`{text if len(text) <= _MAX_SHOWN else text[: _MAX_SHOWN - 3] + '...'}`"
