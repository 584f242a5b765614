"""``gatepost evidence schema``: the JSON Schema of evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

__all__ = ["schema"]


@click.command()
@click.argument("section", required=False)
@click.option("--output", "-o", metavar="FILE", help="Write it to a file.")
def schema(section: str | None, output: str | None) -> int:
    """Print the JSON Schema of evidence (draft 2020-12), or that of one SECTION."""
    from gatepost.cli.output import print_out
    from gatepost.evidence.schema import SECTIONS, bundled
    from gatepost.files import write_whole
    from gatepost.problems import GatepostError, did_you_mean

    found: dict[str, Any] = bundled()
    if section is not None:
        if section not in SECTIONS:
            advice = did_you_mean(section, SECTIONS) or "known: " + ", ".join(SECTIONS)
            raise GatepostError.of(f"evidence has no section `{section}`", advice=advice)
        definitions = found["$defs"]
        found = {
            "$schema": found["$schema"],
            **definitions[section],
            "$defs": _needed(definitions[section], definitions),
        }
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    if output is None:
        print_out(text, newline=False)
    else:
        write_whole(Path(output), text)
    return 0


def _needed(part: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    """Return the definitions that a part refers to, and those that they refer to."""
    needed: dict[str, Any] = {}
    open_parts = [part]
    while open_parts:
        current = open_parts.pop()
        if isinstance(current, dict):
            name = str(current.get("$ref", "")).removeprefix("#/$defs/")
            if name in definitions and name not in needed:
                needed[name] = definitions[name]
                open_parts.append(definitions[name])
            open_parts += current.values()
        elif isinstance(current, list):
            open_parts += current
    return needed
