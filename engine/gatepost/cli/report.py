"""``gatepost report``: any report from a verdict."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click

from gatepost.cli.collect_options import config_option
from gatepost.cli.old_reports import replace_requested
from gatepost.cli.reporting import judge_and_report, parse_requests
from gatepost.problems import GatepostError, Place
from gatepost.state import State, read_file
from gatepost.verdict import Verdict

__all__ = ["read_past", "read_verdict", "report"]


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
    requests = parse_requests(reports)
    content = read_past(path)
    replace_requested(requests)
    return judge_and_report(
        lambda: read_verdict(path, content=content), requests, quiet=quiet, fail_on="block", near=near
    )


def read_past(path: str | None) -> bytes | None:
    """Return the content of an earlier verdict, before the place where it stands is written to.

    None where there is none, or it cannot be read: :func:`read_verdict` says why.
    """
    try:
        return None if path is None else read_file(Path(path))
    except (OSError, GatepostError):
        return None


def read_verdict(path: str, where: Callable[[str], Path] = Path, content: bytes | None = None) -> Verdict:
    """Read a verdict file; ``where`` gives the file that is read for a path, ``content`` is what stood at the path.

    Raises:
        GatepostError: it cannot be read, or is no verdict.
    """
    try:
        file = where(path)
        if content is None or file != Path(path):
            content = read_file(file)
        data = json.loads(content.decode("utf-8"))
    except OSError as error:
        advice = "`gatepost run --report json=FILE` makes one" if isinstance(error, FileNotFoundError) else ""
        raise GatepostError.of(f"cannot read {path}: {error.strerror or error}", Place(path), advice) from error
    except UnicodeDecodeError as error:
        raise GatepostError.of(f"{path} is not UTF-8", Place(path)) from error
    except json.JSONDecodeError as error:
        place = Place(path, error.lineno, error.colno)
        raise GatepostError.of(f"{path} is no JSON: {error.msg}", place) from error
    except RecursionError as error:
        raise GatepostError.of(f"{path} is nested too deep", Place(path)) from error
    if not isinstance(data, dict):
        raise GatepostError.of(f"{path} is no verdict", Place(path))
    return Verdict.from_json(data)
