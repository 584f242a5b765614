"""What a team declares of its own in gatepost.yaml, and evidence carries: a schema, and its risk tiers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Custom"]


@dataclass(frozen=True, slots=True)
class Custom:
    """The JSON Schema of ``evidence.custom``, and the risk tiers that ``subject.risk_tier`` may name.

    Without a schema the section is open; without tiers they are those of the evidence schema.
    """

    schema: Mapping[str, Any] | None = None
    risk_tiers: tuple[str, ...] = ()

    def fields(self) -> dict[str, Any]:
        """Return the fields of an evidence document that say so."""
        schema = {} if self.schema is None else {"custom_schema": self.schema}
        return schema | ({"risk_tiers": list(self.risk_tiers)} if self.risk_tiers else {})
