"""The variables that an expression of a policy may read, with their types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache, partial
from typing import Any

from gatepost.cel import types as t
from gatepost.cel.types import Record, Type
from gatepost.evidence import schema as evidence_schema
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


def variables(params: Mapping[str, ParamSpec], custom: Mapping[str, Any] | None = None) -> dict[str, Type]:
    """Give the variables of a policy with these params.

    ``custom`` is the JSON Schema of ``evidence.custom``, where a team has declared one; its names become known.
    """
    found = dict(_document())
    if custom is not None:
        own = {"custom": t.from_schema(custom, partial(evidence_schema.resolve, root=custom))}
        for name in ("evidence", "baseline"):
            record = found[name]
            if isinstance(record, Record):
                found[name] = replace(record, more=own)
    schema = {"type": "object", "additionalProperties": False, "properties": {n: p.schema for n, p in params.items()}}
    found["params"] = t.from_schema(schema, lambda part: part)
    return found
