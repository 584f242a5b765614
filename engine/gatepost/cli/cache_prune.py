"""``gatepost cache prune``: remove what was not used for a while."""

from __future__ import annotations

import time

import click

from gatepost.cli.collect_options import config_option

__all__ = ["prune"]


@click.command()
@config_option
@click.option(
    "--days",
    type=click.FloatRange(min=0),
    default=30,
    show_default=True,
    metavar="N",
    help="Remove what was not used for so many days; 0 removes all.",
)
def prune(config: str, days: float) -> int:
    """Remove what was not used for a while, and what cannot be used: damaged, or not made here."""
    from gatepost.cli.collecting import open_cache
    from gatepost.cli.output import print_out
    from gatepost.state import State

    cache = open_cache(State(config))
    gone = [] if cache is None else cache.prune(days, time.time())
    size = sum(kept.size for kept in gone)
    print_out(f"removed {len(gone)} {'result' if len(gone) == 1 else 'results'}, {size / 1024:.1f} KiB")
    return 0
