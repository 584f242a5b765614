"""``gatepost collect``: collect evidence only."""

from __future__ import annotations

from pathlib import Path

import click

from gatepost.cli.collect_options import collect_options, config_option

__all__ = ["collect"]


@click.command()
@config_option
@click.option("-o", "--output", required=True, metavar="FILE", help="Where the evidence goes.")
@collect_options
@click.option("--quiet", "-q", is_flag=True, help="Show no progress.")
def collect(
    config: str,
    output: str,
    quiet: bool,
    jobs: int | None,
    no_cache: bool,
    data_roots: tuple[str, ...],
    repository: str | None,
) -> int:
    """Collect the evidence that gatepost.yaml asks for, and write it to a file.

    The exit code is 2 where a required source failed; what the others found is written all the same.
    """
    from gatepost.cli.collecting import CollectOptions, collect_to, load_config, open_cache
    from gatepost.cli.output import print_out
    from gatepost.state import State
    from gatepost.text import harmless

    state = State(config)
    options = CollectOptions(state, quiet, jobs, open_cache(state, no_cache=no_cache), data_roots)
    collection = collect_to(load_config(config, repository), Path(output), options)
    if not quiet:
        print_out(f"{harmless(output)}  {collection.evidence.digest}")
    return 2 if collection.required else 0
