"""From what gatepost.yaml calls a model to its files: a path of the repository, or MLflow's URIs."""

from __future__ import annotations

import json
import tempfile
import threading
from pathlib import Path
from typing import Any

from gatepost.collect.digests import code_digest, files_below, text_digest, tree_digest
from gatepost.collect.interface import CollectorError, Context, Fingerprint, Option
from gatepost.collect.mlflow.addresses import RUN_ARTIFACT, address_in_run, address_of_version, fetch
from gatepost.collect.models.formats import check_suffix
from gatepost.collect.models.trust import ModelTrust
from gatepost.collect.sources.mlflow_client import calls, open_client, quiet
from gatepost.collect.sources.mlflow_store import Stores, model_name, resolve_stores, snapshot
from gatepost.collect.work_folder import work_folder
from gatepost.problems import did_you_mean
from gatepost.secrets import redacted

__all__ = ["model_fingerprint", "resolve"]

# Several collectors name the same model.
_downloads: dict[str, Path] = {}
_fetching = threading.Lock()


def resolve(model: str, tracking_uri: str | None, context: Context, option: Option = ("model",)) -> Path:
    """Give the folder of an MLflow model, or the model file, that ``model`` names.

    ``model`` is a path of the repository (a folder with an ``MLmodel`` file; a .joblib, .pkl, .pickle or .skops
    file), ``models:/NAME@ALIAS``, ``models:/NAME/VERSION`` or ``runs:/RUN_ID/PATH``. Remote artifacts are
    downloaded into this process's work folder, local ones used where they lie.

    Raises:
        CollectorError: there is no such model, server, database or version, or it is none that can be loaded.
    """
    if f"model {model}" in context.inputs:
        return context.inputs[f"model {model}"][0]
    if not model.startswith(("models:/", "runs:/")):
        return _in_repository(model, context)
    stores = resolve_stores({"tracking_uri": tracking_uri}, context)
    with quiet(), calls(stores, "tracking_uri", f"MLflow cannot fetch {model}"):
        from mlflow.exceptions import MlflowException

        try:
            path = _fetched(_address(open_client(stores), model), stores, context, option)
        except MlflowException as error:
            if error.error_code not in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "NOT_FOUND"):
                raise
            raise CollectorError(
                f"MLflow has no {model}: {_first_line(error)}", option=("model",), advice="look at its name and alias"
            ) from error
    if not (path / "MLmodel").is_file():
        raise CollectorError(f"{model} has no MLmodel file in its artifacts", option=("model",))
    return path


def model_fingerprint(model: str, tracking_uri: str | None, context: Context) -> Fingerprint:
    """Tell cheaply what its predictions depend on: its files, or MLflow's snapshot; and the project's code.

    A pickled model runs code of the project, which its bytes do not hold.

    Raises:
        CollectorError: there is no such file, database or folder, or the name is malformed.
    """
    allowed = text_digest(json.dumps(ModelTrust.of(context).settings(), sort_keys=True))
    code = {"code": code_digest(context.repository), "allowed": allowed}
    if not model.startswith(("models:/", "runs:/")):
        return Fingerprint({**code, "model": tree_digest(_in_repository(model, context))})
    run = RUN_ARTIFACT.fullmatch(model)
    wanted = {"run": run[1]} if run else {"model": model}
    found = snapshot({**wanted, "tracking_uri": tracking_uri}, context)
    return Fingerprint({**found.parts, **code, "model": model}, found.cacheable, found.reason)


def _check_links(folder: Path, context: Context) -> None:
    """Check where the links in a model's folder lead: to files of the repository or a data root, whose bytes count.

    Raises:
        CollectorError: a link leads outside, or to a folder.
    """
    for name, path in files_below(folder):
        if not path.is_symlink():
            continue
        context.check(path, ("model",))
        if path.is_dir():
            raise CollectorError(
                f"{name} in the model's folder is a link to a folder, whose files are not in the model's digest",
                option=("model",),
                advice="put the files themselves into the model's folder",
            )


def _in_repository(model: str, context: Context) -> Path:
    path = context.path(model, ("model",))
    if path.is_dir():
        _check_links(path, context)
        if not (path / "MLmodel").is_file():
            raise CollectorError(
                f"{model} is a folder without an MLmodel file",
                option=("model",),
                advice="name a folder that mlflow.sklearn.save_model wrote, or a model file",
            )
        return path
    if not path.is_file():
        near = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        advice = did_you_mean(path.name, near) or "name a file, models:/NAME@ALIAS or runs:/RUN_ID/PATH"
        raise CollectorError(f"there is no model {model}", option=("model",), advice=advice)
    check_suffix(model)
    return path


def _address(client: Any, model: str) -> str:
    """Ask MLflow where the artifacts of ``models:/`` or ``runs:/`` lie."""
    run = RUN_ARTIFACT.fullmatch(model)
    if run:
        return address_in_run(client, run[1], run[2].rstrip("/"))
    wanted = model_name({"model": model})
    assert wanted is not None
    version = wanted.version
    if wanted.alias:
        version = client.get_model_version_by_alias(wanted.name, wanted.alias).version
    return address_of_version(client, wanted.name, str(version))


def _fetched(address: str, stores: Stores, context: Context, option: Option) -> Path:
    with _fetching:
        if address not in _downloads:
            folder = Path(tempfile.mkdtemp(dir=work_folder(), prefix="model-"))
            path = fetch(address, stores, context, option, folder)
            if not path.is_relative_to(folder):  # it lies here, and may change while this process runs
                return _existing(path, option)
            _downloads[address] = path
        return _downloads[address]


def _existing(path: Path, option: Option) -> Path:
    if not path.is_dir():
        raise CollectorError(
            f"the files of the model are not at {path}",
            option=option,
            advice="MLflow keeps their place as an absolute path: log the model again, or put them back",
        )
    return path


def _first_line(error: BaseException) -> str:
    return redacted(next(iter(str(error).strip().splitlines()), type(error).__name__))[:300]
