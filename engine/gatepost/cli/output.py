"""Everything that a command prints goes through here: harmless, without known secrets, and never lost in silence."""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import click

from gatepost.cli.relay import Relay
from gatepost.cli.streams import StandardOutput, abandon_output, error_descriptor, set_error_descriptor
from gatepost.problems import GatepostError, Problem, format_problem
from gatepost.secrets import KnownValues
from gatepost.text import harmless, inert

__all__ = [
    "OutputError",
    "ask",
    "failure",
    "hide",
    "known_values",
    "message",
    "note",
    "print_out",
    "relayed",
    "show_live",
    "show_problems",
    "text_to_print",
    "warn",
]

# The colours that Gatepost uses itself; no other escape sequence reaches a terminal.
_COLOUR = re.compile(r"(\x1b\[(?:0|1|2|3[1-6])m)")
_CLEAR_LINE = "\r\x1b[K"


class OutputError(GatepostError):
    """Standard output cannot be written."""


class _State:
    """What this process hides and shows."""

    def __init__(self) -> None:
        self.known = KnownValues()
        self.lock = threading.RLock()
        self.live = ""
        self.relay: Relay | None = None


_state = _State()


def hide(known: KnownValues) -> None:
    """Hide these values, too, in all that is printed from here on."""
    _state.known = _state.known | known


def known_values() -> KnownValues:
    """Return the values that are hidden in all that is printed."""
    return _state.known


def text_to_print(text: str, *, commands: bool = False, colour: bool = False) -> str:
    """Return a text of several lines as it may be printed.

    Args:
        text: lines that Gatepost made, in which whole texts from outside were made harmless already, as a rule.
        commands: the lines that start with ``::`` are meant as workflow commands.
        colour: keep the colours of Gatepost.
    """
    return "\n".join(_line(line, commands, colour) for line in text.split("\n"))


def _line(line: str, commands: bool, colour: bool) -> str:
    if not line.isprintable() or not line.isascii():
        parts = _COLOUR.split(line) if colour else [line]
        # Tabs stay: a caret stands below a source line.
        parts = [part if n % 2 else "\t".join(map(harmless, part.split("\t"))) for n, part in enumerate(parts)]
        line = "".join(parts)
    return inert(line, commands=commands)


def print_out(text: str = "", *, newline: bool = True, commands: bool = False) -> None:
    """Print to standard output.

    Raises:
        OutputError: it could not be written.
    """
    shown = text_to_print(_state.known.rendered(text), commands=commands, colour=sys.stdout.isatty())
    with _state.lock:
        try:
            sys.stdout.write(shown + "\n" if newline else shown)
            sys.stdout.flush()
        except (OSError, ValueError) as error:
            raise _unwritten(error) from error


def _unwritten(error: OSError | ValueError) -> OutputError:
    """Return the error for a standard output that failed; what is left in its buffer is discarded."""
    with contextlib.suppress(OSError, ValueError):
        abandon_output(sys.stdout)
    reason = getattr(error, "strerror", None) or str(error)
    advice = "send it to a file, or to a program that reads all of it"
    return OutputError(Problem(f"cannot write to standard output: {reason}", advice=advice))


def failure() -> OutputError | None:
    """Return the error for a standard output that could not be written, where that is so."""
    failed = sys.stdout.failed if isinstance(sys.stdout, StandardOutput) else None
    return None if failed is None else _unwritten(failed)


def message(text: str) -> None:
    """Print lines to standard error; a terminal that is gone keeps nobody from working."""
    _to_error(text_to_print(_state.known.hidden(text), colour=_is_terminal()))


def note(text: str) -> None:
    """Print a note to standard error, in one line."""
    message(f"note: {harmless(text)}")


def warn(text: str) -> None:
    """Print a warning to standard error, in one line."""
    message(f"warning: {harmless(text)}")


def show_problems(problems: Iterable[Problem], head: str = "error") -> None:
    """Print problems to standard error, each with its place and source line."""
    for problem in problems:
        message(format_problem(_without_secrets(problem), head))


def _without_secrets(problem: Problem) -> Problem:
    """Hide known values before a long text is cut: a part of one would not be recognised."""
    hidden = _state.known.hidden
    return replace(problem, what=hidden(problem.what), advice=hidden(problem.advice))


def show_live(text: str) -> None:
    """Show in the last line of the terminal what is going on, until something else is said; nothing elsewhere."""
    with _state.lock:
        if _is_terminal() and (text or _state.live):
            _state.live = harmless(_state.known.hidden(text))
            _write_error(_CLEAR_LINE + _state.live)


def ask(text: str, default: str | None = None, choices: Sequence[str] = ()) -> str:
    """Ask a person at the terminal; the default and the choices are shown harmless, and one of them is returned."""
    shown = {harmless(choice): choice for choice in choices}
    kind = click.Choice(list(shown)) if shown else None
    label = inert(harmless(text) + (f" [{harmless(default)}]" if default is not None and not shown else ""))
    answer: str = click.prompt(label, default=default, type=kind, show_default=bool(shown))
    return shown.get(answer, answer)


@contextlib.contextmanager
def relayed() -> Iterator[None]:
    """Within the block, show what libraries and their processes print on standard error, each line harmless.

    It reads the descriptors, so that code in C and child processes are read as well. Standard output belongs to the
    reports: what they print there goes to standard error, too.
    """
    if _state.relay is not None:
        yield
        return
    sys.stdout.flush()
    sys.stderr.flush()
    relay = Relay(lambda line: message(f"output   {line}"))
    _state.relay = relay
    set_error_descriptor(relay.error)
    try:
        yield
    finally:
        with _state.lock:
            relay.put_back()
            _state.relay = None
            set_error_descriptor(2)
        relay.close()


def _is_terminal() -> bool:
    return os.isatty(error_descriptor())


def _to_error(text: str) -> None:
    with _state.lock:
        live = _state.live
        _write_error((_CLEAR_LINE if live else "") + text + "\n" + live)


def _write_error(text: str) -> None:
    data = text.encode("utf-8", "backslashreplace")
    try:
        if _state.relay is None:
            sys.stderr.write(text)
            sys.stderr.flush()
        while _state.relay is not None and data:
            data = data[os.write(_state.relay.error, data) :]
    except (OSError, ValueError):  # what cannot be said has no other place to be said in
        with contextlib.suppress(OSError, ValueError):
            abandon_output(sys.stderr)
