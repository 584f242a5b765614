"""The report formats: a line each. A format's module is imported when the format is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from gatepost.problems import GatepostError, did_you_mean
from gatepost.report.interface import Report

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint, EntryPoints

__all__ = ["FORMATS", "GROUP", "load", "names"]

GROUP = "gatepost.reports"
"""The entry-point group in which other packages offer formats: objects that are a ``Report``."""

FORMATS = {
    "text": "gatepost.report.text",
    "json": "gatepost.report.json",
    "junit": "gatepost.report.junit",
    "sarif": "gatepost.report.sarif",
    "codequality": "gatepost.report.codequality",
    "github": "gatepost.report.github",
    "markdown": "gatepost.report.markdown",
    "dotenv": "gatepost.report.dotenv",
    "html": "gatepost.report.html",
}


def names() -> list[str]:
    """Return the names of all formats: the built-in ones, then those of other packages, sorted."""
    return [*FORMATS, *sorted({entry.name for entry in _others()} - FORMATS.keys())]


def load(name: str) -> Report:
    """Import a format; a built-in one hides another package's of the same name.

    Raises:
        GatepostError: there is no format of that name, or another package's cannot be loaded.
    """
    if name in FORMATS:
        return import_module(FORMATS[name])
    for entry in _others():
        if entry.name == name:
            return _load_entry(entry)
    known = names()
    advice = did_you_mean(name, known) or "known: " + ", ".join(known)
    raise GatepostError.of(f"there is no report format `{name}`", advice=advice)


def _others() -> EntryPoints:
    from importlib.metadata import entry_points  # costs more than a report: only where it is needed

    return entry_points(group=GROUP)


def _load_entry(entry: EntryPoint) -> Report:
    package = entry.dist.name if entry.dist is not None else entry.value
    try:
        report: Report = entry.load()
    except Exception as error:  # the other package's code may raise anything
        raise GatepostError.of(
            f"the report format `{entry.name}` of {package} cannot be loaded: {error}",
            advice=f"update or remove {package}",
        ) from error
    if not callable(getattr(report, "render", None)):
        raise GatepostError.of(
            f"the report format `{entry.name}` of {package} has no render(verdict, style)",
            advice=f"update or remove {package}",
        )
    return report
