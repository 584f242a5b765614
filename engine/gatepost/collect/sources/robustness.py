"""Adversarial robustness of a classifier of tables: fills ``robustness`` with ART's attacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatepost.collect.digests import file_digest, text_digest
from gatepost.collect.favorable import LABEL_OPTION
from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.collect.models.reference import model_fingerprint, resolve
from gatepost.collect.models.trust import ModelFiles
from gatepost.collect.spelling import LABELS_OPTION

name = "robustness"
version = "3"
sections: tuple[str, ...] = ("robustness",)
extra = "robustness"

_TASK = ("label", "labels", "favorable", "mutable", "units", "rows", "seed")
_ATTACK: Mapping[str, Any] = {
    "type": "object",
    "description": "One attack with one or more budgets.",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {
            "type": "string",
            "enum": ["pgd", "fgsm", "hopskipjump", "noise"],
            "description": "pgd and fgsm know a linear model's weights; hopskipjump and noise only ask it.",
        },
        "norm": {
            "type": "string",
            "enum": ["inf", "2"],
            "default": "inf",
            "description": "How a change is counted: the largest of its columns, or its Euclidean length.",
        },
        "eps": {
            "type": "array",
            "items": {"type": "number", "exclusiveMinimum": 0},
            "minItems": 1,
            "default": [0.1, 0.25, 0.5],
            "description": "Budgets: the largest change of a row, in `units`.",
        },
        "max_iter": {
            "type": "integer",
            "minimum": 1,
            "description": "Steps of pgd (40) or hopskipjump (10).",
        },
        "max_queries": {
            "type": "integer",
            "minimum": 100,
            "default": 5000,
            "description": "Most predictions that hopskipjump asks for a row.",
        },
        "draws": {
            "type": "integer",
            "minimum": 1,
            "default": 10,
            "description": "Random changes that noise tries for a row; the worst counts.",
        },
    },
}
options: Mapping[str, Any] = {
    "type": "object",
    "description": "Attacks a classifier on a sample of a table, moving only the columns that an attacker controls.",
    "examples": [
        {"model": "models:/NAME@ALIAS", "data": "data/holdout.parquet", "label": "label", "mutable": ["amount"]}
    ],
    "required": ["model", "data", "label", "mutable"],
    "additionalProperties": False,
    "properties": {
        "model": {
            "type": "string",
            "x-input": "model",
            "minLength": 1,
            "description": "models:/NAME@ALIAS, models:/NAME/VERSION, runs:/RUN_ID/PATH, an MLflow folder or a file.",
        },
        "tracking_uri": {"type": "string", "description": "MLflow's store: sqlite:///PATH or https://SERVER."},
        "data": {
            "type": "string",
            "x-input": "file",
            "minLength": 1,
            "description": "A CSV or Parquet file with the label.",
        },
        "label": {"type": "string", "minLength": 1, "description": "The column with the true class."},
        "labels": LABELS_OPTION,
        "favorable": {
            **LABEL_OPTION,
            "type": ["string", "integer", "boolean"],
            "description": "The class that an attacker wants, of two; without it any wrong prediction counts.",
        },
        "mutable": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "uniqueItems": True,
            "description": "The numeric columns that an attacker controls.",
        },
        "units": {
            "type": "string",
            "enum": ["sd", "raw", "share_of_range"],
            "default": "sd",
            "description": "Unit of eps: standard deviations of a column, the column's own, or shares of its range.",
        },
        "attacks": {
            "type": "array",
            "items": _ATTACK,
            "minItems": 1,
            "description": "What is tried; by default pgd (linear models) or hopskipjump (others), and noise.",
        },
        "rows": {
            "type": "integer",
            "minimum": 10,
            "description": "Rows to attack, each class by its share; 200, or 100 for a model without a gradient.",
        },
        "seed": {"type": "integer", "minimum": 0, "default": 0, "description": "Seed of sample and attacks."},
    },
}


def describe(options: Mapping[str, Any]) -> str:
    """Say which attacks run on how many rows of what."""
    attacks = [str(attack["name"]) for attack in options.get("attacks", ())]
    shown = ", ".join(dict.fromkeys(attacks)) if attacks else "attacks"
    rows = f"{options['rows']} rows of " if "rows" in options else ""
    return f"{shown} on {rows}{options['data']}"


def fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Give the digests of model and data.

    Raises:
        CollectorError: there is no such model or data file.
    """
    data = context.path(str(options["data"]), ("data",))
    model = model_fingerprint(str(options["model"]), options.get("tracking_uri"), context)
    parts = {f"model.{key}": value for key, value in model.parts.items()}
    parts["data"] = _data_digest(data, context)
    return Fingerprint(parts, model.cacheable, model.reason)


def collect(options: Mapping[str, Any], context: Context) -> Collected:
    """Fill ``robustness`` by attacks on the model; in the child process, since it runs the model's code.

    Rows are drawn by class with the seed. Only the cells of ``mutable`` move, within the range that the data
    shows, whole numbers to whole numbers, by at most ``eps`` in the norm; what an attack finds is judged by the
    whole model after that. Two runs give the same. An attack that moved nothing, or could not raise the model's
    loss, is ``inconclusive`` and has no accuracy; a model that provably does not depend on the columns is
    ``certified``.

    Raises:
        CollectorError: model, data and options do not fit, or it took too much time or memory.
    """
    from gatepost.collect.attacks.run import attack_model

    data = context.path(str(options["data"]), ("data",))
    data_digest = _data_digest(data, context)
    named = str(options["model"])
    model = ModelFiles.of(named, resolve(named, options.get("tracking_uri"), context), context)
    attacks = [{**attack, "norm": str(attack.get("norm", "inf"))} for attack in options.get("attacks", ())]
    task = {key: options[key] for key in _TASK if key in options}
    task["binary"] = context.subject.get("task") == "binary"
    answer = attack_model(model, str(data), task, attacks, context.say)
    return Collected(
        sections={"robustness": {"dataset": context.shown(data), **answer["section"]}},
        uri=named,
        digest=text_digest(f"{model.digest}\n{data_digest}\n"),
        notes=tuple(answer["notes"]),
    )


def _data_digest(data: Any, context: Context) -> str:
    try:
        return file_digest(data)
    except OSError as error:
        raise CollectorError(
            f"cannot read {context.shown(data)}: {error.strerror}",
            option=("data",),
            advice="name a file that is there",
        ) from error
