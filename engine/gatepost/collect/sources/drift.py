"""Drift: current data against the reference, column by column, and against what chance alone gives."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from gatepost.collect.drifting import Comparison
from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.collect.tabular import location
from gatepost.collect.tabular.columns import Role, need
from gatepost.collect.tabular.opening import Opened
from gatepost.collect.tabular.sides import open_side

__all__ = ["collect", "describe", "extra", "fingerprint", "name", "options", "sections", "version"]

name = "drift"
version = "3"
sections = ("drift",)
extra = "drift"
_TEXT = {"type": "string", "minLength": 1}
_TABLE = {**_TEXT, "x-input": "table"}
options: Mapping[str, Any] = {
    "type": "object",
    "description": "Measures how far current data has moved from reference data.",
    "examples": [{"reference": "data/train.parquet", "current": "data/current.parquet"}],
    "properties": {
        "reference": {
            **_TABLE,
            "description": "Reference data: a file, a folder, a glob, or a database.",
        },
        "current": {**_TABLE, "description": "Current data, likewise."},
        "reference_query": {**_TEXT, "description": "SQL that gives the reference rows."},
        "current_query": {**_TEXT, "description": "SQL that gives the current rows."},
        "columns": {
            "type": "array",
            "minItems": 1,
            "items": _TEXT,
            "description": "Columns to compare, the prediction and the label among them (all of the reference).",
        },
        "model": {
            **_TEXT,
            "x-input": "predictor",
            "description": "A model whose predictions on both are compared too.",
        },
        "label": {**_TEXT, "description": "With `model`: the column that it must not see."},
        "tracking_uri": {**_TEXT, "description": "MLflow's tracking server or database."},
        "bins": {
            "type": "integer",
            "minimum": 2,
            "maximum": 100,
            "description": "Bins of a column of numbers, of like size in the reference (10).",
        },
        "threshold": {
            "type": "number",
            "minimum": 0,
            "description": "PSI above which a column drifted, if chance does not give it (0.2).",
        },
        "engine": {
            "enum": ["duckdb", "evidently"],
            "type": "string",
            "description": "Who tests and calls a column drifted; evidently: its own choice of methods (duckdb).",
        },
    },
    "required": ["reference", "current"],
    "additionalProperties": False,
}
_SIDES = ("reference", "current")


def describe(options: Mapping[str, Any]) -> str:
    """Name both tables."""
    return " against ".join(location.shown_name(str(options.get(side, ""))) for side in reversed(_SIDES))


def fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Return the digests of both tables, and of the model."""
    found = {side: location.fingerprint(options[side], context, (side,)) for side in _SIDES}
    if "model" in options:
        from gatepost.collect.models.reference import model_fingerprint

        found["model"] = model_fingerprint(options["model"], options.get("tracking_uri"), context)
    return Fingerprint.together(found)


def collect(options: Mapping[str, Any], context: Context) -> Collected:
    """Measure.

    Raises:
        CollectorError: a table cannot be used, or the tables do not fit together.
    """
    with ExitStack() as stack:
        reference, current = (stack.enter_context(open_side(side, options, context)) for side in _SIDES)
        names = _names(options, reference, current)
        comparison = Comparison(reference, current, options.get("bins", 10), options.get("threshold", 0.2))
        entries = comparison.entries(names, named="columns" in options, say=context.say)
        notes = list(comparison.notes)
        if options.get("engine") == "evidently":
            from gatepost.collect.evidently_run import evidently_entries

            context.say("ask Evidently")
            # Evidently refuses a column without values.
            filled = [one for one in entries if one["missing_share"] < 1 and one["missing_share_reference"] < 1]
            texts = [entry["column"] for entry in filled if "new_categories" in entry]
            numbers = [entry["column"] for entry in filled if "new_categories" not in entry]
            found = evidently_entries(reference, current, numbers, texts) if filled else {}
            entries = [_with(entry, found) if entry["column"] in found else entry for entry in entries]
    section: dict[str, Any] = {"reference": reference.name, "current": current.name, "columns": entries}
    drifted = [entry["drifted"] for entry in entries if "drifted" in entry]
    if drifted:
        section["share_drifted"] = sum(drifted) / len(drifted)
    return Collected({"drift": section}, uri=describe(options), notes=tuple(notes))


def _with(entry: dict[str, Any], found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    own = {key: value for key, value in entry.items() if key not in ("statistic", "p_value", "p_adjusted")}
    return {**own, **found[entry["column"]]}


def _names(options: Mapping[str, Any], reference: Opened, current: Opened) -> list[str]:
    """Return the columns to compare.

    Raises:
        CollectorError: one is not in both tables.
    """
    if "columns" in options:
        roles = [Role(column, ("columns", index)) for index, column in enumerate(options["columns"])]
        for table in (reference, current):
            need(table.table.columns, roles, table.name)
        return list(dict.fromkeys(options["columns"]))
    names = [str(column) for column in reference.table.columns]
    gone = [column for column in names if column not in set(current.table.columns)]
    if gone:
        listed = ", ".join(f"`{column}`" for column in gone[:5]) + (", ..." if len(gone) > 5 else "")
        what = f"{current.name} misses {len(gone)} columns of the reference: {listed}"
        advice = "name `columns`, if these need not be compared"
        raise CollectorError(what, option=("current",), advice=advice)
    return names
