"""``gatepost evidence``: for whoever looks into evidence."""

from __future__ import annotations

import click

from gatepost.cli.registry import LazyGroup

__all__ = ["evidence"]

_COMMANDS = {
    "show": ("gatepost.cli.evidence_show:show", "Show what is known, by section, and where it came from."),
    "validate": ("gatepost.cli.evidence_validate:validate", "Check evidence files against the schema."),
    "diff": ("gatepost.cli.evidence_diff:diff", "Say what changed between two evidence files."),
    "schema": ("gatepost.cli.evidence_schema:schema", "Print the JSON Schema of evidence."),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
def evidence() -> None:
    """Look into evidence."""
