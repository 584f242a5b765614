"""The top of the command line: exit codes, and no traceback for a user's mistake."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from gatepost.__about__ import __version__
from gatepost.cli.interrupt import INTERRUPTED, Interruption, interruptible
from gatepost.cli.registry import COMMANDS, LazyGroup
from gatepost.problems import GatepostError, format_problem
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
        click.echo("\ninterrupted", err=True)
        return INTERRUPTED
    return code


def _run(arguments: Sequence[str], interruption: Interruption) -> int:
    debug = "--debug" in arguments
    try:
        code = gatepost.main(list(arguments), prog_name="gatepost", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as leaving:
        return leaving.exit_code
    except click.ClickException as error:
        error.show()
        return CANNOT_JUDGE
    except (KeyboardInterrupt, click.Abort):
        interruption.happened = True
        return INTERRUPTED
    except GatepostError as error:
        for problem in error.problems:
            click.echo(format_problem(problem), err=True)
        return CANNOT_JUDGE
    except BrokenPipeError:
        # The reader of a pipe has gone: nothing more can be said, and the report was not read whole.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return CANNOT_JUDGE
    except OSError as error:  # a path that is too long, a disk that is full: of the machine or the user, not of us
        if debug:
            raise
        where = f" {harmless(str(error.filename)):.200}" if error.filename is not None else ""
        click.echo(f"error: cannot use{where or ' a file'}: {error.strerror or error}", err=True)
        return CANNOT_JUDGE
    except Exception as error:
        if debug:
            raise
        click.echo(f"error: this is a fault of gatepost: {type(error).__name__}: {error}", err=True)
        click.echo("  run it again with `gatepost --debug ...` and report what it prints", err=True)
        return CANNOT_JUDGE
    return code if isinstance(code, int) else 0
