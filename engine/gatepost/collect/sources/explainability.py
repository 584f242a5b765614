"""Explainability: what a model's predictions rest on, and which features stand for protected attributes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatepost.collect.digests import file_digest, text_digest
from gatepost.collect.favorable import is_regression
from gatepost.collect.interface import Collected, Context, Fingerprint
from gatepost.collect.models.reference import model_fingerprint, resolve
from gatepost.collect.models.trust import ModelFiles
from gatepost.collect.sources.file import existing_file
from gatepost.collect.spelling import LABELS_OPTION

__all__ = ["collect", "describe", "extra", "fingerprint", "name", "options", "sections", "version"]

name = "explainability"
version = "2"
sections = ("explainability",)
extra = "robustness"
_TEXT = {"type": "string", "minLength": 1}
options: Mapping[str, Any] = {
    "type": "object",
    "description": "Measures how much a model rests on each feature, and which features tell protected attributes.",
    "examples": [
        {"model": "models:/NAME@ALIAS", "data": "data/holdout.parquet", "label": "label", "attributes": ["sex"]}
    ],
    "properties": {
        "model": {
            **_TEXT,
            "x-input": "model",
            "description": "models:/NAME@ALIAS, models:/NAME/VERSION, an MLflow folder or a file.",
        },
        "tracking_uri": {**_TEXT, "description": "MLflow's store: sqlite:///PATH or https://SERVER."},
        "data": {**_TEXT, "x-input": "file", "description": "A CSV or Parquet file with the label."},
        "label": {**_TEXT, "description": "Column of the true value."},
        "labels": LABELS_OPTION,
        "task": {
            "enum": ["classification", "regression"],
            "type": "string",
            "description": "What is predicted (regression where labels are numbers with more than 20 values).",
        },
        "features": {
            "type": "array",
            "minItems": 1,
            "items": _TEXT,
            "description": "Columns that the model gets, where it does not say itself.",
        },
        "attributes": {
            "type": "array",
            "items": _TEXT,
            "description": "Columns of protected attributes, whether or not the model gets them.",
        },
        "rows": {"type": "integer", "minimum": 100, "description": "Rows that are drawn from the data (5000)."},
        "repeats": {"type": "integer", "minimum": 1, "description": "Permutations of each feature in each part (3)."},
        "seed": {"type": "integer", "minimum": 0, "description": "Seed of sample and permutations (0)."},
    },
    "required": ["model", "data", "label"],
    "additionalProperties": False,
}


def describe(options: Mapping[str, Any]) -> str:
    """Name the model and the data."""
    return f"{options.get('model', '')} on {options.get('data', '')}"


def fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Give the digests of model and data.

    Raises:
        CollectorError: there is no such model or data file.
    """
    data = existing_file(options["data"], context, ("data",))
    found = {"model": model_fingerprint(options["model"], options.get("tracking_uri"), context)}
    return Fingerprint.together({**found, "data": Fingerprint({context.shown(data): file_digest(data)})})


def collect(options: Mapping[str, Any], context: Context) -> Collected:
    """Measure; in the child process, since it runs the model's code.

    Raises:
        CollectorError: model, data and options do not fit, or it took too much time or memory.
    """
    from gatepost.collect.explaining import explain

    data = existing_file(options["data"], context, ("data",))
    model = resolve(options["model"], options.get("tracking_uri"), context)
    files = ModelFiles.of(options["model"], model, context)
    kept = ("label", "labels", "features", "attributes", "rows", "repeats", "seed")
    asked = {key: options[key] for key in kept if key in options}
    asked["regression"] = is_regression(options, context.subject)
    asked["binary"] = context.subject.get("task") == "binary"
    answer = explain(files, str(data), asked, context.say)
    return Collected(
        {"explainability": {"dataset": context.shown(data), **answer["section"]}},
        uri=options["model"],
        digest=text_digest(f"{files.digest}\n{file_digest(data)}\n"),
        notes=tuple(answer["notes"]),
    )
