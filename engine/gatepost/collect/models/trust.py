"""A model to load, and what it may do beyond what models of the known libraries need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gatepost.collect.digests import tree_digest
from gatepost.collect.interface import CollectorError, Context

__all__ = ["ModelFiles", "ModelTrust"]


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

    def settings(self) -> dict[str, Any]:
        """Return what a result depends on."""
        return {"trusted_types": sorted(self.trusted_types), "allow_model_code": self.allow_model_code}


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model to load: its file or folder, how messages call it, its digest for evidence, and what it may do."""

    path: Path
    name: str
    digest: str = ""
    trust: ModelTrust = field(default_factory=ModelTrust)

    @classmethod
    def of(cls, name: str, path: Path, context: Context) -> ModelFiles:
        """Return the model that the option ``name`` stands for, with the digest that its files have now.

        Raises:
            CollectorError: a file cannot be read.
        """
        try:
            return cls(path, name, tree_digest(path), ModelTrust.of(context))
        except OSError as error:
            raise CollectorError(f"cannot read {name}: {error.strerror}", option=("model",)) from error

    def to_data(self) -> dict[str, Any]:
        """Return this as JSON, for the job of a child process."""
        return {**asdict(self), "path": str(self.path)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> ModelFiles:
        """Return what :meth:`to_data` was made of."""
        trust = ModelTrust(**{**data["trust"], "trusted_types": tuple(data["trust"]["trusted_types"])})
        return cls(Path(data["path"]), data["name"], data["digest"], trust)
