"""Progress on standard error: a line a source, and what the long ones are doing where that is a terminal."""

from __future__ import annotations

import shutil
import threading

from gatepost.cli.output import message, show_live
from gatepost.collect.progress import End
from gatepost.text import harmless

__all__ = ["TerminalProgress"]


class TerminalProgress:
    """Prints ``collect  mlflow  models:/credit-risk@candidate  0.3 s`` for each source when it is done."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
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
            self._print(f"collect  {harmless(name):<20} {harmless(text)}")

    def finished(self, name: str, seconds: float, end: End) -> None:
        """Print the line that stays."""
        took = "failed" if end == "failed" else f"{seconds:.1f} s"
        with self._lock:
            self._running.pop(name, None)
            description = harmless(self._descriptions.get(name, ""))
            line = f"collect  {harmless(name):<20} {description:<45} {took:>7}"
            self._show()
            self._print(f"{line}  cached" if end == "cached" else line)

    def _print(self, line: str) -> None:
        if not self.quiet:
            message(line)

    def _show(self) -> None:
        """Show what runs in one line: more would scroll away what stays."""
        if self.quiet:
            return
        running = "  ".join(f"{name}: {text}" for name, text in self._running.items())
        width = shutil.get_terminal_size((80, 24)).columns - 1
        show_live(f"collect  {running}"[:width] if running else "")
