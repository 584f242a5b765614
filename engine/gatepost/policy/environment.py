"""The variables that an expression of a policy may read, with their types."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

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
    """Give the variables of a policy with these params.

    ``custom`` is what a team has declared of its own: the names of ``evidence.custom``, and its risk tiers.
    """
    found = dict(_document())
    if custom is not None and custom.schema is not None:
        for name in ("evidence", "baseline"):
            found[name] = _with(found[name], {"custom": custom.schema})
    if custom is not None and custom.risk_tiers:
        tier = {**evidence_schema.bundled()["properties"]["subject"]["properties"]["risk_tier"]}
        found["subject"] = _with(found["subject"], {"risk_tier": {**tier, "x-words": list(custom.risk_tiers)}})
    schema = {"type": "object", "additionalProperties": False, "properties": {n: p.schema for n, p in params.items()}}
    found["params"] = t.from_schema(schema, lambda part: part)
    return found


def _with(record: Type, properties: Mapping[str, Any]) -> Type:
    """Return the type of an object with other properties."""
    if not isinstance(record, Record):
        return record
    schema = {**record.schema, "properties": {**record.schema["properties"], **properties}}
    return Record("record", schema=schema, resolver=record.resolver)
