"""YAML typed and checked by a JSON Schema, with errors that stand on the line they are about.

A scalar is what the schema of its key says: ``1.10`` is a string where a version is asked for and ``no`` a
word. Where the schema leaves the type open, YAML 1.2's core rules decide.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

import jsonschema_rs

from gatepost.located_yaml import Document, Node, Pointer
from gatepost.placeholders import unwritten
from gatepost.problems import GatepostError, Place, Problem, did_you_mean

__all__ = ["Schema", "check", "load_schema"]

_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_WHOLE = re.compile(r"[-+]?[0-9]{1,15}\.0+\Z")
_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_WORDS |= {word.capitalize(): value for word, value in _WORDS.items() if word.isalpha()}

_MAX_HOPS = 32


class Schema:
    """A JSON Schema (draft 2020-12) with its validator, made when it is first needed."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self.schema = schema
        self._validator: Any = None

    def resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow ``$ref`` within the schema; one that leads nowhere or round in a circle allows anything."""
        for _ in range(_MAX_HOPS):
            if "$ref" not in schema:
                return schema
            target: Any = self.schema
            for part in schema["$ref"].removeprefix("#").split("/")[1:]:
                target = target.get(part) if isinstance(target, Mapping) else None
            schema = target if isinstance(target, Mapping) else {}
        return {}

    def errors(self, data: Any) -> list[Any]:
        """Return what jsonschema-rs says against ``data``; nothing where it is valid."""
        if self._validator is None:
            self._validator = jsonschema_rs.Draft202012Validator(dict(self.schema))
        if self._validator.is_valid(data):
            return []
        return list(self._validator.iter_errors(data))


def check(document: Document, schema: Schema, node: Node | None = None, *, texts: bool = True) -> Any:
    """Type the document (or one node of it) by the schema, check it, and give plain data.

    With ``texts``, what people write (``x-text``) must not be blank or a placeholder.

    Raises:
        GatepostError: with every violation, each at its place.
    """
    root = node if node is not None else document.root
    data = _typed(root, schema.schema, schema)
    errors = schema.errors(data)
    if errors:
        found = [problem for error in errors for problem in _explain(document, root, schema, data, error)]
        raise GatepostError(*dict.fromkeys(found))
    left_open = list(_unwritten(document, root, schema.schema, schema, ())) if texts else []
    if left_open:
        raise GatepostError(*left_open)
    return data


def _typed(node: Node, schema: Mapping[str, Any], whole: Schema) -> Any:
    schema = _branch(node, schema, whole)
    value = node.value
    if isinstance(value, str):
        return _scalar(node, value, schema.get("type"))
    if isinstance(value, tuple):
        return [_typed(child, _below(schema, 0), whole) for child in value]
    return {key: _typed(child, _below(schema, key), whole) for key, child in value.items()}


def _unwritten(
    document: Document, node: Node, schema: Mapping[str, Any], whole: Schema, pointer: Pointer
) -> Iterator[Problem]:
    """Find the texts that only stand where something is to be written (``x-text``)."""
    schema = _branch(node, schema, whole)
    value = node.value
    if isinstance(value, str):
        lacks = unwritten(value, schema["x-text"]) if "x-text" in schema else ""
        if lacks:
            yield document.problem(f"{_name(pointer)} {lacks}", document.place(node), "write it out")
        return
    for part, child in enumerate(value) if isinstance(value, tuple) else value.items():
        below = _below(schema, part)
        if below:
            yield from _unwritten(document, child, below, whole, (*pointer, part))


def _branch(node: Node, schema: Mapping[str, Any], whole: Schema) -> Mapping[str, Any]:
    """Return the schema without references, with the branch of ``oneOf`` that is meant for this kind of node."""
    schema = whole.resolve(schema)
    for branch in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        if _fits_kind(node, whole.resolve(branch)):
            rest = {key: value for key, value in schema.items() if key not in ("oneOf", "anyOf")}
            return {**whole.resolve(branch), **rest}
    return schema


def _below(schema: Mapping[str, Any], part: str | int) -> Mapping[str, Any]:
    """Return the schema of an entry of a list or a map; ``{}`` where anything may stand."""
    other = schema.get("items" if isinstance(part, int) else "additionalProperties", {})
    found = other if isinstance(part, int) else schema.get("properties", {}).get(part, other)
    return found if isinstance(found, Mapping) else {}


def _fits_kind(node: Node, schema: Mapping[str, Any]) -> bool:
    """Tell whether a branch of ``oneOf`` is meant for this kind of node (and this scalar)."""
    kinds = schema.get("type")
    if kinds is None:
        return isinstance(node.value, str) and ("const" in schema or "enum" in schema)
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if isinstance(node.value, dict):
        return "object" in kinds and set(schema.get("required", ())) <= set(node.value)
    if isinstance(node.value, tuple):
        return "array" in kinds
    return any(not isinstance(_scalar(node, node.value, kind), str) for kind in kinds) or "string" in kinds


def _scalar(node: Node, value: str, kinds: Any) -> Any:
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds is None:
        return _core(value) if node.plain else value
    if kinds and "string" in kinds and (len(kinds) == 1 or not node.plain):
        return value
    if ("integer" in kinds or "number" in kinds) and _INTEGER.match(value):
        return int(value) if len(value) < 400 else value
    if "integer" in kinds and "number" not in kinds and _WHOLE.match(value):
        return int(float(value))  # tools write counts as 96.0
    if "number" in kinds and _NUMBER.match(value):
        number = float(value)
        return number if math.isfinite(number) else value  # beyond what a double holds: no number
    if "boolean" in kinds and value in ("true", "false", "True", "False"):
        return value in ("true", "True")
    if "null" in kinds and _WORDS.get(value, value) is None:
        return None
    return value


def _core(value: str) -> Any:
    if value in _WORDS:
        return _WORDS[value]
    if _INTEGER.match(value) and len(value) < 400:
        return int(value)
    return float(value) if _NUMBER.match(value) else value


_ARTICLES = {"array": "a list", "object": "a map", "integer": "a whole number", "boolean": "true or false"}


def _kind_name(kind: str) -> str:
    return _ARTICLES.get(kind, f"a {kind}")


def _explain(document: Document, root: Node, schema: Schema, data: Any, error: Any) -> list[Problem]:
    pointer: Pointer = tuple(error.instance_path)
    node = _descend(root, pointer)
    kind = type(error.kind).__name__.rpartition("_")[2]
    at = _schema_at(schema, error)
    if kind == "AdditionalProperties":
        return [_unknown_key(document, node, at, key) for key in error.kind.unexpected]
    if kind == "Required":
        place = document.place(node)
        head = Place(place.path, place.line, place.column, place.line, place.column)
        key = error.kind.property
        return [document.problem(f"{_name(pointer)} needs `{key}`", head, f"add `{key}:`")]
    if kind in ("OneOfNotValid", "AnyOf"):
        deeper = _deeper(document, root, schema, data, pointer, at)
        if deeper:
            return deeper
    what = f"{_name(pointer)} {_violation(kind, at, node, error)}"
    return [document.problem(what, document.place(node), _limit_advice(kind, at, node))]


def _deeper(
    document: Document, root: Node, schema: Schema, data: Any, pointer: Pointer, at: Mapping[str, Any]
) -> list[Problem]:
    """Explain by the one branch of ``oneOf`` that is meant, where it can be told."""
    node = _descend(root, pointer)
    for branch in (*at.get("oneOf", ()), *at.get("anyOf", ())):
        branch = schema.resolve(branch)
        if _fits_kind(node, branch):
            part = data
            for step in pointer:
                part = part[step]
            inner = Schema({**branch, "$defs": schema.schema.get("$defs", {})})
            errors = inner.errors(part)
            return [problem for e in errors for problem in _explain(document, node, inner, part, e)]
    return []


def _descend(root: Node, pointer: Pointer) -> Node:
    node: Any = root
    for part in pointer:
        node = node.value[part]
    return cast(Node, node)


def _schema_at(schema: Schema, error: Any) -> Mapping[str, Any]:
    """Return the part of the schema whose keyword failed."""
    part: Any = schema.schema
    for step in list(error.schema_path)[:-1]:
        if isinstance(part, Mapping) and "$ref" in part:
            part = schema.resolve(part)
            if step == "$ref":
                continue
        if step == "$ref":
            continue
        part = part[step]
    return schema.resolve(part) if isinstance(part, Mapping) else {}


def _unknown_key(document: Document, node: Node, at: Mapping[str, Any], key: str) -> Problem:
    known = sorted(at.get("properties", {}))
    advice = did_you_mean(key, known) or ("known: " + ", ".join(known) if known else "")
    return document.problem(f"unknown key `{key}`", document.key_place(node, key), advice)


def _name(pointer: Pointer) -> str:
    shown = ""
    for part in pointer:
        shown += f"[{part}]" if isinstance(part, int) else f".{part}" if shown else part
    return f"`{shown}`" if shown else "the file"


def _violation(kind: str, at: Mapping[str, Any], node: Node, error: Any) -> str:
    shown = node.value if isinstance(node.value, str) else ""
    if kind == "Type":
        kinds = at.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        got = f", got `{shown}`" if shown else ", got a map" if isinstance(node.value, dict) else ""
        got = got or (", got a list" if isinstance(node.value, tuple) else ", got nothing")
        return "must be " + " or ".join(_kind_name(k) for k in kinds) + got
    if kind == "Enum":
        return f"is `{shown}`, which is none of: " + ", ".join(str(v) for v in at.get("enum", ()))
    if kind == "Pattern":
        return f"is `{shown}`, which is not {at.get('x-says', 'of the form ' + str(at.get('pattern')))}"
    if kind in ("Minimum", "Maximum", "ExclusiveMinimum", "ExclusiveMaximum"):
        word = {"Minimum": "at least", "Maximum": "at most"}.get(kind)
        word = word or ("more than" if kind == "ExclusiveMinimum" else "less than")
        limit = at.get(kind[0].lower() + kind[1:])
        return f"is {shown} and must be {word} {limit}"
    if kind in ("MinItems", "MinProperties", "MinLength"):
        return "must not be empty"
    if kind == "MaxProperties":
        return f"has more than {at.get('maxProperties')} entries"
    if kind == "UniqueItems":
        return "has an entry twice"
    return str(error.message)


def _limit_advice(kind: str, at: Mapping[str, Any], node: Node) -> str:
    if kind == "Enum" and isinstance(node.value, str):
        return did_you_mean(node.value, [str(v) for v in at.get("enum", ())])
    if kind == "Type" and isinstance(node.value, str) and at.get("type") == "string":
        return "put it in quotes"
    return ""


@cache
def load_schema(package: str, name: str) -> Schema:
    """Load a schema that ships inside the package (``gatepost.policy.schema``, ``policy.json``)."""
    folder = Path(__file__).parent.joinpath(*package.split(".")[1:])
    return Schema(json.loads(folder.joinpath(name).read_bytes()))
