"""``gatepost policy schema``: the JSON Schemas for editors."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["schema"]


@click.command()
@click.argument("kind")
@click.option("--output", "-o", metavar="FILE", help="Write it to a file.")
def schema(kind: str, output: str | None) -> int:
    """Print the JSON Schema for editors of KIND: policy, profile, waivers, catalogue, tests or gatepost."""
    from gatepost.cli.formatted import schema_text
    from gatepost.cli.output import print_out
    from gatepost.files import write_whole
    from gatepost.policy.editor_schemas import KINDS
    from gatepost.problems import GatepostError, did_you_mean

    if kind not in KINDS:
        advice = did_you_mean(kind, KINDS) or "known: " + ", ".join(KINDS)
        raise GatepostError.of(f"there is no schema `{kind}`", advice=advice)
    if output is None:
        print_out(schema_text(kind), newline=False)
    else:
        write_whole(Path(output), schema_text(kind))
    return 0
