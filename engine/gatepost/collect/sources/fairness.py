"""Fairness by group: counts, rates, ratios against a reference that is not two people."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from gatepost.collect.comparing import MIN_REFERENCE_N
from gatepost.collect.favorable import LABEL_OPTION, task_of
from gatepost.collect.group_measuring import Measuring
from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.collect.tabular import measured
from gatepost.collect.tabular.columns import Role

__all__ = ["collect", "describe", "extra", "fingerprint", "name", "options", "sections", "version"]

name = "fairness"
version = "5"
sections = ("fairness",)
extra = "fairness"
options: Mapping[str, Any] = {
    "type": "object",
    "description": "Measures how the model treats groups of people.",
    "examples": [
        {
            "data": "data/holdout.parquet",
            "label": "label",
            "prediction": "prediction",
            "attributes": ["sex", "age_group"],
        }
    ],
    "properties": {
        **measured.OPTIONS,
        "favorable": {
            "oneOf": [LABEL_OPTION, {"type": "array", "minItems": 1, "items": LABEL_OPTION}],
            "description": "The label that is good for the person, or several, each against the rest; required "
            "unless labels are 0/1 or booleans.",
        },
        "task": {
            "enum": ["classification", "regression"],
            "type": "string",
            "description": "What is predicted: a class (classification), or a number, whose errors are compared.",
        },
        "attributes": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "minLength": 1, "x-column": True},
            "description": "Columns of protected attributes.",
        },
        "intersections": {
            "oneOf": [{"type": "boolean"}, {"type": "integer", "minimum": 2}],
            "description": "Depth to which attributes are crossed; true for 2.",
        },
        "reference": {
            "type": "string",
            "minLength": 1,
            "description": "most_selected (default), largest, or the name of a group.",
        },
        "min_reference_n": {
            "type": "integer",
            "minimum": 1,
            "description": "Fewest rows of a group that others are compared with (30).",
        },
    },
    "required": ["data", "attributes"],
    "additionalProperties": False,
}


def describe(options: Mapping[str, Any]) -> str:
    """Name the data and the attributes."""
    return f"{measured.describe(options)}, {' x '.join(options.get('attributes', ()))}"


def fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Give the digests of the data and the model."""
    return measured.fingerprint(options, context)


def collect(options: Mapping[str, Any], context: Context) -> Collected:
    """Measure.

    Raises:
        CollectorError: the data cannot be used.
    """
    attributes = list(dict.fromkeys(options["attributes"]))
    groups = [Role(column, ("attributes", options["attributes"].index(column))) for column in attributes]
    task = task_of(options, context.subject)
    # A label that is good for the person is one of a class, whatever the subject predicts otherwise.
    regression = task == "regression" and "favorable" not in options
    if regression and "label" not in options:
        raise CollectorError("a regression is measured against labels", advice="name `label`")
    with measured.measured(options, context, groups, numbers=regression, scored=not regression) as data:
        measuring = Measuring(data, options, tuple(attributes), binary=context.subject.get("task") == "binary")
        crossings = _crossings(options, len(attributes))
        if regression:
            measuring.errors(crossings)
        else:
            measuring.classification(crossings, context.say)
        section = {
            **data.facts(options),
            "reference": options.get("reference", "most_selected"),
            "min_reference_n": options.get("min_reference_n", MIN_REFERENCE_N),
            "groups": measuring.groups,
            "attributes": measuring.summaries,
        }
        if measuring.favorable:
            section["favorable"] = measuring.favorable[0]
        if data.score is not None:
            section["score"] = data.score
        notes = (*data.view.notes, *measuring.notes)
        return Collected({"fairness": section}, uri=data.name, digest=data.digest, notes=notes)


def _crossings(options: Mapping[str, Any], attributes: int) -> list[tuple[str, ...]]:
    depth = options.get("intersections", False)
    deepest = 2 if depth is True else 1 if depth is False else int(depth)
    roles = [f"by{number}" for number in range(attributes)]
    return [found for size in range(1, deepest + 1) for found in combinations(roles, size)]
