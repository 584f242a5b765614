"""Replacing what earlier runs left before anything can crash: no old report may pass for one of this run."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from gatepost.cli.output import show_problems
from gatepost.cli.reporting import Request, render_report
from gatepost.files import replace_whole
from gatepost.problems import GatepostError, Problem
from gatepost.report.interface import Style
from gatepost.state import LeftReport, State
from gatepost.verdict import Verdict

__all__ = ["replace_left", "replace_requested"]

_NOT_JUDGED = Verdict.of_problems(
    GatepostError.of(
        "not judged: the run that writes this report has not finished",
        advice="it is still running, was interrupted, or crashed: look at its output, and run it again",
    )
)


def replace_left(state: State, read: str | None = None) -> None:
    """Replace the verdict and the reports that the last run of a configuration left by error reports.

    A report that this run reads at the path ``read`` (``--new-only``) is not one that is left: it stays, unlisted.

    The list may have come with a merge request: only regular files of the checkout are replaced, by the path's own
    name and through no link; anything else is skipped with a warning.
    """
    if not state.is_wanted():
        return
    left: tuple[LeftReport, ...] | None = None
    try:
        left = state.left_reports()
    except GatepostError as error:
        _warn(error)
    here = Path(os.path.relpath(state.checkout))
    own = None if read is None else state.left_report("json", read)
    stale = [one for one in left or () if own is None or one.path != own.path]
    kept = tuple(one for one in stale if not _is_replaced(one, here / one.path, state))
    replace_requested([Request("json", str(state.verdict))], state)
    if kept != left:
        try:
            state.shorten_list(kept)
        except GatepostError as error:
            _warn(error)


def replace_requested(requests: Sequence[Request], state: State | None = None) -> None:
    """Replace what stands where reports of this run will be written by error reports; create nothing.

    What cannot be replaced is reported when the report itself is written.
    """
    checkout = None if state is None else state.checkout
    for request in requests:
        if request.path != "-" and os.path.lexists(request.path):
            try:
                replace_whole(Path(request.path), _error_report(request.format), checkout)
            except GatepostError:
                continue


def _is_replaced(left: LeftReport, path: Path, state: State) -> bool:
    """Replace a listed file; return False where an old report still stands there."""
    if not os.path.lexists(path):
        return True
    try:
        if not replace_whole(path, _error_report(left.format), state.checkout):
            _warn(f"{path} is not a file any more; a report of an earlier run is listed there")
    except GatepostError as error:
        _warn(error)
        return False
    return True


def _error_report(form: str) -> str:
    try:
        return render_report(form, _NOT_JUDGED, Style(), Path())
    except Exception:  # noqa: BLE001 - another package's format, which is not there any more or fails
        return render_report("text", _NOT_JUDGED, Style(), Path())


def _warn(what: GatepostError | str) -> None:
    show_problems(what.problems if isinstance(what, GatepostError) else [Problem(what)], "warning")
