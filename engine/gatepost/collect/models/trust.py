"""What a model file may do beyond what models of the known libraries need: the settings of gatepost.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.collect.interface import Context

__all__ = ["ModelTrust"]


@dataclass(frozen=True, slots=True)
class ModelTrust:
    """``trusted_types`` and ``allow_model_code`` of gatepost.yaml (from the trusted ref, where there is one).

    ``repository`` is the root of the repository, to say of a trusted type that its code lies there.
    """

    trusted_types: tuple[str, ...] = ()
    allow_model_code: bool = False
    repository: str = ""

    @classmethod
    def of(cls, context: Context) -> ModelTrust:
        """Return what the configuration behind ``context`` allows."""
        return cls(context.trusted_types, context.allow_model_code, str(context.repository))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ModelTrust:
        """Return what :meth:`json` stands for."""
        return cls(tuple(data["trusted_types"]), bool(data["allow_model_code"]), str(data["repository"]))

    def settings(self) -> dict[str, Any]:
        """Return what a result depends on."""
        return {"trusted_types": sorted(self.trusted_types), "allow_model_code": self.allow_model_code}

    def json(self) -> dict[str, Any]:
        """Return this as JSON, for the job of a child process."""
        return {
            "trusted_types": list(self.trusted_types),
            "allow_model_code": self.allow_model_code,
            "repository": self.repository,
        }
