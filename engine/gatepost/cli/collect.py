"""``gatepost collect``: collect evidence only."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["collect"]


@click.command()
@click.option("--config", default="gatepost.yaml", metavar="FILE", help="The configuration (gatepost.yaml).")
@click.option("-o", "--output", required=True, metavar="FILE", help="Where the evidence goes.")
@click.option("--quiet", "-q", is_flag=True, help="Show no progress.")
def collect(config: str, output: str, quiet: bool) -> int:
    """Collect the evidence that gatepost.yaml asks for, and write it to a file.

    The exit code is 2 where a required source failed; what the others found is written all the same.
    """
    from gatepost.cli.collecting import collect_to, load_config

    collection = collect_to(load_config(config), Path(output), quiet=quiet)
    if not quiet:
        click.echo(f"{output}  {collection.evidence.digest}")
    return 2 if collection.required else 0
