"""Progress on standard error: a line a source, and what the long ones are doing where that is a terminal."""

from __future__ import annotations

import shutil
import sys
import threading

import click

from gatepost.collect.progress import End

__all__ = ["TerminalProgress"]


class TerminalProgress:
    """Prints ``collect  mlflow  models:/credit-risk@candidate  0.3 s`` for each source when it is done."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.live = sys.stderr.isatty() and not quiet
        self._lock = threading.Lock()
        self._descriptions: dict[str, str] = {}
        self._running: dict[str, str] = {}

    def started(self, name: str, description: str) -> None:
        """Show what is being collected, where that is a terminal."""
        self._descriptions[name] = description
        self.said(name, description)

    def said(self, name: str, text: str) -> None:
        """Show how far it is, where that is a terminal."""
        with self._lock:
            self._running[name] = text
            self._show()

    def warned(self, name: str, text: str) -> None:
        """Print a line that stays."""
        with self._lock:
            self._print(f"collect  {name:<20} {text}")

    def finished(self, name: str, seconds: float, end: End) -> None:
        """Print the line that stays."""
        took = "failed" if end == "failed" else f"{seconds:.1f} s"
        with self._lock:
            self._running.pop(name, None)
            line = f"collect  {name:<20} {self._descriptions.get(name, ''):<45} {took:>7}"
            self._print(f"{line}  cached" if end == "cached" else line)

    def _print(self, line: str) -> None:
        if self.live:
            sys.stderr.write("\r\x1b[K")
        if not self.quiet:
            click.echo(line, err=True)
        self._show()

    def _show(self) -> None:
        """Show what runs in one line: more would scroll away what stays."""
        if self.live and self._running:
            running = "  ".join(f"{name}: {text}" for name, text in self._running.items())
            width = shutil.get_terminal_size((80, 24)).columns - 1
            sys.stderr.write(f"\r\x1b[K{f'collect  {running}'[:width]}")
            sys.stderr.flush()
