"""``gatepost report``: any report from a verdict."""

from __future__ import annotations

from pathlib import Path

import click

from gatepost.cli.collect_options import config_option
from gatepost.cli.consistent import evidence_of, read_past, read_verdict, require_consistent
from gatepost.cli.old_reports import replace_requested
from gatepost.cli.reporting import judge_and_report, parse_requests
from gatepost.judge.consistency import check_verdict
from gatepost.state import State
from gatepost.verdict import Verdict

__all__ = ["report"]


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

    VERDICT is a file as `gatepost judge --report json=VERDICT` writes it. The exit code is that of the verdict, and
    2 where the verdict does not agree with itself or with its evidence (see `gatepost verify`).
    """
    path = verdict or str(State(config).verdict)
    near = Path(path).parent
    requests = parse_requests(reports)
    content = read_past(path)

    def consistent() -> Verdict:
        found = read_verdict(path, content=content)
        require_consistent((*check_verdict(found), *evidence_of(found, path)), path)
        return found

    replace_requested(requests)
    return judge_and_report(consistent, requests, quiet=quiet, fail_on="block", near=near)
