"""``gatepost policy test``: run the tests that lie beside policies."""

from __future__ import annotations

from pathlib import Path

import click

from gatepost.problems import format_problem

__all__ = ["test"]


@click.command()
@click.argument("paths", nargs=-1, required=True)
@click.option("--quiet", "-q", is_flag=True, help="Print failures and the summary only.")
def test(paths: tuple[str, ...], quiet: bool) -> int:
    """Run the tests of the policies at PATHS (files or folders).

    The exit code is 0 where all passed, 1 where one failed, 2 where there is nothing to run.
    """
    from gatepost.judge.policy_tests import run_tests
    from gatepost.problems import GatepostError, Place

    passed = failed = 0
    for shown in paths:
        path = Path(shown)
        if not path.exists():
            raise GatepostError.of(f"there is no {shown}", Place(shown))
        for result in run_tests(path, shown):
            if result.problems:
                failed += 1
                click.echo(f"FAIL  {result.file}: {result.name}")
                for problem in result.problems:
                    text = format_problem(problem).removeprefix("error: ")
                    click.echo("      " + text.replace("\n", "\n      "))
            else:
                passed += 1
                if not quiet:
                    click.echo(f"ok    {result.file}: {result.name}")
    click.echo(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
