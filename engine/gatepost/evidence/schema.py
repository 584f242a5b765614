"""The JSON Schema of evidence: one file a section in ``schema/``, bundled here into one.

A section's file refers to shared definitions as ``#/$defs/metric``: the references hold after bundling. Beside
JSON Schema's own keywords stand ``x-collectors`` (the collectors that fill a section or a field), ``x-count`` (the
field beside a list that holds its length), ``x-says`` (a pattern in words) and ``x-text`` (what a person's text must
not be: see ``gatepost.placeholders``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path as _FilePath
from typing import Any

__all__ = [
    "GOVERNED",
    "SECTIONS",
    "Path",
    "bundled",
    "collectors_for",
    "describe",
    "is_metric_schema",
    "lookup",
    "resolve",
]

Path = tuple[str | int, ...]
"""The keys and indices that lead from the root of the document to a value."""

SECTIONS: tuple[str, ...] = (
    "model",
    "training",
    "documentation",
    "data",
    "performance",
    "fairness",
    "robustness",
    "privacy",
    "drift",
    "explainability",
    "leakage",
    "artifacts",
    "risk",
    "oversight",
    "assessments",
    "approvals",
    "access",
    "logging",
    "incidents",
    "monitoring",
)
"""The sections that have a schema of their own; ``custom`` and ``more`` stand beside them."""

GOVERNED: tuple[str, ...] = ("approvals", "assessments", "risk", "access", "oversight")
"""The sections in which people vouch for a model: under a trusted ref, what a merge request writes does not count."""

_MAX_HOPS = 32
# Metrics whose definition limits their value. Ends of intervals are not limited: normal ones may leave the range.
_LIMITED: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "share_metric": ("metric", {"minimum": 0, "maximum": 1}),
    "signed_metric": ("metric", {"minimum": -1, "maximum": 1}),
    "nonnegative_metric": ("metric", {"minimum": 0}),
    "at_most_one_metric": ("metric", {"maximum": 1}),
    "share_difference": ("difference", {"minimum": -1, "maximum": 1}),
}
# With one of these a schema may allow a field that `properties` does not name.
_OPEN_KEYWORDS = {
    "allOf", "anyOf", "oneOf", "if", "patternProperties", "prefixItems", "dependentSchemas", "$dynamicRef"
}  # fmt: skip


@cache
def bundled() -> dict[str, Any]:
    """Return the schema of the whole document (draft 2020-12), in one piece. Do not change what it gives."""
    folder = _FilePath(__file__).parent / "schema"

    def load(name: str) -> Any:
        return json.loads(folder.joinpath(f"{name}.json").read_bytes())

    whole: dict[str, Any] = load("evidence")
    definitions = whole["$defs"]
    definitions.update(load("common")["$defs"])
    definitions.update({name: _limited(definitions[of], limits) for name, (of, limits) in _LIMITED.items()})
    sections = definitions["sections"]["properties"]
    for name in SECTIONS:
        definitions[name] = load(name)
        sections[name] = {"$ref": f"#/$defs/{name}"}
    properties = whole["properties"]["evidence"]["properties"]
    whole["properties"]["evidence"]["properties"] = {**sections, **properties}
    return whole


def _limited(metric: Mapping[str, Any], limits: Mapping[str, float]) -> dict[str, Any]:
    """Return the schema of a metric or a difference with limits on its value, the first of its fields."""
    fields = dict(metric["properties"])
    center = next(iter(fields))
    return {**metric, "properties": {**fields, center: {**fields[center], **limits}}}


def is_metric_schema(schema: Mapping[str, Any]) -> bool:
    """Tell whether a resolved schema is that of a metric or a difference."""
    fields = schema.get("properties")
    definitions = bundled()["$defs"]
    return fields is not None and any(
        fields is definitions[name]["properties"] for name in ("metric", "difference", *_LIMITED)
    )


def resolve(schema: Mapping[str, Any], root: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
    """Follow ``$ref`` into ``root`` (default: :func:`bundled`); what stands beside a reference wins.

    A reference that leads nowhere, outside or round in a circle gives ``{}``, which allows anything.
    """
    for _ in range(_MAX_HOPS):
        if "$ref" not in schema:
            return schema
        target: Any = bundled() if root is None else root
        head, *parts = str(schema["$ref"]).split("/")
        for part in parts:
            part = part.replace("~1", "/").replace("~0", "~")
            target = target.get(part) if isinstance(target, Mapping) else None
        if head != "#" or not isinstance(target, Mapping):
            return {}
        schema = {**target, **{key: value for key, value in schema.items() if key != "$ref"}}
    return {}


def step(schema: Mapping[str, Any], part: str | int) -> Mapping[str, Any] | None:
    """Return the schema of one entry below a resolved schema; ``{}`` where anything may stand, or nothing."""
    kinds = schema.get("type", ("object", "array"))
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    found: Any
    if isinstance(part, int):
        found = schema.get("items", True) if "array" in kinds else False
    else:
        closed = schema.get("additionalProperties", True)
        found = schema.get("properties", {}).get(part, closed) if "object" in kinds else False
    if isinstance(found, Mapping):
        return found
    return {} if found or not _OPEN_KEYWORDS.isdisjoint(schema) else None


def is_custom(path: Path) -> bool:
    """Tell whether a path is that of a ``custom`` section, which ``custom_schema`` describes."""
    return path == ("evidence", "custom") or (
        len(path) == 4 and path[:2] == ("evidence", "more") and path[3] == "custom"
    )


def lookup(path: Path, custom_schema: Mapping[str, Any] | None = None) -> Mapping[str, Any] | None:
    """Return the schema of a field by its path from the root of the document.

    Any index stands for all entries of a list, any name for all of an open map. ``custom_schema`` is the
    document's own, for what stands below ``evidence.custom``.

    Returns:
        the schema without ``$ref`` at its top; ``{}`` where anything may stand; nothing for an unknown field.
    """
    schema: Mapping[str, Any] | None = bundled()
    root: Mapping[str, Any] | None = None
    for index, part in enumerate(path):
        schema = step(resolve(schema, root), part) if schema is not None else None
        if schema is None:
            return None
        if custom_schema is not None and is_custom(path[: index + 1]):
            schema = root = custom_schema
    return resolve(schema, root) if schema is not None else None


def collectors_for(path: Path) -> tuple[str, ...]:
    """Return the names of the collectors that fill a field, from the nearest ``x-collectors`` at or above it.

    Nothing is given for what no collector fills (the subject's name) and for unknown fields.
    """
    if lookup(path) is None:
        return ()
    for length in range(len(path), 0, -1):
        found = lookup(path[:length])
        if found and "x-collectors" in found:
            return tuple(found["x-collectors"])
    return ()


def describe(path: Path, custom_schema: Mapping[str, Any] | None = None) -> str:
    """Say what a field means, with its unit; empty for an unknown field."""
    return str((lookup(path, custom_schema) or {}).get("description", ""))
