"""Models as collectors use them: found, scanned, and asked for predictions in the child process."""

from __future__ import annotations

import json
import stat
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gatepost.collect.digests import file_digest
from gatepost.collect.inputs import predictions_of, readable
from gatepost.collect.interface import CollectorError, Context, Option
from gatepost.collect.isolation import sandbox
from gatepost.collect.models.loading import load, read_table
from gatepost.collect.models.reference import resolve
from gatepost.collect.models.trust import ModelFiles
from gatepost.collect.tabular.columns import label_value
from gatepost.collect.work_folder import work_folder
from gatepost.problems import did_you_mean

__all__ = ["predict", "predict_in_child", "prediction_notes", "scored_classes"]

_CLASSES = b"gatepost.classes"
"""The key of the Parquet file's metadata that names the classes of a score, as JSON."""

# Performance and fairness ask for the same predictions in one run. They are not kept longer: a digest of the
# model does not cover the code that it imports.
_Key = tuple[ModelFiles, str, str | None]
_predictions: dict[_Key, Path] = {}
_predicting: dict[_Key, threading.Lock] = {}
_notes: dict[Path, tuple[str, ...]] = {}


def predict(
    model: str,
    data: Path,
    label: str | None,
    context: Context,
    tracking_uri: str | None = None,
    columns: Sequence[tuple[str, Option]] = (),
) -> Path:
    """Have a model predict a table, in a child process of its own, whose code cannot reach what measures them.

    ``columns`` are those that the table must have, each with the option that names it: they are looked for before the
    model is loaded, since a misspelt one should not cost that time.

    Returns a Parquet file in this process's work folder: the rows and columns of ``data`` (CSV or Parquet) in
    their order, ``prediction``, and, where the model gives probabilities of a binary target, ``score``, the
    probability of the second of its classes, which :func:`scored_classes` reads. Asked again for the same files, it
    returns the same result.

    Raises:
        CollectorError: no such model, it is dangerous or cannot be loaded, it does not fit the data, or it took
            too much time or memory.
    """
    if context.in_child:  # it was done before this process started
        return context.inputs[predictions_of(model, data)][0]
    files = ModelFiles.of(model, resolve(model, tracking_uri, context), context)
    try:
        key = (files, file_digest(data), label)
    except OSError as error:
        raise CollectorError(f"cannot read {context.shown(data)}: {error.strerror}", option=("data",)) from error
    with _predicting.setdefault(key, threading.Lock()):
        if key not in _predictions:
            output = Path(tempfile.mkdtemp(dir=work_folder(), prefix="predictions-")) / "predictions.parquet"
            named = [[label, ["label"]]] if label is not None else []
            notes = sandbox.run(
                "gatepost.collect.models.prediction:predict_in_child",
                {
                    "model": files.to_data(),
                    "data": str(data),
                    "label": label,
                    "columns": [*named, *([name, list(option)] for name, option in columns)],
                    "output": str(output),
                },
                timeout_seconds=context.timeout_seconds,
                memory_bytes=context.memory_bytes,
                say=context.say,
                reads=readable(context, files.path, data),
                writes=(output.parent,),
                network=context.network,
                require_isolation=context.require_isolation,
            )
            if not stat.S_ISREG(output.lstat().st_mode):  # a link would be read with the rights of the gate
                raise CollectorError("the model left something that is not a file", option=("model",))
            _notes[output] = tuple(notes)
            _predictions[key] = output
    return _predictions[key]


def prediction_notes(predictions: Path) -> tuple[str, ...]:
    """Return what loading the model gave to note, such as the team's own code that ran."""
    return _notes.get(predictions, ())


def predict_in_child(
    model: Mapping[str, Any],
    data: str,
    label: str | None,
    columns: list[tuple[str, list[str | int]]],
    output: str,
    say: Callable[[str], None],
) -> list[str]:
    """Do the work of :func:`predict`, and return the notes on the model; called in the child process."""
    frame = read_table(Path(data))
    names = [str(name) for name in frame.columns]
    for name, option in columns:
        if name not in names:
            raise CollectorError(
                f"the data has no column `{name}`",
                option=tuple(option),
                advice=did_you_mean(name, names) or f"available columns: {', '.join(names[:20])}",
            )
    for name in ("prediction", "score"):
        if name in names:
            raise CollectorError(
                f"the data has a column `{name}` already",
                option=("model",),
                advice=f"name it as `{name}` instead of a model, or rename it",
            )
    loaded = load(ModelFiles.from_data(model))
    chosen = frame[loaded.columns(names, label, None)]
    say(f"predict {len(frame)} rows")
    frame["prediction"] = loaded.predict(chosen)
    classes = loaded.two_classes()
    if classes is not None:
        frame["score"] = loaded.second_score(chosen)
    _write(frame, output, classes)
    return list(loaded.notes)


def _write(frame: Any, output: str, classes: tuple[Any, Any] | None) -> None:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.Table.from_pandas(frame, preserve_index=False)
    if classes is not None:
        named = {_CLASSES: json.dumps([label_value(one) for one in classes])}
        table = table.replace_schema_metadata({**(table.schema.metadata or {}), **named})
    pyarrow.parquet.write_table(table, output)


def scored_classes(predictions: Path) -> tuple[Any, Any]:
    """Return the two classes of a binary classifier that made predictions; ``score`` is of the second.

    Raises:
        CollectorError: the file does not name two classes.
    """
    import pyarrow.parquet

    try:
        first, second = json.loads((pyarrow.parquet.read_schema(predictions).metadata or {})[_CLASSES])
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise CollectorError("the model's scores do not say of which class they are", option=("model",)) from error
    if not all(isinstance(one, str | int | float) for one in (first, second)):
        raise CollectorError("the model's classes are not texts, numbers or truth values", option=("model",))
    return first, second
