"""``gatepost cache show``: what is kept of earlier runs."""

from __future__ import annotations

import datetime

import click

from gatepost.cli.collect_options import config_option

__all__ = ["show"]


@click.command()
@config_option
def show(config: str) -> int:
    """List what is kept of earlier runs, the last used first."""
    from gatepost.cli.collecting import open_cache
    from gatepost.cli.output import print_out
    from gatepost.state import State
    from gatepost.text import harmless

    state = State(config)
    cache = open_cache(state)
    entries = [] if cache is None else list(cache.entries())
    for kept in entries:
        if kept.damaged:
            print_out(f"not usable  {harmless(kept.path.name)}  damaged, or not made here: it is not used")
            continue
        used = datetime.datetime.fromtimestamp(kept.used, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        print_out(
            f"{harmless(kept.source):<20} {harmless(kept.description):<45} {kept.seconds:>7.1f} s  "
            f"collected {kept.collected_at}  used {used}  {kept.size / 1024:.1f} KiB"
        )
    size, number = sum(kept.size for kept in entries), len(entries)
    print_out(f"{number} {'result' if number == 1 else 'results'}, {size / 1024:.1f} KiB, in {state.cache}")
    return 0
