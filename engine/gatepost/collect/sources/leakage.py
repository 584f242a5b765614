"""Leakage: rows that stand in training and test data, and features that give the label away."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from gatepost.collect.favorable import is_regression
from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.collect.leaking import Leaks, overlap
from gatepost.collect.spelling import LABELS_OPTION
from gatepost.collect.tabular import location
from gatepost.collect.tabular.columns import Role, need
from gatepost.collect.tabular.opening import Opened
from gatepost.collect.tabular.sides import open_side

__all__ = ["collect", "describe", "extra", "fingerprint", "name", "options", "sections", "version"]

name = "leakage"
version = "3"
sections = ("leakage",)
extra = "drift"
_TEXT = {"type": "string", "minLength": 1}
_TABLE = {**_TEXT, "x-input": "table"}
options: Mapping[str, Any] = {
    "type": "object",
    "description": "Looks for rows of the training data in the test data, and for features that give the label away.",
    "examples": [{"train": "data/train.parquet", "test": "data/holdout.parquet", "label": "label"}],
    "properties": {
        "train": {
            **_TABLE,
            "description": "Training data: a file, a folder, a glob, or a database.",
        },
        "test": {**_TABLE, "description": "Test data, likewise."},
        "train_query": {**_TEXT, "description": "SQL that gives the training rows."},
        "test_query": {**_TEXT, "description": "SQL that gives the test rows."},
        "label": {**_TEXT, "description": "Column of the label; without it only rows are compared."},
        "labels": LABELS_OPTION,
        "task": {
            "enum": ["classification", "regression"],
            "type": "string",
            "description": "What the label is (regression where it is a number with more than 20 values).",
        },
        "tracking_uri": {**_TEXT, "description": "MLflow's tracking server or database, for `mlflow:NAME`."},
        "exclude": {
            "type": "array",
            "items": _TEXT,
            "description": "Columns that are neither features nor make rows differ, such as a row's number.",
        },
    },
    "required": ["train", "test"],
    "additionalProperties": False,
}
_SIDES = ("train", "test")


def describe(options: Mapping[str, Any]) -> str:
    """Name both tables."""
    return " and ".join(location.shown_name(str(options.get(side, ""))) for side in _SIDES)


def fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Give the digests of both tables."""
    return Fingerprint.together({side: location.fingerprint(options[side], context, (side,)) for side in _SIDES})


def collect(options: Mapping[str, Any], context: Context) -> Collected:
    """Look.

    Raises:
        CollectorError: a table cannot be used, or the tables do not fit together.
    """
    with ExitStack() as stack:
        train, test = (stack.enter_context(open_side(side, options, context)) for side in _SIDES)
        names = _names(options, train, test)
        context.say("compare rows")
        section: dict[str, Any] = {"train": train.name, "test": test.name, "overlap": overlap(train, test, names)}
        notes: tuple[str, ...] = ()
        if "label" in options:
            binary = context.subject.get("task") == "binary"
            leaks = Leaks(train, test, options, is_regression(options, context.subject), binary)
            section["label"] = options["label"]
            section["leaks"] = leaks.entries([column for column in names if column != options["label"]], context.say)
            notes = tuple(leaks.notes)
    return Collected({"leakage": section}, uri=describe(options), notes=notes)


def _names(options: Mapping[str, Any], train: Opened, test: Opened) -> list[str]:
    """Give the columns of both tables.

    Raises:
        CollectorError: a named one is not there, or there is none but the label.
    """
    left_out = options.get("exclude", ())
    need(train.table.columns, [Role(column, ("exclude", index)) for index, column in enumerate(left_out)], train.name)
    if "label" in options:
        for table in (train, test):
            need(table.table.columns, [Role(options["label"], ("label",))], table.name)
    both = set(test.table.columns) - set(left_out)
    names = [str(column) for column in train.table.columns if column in both]
    if not [column for column in names if column != options.get("label")]:
        what = f"{train.name} and {test.name} have no feature in common"
        raise CollectorError(what, option=("test",), advice="give both the same columns")
    return names
