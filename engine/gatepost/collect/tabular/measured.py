"""Predictions with labels and groups, as the measuring collectors of gatepost.yaml ask for them."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gatepost.collect.digests import file_digest
from gatepost.collect.interface import CollectorError, Context, Fingerprint
from gatepost.collect.spelling import LABELS_OPTION
from gatepost.collect.tabular import location
from gatepost.collect.tabular.columns import Role, View, need, view
from gatepost.collect.tabular.opening import open_table
from gatepost.collect.work_folder import work_folder

__all__ = ["BASELINE_OPTIONS", "OPTIONS", "Measured", "describe", "fingerprint", "measured"]

_TEXT = {"type": "string", "minLength": 1}
_COLUMN = {**_TEXT, "x-column": True}
OPTIONS: dict[str, Any] = {
    "data": {
        **_TEXT,
        "x-input": "table",
        "description": "CSV, Parquet or Arrow: a file, a folder or a glob; a database; or mlflow:NAME.",
    },
    "query": {**_TEXT, "description": "SQL that gives the rows; `FROM data` where `data` names files."},
    "label": {**_COLUMN, "description": "Column of the true value."},
    "prediction": {**_COLUMN, "description": "Column of the prediction."},
    "score": {**_COLUMN, "description": "Column of the score of the favorable class."},
    "weight": {**_COLUMN, "description": "Column of the weight of each row."},
    "weight_kind": {
        "enum": ["sampling", "importance", "frequency"],
        "type": "string",
        "description": "What a weight means; frequency: how many rows it stands for (sampling).",
    },
    "cluster": {**_COLUMN, "description": "Column of what makes rows depend on each other, such as a person's id."},
    "model": {
        **_TEXT,
        "x-input": "predictor",
        "description": "The model that predicts where `prediction` names no column: a path, or models:/NAME@ALIAS.",
    },
    "tracking_uri": {**_TEXT, "description": "MLflow's tracking server or database."},
    "labels": LABELS_OPTION,
}

BASELINE_OPTIONS: dict[str, Any] = {
    "baseline": {
        **_TEXT,
        "x-input": "predictor",
        "description": "The model that `model` is compared with on the same rows.",
    },
    "baseline_prediction": {**_COLUMN, "description": "Column of the baseline's prediction."},
    "baseline_score": {**_COLUMN, "description": "Column of the baseline's score."},
}


@dataclass(frozen=True, slots=True)
class Measured:
    """The rows by role, what is called what, and which column has the score.

    ``classes`` are the two classes of the model that made a score, by role (``score``, ``other_score``): the score is
    the probability of the second.
    """

    view: View
    name: str
    digest: str
    score: str | None
    classes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    def facts(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Give what a section says of the rows and columns."""
        named = {key: options[key] for key in ("label", "weight", "cluster") if key in options}
        if "weight" in options:
            named["weight_kind"] = options.get("weight_kind", "sampling")
        for key, ways in (("prediction", ("prediction", "model")), ("baseline", ("baseline", "baseline_prediction"))):
            found = [options[way] for way in ways if way in options]
            if found:
                named[key] = found[0]
        return {"dataset": self.name, "n": self.view.n, **named}

    def favoring(self, favorable: Any) -> View:
        """Return the rows with the scores of models as scores of the favorable class.

        Raises:
            CollectorError: the favorable label is not a class of the model.
        """
        turned = {
            role: 1 - self.view.table[role]
            for role, classes in self.classes.items()
            if role in self.view.roles and _number_of(favorable, classes) == 0
        }
        return replace(self.view, table=self.view.table.mutate(**turned)) if turned else self.view


def _number_of(favorable: Any, classes: tuple[Any, Any]) -> int:
    """Return the place of the favorable label among the classes of a model, by value, else by how it is written."""
    for number, one in enumerate(classes):
        if one == favorable and isinstance(one, str) == isinstance(favorable, str):
            return number
    for number, one in enumerate(classes):
        if str(one).lower() == str(favorable).lower():
            return number
    what = f"`{favorable}` is the favorable label, and the model's classes are {classes[0]} and {classes[1]}"
    raise CollectorError(what, option=("model",), advice="name one of these labels as `favorable`")


def describe(options: Mapping[str, Any]) -> str:
    """Name the data."""
    return location.shown_name(str(options.get("data", "")))


def fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Give the digests of the data, and of the model where it predicts; imports nothing heavy.

    Raises:
        CollectorError: there is no such file or model.
    """
    found = {"data": location.fingerprint(options["data"], context)}
    for key in ("model", "baseline"):
        if key in options:
            from gatepost.collect.models.reference import model_fingerprint

            found[key] = model_fingerprint(options[key], options.get("tracking_uri"), context)
    return Fingerprint.together(found)


@contextlib.contextmanager
def measured(
    options: Mapping[str, Any],
    context: Context,
    groups: Sequence[Role] = (),
    *,
    numbers: bool = False,
    scored: bool = True,
) -> Iterator[Measured]:
    """Open the table until the end of the block; where no column holds predictions, the model makes them.

    Args:
        options: as :data:`OPTIONS` has them.
        context: where relative paths start.
        groups: the columns that make groups; they have the roles ``by0``, ``by1``.
        numbers: whether labels and predictions must be numbers.
        scored: whether the score is wanted.

    Raises:
        CollectorError: the table cannot be used, or the model cannot predict it.
    """
    by_score = "threshold" in options or "qid" in options
    if not by_score and "prediction" not in options and "model" not in options:
        raise CollectorError("neither `prediction` nor `model` is named", advice="name one of the two")
    if "prediction" in options and "threshold" in options:
        what = "`threshold` makes predictions of scores, and `prediction` names a column of them"
        raise CollectorError(what, option=("threshold",), advice="keep one of the two; for others see `thresholds`")
    if "weight_kind" in options and "weight" not in options:
        raise CollectorError("`weight_kind` without `weight`", option=("weight_kind",), advice="name the column")
    data = location.located(options["data"], context, tracking_uri=options.get("tracking_uri"))
    name, digest = describe(options), _digest(data, context)
    roles = {role: Role(options[key], (key,)) for role, key in _named(options).items()}
    roles |= {f"by{number}": role for number, role in enumerate(groups)}
    predicts = "prediction" not in options and "model" in options
    files: dict[str, Path] = {}
    if predicts:
        rows = _one_file(data, options, context, roles)
        files["score"] = _predicted(options["model"], rows, options, context)
        data = [files["score"]]
    if "baseline" in options:
        if not predicts or "qid" in options:
            what = "`baseline` is a model that is compared with `model`"
            raise CollectorError(what, option=("baseline",), advice="for columns see `baseline_prediction`")
        files["other_score"] = _predicted(options["baseline"], rows, options, context)
        data = [_beside(files["score"], files["other_score"])]
        roles["other"] = Role("baseline_prediction", ("baseline",))
    if predicts and not by_score:
        roles["predicted"] = Role("prediction", ("model",))
    with open_table(data, context, query=options.get("query"), name=name) as opened:
        if predicts and "score" not in options and "score" in opened.table.columns:
            roles["score"] = Role("score", ("model",))
        if "baseline" in options and "baseline_score" in opened.table.columns:
            roles["other_score"] = Role("baseline_score", ("baseline",))
        if not scored:
            roles.pop("score", None)
        frequency = options.get("weight_kind") == "frequency"
        found = view(opened, roles, numbers=("truth", "predicted", "other") if numbers else (), frequency=frequency)
        score = roles.get("score")
        if "score" in options:
            files.pop("score", None)  # the column is of the favorable class
        classes = {role: _classes(file) for role, file in files.items() if role in roles}
        yield Measured(found, name, digest, score.column if score else None, classes)


def _named(options: Mapping[str, Any]) -> dict[str, str]:
    keys = {"truth": "label", "predicted": "prediction", "score": "score", "qid": "qid"}
    keys |= {"weight": "weight", "cluster": "cluster"}
    keys |= {"other": "baseline_prediction", "other_score": "baseline_score"}
    return {role: key for role, key in keys.items() if key in options}


def _one_file(
    data: str | list[Path], options: Mapping[str, Any], context: Context, roles: Mapping[str, Role]
) -> Path:
    """Give the file that a model shall predict; it has the columns that are needed besides.

    Raises:
        CollectorError: it is a database, a query, several files, or lacks a column.
    """
    if "query" in options:
        raise CollectorError("a model predicts a file, not a query", option=("data",), advice="export the rows first")
    file = location.one_file(data, options["data"], context, ("data",))
    # Before the model is loaded: a misspelt column should not cost that time.
    with open_table([file], context, name=describe(options)) as opened:
        need(opened.table.columns, roles.values(), describe(options))
    return file


def _predicted(model: str, rows: Path, options: Mapping[str, Any], context: Context) -> Path:
    from gatepost.collect.models import prediction

    return prediction.predict(model, rows, options.get("label"), context, options.get("tracking_uri"))


def _classes(predictions: Path) -> tuple[Any, Any]:
    from gatepost.collect.models import prediction

    return prediction.scored_classes(predictions)


def _beside(own: Path, other: Path) -> Path:
    """Put the baseline's predictions beside those of the model, for the same rows in the same order."""
    import pyarrow.parquet

    table, theirs = pyarrow.parquet.read_table(own), pyarrow.parquet.read_table(other)
    for column in ("prediction", "score"):
        if column in theirs.column_names:
            table = table.append_column(f"baseline_{column}", theirs[column])
    file = Path(tempfile.mkdtemp(dir=work_folder(), prefix="paired-")) / "predictions.parquet"
    pyarrow.parquet.write_table(table, file)
    return file


def _digest(data: str | list[Path], context: Context) -> str:
    if isinstance(data, str) and location.is_database(data):
        return ""
    files = location.files(data, context, ("data",)) if isinstance(data, str) else data
    return file_digest(files[0]) if len(files) == 1 else ""
