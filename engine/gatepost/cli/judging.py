"""The options of judging, shared by ``run`` and ``judge``."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from gatepost.cel.engines import DEFAULT, ENGINES
from gatepost.evidence.document import Evidence, parse
from gatepost.policy.model import PolicySet, WaiverFile
from gatepost.policy.params import Assignment
from gatepost.problems import GatepostError, Place
from gatepost.state import read_file
from gatepost.verdict import Verdict

__all__ = [
    "cli_params",
    "enforcing",
    "input_options",
    "judging_options",
    "load_waivers",
    "parse_context",
    "parse_now",
    "read_evidence",
]

_ALL = 1_000_000_000
F = TypeVar("F", bound=Callable[..., Any])


def input_options(function: F) -> F:
    """Add the options for what a judgement is made from."""
    return _with_options(
        function,
        click.option(
            "--policies",
            multiple=True,
            metavar="X",
            help="A policy file, a folder, or profile/NAME; repeatable.",
        ),
        click.option("--param", "params", multiple=True, metavar="POLICY.NAME=V", help="Set a param; repeatable."),
        click.option("--waivers", metavar="FILE", help="A file of waivers."),
        click.option("--baseline", metavar="FILE", help="Evidence of the champion."),
        click.option("--now", metavar="TIME", help="Judge as at this time (RFC 3339); default: the clock."),
        click.option("--cel", metavar="ENGINE", default=DEFAULT, help=f"The CEL engine: {' or '.join(ENGINES)}."),
    )


def judging_options(function: F) -> F:
    """Add the options that ``run`` and ``judge`` have in common."""
    return input_options(
        _with_options(
            function,
            click.option(
                "--subject", metavar="NAME[@VERSION]", help="Refuse evidence of another subject or version."
            ),
            click.option(
                "--max-age",
                metavar="AGE",
                help="Refuse evidence, and a baseline, that was collected longer ago: 30m, 24h, 7d.",
            ),
            click.option(
                "--context", multiple=True, metavar="KEY=VALUE", help="E.g. commit=..., kept in the verdict."
            ),
            click.option(
                "--report",
                "reports",
                multiple=True,
                metavar="FORMAT=PATH",
                help="Write a report (text, json, junit, sarif, ...); - is standard output; repeatable.",
            ),
            click.option(
                "--new-only",
                metavar="VERDICT",
                help="Enforce only findings that this earlier verdict (JSON) does not have.",
            ),
            click.option(
                "--max-findings",
                type=click.IntRange(1),
                default=100,
                help="Maximum findings listed per rule (default: 100).",
            ),
            click.option(
                "--fail-on", type=click.Choice(["block", "warn"]), default="block", help="What exits with 1."
            ),
            click.option("--quiet", "-q", is_flag=True, help="Print no text report."),
        )
    )


def _with_options(function: F, *options: Callable[[F], F]) -> F:
    for option in reversed(options):
        function = option(function)
    return function


def read_evidence(path: str, where: Callable[[str], Path] = Path) -> Evidence:
    """Read an evidence file; ``where`` gives the file that is read for a path.

    Raises:
        GatepostError: it cannot be read, or is no evidence.
    """
    try:
        content = read_file(where(path))
    except OSError as error:
        advice = "`gatepost collect -o evidence.json` makes one" if isinstance(error, FileNotFoundError) else ""
        raise GatepostError.of(f"cannot read {path}: {error.strerror or error}", Place(path), advice) from error
    return parse(content, path)


def enforcing(
    new_only: str | None, where: Callable[[str], Path] = Path, content: bytes | None = None
) -> Callable[[Callable[[int], Verdict], int], Verdict]:
    """Return what judges, from the judgement and ``--max-findings``: all, or only what an earlier verdict has not.

    In the latter case all findings are listed, for one that is not could not be told from a known one. ``content`` is
    what the earlier verdict held before this command replaced old reports.

    Raises:
        GatepostError: the earlier verdict cannot be read, or is inconsistent.
    """
    if new_only is None:
        return lambda judge, listed: judge(listed)
    from gatepost.cli.consistent import read_verdict, require_consistent
    from gatepost.judge.consistency import check_verdict
    from gatepost.judge.known import only_new

    base, path = read_verdict(new_only, where, content), new_only
    require_consistent(check_verdict(base), path)
    return lambda judge, _: only_new(judge(_ALL), base, path)


def cli_params(values: tuple[str, ...]) -> list[Assignment]:
    """Read ``POLICY.NAME=V`` options."""
    assignments: list[Assignment] = []
    for value in values:
        name, separator, text = value.partition("=")
        if not separator or "." not in name:
            raise GatepostError.of(
                f"--param {value} is not POLICY.NAME=VALUE", advice="e.g. --param fairness.min_impact_ratio=0.85"
            )
        assignments.append(Assignment.of_text(name, text, f"--param {name}"))
    return assignments


def parse_now(text: str | None) -> datetime.datetime:
    """Return the time to judge at: the one place below which nothing reads the clock."""
    if text is None:
        return datetime.datetime.now(datetime.UTC)
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError as error:
        raise GatepostError.of(
            f'invalid --now value "{text}": expected an RFC 3339 timestamp', advice="e.g. --now 2027-01-31T12:00:00Z"
        ) from error
    try:
        return found.replace(tzinfo=found.tzinfo or datetime.UTC).astimezone(datetime.UTC)
    except OverflowError as error:
        what = f"--now {text} lies outside of the years 1 to 9999 in UTC"
        raise GatepostError.of(what, advice="e.g. --now 2027-01-31T12:00:00Z") from error


def parse_context(values: tuple[str, ...]) -> dict[str, str]:
    """Read ``KEY=VALUE`` options."""
    context: dict[str, str] = {}
    for value in values:
        key, separator, text = value.partition("=")
        if not separator:
            raise GatepostError.of(f"--context {value} is not KEY=VALUE", advice="e.g. --context commit=$GIT_COMMIT")
        context[key] = text
    return context


def load_waivers(path: str | None, policies: PolicySet, where: Callable[[str], Path] = Path) -> WaiverFile:
    """Read the waivers, where a file is named; ``where`` gives the file that is read for a path."""
    if path is None:
        return WaiverFile()
    from gatepost.located_yaml import read
    from gatepost.policy.waivers import read_waiver_file

    return read_waiver_file(read(where(path), path), policies)
