"""Loading a model: for the child process only, since a model may run code."""

from __future__ import annotations

import json
import pickle
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.collect.models.copies import private_copy
from gatepost.collect.models.estimators import open_model
from gatepost.collect.models.trust import ModelFiles
from gatepost.collect.tabular.csv_cells import read_with_pandas
from gatepost.problems import did_you_mean

__all__ = ["Model", "load", "read_table"]


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model.

    ``estimator`` has the interface of scikit-learn, or only ``predict`` where ``is_sklearn`` is false. ``inputs``
    are the columns of its signature, or those that it was fitted on, in order; empty where neither is known.
    """

    estimator: Any
    is_sklearn: bool
    inputs: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def columns(self, names: Sequence[str], label: str | None, features: Sequence[str] | None) -> list[str]:
        """Choose the columns of a table that the model gets: ``features``, else its inputs, else all but the label.

        Raises:
            CollectorError: a column that it needs is not there.
        """
        wanted = list(features or self.inputs) or [name for name in names if name != label]
        needed = wanted if features or not self.inputs else list(self.required)
        missing = [name for name in needed if name not in names]
        if missing:
            raise CollectorError(
                f"the data lacks columns that the model needs: {', '.join(missing[:10])}",
                option=("data",),
                advice=did_you_mean(missing[0], names) or f"it has: {', '.join(names[:20])}",
            )
        return [name for name in wanted if name in names]

    def predict(self, frame: Any) -> Any:
        """Give a one-dimensional array of predictions for the rows of a DataFrame.

        Raises:
            CollectorError: the model fails on this data, or gives more than one value a row.
        """
        return _one_column(_ask(self.estimator.predict, frame), len(frame))

    def two_classes(self) -> tuple[Any, Any] | None:
        """Return the classes of a binary classifier that gives probabilities, in their order; else None."""
        classes = getattr(self.estimator, "classes_", None) if self.is_sklearn else None
        if classes is None or len(classes) != 2 or not hasattr(self.estimator, "predict_proba"):
            return None
        return classes[0], classes[1]

    def second_score(self, frame: Any) -> Any:
        """Return the probability of the second of :meth:`two_classes` for each row."""
        return _ask(self.estimator.predict_proba, frame)[:, 1]


def load(model: ModelFiles) -> Model:
    """Load a model folder or file. Only for the child process: what it allows may still be code.

    The files are copied first, so that what is checked, and has the digest, is what is loaded.

    Raises:
        CollectorError: it holds something that is not allowed, is corrupt or not a model, needs a package or a class
            that is not there, or changed.
    """
    name = model.name
    with private_copy(model.path, name, model.digest) as copy, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            opened = open_model(copy, name, model.trust)
        except CollectorError:
            raise
        except MemoryError as error:
            # A damaged file asks for absurd amounts, so it cannot be told from one that is merely large.
            raise CollectorError(
                f"{name} is corrupt or not a model, or needs more memory than it may have", option=("model",)
            ) from error
        except Exception as error:
            raise _unloadable(name, error) from error
    if not callable(getattr(opened.estimator, "predict", None)):
        raise CollectorError(
            f"{name} holds a {type(opened.estimator).__name__}, which predicts nothing",
            option=("model",),
            advice="save the fitted estimator or pipeline itself",
        )
    versions = {_version_note(one) for one in caught if one.category.__name__ == "InconsistentVersionWarning"}
    notes = (*opened.notes, *sorted(versions))
    return _with_inputs(Model(opened.estimator, opened.is_sklearn, notes=notes), opened.about)


def read_table(path: Path) -> Any:
    """Read a CSV or Parquet file as a pandas DataFrame.

    Raises:
        CollectorError: it is not there, not readable, of another kind, or empty.
    """
    try:
        import pandas
    except ImportError as error:
        raise CollectorError("pandas is not installed", advice="pip install 'gatepost[robustness]'") from error
    kind = "".join(path.suffixes[-2:]).lower()
    try:
        if kind.endswith((".parquet", ".pq")):
            frame = pandas.read_parquet(path)
        elif kind.endswith((".csv", ".csv.gz")):
            frame = read_with_pandas(path)
        else:
            raise CollectorError(
                f"{path.name} is neither CSV nor Parquet", option=("data",), advice="name a .csv or .parquet file"
            )
    except FileNotFoundError as error:
        raise CollectorError(f"there is no file {path.name}", option=("data",)) from error
    except (OSError, ValueError, ImportError) as error:
        raise CollectorError(f"{path.name} cannot be read: {_first_line(error)}", option=("data",)) from error
    if frame.empty:
        raise CollectorError(f"{path.name} has no rows", option=("data",))
    return frame.rename(columns=str)


def _unloadable(name: str, error: Exception) -> CollectorError:
    if isinstance(error, ModuleNotFoundError):
        return CollectorError(
            f"{name} needs the Python module {error.name}, which is not installed",
            option=("model",),
            advice="install it, or name the folder of your own modules in GATEPOST_PYTHONPATH",
        )
    if isinstance(error, AttributeError):
        return CollectorError(
            f"{name} needs a class or function that is not there: {_first_line(error)}",
            option=("model",),
            advice="install the versions of the libraries that the model was trained with",
        )
    corrupt = isinstance(error, (EOFError, pickle.UnpicklingError, KeyError, IndexError, UnicodeDecodeError))
    how = "is corrupt or not a model" if corrupt else "cannot be loaded"
    return CollectorError(f"{name} {how}: {type(error).__name__}: {_first_line(error)}", option=("model",))


def _with_inputs(model: Model, about: Mapping[str, Any]) -> Model:
    try:
        columns = json.loads((about.get("signature") or {}).get("inputs") or "[]")
    except ValueError as error:
        raise CollectorError(f"the signature in the MLmodel file is no JSON: {error}", option=("model",)) from error
    named = [column for column in columns if isinstance(column, dict) and "name" in column]
    if named:
        inputs = tuple(str(column["name"]) for column in named)
        required = tuple(str(column["name"]) for column in named if column.get("required", True))
        return replace(model, inputs=inputs, required=required)
    fitted = getattr(model.estimator, "feature_names_in_", None) if model.is_sklearn else None
    inputs = tuple(str(name) for name in fitted) if fitted is not None else ()
    return replace(model, inputs=inputs, required=inputs)


def _ask(function: Callable[[Any], Any], frame: Any) -> Any:
    try:
        return function(frame)
    except MemoryError:
        raise
    except Exception as error:
        raise CollectorError(
            f"the model fails on this data: {type(error).__name__}: {_first_line(error)}", option=("model",)
        ) from error


def _one_column(values: Any, rows: int) -> Any:
    import numpy

    array = numpy.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.shape != (rows,):
        raise CollectorError(
            f"the model gives an array of shape {array.shape} for {rows} rows; one value a row is needed",
            option=("model",),
        )
    return array


def _version_note(warning: Any) -> str:
    message = warning.message
    return (
        f"trained with scikit-learn {message.original_sklearn_version}, loaded with {message.current_sklearn_version}"
    )


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]
