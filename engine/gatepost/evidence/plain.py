"""Values made plain: what JSON cannot hold is refused, and numbers get the type that the schema gives them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from gatepost.evidence import schema as evidence_schema
from gatepost.evidence.json_text import INT64, MAX_DEPTH, Duplicated, Flawed
from gatepost.evidence.pointers import pointer, printable
from gatepost.evidence.schema import Path
from gatepost.placeholders import unwritten

__all__ = ["ANY", "Fault", "Shape", "evidence_shape", "normalise"]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with the value at a path, or (``key``) with its key."""

    path: Path
    what: str
    advice: str = ""
    key: bool = False


class Shape:
    """What normalising needs of a part of a schema; the parts below are made when they are first met."""

    __slots__ = ("_fields", "_items", "_root", "_schema", "kind", "text", "time")

    def __init__(self, schema: Mapping[str, Any], root: Mapping[str, Any] | None) -> None:
        self._schema = evidence_schema.resolve(schema, root)
        self._root = root
        self._fields: dict[str, Shape] = {}
        self._items: Shape | None = None
        self.kind = self._schema.get("type")
        self.text = str(self._schema.get("x-text", ""))
        self.time = self.kind == "string" and self._schema.get("format") == "date-time"

    def field(self, name: str) -> Shape:
        """Return the shape of a field of a map."""
        found = self._fields.get(name)
        if found is None:
            # All names of an open map share one shape, so that reading many documents does not fill the memory.
            known = name if name in self._schema.get("properties", ()) else ""
            found = self._fields[known] = self._fields.get(known) or self._below(name)
        return found

    @property
    def items(self) -> Shape:
        """Return the shape of the entries of a list."""
        if self._items is None:
            self._items = self._below(0)
        return self._items

    def _below(self, part: str | int) -> Shape:
        schema = evidence_schema.step(self._schema, part)
        return Shape(schema, self._root) if schema else ANY


ANY = Shape({}, {})


@cache
def evidence_shape() -> Shape:
    """Return the shape of the whole document."""
    return Shape(evidence_schema.bundled(), None)


class _TooDeepError(Exception):
    pass


def normalise(value: Any, shape: Shape, path: Path = (), *, texts: bool = False) -> tuple[Any, list[Fault]]:
    """Copy a value as plain JSON data: str, bool, int, float, list, dict.

    What the schema calls ``number`` becomes a float, ``integer`` an int where nothing is lost; a day where a
    ``date-time`` is expected becomes its start, UTC; -0.0 becomes 0.0. All else stays as it is, also a value of
    a wrong type, which validation finds. With ``texts``, what people write (``x-text``) must not be blank or a
    placeholder.

    Returns:
        the copy, and what no JSON document of ours may hold. Where there is a fault the copy is of no use.
    """
    faults: list[Fault] = []
    try:
        return _Copy(faults, texts).value(value, shape, path), faults
    except _TooDeepError:
        return None, faults


class _Copy:
    def __init__(self, faults: list[Fault], texts: bool) -> None:
        self.faults = faults
        self.texts = texts

    def value(self, value: Any, shape: Shape, path: Path) -> Any:
        kind = type(value)
        if kind is str:
            return self._text(value, shape, path)
        if kind is float or kind is int:
            return self._number(value, shape, path)
        if kind is bool:
            return value
        if isinstance(value, (dict, list)):
            if len(path) >= MAX_DEPTH:
                # Nothing below is looked at: a value that holds itself has no end.
                self._refuse(path, f"is nested deeper than {MAX_DEPTH} levels")
                raise _TooDeepError
            if isinstance(value, dict):
                return self._map(value, shape, path)
            items = shape.items
            return [self.value(item, items, (*path, index)) for index, item in enumerate(value)]
        if value is None:
            return self._refuse(path, "is null", "leave the field out where its value is not known")
        if isinstance(value, Flawed):
            return self._refuse(path, value.what)
        return self._refuse(path, f"is of type {_type_name(kind)}, which JSON does not have", _conversion(kind))

    def _map(self, value: dict[Any, Any], shape: Shape, path: Path) -> dict[str, Any]:
        if isinstance(value, Duplicated):
            for key in value.twice:
                what = f"the key `{printable(key)}` stands twice in {_name(path)}"
                self.faults.append(Fault((*path, key), what, "remove one", key=True))
        copy = {}
        for key, item in value.items():
            if type(key) is not str:
                what = f"has a key of type {_type_name(type(key))}; keys are strings"
                self._refuse(path, what, "use `str(...)`")
                continue
            copy[key] = self.value(item, shape.field(key), (*path, key))
            if not key.isascii():
                self._text(key, ANY, path)
        return copy

    def _text(self, value: str, shape: Shape, path: Path) -> str:
        if not value.isascii():
            try:
                value.encode("utf-8")
            except UnicodeEncodeError as error:
                half = f"\\u{ord(value[error.start]):04x}"
                self._refuse(path, f"holds {half}, half of a surrogate pair, which is no character")
        lacks = unwritten(value, shape.text) if self.texts and shape.text else ""
        if lacks:
            self._refuse(path, lacks, "write it, or leave the field out")
        if shape.time and _DAY.match(value):
            try:
                date.fromisoformat(value)
            except ValueError:
                return value
            return f"{value}T00:00:00Z"
        return value

    def _number(self, value: float | int, shape: Shape, path: Path) -> Any:
        if isinstance(value, float):
            if not math.isfinite(value):
                return self._refuse(path, f"is {value}, which is no JSON number", "leave it out and say why")
            if shape.kind != "integer" or not value.is_integer():
                return value + 0.0  # turns -0.0 into 0.0
            value = int(value)
        if value not in INT64:
            shown = str(value) if value.bit_length() < 128 else f"an integer of {value.bit_length()} bits"
            return self._refuse(path, f"is {shown}, beyond a signed 64-bit integer")
        return float(value) if shape.kind == "number" else value

    def _refuse(self, path: Path, what: str, advice: str = "") -> None:
        self.faults.append(Fault(path, f"{_name(path)} {what}", advice))


def _name(path: Path) -> str:
    return printable(pointer(path)) or "the document"


def _type_name(kind: type) -> str:
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _conversion(kind: type) -> str:
    if kind.__module__.partition(".")[0] in ("numpy", "pandas"):
        return "convert it with `.item()`, or `.tolist()` for an array"
    advice = {
        "tuple": "use a list",
        "set": "use a list, sorted",
        "frozenset": "use a list, sorted",
        "date": "use `.isoformat()`",
        "datetime": "use `.isoformat()`, with a time zone",
        "Decimal": "use `float(...)`",
        "bytes": "decode it to a string",
    }
    return advice.get(kind.__name__, "use a string, number, boolean, list or dict")
