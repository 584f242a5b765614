"""The lines of gatepost.yaml that make a collector run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatepost.collect.interface import Collector

__all__ = ["entry_line"]


def entry_line(collector: Collector, section: str) -> str:
    """Give the entry of ``collect:`` for a collector that shall fill a section, after an example of its options."""
    example: Mapping[str, Any] = next(iter(collector.options.get("examples", ())), {})
    if "section" in example:
        example = {**example, "path": f"{section}.yaml", "section": section}
    options = ", ".join(f"{key}: {_flow(value)}" for key, value in example.items())
    return f"- {collector.name}: {{{options}}}"


def _flow(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    text = str(value)
    return f'"{text}"' if any(mark in text for mark in ":@#{}[],&*!|>%") else text
