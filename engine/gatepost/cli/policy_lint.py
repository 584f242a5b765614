"""``gatepost policy lint``: check policies without any evidence."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["lint"]


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    help="How to print it.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 for a warning too.")
@click.option(
    "--config", default="gatepost.yaml", metavar="FILE", help="Where `evidence_schema` is declared, if it is there."
)
def lint(paths: tuple[str, ...], form: str, strict: bool, config: str) -> int:
    """Check the policies, profiles, waivers, tests and catalogues at PATH... (files or folders).

    Each message has a code, which docs/reference/lint.md explains. The exit code is 0 where there is no error, 1
    where there is one, 2 where there is nothing to check.
    """
    from gatepost.cel.engines import load_engine
    from gatepost.cli.linted import render
    from gatepost.cli.output import print_out
    from gatepost.config import declared
    from gatepost.policy.lint_codes import level
    from gatepost.policy.linting import lint as lint_files

    found = lint_files([Path(path) for path in paths], load_engine(), declared(Path(config)))
    print_out(render(found, form), newline=False, commands=form == "github")
    failing = [problem for problem in found.problems if strict or level(problem.code) == "error"]
    return 1 if failing else 0
