"""``gatepost report``: any report from a verdict."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from gatepost.cli.collect_options import config_option
from gatepost.cli.reporting import judge_and_report, parse_requests
from gatepost.problems import GatepostError, Place
from gatepost.state import State, read_file
from gatepost.verdict import Verdict
from gatepost.verdict_reading import parse

__all__ = ["read_verdict", "report"]


@click.command()
@click.argument("verdict", required=False)
@config_option
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FORMAT=PATH",
    help="Write a report (text, json, junit, sarif, ...); - is standard output; repeatable.",
)
@click.option("--quiet", "-q", is_flag=True, help="Print no text report.")
def report(verdict: str | None, config: str, reports: tuple[str, ...], quiet: bool) -> int:
    """Make reports from the file VERDICT (default: what the last run with --config left).

    VERDICT is a file as `gatepost judge --report json=VERDICT` writes it. The exit code is that of the verdict.
    """
    path = verdict or str(State(config).verdict)
    near = Path(path).parent
    return judge_and_report(
        lambda: read_verdict(path), parse_requests(reports), quiet=quiet, fail_on="block", near=near
    )


def read_verdict(path: str, where: Callable[[str], Path] = Path) -> Verdict:
    """Read a verdict file; ``where`` gives the file that is read for a path.

    Raises:
        GatepostError: it cannot be read, or is no verdict.
    """
    try:
        content = read_file(where(path))
    except OSError as error:
        advice = "`gatepost run --report json=FILE` makes one" if isinstance(error, FileNotFoundError) else ""
        raise GatepostError.of(f"cannot read {path}: {error.strerror or error}", Place(path), advice) from error
    return parse(content, path)
