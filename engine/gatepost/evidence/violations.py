"""What a JSON Schema has against a document, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gatepost.evidence.plain import Fault
from gatepost.evidence.pointers import pointer
from gatepost.evidence.schema import Path
from gatepost.problems import did_you_mean

__all__ = ["faults_of"]

_KINDS = {
    "array": "a list",
    "object": "a map",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "string": "a text",
}
_LIMITS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
}
_EMPTY = ("minItems", "minProperties", "minLength")


def faults_of(error: Any, schema: Mapping[str, Any], base: Path = ()) -> list[Fault]:
    """Say what an error of jsonschema-rs means.

    Args:
        error: a ``jsonschema_rs.ValidationError``.
        schema: the schema that was validated against, whole.
        base: the path of what was validated, from the root of the document.
    """
    path = (*base, *error.instance_path)
    keyword = error.kind.name
    at = _schema_at(schema, error.schema_path)
    name = pointer(path) or "the document"
    if keyword == "additionalProperties":
        known = list(at.get("properties", ()))
        return [
            Fault((*path, key), f"unknown field `{key}` in {name}", _nearest(key, known), key=True)
            for key in error.kind.unexpected
        ]
    if keyword == "required":
        missing = error.kind.property
        return [Fault(path, f"{name} needs `{missing}`", f"add `{missing}`")]
    if keyword == "propertyNames":
        key = error.kind.error.instance
        # Here the path into the schema ends inside `propertyNames`, with the rule that the name breaks.
        return [Fault((*path, key), f"the name `{key}` in {name} is not {_form(at)}", key=True)]
    value = error.instance
    advice = did_you_mean(value, map(str, at.get("enum", ()))) if isinstance(value, str) else ""
    return [Fault(path, f"{name} {_breach(keyword, at, value, error)}", advice)]


def _breach(keyword: str, at: Mapping[str, Any], value: Any, error: Any) -> str:
    shown = _show(value)
    if keyword == "type":
        kinds = at.get("type", ())
        kinds = (kinds,) if isinstance(kinds, str) else kinds
        return f"must be {' or '.join(_KINDS.get(kind, kind) for kind in kinds)}, got {shown}"
    if keyword == "enum":
        return f"is {shown}, which is none of: " + ", ".join(str(word) for word in at.get("enum", ()))
    if keyword == "const":
        return f"is {shown} and must be {_show(at.get('const'))}"
    if keyword == "format":
        form = at.get("format")
        form = "a time with its zone (RFC 3339), such as 2026-01-31T12:00:00Z" if form == "date-time" else form
        return f"is {shown}, which is not {form}"
    if keyword == "pattern":
        return f"is {shown}, which is not {_form(at)}"
    if keyword in _LIMITS:
        return f"is {shown} and must be {_LIMITS[keyword]} {at.get(keyword)}"
    if keyword in _EMPTY and at.get(keyword) == 1:
        return "must not be empty"
    return f"breaks the schema's `{keyword}`: {error.message:.200}"


def _form(at: Mapping[str, Any]) -> str:
    return str(at.get("x-says") or f"of the form {at.get('pattern')}")


def _nearest(key: str, known: list[str]) -> str:
    return did_you_mean(key, known) or ("known: " + ", ".join(known) if known else "")


def _show(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return "a map" if isinstance(value, dict) else "a list"
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, str) else value
    return f"`{text if len(text) <= 60 else text[:57] + '...'}`"


def _schema_at(schema: Mapping[str, Any], schema_path: list[str | int]) -> Mapping[str, Any]:
    """Return the part of the schema whose keyword failed; jsonschema-rs gives paths with references followed."""
    part: Any = schema
    for step in schema_path[:-1]:
        if isinstance(part, Mapping):
            part = part.get(str(step), {})
        else:
            part = part[int(step)] if isinstance(part, list) else {}
    return part if isinstance(part, Mapping) else {}
