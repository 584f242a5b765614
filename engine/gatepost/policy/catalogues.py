"""Catalogues: the controls of laws and standards that rules may support."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from gatepost.located_yaml import Document, read
from gatepost.policy import shipped
from gatepost.typed import check, load_schema

__all__ = ["Catalogue", "read_catalogue", "shipped_controls"]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """A law or standard: the titles of its controls by their full names (``eu-ai-act/10.2.f``)."""

    name: str
    title: str
    controls: Mapping[str, str]


def read_catalogue(document: Document) -> Catalogue:
    """Read a catalogue.

    Raises:
        GatepostError: with all mistakes of the file.
    """
    data = check(document, load_schema("gatepost.policy.schema", "catalogue.json"))
    controls = {f"{data['catalogue']}/{control['id']}": control["title"] for control in data["controls"]}
    return Catalogue(data["catalogue"], data["title"], controls)


@cache
def shipped_controls() -> Mapping[str, str]:
    """Return the titles of the controls of all catalogues that ship, by their full names."""
    found: dict[str, str] = {}
    for path in sorted((shipped.policies_folder() / "controls").glob("*.yaml")):
        found.update(read_catalogue(read(path, f"gatepost/policies/controls/{path.name}")).controls)
    return found
