"""What hears of a collection while it goes on."""

from __future__ import annotations

from typing import Literal, Protocol

__all__ = ["End", "Progress", "Silent"]

End = Literal["collected", "cached", "failed"]


class Progress(Protocol):
    """Hears what is going on, while it is; from several threads at once, each with the names of its sources."""

    def started(self, name: str, description: str) -> None:
        """Hear that a source was begun."""
        ...

    def said(self, name: str, text: str) -> None:
        """Hear how far a source is."""
        ...

    def warned(self, name: str, text: str) -> None:
        """Hear of something that a person should know, and that keeps nothing from being collected."""
        ...

    def finished(self, name: str, seconds: float, end: End) -> None:
        """Hear that a source is done."""
        ...


class Silent:
    """Says nothing."""

    def started(self, name: str, description: str) -> None:
        """Say nothing."""

    def said(self, name: str, text: str) -> None:
        """Say nothing."""

    def warned(self, name: str, text: str) -> None:
        """Say nothing."""

    def finished(self, name: str, seconds: float, end: End) -> None:
        """Say nothing."""
