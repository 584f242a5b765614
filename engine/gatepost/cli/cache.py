"""``gatepost cache``: what is kept of earlier runs."""

from __future__ import annotations

import click

from gatepost.cli.registry import LazyGroup

__all__ = ["cache"]

_COMMANDS = {
    "show": ("gatepost.cli.cache_show:show", "List what is kept."),
    "prune": ("gatepost.cli.cache_prune:prune", "Remove what was not used for a while."),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
def cache() -> None:
    """Look into what is kept of earlier runs, and remove it."""
