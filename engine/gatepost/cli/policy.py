"""``gatepost policy``: for authors."""

from __future__ import annotations

import click

from gatepost.cli.registry import LazyGroup

__all__ = ["policy"]

_COMMANDS = {
    "lint": ("gatepost.cli.policy_lint:lint", "Check policies without any evidence."),
    "fmt": ("gatepost.cli.policy_fmt:fmt", "Bring policies and the files beside them into one form."),
    "list": ("gatepost.cli.policy_list:list_rules", "List rules, with their enforcement."),
    "show": ("gatepost.cli.policy_show:show", "Show one rule in full."),
    "schema": ("gatepost.cli.policy_schema:schema", "Print a JSON Schema for editors."),
    "test": ("gatepost.cli.policy_test:test", "Run the tests that lie beside policies."),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
def policy() -> None:
    """Check, test and format policies."""
