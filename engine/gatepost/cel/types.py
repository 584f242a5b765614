"""The types of CEL as the check at load needs them, made from JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gatepost.evidence.json_text import MAX_DEPTH

__all__ = [
    "BOOL",
    "BYTES",
    "DOUBLE",
    "DURATION",
    "DYN",
    "INT",
    "NULL",
    "OPTIONAL",
    "STRING",
    "TIMESTAMP",
    "TYPE",
    "UINT",
    "Record",
    "Type",
    "from_schema",
    "list_of",
    "map_of",
]


@dataclass(frozen=True, slots=True)
class Type:
    """A type: ``kind`` is bool, int, uint, double, string, bytes, null, timestamp, duration, list, map, record,
    optional, type or dyn; ``item`` is what a list or an open map holds; ``words`` are the only values of a string,
    ``declared_as`` the key of gatepost.yaml under which a team declares others,
    ``minimum`` and ``maximum`` the limits of a number.
    """

    kind: str
    item: Type | None = None
    words: tuple[str, ...] = ()
    declared_as: str = field(default="", compare=False)
    date: bool = False
    minimum: float | None = field(default=None, compare=False)
    maximum: float | None = field(default=None, compare=False)

    @property
    def is_number(self) -> bool:
        """Whether values compare as numbers."""
        return self.kind in ("int", "uint", "double")

    def __str__(self) -> str:
        names = {
            "int": "a whole number",
            "double": "a number",
            "bool": "true or false",
            "record": "an object",
        }
        return names.get(self.kind) or (f"a {self.kind}" if self.kind != "dyn" else "a value")


Resolver = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Record(Type):
    """An object whose fields are known by its schema; they become types when they are asked for.

    ``more`` are fields whose types are known already.
    """

    schema: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    resolver: Resolver = field(default=lambda schema: schema, compare=False, repr=False)
    more: Mapping[str, Type] = field(default_factory=dict, compare=False, repr=False)

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields."""
        return (*self.schema.get("properties", ()), *self.more)

    def field(self, name: str) -> Type | None:
        """Return the type of a field, or nothing where there is none of that name."""
        if name in self.more:
            return self.more[name]
        schema = self.schema.get("properties", {}).get(name)
        return None if schema is None else _of(schema, self.resolver, 0)

    @property
    def is_metric(self) -> bool:
        """Whether this is a number with its uncertainty."""
        return {"value", "low", "high"} <= set(self.fields)


BOOL, INT, UINT, DOUBLE = Type("bool"), Type("int"), Type("uint"), Type("double")
STRING, BYTES, NULL, DYN = Type("string"), Type("bytes"), Type("null"), Type("dyn")
TIMESTAMP, DURATION, TYPE, OPTIONAL = Type("timestamp"), Type("duration"), Type("type"), Type("optional")
_SCALARS = {"boolean": BOOL, "integer": INT, "number": DOUBLE, "string": STRING, "null": NULL}


def list_of(item: Type) -> Type:
    """Return the type of a list."""
    return Type("list", item)


def map_of(item: Type) -> Type:
    """Return the type of an open map with string keys."""
    return Type("map", item)


def from_schema(schema: Mapping[str, Any], resolver: Resolver) -> Type:
    """Return the type of the values that a JSON Schema describes; ``resolver`` follows ``$ref``."""
    return _of(schema, resolver, 0)


def _of(schema: Any, resolver: Resolver, depth: int) -> Type:
    # A list of lists of ... may refer to itself; evidence is never nested deeper than this.
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return DYN
    schema = resolver(schema)
    kind = schema.get("type")
    if kind == "object":
        if "properties" in schema:
            if schema.get("additionalProperties", True) is not False:
                return DYN
            return Record("record", schema=schema, resolver=resolver)
        return map_of(_of(schema.get("additionalProperties"), resolver, depth + 1))
    if kind == "array":
        return list_of(_of(schema.get("items"), resolver, depth + 1))
    if kind == "string":
        constant = (schema["const"],) if "const" in schema else ()
        words = tuple(schema.get("enum") or schema.get("x-words") or constant)
        known = all(isinstance(word, str) for word in words)
        declared_as, date = schema.get("x-declared-as", ""), schema.get("format") == "date-time"
        return Type("string", words=words if known else (), declared_as=declared_as, date=date)
    if kind in ("integer", "number") and ("minimum" in schema or "maximum" in schema):
        return Type(_SCALARS[kind].kind, minimum=schema.get("minimum"), maximum=schema.get("maximum"))
    return _SCALARS.get(kind, DYN) if isinstance(kind, str) else DYN
