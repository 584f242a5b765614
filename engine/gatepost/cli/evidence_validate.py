"""``gatepost evidence validate``: check evidence files."""

from __future__ import annotations

import click

__all__ = ["validate"]


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
def validate(files: tuple[str, ...]) -> int:
    """Check evidence files against the schema.

    The exit code is 0 where all are valid, 2 where one is not.
    """
    from gatepost.cli.judging import read_evidence
    from gatepost.cli.output import print_out, show_problems
    from gatepost.problems import GatepostError
    from gatepost.text import harmless

    code = 0
    for file in files:
        try:
            digest = read_evidence(file).digest
        except GatepostError as error:
            code = 2
            show_problems(error.problems)
            continue
        print_out(f"valid  {harmless(file)}  {digest}")
    return code
