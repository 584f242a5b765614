"""The functions of standard CEL and its standard extensions: what they take and what they give."""

from __future__ import annotations

from gatepost.cel import types as t
from gatepost.cel.types import Type

__all__ = ["GLOBAL", "METHODS", "NAMESPACES", "Signature"]

Signature = tuple[tuple[int, ...], Type]
"""How many arguments (without the target) it may have, and the type of the result."""

_L = t.list_of(t.DYN)

GLOBAL: dict[str, Signature] = {
    "size": ((1,), t.INT),
    "string": ((1,), t.STRING),
    "int": ((1,), t.INT),
    "uint": ((1,), t.UINT),
    "double": ((1,), t.DOUBLE),
    "bool": ((1,), t.BOOL),
    "bytes": ((1,), t.BYTES),
    "timestamp": ((1,), t.TIMESTAMP),
    "duration": ((1,), t.DURATION),
    "type": ((1,), t.TYPE),
    "dyn": ((1,), t.DYN),
    "matches": ((2,), t.BOOL),
}

_STRINGS: dict[str, Signature] = {
    "contains": ((1,), t.BOOL),
    "startsWith": ((1,), t.BOOL),
    "endsWith": ((1,), t.BOOL),
    "matches": ((1,), t.BOOL),
    "charAt": ((1,), t.STRING),
    "indexOf": ((1, 2), t.INT),
    "lastIndexOf": ((1, 2), t.INT),
    "lowerAscii": ((0,), t.STRING),
    "upperAscii": ((0,), t.STRING),
    "replace": ((2, 3), t.STRING),
    "split": ((1, 2), t.list_of(t.STRING)),
    "substring": ((1, 2), t.STRING),
    "trim": ((0,), t.STRING),
    "format": ((1,), t.STRING),
}
_LISTS: dict[str, Signature] = {
    "join": ((0, 1), t.STRING),
    "slice": ((2,), _L),
    "flatten": ((0, 1), _L),
    "sort": ((0,), _L),
    "distinct": ((0,), _L),
    "first": ((0,), t.OPTIONAL),
    "last": ((0,), t.OPTIONAL),
}
_TIMES: dict[str, Signature] = dict.fromkeys(
    [
        "getFullYear",
        "getMonth",
        "getDate",
        "getDayOfMonth",
        "getDayOfWeek",
        "getDayOfYear",
        "getHours",
        "getMinutes",
        "getSeconds",
        "getMilliseconds",
    ],
    ((0, 1), t.INT),
)
_OPTIONALS: dict[str, Signature] = {
    "hasValue": ((0,), t.BOOL),
    "value": ((0,), t.DYN),
    "or": ((1,), t.OPTIONAL),
    "orValue": ((1,), t.DYN),
}
# By method: the kinds of target it belongs to, and its signature. A target of unknown type fits any.
METHODS: dict[str, tuple[frozenset[str], Signature]] = {
    **{name: (frozenset({"string"}), signature) for name, signature in _STRINGS.items()},
    **{name: (frozenset({"list"}), signature) for name, signature in _LISTS.items()},
    **{name: (frozenset({"timestamp", "duration"}), signature) for name, signature in _TIMES.items()},
    **{name: (frozenset({"optional"}), signature) for name, signature in _OPTIONALS.items()},
    "size": (frozenset({"string", "list", "map", "bytes"}), ((0,), t.INT)),
    "reverse": (frozenset({"string", "list"}), ((0,), t.DYN)),
}

_NUMBER, _BOOL = t.DYN, t.BOOL
NAMESPACES: dict[str, dict[str, Signature]] = {
    "math": {
        **{name: (tuple(range(1, 10)), _NUMBER) for name in ("greatest", "least")},
        **dict.fromkeys(("ceil", "floor", "round", "trunc", "sqrt"), ((1,), t.DOUBLE)),
        **dict.fromkeys(("abs", "sign", "bitNot"), ((1,), _NUMBER)),
        **dict.fromkeys(("isNaN", "isInf", "isFinite"), ((1,), _BOOL)),
        **dict.fromkeys(("bitAnd", "bitOr", "bitXor", "bitShiftLeft", "bitShiftRight"), ((2,), t.INT)),
    },
    "sets": dict.fromkeys(("contains", "equivalent", "intersects"), ((2,), _BOOL)),
    "lists": {"range": ((1,), t.list_of(t.INT))},
    "base64": {"encode": ((1,), t.STRING), "decode": ((1,), t.BYTES)},
    "strings": {"quote": ((1,), t.STRING)},
    "regex": {
        "replace": ((3, 4), t.STRING),
        "extract": ((2,), t.OPTIONAL),
        "extractAll": ((2,), t.list_of(t.STRING)),
    },
    "optional": {
        "of": ((1,), t.OPTIONAL),
        "none": ((0,), t.OPTIONAL),
        "ofNonZeroValue": ((1,), t.OPTIONAL),
        "unwrap": ((1,), _L),
    },
}
