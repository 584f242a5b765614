"""``gatepost cache show``: what is kept of earlier runs."""

from __future__ import annotations

import datetime

import click

from gatepost.cli.collect_options import cache_folder, config_option

__all__ = ["show"]


@click.command()
@config_option
def show(config: str) -> int:
    """List what is kept of earlier runs, the last used first."""
    from gatepost.collect.cache import Cache

    folder = cache_folder(config)
    entries = list(Cache(folder).entries())
    for kept in entries:
        if kept.damaged:
            click.echo(f"damaged  {kept.path.name}  it is collected again when it is asked for")
            continue
        used = datetime.datetime.fromtimestamp(kept.used, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        click.echo(
            f"{kept.source:<20} {kept.description:<45} {kept.seconds:>7.1f} s  "
            f"collected {kept.collected_at}  used {used}  {kept.size / 1024:.1f} KiB"
        )
    size = sum(kept.size for kept in entries)
    click.echo(f"{len(entries)} {'result' if len(entries) == 1 else 'results'}, {size / 1024:.1f} KiB, in {folder}")
    return 0
