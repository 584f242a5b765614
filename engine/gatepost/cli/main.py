"""The top of the command line: exit codes, and no traceback for a user's mistake."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence

import click

from gatepost.__about__ import __version__
from gatepost.cli import output
from gatepost.cli.interrupt import INTERRUPTED, Interruption, interruptible
from gatepost.cli.registry import COMMANDS, LazyGroup
from gatepost.problems import GatepostError
from gatepost.secrets import credentials_of
from gatepost.text import harmless

__all__ = ["run"]

CANNOT_JUDGE = 2


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="gatepost %(version)s")
@click.option("--debug", is_flag=True, help="Show tracebacks.")
def gatepost(debug: bool) -> None:
    """Judge evidence about a machine-learning model by policies, and say pass or blocked.

    Exit codes: 0 pass or warn, 1 blocked, 2 the gate could not do its job, 130 interrupted.
    """


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return its exit code; 130 whenever the user interrupted it."""
    with interruptible() as interruption:
        try:
            code = _run(arguments, interruption)
        except (KeyboardInterrupt, SystemExit):
            if not interruption.happened:
                raise
        if interruption.happened:
            output.message("\ninterrupted")
            interruption.told = True
            return INTERRUPTED
    return code


def _run(arguments: Sequence[str], interruption: Interruption) -> int:
    output.hide(credentials_of(os.environ))
    try:
        try:
            code = gatepost.main(list(arguments), prog_name="gatepost", standalone_mode=False)
        except click.exceptions.Exit as leaving:
            code = leaving.exit_code
        sys.stdout.flush()
    except click.ClickException as error:
        _show_usage_error(error)
        return CANNOT_JUDGE
    except (KeyboardInterrupt, click.Abort):
        interruption.happened = True
        return INTERRUPTED
    except GatepostError as error:
        output.show_problems(error.problems)
        return CANNOT_JUDGE
    except Exception as error:  # noqa: BLE001 - the top: whatever it is, it is told and ends with 2
        # What click itself prints (the help) may fail to be written as well.
        unwritten = output.failure() if isinstance(error, OSError) else None
        if unwritten is not None:
            output.show_problems(unwritten.problems)
        else:
            _show_fault(error, debug="--debug" in arguments)
        return CANNOT_JUDGE
    return code if isinstance(code, int) else 0


def _show_usage_error(error: click.ClickException) -> None:
    context = getattr(error, "ctx", None)
    if context is not None:
        output.message(context.get_usage())
        output.message(f"Try '{context.command_path} --help' for help.\n")
    output.message(f"Error: {harmless(error.format_message())}")


def _show_fault(error: Exception, *, debug: bool) -> None:
    if debug:
        output.message("".join(traceback.format_exception(error)).rstrip("\n"))
        return
    if isinstance(
        error, OSError
    ):  # a path that is too long, a disk that is full: of the machine or the user, not of us
        where = f" {harmless(str(error.filename)):.200}" if error.filename is not None else " a file"
        output.message(f"error: cannot use{where}: {error.strerror or error}")
        return
    output.message(f"error: this is a fault of gatepost: {type(error).__name__}: {harmless(str(error))[:2000]}")
    output.message("  run it again with `gatepost --debug ...` and report what it prints")
