"""``gatepost policy``: for authors."""

from __future__ import annotations

import click

from gatepost.cli.registry import LazyGroup

__all__ = ["policy"]

_COMMANDS = {
    "lint": ("gatepost.cli.policy_lint:lint", "Check policies without any evidence."),
    "test": ("gatepost.cli.policy_test:test", "Run the tests that lie beside policies."),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
def policy() -> None:
    """Check, test and format policies."""
