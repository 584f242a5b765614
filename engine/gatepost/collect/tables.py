"""Tables as collectors read them: the columns that are asked for, checked, as a pandas frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from gatepost.collect.digests import file_digest
from gatepost.collect.interface import CollectorError, Context, Fingerprint
from gatepost.problems import did_you_mean

__all__ = ["OPTIONS", "Table", "labels", "read", "table_fingerprint"]

Role = tuple[str, tuple[str | int, ...]]
"""A column's name and the option that names it."""

OPTIONS: dict[str, Any] = {
    "data": {"type": "string", "minLength": 1, "description": "A CSV or Parquet file, or a glob of such files."},
    "label": {"type": "string", "minLength": 1, "description": "Column of the true value."},
    "prediction": {"type": "string", "minLength": 1, "description": "Column of the prediction."},
    "score": {"type": "string", "minLength": 1, "description": "Column of the score of the favorable class."},
    "model": {
        "type": "string",
        "minLength": 1,
        "description": "The model that predicts where `prediction` names no column: a path, or models:/NAME@ALIAS.",
    },
    "tracking_uri": {"type": "string", "minLength": 1, "description": "MLflow's tracking server or database."},
    "favorable": {
        "type": ["string", "number", "boolean"],
        "description": "The label that is good for the person; required unless labels are 0/1 or booleans.",
    },
}


class Table:
    """A table that was read: ``frame`` (pandas), its ``name`` for evidence, and its column names by role."""

    def __init__(self, frame: Any, name: str, prediction: str | None, score: str | None, digest: str) -> None:
        self.frame = frame
        self.name = name
        self.prediction = prediction
        self.score = score
        self.digest = digest


def _files(options: Mapping[str, Any], context: Context) -> list[Path]:
    written = options["data"]
    path = context.path(written, ("data",))
    found = sorted(path.parent.glob(path.name)) if any(c in path.name for c in "*?[") else [path]
    files = [file for file in found if file.is_file()]
    if not files:
        near = did_you_mean(path.name, [p.name for p in path.parent.glob("*")] if path.parent.is_dir() else [])
        raise CollectorError(f"there is no file {written}", option=("data",), advice=near)
    return files


def table_fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Give the digests of the files, and of the model where it predicts; imports nothing heavy."""
    parts = {context.shown(file): file_digest(file) for file in _files(options, context)}
    if "model" in options:
        from gatepost.collect.models import model_fingerprint

        model = model_fingerprint(options["model"], options.get("tracking_uri"), context)
        return Fingerprint({**parts, **model.parts}, model.cacheable, model.reason)
    return Fingerprint(parts)


def read(options: Mapping[str, Any], context: Context, columns: Iterable[Role]) -> Table:
    """Read the columns that are asked for; where no column holds predictions, the model makes them.

    Raises:
        CollectorError: no such file or column, an empty or damaged file, or a model that cannot predict.
    """
    files = _files(options, context)
    digest = file_digest(files[0]) if len(files) == 1 else ""
    prediction, score = options.get("prediction"), options.get("score")
    wanted: list[Role] = list(columns)
    if prediction is None and "model" in options:
        if len(files) != 1:
            raise CollectorError("a model predicts one file, and the glob finds several", option=("data",))
        from gatepost.collect import models

        names = _names(files, options["data"])
        _need(names, wanted, options["data"])
        predicted = models.predict(
            options["model"], files[0], options.get("label"), context, None, options.get("tracking_uri")
        )
        files, prediction = [predicted], "prediction"
        if score is None and "score" in _names(files, options["data"]):
            score = "score"
    for column, option in ((prediction, ("prediction",)), (score, ("score",))):
        if column is not None:
            wanted.append((column, option))
    names = _names(files, options["data"])
    _need(names, wanted, options["data"])
    frame = _select(files, list(dict.fromkeys(column for column, _ in wanted)), options["data"])
    if not len(frame):
        raise CollectorError(f"{options['data']} has no rows", option=("data",))
    return Table(frame, options["data"], prediction, score, digest)


def _relation(files: list[Path], connection: Any) -> Any:
    paths = [str(file) for file in files]
    if files[0].suffix.lower() in (".parquet", ".pq"):
        return connection.read_parquet(paths)
    return connection.read_csv(paths, header=True)


def _query(files: list[Path], shown: str, columns: list[str] | None) -> Any:
    try:
        import duckdb
        import pandas  # noqa: F401 - duckdb gives frames only where it is there
    except ImportError as error:
        advice = "pip install 'gatepost[fairness]'"
        raise CollectorError(f"a library is not there: {error}", advice=advice) from error
    if any(file.stat().st_size == 0 for file in files):
        raise CollectorError(f"{shown} is empty", option=("data",))
    connection = duckdb.connect()
    try:
        relation = _relation(files, connection)
        if columns is None:
            return list(relation.columns)
        quoted = ", ".join('"' + column.replace('"', '""') + '"' for column in columns)
        return relation.project(quoted).df()
    except duckdb.Error as error:
        reason = str(error).split("\n")[0]
        for file in files:
            reason = reason.replace(str(file), shown)
        raise CollectorError(f"{shown} cannot be read: {reason}", option=("data",)) from error
    finally:
        connection.close()


def _names(files: list[Path], shown: str) -> list[str]:
    names: list[str] = _query(files, shown, None)
    return names


def _select(files: list[Path], columns: list[str], shown: str) -> Any:
    return _query(files, shown, columns)


def _need(names: list[str], wanted: Iterable[Role], shown: str) -> None:
    for column, option in wanted:
        if column not in names:
            advice = did_you_mean(column, names) or "it has: " + ", ".join(names[:20])
            raise CollectorError(f"{shown} has no column `{column}`", option=option, advice=advice)


def labels(frame: Any, column: str, option: tuple[str | int, ...], shown: str) -> Any:
    """Give a column of labels as plain Python values; floats that are whole become integers.

    Raises:
        CollectorError: a value is missing.
    """
    series = frame[column]
    missing = int(series.isna().sum())
    if missing:
        what = f"{shown}: {missing} of {len(series)} values of `{column}` are missing"
        raise CollectorError(what, option=option, advice="remove these rows, or fill the values in")
    values = series.tolist()
    if all(isinstance(value, float) and value.is_integer() for value in values):
        return [int(value) for value in values]
    return values
