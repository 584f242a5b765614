"""Loading a model: for the child process only, since it runs the model's code."""

from __future__ import annotations

import json
import pickle
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.collect.models.scanning import guarded, scan, trusted_types
from gatepost.problems import did_you_mean

__all__ = ["Model", "load", "read_table"]


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model.

    ``estimator`` is a scikit-learn estimator, or an mlflow.pyfunc model where ``is_sklearn`` is false. ``inputs``
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

    def positive_score(self, frame: Any) -> Any:
        """Give the probability of ``classes_[1]`` for each row, or None where a model gives no such thing."""
        classes = getattr(self.estimator, "classes_", None) if self.is_sklearn else None
        if classes is None or len(classes) != 2 or not hasattr(self.estimator, "predict_proba"):
            return None
        return _ask(self.estimator.predict_proba, frame)[:, 1]


def load(path: Path) -> Model:
    """Scan a model folder or file, then load it. Only for the child process: it runs the model's code.

    A model of MLflow's sklearn flavor is loaded without mlflow, which is faster; others with mlflow.pyfunc.

    Raises:
        CollectorError: it is dangerous, corrupt, needs a package or a class that is not there, or is no model.
    """
    notes = scan(path)
    about = _about(path) if path.is_dir() else {}
    flavors = about.get("flavors") or {}
    with guarded(), warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if path.is_dir() and "sklearn" not in flavors:
                estimator, is_sklearn = _load_pyfunc(path), False
            else:
                estimator, is_sklearn = _load_estimator(path, flavors.get("sklearn")), True
        except CollectorError:
            raise
        except MemoryError as error:
            # A damaged file asks for absurd amounts, so it cannot be told from one that is merely large.
            raise CollectorError(
                f"{path.name} is corrupt or no model, or needs more memory than it may have", option=("model",)
            ) from error
        except Exception as error:
            raise _unloadable(path, error) from error
    if not hasattr(estimator, "predict"):
        raise CollectorError(
            f"{path.name} holds a {type(estimator).__name__}, which predicts nothing",
            option=("model",),
            advice="save the fitted estimator or pipeline itself",
        )
    notes += tuple(sorted({_version_note(w) for w in caught if w.category.__name__ == "InconsistentVersionWarning"}))
    return _with_inputs(Model(estimator, is_sklearn, notes=notes), about)


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
            frame = pandas.read_csv(path)
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


def _about(folder: Path) -> Mapping[str, Any]:
    import yaml

    try:
        about = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise CollectorError(f"the MLmodel file cannot be read: {_first_line(error)}", option=("model",)) from error
    if not isinstance(about, dict) or not isinstance(about.get("flavors"), dict):
        raise CollectorError("the MLmodel file names no flavors", option=("model",))
    return about


def _load_estimator(path: Path, flavor: Mapping[str, Any] | None) -> Any:
    file = path
    if flavor is not None:
        if flavor.get("code"):
            sys.path.insert(0, str(path / str(flavor["code"])))
        file = path / str(flavor.get("pickled_model"))
        if not file.is_file():
            raise CollectorError(f"the model lacks its file {flavor.get('pickled_model')}", option=("model",))
    if file.suffix.lower() == ".skops" or (flavor or {}).get("serialization_format") == "skops":
        from skops.io import load as load_skops

        # Which types are trusted is decided here, not by the list that lies beside the model.
        return load_skops(file, trusted=trusted_types(file))
    import joblib

    return joblib.load(file)


def _load_pyfunc(path: Path) -> Any:
    try:
        from mlflow import pyfunc
    except ImportError as error:
        raise CollectorError("mlflow is not installed", advice="pip install 'gatepost[mlflow]'") from error
    return pyfunc.load_model(str(path))


def _unloadable(path: Path, error: Exception) -> CollectorError:
    if isinstance(error, ModuleNotFoundError):
        return CollectorError(
            f"{path.name} needs the Python module {error.name}, which is not installed",
            option=("model",),
            advice="install it, or add the folder of your own modules to PYTHONPATH",
        )
    if isinstance(error, AttributeError):
        return CollectorError(
            f"{path.name} needs a class or function that is not there: {_first_line(error)}",
            option=("model",),
            advice="install the versions of the libraries that the model was trained with",
        )
    corrupt = isinstance(error, (EOFError, pickle.UnpicklingError, KeyError, IndexError, UnicodeDecodeError))
    how = "is corrupt or no model" if corrupt else "cannot be loaded"
    return CollectorError(f"{path.name} {how}: {type(error).__name__}: {_first_line(error)}", option=("model",))


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
