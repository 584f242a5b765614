"""The schema of gatepost.yaml: each collector brings the part for its options."""

from __future__ import annotations

from typing import Any

from gatepost.collect.plan import Chosen, entry_schema
from gatepost.collect.registry import Registry
from gatepost.evidence import schema as evidence_schema
from gatepost.typed import Schema

__all__ = ["DECLARED", "config_schema", "file_schema"]

_TEXTS = {"type": "array", "items": {"type": "string", "minLength": 1}}

DECLARED: dict[str, Any] = {
    "evidence_schema": {"type": "object", "description": "JSON Schema of the team's own evidence."},
    "risk_tiers": {
        **_TEXTS,
        "minItems": 1,
        "uniqueItems": True,
        "description": "The team's own risk tiers, in the place of unacceptable, high, limited and minimal.",
    },
}
"""What gatepost.yaml declares of a team's own, by key; evidence carries it."""


def file_schema() -> dict[str, Any]:
    """Return the schema of gatepost.yaml with the options of every collector that is installed."""
    registry = Registry()
    found = ((name, registry.get(name)) for name in registry.names())
    chosen = {number: (name, one) for number, (name, one) in enumerate(found) if one is not None}
    return {"title": "gatepost.yaml", **config_schema(chosen).schema}


def config_schema(chosen: Chosen) -> Schema:
    """Return the schema of gatepost.yaml for these collectors."""
    bundled = evidence_schema.bundled()
    subject = evidence_schema.resolve(bundled["properties"]["subject"])
    report = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": {"type": "string"}}
    return Schema(
        {
            "type": "object",
            "required": ["subject", "collect", "policies"],
            "additionalProperties": False,
            "properties": {
                "subject": subject,
                "collect": {
                    "type": "array",
                    "minItems": 1,
                    "items": entry_schema(chosen),
                    "description": "What fills the evidence: a collector an entry.",
                },
                "policies": {
                    **_TEXTS,
                    "minItems": 1,
                    "description": "What to judge by: files, folders, or profile/NAME for one that ships.",
                },
                "params": {"type": "object", "description": "Values of params by full name: POLICY.NAME."},
                "waivers": {"type": "string", "minLength": 1, "description": "A file of waivers."},
                "baseline": {
                    "type": "string",
                    "minLength": 1,
                    "description": "Evidence of the champion: a file, or a model.",
                },
                "reports": {"type": "array", "items": report, "description": "Reports to write, each FORMAT: PATH."},
                **DECLARED,
                "data_roots": {
                    **_TEXTS,
                    "description": "Folders and addresses outside the repository that data and models may come from.",
                },
                "trusted_types": {
                    "type": "array",
                    "items": {
                        "type": "string",
                        "pattern": r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$",
                        "x-says": "a class by module and name, such as ourmodels.Scaler",
                    },
                    "description": "Classes of the team's own that a model file may load, by module and name.",
                },
                "allow_model_code": {
                    "type": "boolean",
                    "description": "Whether models may bring code of their own (false).",
                },
                "require_isolation": {
                    "type": "boolean",
                    "description": "Whether to fail where the kernel cannot isolate the child process (false).",
                },
            },
            "$defs": bundled.get("$defs", {}),
        }
    )
