"""Evidently: the drift that a report of it found, from its JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from gatepost.collect.digests import file_digest
from gatepost.collect.evidently_results import drift_entries
from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.collect.sources.file import existing_file
from gatepost.located_yaml import read_text

__all__ = ["collect", "describe", "extra", "fingerprint", "name", "options", "sections", "version"]

name = "evidently"
version = "1"
sections = ("drift",)
extra = ""
_TEXT = {"type": "string", "minLength": 1}
options: Mapping[str, Any] = {
    "type": "object",
    "description": "Imports the drift of a report that Evidently 0.7 wrote as JSON.",
    "examples": [{"report": "reports/drift.json"}],
    "properties": {
        "report": {**_TEXT, "description": "The report's JSON file, with `ValueDrift` metrics."},
        "reference": {**_TEXT, "description": "What the reference data is called; the report does not say."},
        "current": {**_TEXT, "description": "What the current data is called."},
    },
    "required": ["report"],
    "additionalProperties": False,
}


def describe(options: Mapping[str, Any]) -> str:
    """Name the file."""
    return str(options.get("report", ""))


def fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Give the digest of the file.

    Raises:
        CollectorError: there is no such file.
    """
    path = existing_file(options["report"], context, ("report",))
    return Fingerprint({context.shown(path): file_digest(path)})


def collect(options: Mapping[str, Any], context: Context) -> Collected:
    """Read the report.

    Raises:
        CollectorError: it cannot be read, or is not what Evidently writes.
    """
    path = existing_file(options["report"], context, ("report",))
    text = read_text(path, context.shown(path))
    try:
        written = json.loads(text)
        entries = list(drift_entries(written.get("metrics") if isinstance(written, dict) else None).values())
    except ValueError as error:  # of JSON too
        what = f"{options['report']} is no drift report of Evidently: {error}"
        advice = "write it by Report([DataDriftPreset()]).run(current, reference).save_json(FILE), Evidently 0.7"
        raise CollectorError(what, option=("report",), advice=advice) from error
    section = {key: options[key] for key in ("reference", "current") if key in options}
    section |= {"columns": entries, "share_drifted": sum(entry["drifted"] for entry in entries) / len(entries)}
    return Collected({"drift": section}, uri=options["report"], digest=file_digest(path))
