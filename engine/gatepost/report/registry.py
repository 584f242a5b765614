"""The report formats: a line each. A format's module is imported when the format is asked for."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

from gatepost.problems import GatepostError, did_you_mean
from gatepost.report.interface import Report

__all__ = ["load", "names"]

GROUP = "gatepost.reports"
FORMATS = {
    "text": "gatepost.report.text",
    "json": "gatepost.report.json",
    "junit": "gatepost.report.junit",
    "sarif": "gatepost.report.sarif",
}


def names() -> list[str]:
    """Give the names of all formats, those of other packages too."""
    return [*FORMATS, *sorted(entry.name for entry in entry_points(group=GROUP) if entry.name not in FORMATS)]


def load(name: str) -> Report:
    """Import a format.

    Raises:
        GatepostError: there is no format of that name.
    """
    if name in FORMATS:
        return import_module(FORMATS[name])
    for entry in entry_points(group=GROUP):
        if entry.name == name:
            report: Report = entry.load()
            return report
    known = names()
    advice = did_you_mean(name, known) or "known: " + ", ".join(known)
    raise GatepostError.of(f"there is no report format `{name}`", advice=advice)
