"""From the files of a model to the estimator: by restricted unpickling, skops, a native format, or its own code."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.collect.models.attributes import check_attributes
from gatepost.collect.models.compression import decompressed
from gatepost.collect.models.formats import is_skops
from gatepost.collect.models.mlmodel import MLmodel, read_mlmodel
from gatepost.collect.models.names import Names, code_advice, guarded, type_advice
from gatepost.collect.models.native import load_catboost, load_lightgbm, load_xgboost
from gatepost.collect.models.scanning import scan_others
from gatepost.collect.models.trust import ModelTrust

__all__ = ["Opened", "open_model"]

_WITHOUT_CODE = "Gatepost itself loads the flavors sklearn, xgboost, lightgbm and catboost"


@dataclass(frozen=True, slots=True)
class Opened:
    """An object that predicts; ``about`` is the content of its MLmodel file, empty for a single file."""

    estimator: Any
    is_sklearn: bool
    about: Mapping[str, Any]
    notes: tuple[str, ...]


def open_model(path: Path, name: str, trust: ModelTrust) -> Opened:
    """Load a model file, or the folder of an MLflow model.

    Raises:
        CollectorError: it holds something that is not allowed.
        Exception: whatever is raised by a damaged file.
    """
    if not path.is_dir():
        estimator, notes = _from_file(path, name, trust)
        return Opened(estimator, True, {}, notes)
    about = read_mlmodel(path, name)
    for flavor in ("sklearn", "lightgbm", "xgboost", "catboost"):
        settings = about.flavor(flavor)
        if settings is not None:
            return _from_flavor(about, flavor, settings, trust)
    return _from_pyfunc(about, trust)


def _from_flavor(about: MLmodel, flavor: str, settings: Mapping[str, Any], trust: ModelTrust) -> Opened:
    if settings.get("code"):
        _require_code(about, f"brings code of its own ({settings['code']})", trust)
        sys.path.insert(0, str(about.folder / str(settings["code"])))
    file = about.file(settings.get("pickled_model" if flavor == "sklearn" else "data"))
    if not trust.allow_model_code:
        scan_others(about.folder, file, about.name, trust)
    notes: tuple[str, ...] = ()
    estimator, is_sklearn = None, True
    if flavor == "xgboost":
        estimator, is_sklearn = load_xgboost(file, settings)
    elif flavor == "catboost":
        estimator, is_sklearn = load_catboost(file, settings)
    elif flavor == "lightgbm" and str(settings.get("model_class", "lightgbm.basic.Booster")).endswith(".Booster"):
        estimator, is_sklearn = load_lightgbm(file)
    else:
        estimator, notes = _from_file(file, f"{about.name}/{file.relative_to(about.folder).as_posix()}", trust)
    return Opened(estimator, is_sklearn, about.data, notes)


def _from_pyfunc(about: MLmodel, trust: ModelTrust) -> Opened:
    loader = (about.flavor("python_function") or {}).get("loader_module")
    others = ", ".join(sorted(str(one) for one in about.flavors if one != "python_function"))
    what = f"is loaded by code: {loader or 'no loader'}" + (f" (flavor {others})" if others else "")
    _require_code(about, what, trust)
    try:
        from mlflow import pyfunc
    except ImportError as error:
        raise CollectorError("mlflow is not installed", advice="pip install 'gatepost[mlflow]'") from error
    return Opened(pyfunc.load_model(str(about.folder)), False, about.data, (_code_note(about.name),))


def _require_code(about: MLmodel, what: str, trust: ModelTrust) -> None:
    if trust.allow_model_code:
        return
    advice = f"{_WITHOUT_CODE}; or write the predictions into a column and name that as `prediction`; "
    raise CollectorError(f"{about.name} {what}", option=("model",), advice=advice + code_advice("or"))


def _from_file(file: Path, name: str, trust: ModelTrust) -> tuple[Any, tuple[str, ...]]:
    """Return the object in a skops, joblib or pickle file, and notes."""
    skops = is_skops(file, name)
    if trust.allow_model_code:
        import joblib

        found = _load_skops(file, _skops_types(file, name)) if skops else joblib.load(file)
        return found, (_code_note(name),)
    names = Names(trust, name)
    with guarded(names):
        if skops:
            types = _skops_types(file, name)
            _check_skops_types(types, names)
            found = _load_skops(file, types)
        else:
            from gatepost.collect.models.unpickling import unpickle

            with file.open("rb") as stream:
                found = unpickle(decompressed(stream, name), names)
    check_attributes(found, name)
    return found, tuple(_trusted_note(one, code, trust) for one, code in names.trusted.items())


def _skops_types(file: Path, name: str) -> list[str]:
    """Return the types of a skops file that skops does not trust itself.

    Which types are trusted is decided here, not by the list that lies beside the model.
    """
    try:
        from skops.io import get_untrusted_types
    except ImportError as error:
        raise CollectorError("skops is not installed", advice="pip install skops") from error
    try:
        return [str(one) for one in get_untrusted_types(file=file)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise CollectorError(f"{name} is not a readable skops file: {error}", option=("model",)) from error


def _load_skops(file: Path, types: list[str]) -> Any:
    from skops.io import load

    return load(file, trusted=types)


def _check_skops_types(types: list[str], names: Names) -> None:
    refused = []
    for full in types:
        if full == "numpy.dtype":  # skops makes it of an empty array
            continue
        module, _, name = full.rpartition(".")
        try:
            names.find(module, name)
        except (CollectorError, ImportError, AttributeError):
            refused.append(full)
    if refused:
        known = all(one.partition(".")[0] in sys.stdlib_module_names for one in refused)
        save_without = f"save the model without them; {code_advice('or')}"
        raise CollectorError(
            f"{names.file} holds types that are not trusted: {', '.join(sorted(refused)[:5])}",
            option=("model",),
            advice=save_without if known else type_advice(", ".join(sorted(refused))),
        )


def _code_note(name: str) -> str:
    return f"{name} may run code of its own (allow_model_code)"


def _trusted_note(full: str, code: str, trust: ModelTrust) -> str:
    root = Path(trust.repository).resolve() if trust.repository else None
    if code and root is not None and Path(code).is_relative_to(root):
        return f"ran {full} (trusted_types), whose code is in the repository: {Path(code).relative_to(root)}"
    return f"ran {full} (trusted_types)"
