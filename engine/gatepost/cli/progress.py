"""Progress on standard error: a line a source, and what a long one is doing where that is a terminal."""

from __future__ import annotations

import shutil
import sys

import click

__all__ = ["TerminalProgress"]


class TerminalProgress:
    """Prints ``collect  mlflow  models:/credit-risk@candidate  0.3 s`` for each source."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.live = sys.stderr.isatty() and not quiet
        self._description = ""

    def started(self, name: str, description: str) -> None:
        """Show what is being collected, where that is a terminal."""
        self._description = description
        self._show(f"collect  {name:<20} {description}")

    def said(self, name: str, text: str) -> None:
        """Show how far it is, where that is a terminal."""
        self._show(f"collect  {name:<20} {text}")

    def finished(self, name: str, seconds: float, failed: bool) -> None:
        """Print the line that stays."""
        self._show("")
        if not self.quiet:
            end = "failed" if failed else f"{seconds:.1f} s"
            click.echo(f"collect  {name:<20} {self._description:<45} {end:>7}", err=True)

    def _show(self, text: str) -> None:
        if self.live:
            width = shutil.get_terminal_size((80, 24)).columns - 1
            sys.stderr.write(f"\r\x1b[K{text[:width]}")
            sys.stderr.flush()
