"""JSON Schemas for editors: completion, hover help and errors while typing, from the schemas that Gatepost checks by.

An editor types scalars by YAML's own rules, where Gatepost types them by the schema of their key: ``1.10`` is a
string where a version is asked for. So where a string is wanted, an editor must let any scalar pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatepost.typed import load_schema

__all__ = ["FIRST_KEYS", "KINDS", "editor_schema", "for_editors"]

# By the first key of a file: what it is called.
FIRST_KEYS: dict[str, str] = {
    "policy": "policy",
    "profile": "profile",
    "waivers": "waivers",
    "catalogue": "catalogue",
    "tests": "tests",
    "subject": "gatepost",
}
KINDS: tuple[str, ...] = tuple(FIRST_KEYS.values())


def editor_schema(kind: str) -> dict[str, Any]:
    """Return the schema for an editor of a file that policies are made of (any kind but ``gatepost``)."""
    return for_editors(load_schema("gatepost.policy.schema", f"{kind}.json").schema)


def for_editors(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema with every scalar let pass where a string is wanted."""
    relaxed: dict[str, Any] = _relaxed(dict(schema))
    relaxed.pop("$schema", None)
    return {"$schema": "http://json-schema.org/draft-07/schema#", **relaxed}


def _relaxed(part: Any) -> Any:
    if isinstance(part, list):
        return [_relaxed(item) for item in part]
    if not isinstance(part, dict):
        return part
    found = {key: _relaxed(value) for key, value in part.items()}
    if found.get("type") == "string" and "enum" not in found and "const" not in found:
        found["type"] = ["string", "number", "boolean"]
    elif found.get("type") == "string" and any(str(word).isdecimal() for word in found.get("enum", ())):
        found["type"] = ["string", "number"]
        found["enum"] = [*found["enum"], *(int(word) for word in found["enum"] if str(word).isdecimal())]
    return found
