"""Annotations as the workflow commands of GitHub, in which nothing from outside can start another command."""

from __future__ import annotations

from gatepost.problems import Place

__all__ = ["annotation"]


def annotation(level: str, place: Place | None, title: str, message: str) -> str:
    """Return one line: ``::error file=...,line=...,title=...::message``; ``level`` is error, warning or notice."""
    properties = {"title": title}
    if place is not None:
        where = {"file": place.path, "line": place.line, "endLine": place.end_line, "col": place.column}
        # GitHub drops an end column of another line.
        if place.end_column is not None and place.end_line in (None, place.line):
            where["endColumn"] = place.end_column
        properties = {**{key: str(value) for key, value in where.items() if value is not None}, **properties}
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{level} {written}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
