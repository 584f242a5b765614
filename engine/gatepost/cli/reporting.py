"""Writing the reports that were asked for, and what stands on the terminal."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from gatepost.cli.output import known_values, message, print_out, show_problems
from gatepost.files import write_whole
from gatepost.problems import GatepostError, Problem
from gatepost.ranking import ranked
from gatepost.report.interface import Style
from gatepost.report.registry import load
from gatepost.state import State, read_file
from gatepost.text import harmless
from gatepost.verdict import ACTIVE, Verdict

if TYPE_CHECKING:
    from gatepost.evidence.document import Evidence
    from gatepost.report.interface import EvidenceReport

__all__ = ["Request", "judge_and_report", "parse_requests", "render_report", "terminal_style"]

CANNOT_JUDGE = 2


@dataclass(frozen=True, slots=True)
class Request:
    """A report that was asked for: its format, and a path or ``-`` for standard output."""

    format: str
    path: str


def parse_requests(values: Iterable[str]) -> list[Request]:
    """Read ``FORMAT=PATH`` options; the formats must exist.

    Raises:
        GatepostError: no such form or format, or two reports for one place.
    """
    requests: list[Request] = []
    for value in values:
        name, separator, path = value.partition("=")
        if not separator or not path:
            raise GatepostError.of(
                f"--report {value} is not FORMAT=PATH", advice="e.g. --report sarif=gatepost.sarif"
            )
        load(name)
        if path.endswith("/"):
            raise GatepostError.of(f"--report {value} names a folder", advice=f"name a file in it: {value}report")
        if any(request.path == path for request in requests):
            raise GatepostError.of(f"two reports are to be written to {path}", advice="give each its own path")
        requests.append(Request(name, path))
    return requests


def judge_and_report(
    judge: Callable[[], Verdict],
    requests: Sequence[Request],
    *,
    quiet: bool,
    fail_on: str,
    state: State | None = None,
    near: Path = Path(),
) -> int:
    """Judge, write all reports (error reports where nothing could be judged), and give the exit code.

    ``state`` is that of the configuration, where the verdict is left for later commands; ``near`` is the folder where
    its evidence may lie.
    """
    try:
        verdict = judge()
    except GatepostError as error:
        verdict = Verdict.of_problems(error)
    problems = [one for one in _write_all(verdict, requests, state, near) if one not in verdict.problems]
    if verdict.problems:
        show_problems(verdict.problems)
        message(f"Nothing was judged. (exit {CANNOT_JUDGE})")
    elif not quiet and not any(request.path == "-" for request in requests):
        _print(load("text").render(verdict, terminal_style()))
        _print_end(requests, verdict, state)
    show_problems(problems)
    if problems:
        return CANNOT_JUDGE
    if fail_on == "warn" and verdict.decision == "warn":
        return 1
    return verdict.exit_code


def _write_all(verdict: Verdict, requests: Sequence[Request], state: State | None, near: Path) -> list[Problem]:
    problems: list[Problem] = []
    if state is not None and state.is_wanted():
        problems += _listed(requests, state)
        requests = [*requests, Request("json", str(state.verdict))]
    # Files first: whoever reads standard output may stop before its end.
    for request in sorted(requests, key=lambda request: request.path == "-"):
        try:
            if request.path == "-":
                text = render_report(request.format, verdict, terminal_style(), near)
                _print(text, commands=request.format == "github")
            else:
                checkout = None if state is None else state.checkout
                write_whole(Path(request.path), render_report(request.format, verdict, Style(), near), checkout)
        except GatepostError as error:
            problems += error.problems
    return problems


def _listed(requests: Sequence[Request], state: State) -> tuple[Problem, ...]:
    """List the reports for the next run, before they are written; return what keeps the list from being written."""
    found = (state.left_report(request.format, request.path) for request in requests if request.path != "-")
    try:
        listed = state.left_reports()  # by a run of the same configuration that goes on beside this one
        left = tuple(dict.fromkeys([*listed, *filter(None, found)]))
        if left != listed:
            state.write_list(left)
    except GatepostError as error:
        return error.problems
    return ()


def render_report(name: str, verdict: Verdict, style: Style, near: Path) -> str:
    """Render a report; one that shows evidence gets it where it is at its path or ``near``."""
    report = load(name)
    if getattr(report, "reads_evidence", False):
        text = cast("EvidenceReport", report).render(verdict, style, _evidence(verdict, near))
    else:
        text = report.render(verdict, style)
    return known_values().rendered(text)


def _evidence(verdict: Verdict, near: Path) -> Evidence | None:
    """Return the evidence that a verdict names, where it is at its path or near the verdict, and the same still."""
    from gatepost.evidence.document import parse

    path = Path(str(verdict.evidence.get("path", "")))
    for place in (path, near / path.name):
        try:
            found = parse(read_file(place), str(place))
        except (OSError, ValueError, GatepostError):
            continue
        if found.digest == verdict.evidence.get("digest"):
            return found
    return None


def _print(text: str, *, commands: bool = False) -> None:
    print_out(text, newline=not text.endswith("\n"), commands=commands)


def _print_end(requests: Sequence[Request], verdict: Verdict, state: State | None) -> None:
    """Say where the reports are, and how to find out more: by a command that works here."""
    files = "  ".join(harmless(request.path) for request in requests if request.path != "-")
    finding = next((one for one in ranked(verdict.results) if one.outcome in ACTIVE), None)
    parts = [f"reports  {files}"] if files else []
    if finding is not None and state is not None:
        options = "" if state.config == "gatepost.yaml" else f"--config {shlex.quote(harmless(state.config))} "
        parts.append(f"explain  gatepost explain {options}{harmless(finding.rule)}")
    if parts:
        _print("\n" + "\n".join(parts))


def terminal_style() -> Style:
    """Return the width and colour of standard output."""
    terminal = sys.stdout.isatty()
    colour = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return Style(width=max(20, min(_width(terminal), 120)), colour=colour)


def _width(terminal: bool) -> int:
    """Return the width to write for; shutil tells the same, and takes as long to import as a report to write."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns if terminal else 80
    except OSError:
        return 80
