"""Performance on a table: each metric with its interval and its own denominator, counted where the data is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from gatepost.collect.favorable import LABEL_OPTION, task_of
from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.collect.spelling import similar_groups
from gatepost.collect.tabular import measured
from gatepost.collect.tabular.columns import Role, distinct, values_shown
from gatepost.collect.tabular.measured import Measured
from gatepost.collect.tasks.binary import Binary
from gatepost.collect.tasks.multiclass import Multiclass
from gatepost.collect.tasks.ranking import Ranking
from gatepost.collect.tasks.regression import Regression

__all__ = ["collect", "describe", "extra", "fingerprint", "name", "options", "sections", "version"]

name = "performance"
version = "5"
sections = ("performance",)
extra = "fairness"
_COLUMN = {"type": "string", "minLength": 1, "x-column": True}
options: Mapping[str, Any] = {
    "type": "object",
    "description": "Measures how well predictions match labels.",
    "examples": [{"data": "data/holdout.parquet", "label": "label", "prediction": "prediction"}],
    "properties": {
        **measured.OPTIONS,
        **measured.BASELINE_OPTIONS,
        "favorable": {
            **LABEL_OPTION,
            "description": "The label that is good for the person; required unless labels are 0/1 or booleans.",
        },
        "task": {
            "enum": ["binary", "multiclass", "regression", "ranking"],
            "type": "string",
            "description": "What is predicted.",
        },
        "threshold": {
            "type": "number",
            "description": "Score from which a row counts as favorable, where `prediction` names no column.",
        },
        "thresholds": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "number"},
            "description": "Scores at which the metrics are measured too.",
        },
        "slices": {
            "type": "array",
            "items": _COLUMN,
            "description": "Columns whose values make parts of the data that are measured on their own.",
        },
        "qid": {**_COLUMN, "description": "Column of the query that a row belongs to, for a ranking."},
        "k": {"type": "integer", "minimum": 1, "description": "How many rows of a ranking count (10)."},
    },
    "required": ["data", "label"],
    "additionalProperties": False,
}
_MAX_SLICES = 200


class _Task(Protocol):
    notes: list[str]

    def metrics(self, crossings: list[tuple[str, ...]]) -> dict[tuple[str, ...], dict[str, dict[str, Any]]]: ...

    def whole(self) -> dict[str, Any]: ...

    def versus(self) -> dict[str, dict[str, Any]]: ...


def describe(options: Mapping[str, Any]) -> str:
    """Name the data."""
    return measured.describe(options)


def fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Give the digests of the data and the model."""
    return measured.fingerprint(options, context)


def collect(options: Mapping[str, Any], context: Context) -> Collected:
    """Measure.

    Raises:
        CollectorError: the data cannot be used.
    """
    columns = list(dict.fromkeys(options.get("slices", ())))
    slices = [Role(column, ("slices", options["slices"].index(column))) for column in columns]
    task = task_of(options, context.subject)
    if task is not None and task not in _TASKS:
        what = f"the subject's task is {task}; what is measured here is {', '.join(_TASKS)}"
        raise CollectorError(
            what, option=("task",), advice="name `task:` beside `data:`, or leave this collector out"
        )
    for key in ("threshold", "thresholds"):
        if key in options and "score" not in options and not ("model" in options and key == "thresholds"):
            raise CollectorError(f"`{key}` without `score`", option=(key,), advice="name the column of the score")
    with measured.measured(options, context, slices, numbers=task in ("regression", "ranking")) as data:
        if task is None or task not in _TASKS:  # the subject's may be of another kind
            task = _guess(data)
        measure = _TASKS[task](data, options)
        crossings: list[tuple[str, ...]] = [(), *((f"by{number}",) for number in range(len(columns)))]
        _check_size(data, crossings[1:])
        metrics = measure.metrics(crossings)
        section = {**data.facts(options), "task": task, **measure.whole()}
        if "threshold" in options:
            section["threshold"] = options["threshold"]
        if data.score is not None and task in ("binary", "ranking"):
            section["score"] = data.score
        section["metrics"] = metrics[()][""]
        if data.view.roles.keys() & {"other", "other_score"}:
            section["versus_baseline"] = measure.versus()
        notes = [*data.view.notes, *measure.notes]
        if columns:
            notes += _similar(columns, crossings[1:], metrics)
            section["slices"] = [
                {"name": f"{column}={value}", "n": _rows(found), "metrics": found}
                for column, by in zip(columns, crossings[1:], strict=True)
                for value, found in metrics[by].items()
            ]
    return Collected({"performance": section}, uri=data.name, digest=data.digest, notes=tuple(notes))


_TASKS: Mapping[str, Callable[[Measured, Mapping[str, Any]], _Task]] = {
    "binary": Binary,
    "multiclass": Multiclass,
    "regression": Regression,
    "ranking": Ranking,
}


def _guess(data: Measured) -> str:
    truth = data.view.table.truth
    if truth.type().is_floating():
        with data.view.opened.reading():
            whole = data.view.table.aggregate(n=(truth == truth.floor()).sum()).to_pyarrow()["n"][0].as_py()
        if not whole:
            return "regression"
    return "binary" if len(distinct(data.view, "truth", 2)) <= 2 else "multiclass"


def _check_size(data: Measured, crossings: list[tuple[str, ...]]) -> None:
    for (role,) in crossings:
        size, much = values_shown(data.view, role)
        if size > _MAX_SLICES:
            what = f"`{data.view.roles[role].column}` has {much} different values; {_MAX_SLICES} is the most"
            advice = "group its values in a column of its own"
            raise CollectorError(what, option=data.view.roles[role].option, advice=advice)


def _similar(columns: list[str], crossings: list[tuple[str, ...]], metrics: Mapping[Any, Any]) -> list[str]:
    sizes = [{value: _rows(found) for value, found in metrics[by].items()} for by in crossings]
    return [note for column, rows in zip(columns, sizes, strict=True) for note in similar_groups(column, rows)]


def _rows(metrics: Mapping[str, Any]) -> int:
    """Give the rows of a slice: its accuracy or its errors are of all of them."""
    return int(max(metric["n"] for metric in metrics.values()))
