"""The variables that an expression of a policy may read, with their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial

from gatepost.cel import types as t
from gatepost.cel.types import Record, Type
from gatepost.evidence import schema as evidence_schema
from gatepost.evidence.custom import Custom
from gatepost.policy.model import ParamSpec

__all__ = ["VARIABLES", "variables"]

VARIABLES = frozenset({"subject", "evidence", "baseline", "params", "collected_at", "sources", "now"})


@cache
def _document() -> Mapping[str, Type]:
    whole = t.from_schema(evidence_schema.bundled(), evidence_schema.resolve)
    if not isinstance(whole, Record):
        raise TypeError("the evidence schema describes an object")
    found = {name: whole.field(name) or t.DYN for name in ("subject", "evidence", "sources")}
    return {**found, "baseline": found["evidence"], "collected_at": t.TIMESTAMP, "now": t.TIMESTAMP}


def variables(params: Mapping[str, ParamSpec], custom: Custom | None = None) -> dict[str, Type]:
    """Return the variables of a policy with these params.

    ``custom`` is what a team has declared of its own: the names of ``evidence.custom``, and its risk tiers.
    """
    found = dict(_document())
    if custom is not None and custom.schema is not None:
        own = {"custom": t.from_schema(custom.schema, partial(evidence_schema.resolve, root=custom.schema))}
        for name in ("evidence", "baseline"):
            found[name] = _with(found[name], own)
    if custom is not None and custom.risk_tiers:
        tier = {**evidence_schema.bundled()["properties"]["subject"]["properties"]["risk_tier"]}
        own = {"risk_tier": t.from_schema({**tier, "x-words": list(custom.risk_tiers)}, evidence_schema.resolve)}
        found["subject"] = _with(found["subject"], own)
    schema = {"type": "object", "additionalProperties": False, "properties": {n: p.schema for n, p in params.items()}}
    found["params"] = t.from_schema(schema, lambda part: part)
    return found


def _with(record: Type, fields: Mapping[str, Type]) -> Type:
    """Return the type of an object with other fields."""
    return replace(record, more=fields) if isinstance(record, Record) else record
