"""Data sets that MLflow knows by name: ``mlflow:NAME`` for ``data`` stands for where the newest of that name lies."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from gatepost.collect.interface import CollectorError, Context, Option
from gatepost.collect.mlflow.addresses import fetch
from gatepost.collect.sources.mlflow_client import calls, open_client, quiet
from gatepost.collect.sources.mlflow_store import Stores, resolve_stores
from gatepost.collect.tabular import location
from gatepost.collect.work_folder import work_folder
from gatepost.paths import OutsideError
from gatepost.problems import did_you_mean

__all__ = ["dataset_files"]

_RUNS = 1000


def dataset_files(written: str, tracking_uri: str | None, context: Context, option: Option) -> list[Path]:
    """Give the files of the data set that a run logged last under a name.

    A relative path is meant from gatepost.yaml; what lies elsewhere (HTTP, S3) is downloaded by MLflow.

    Raises:
        CollectorError: MLflow knows no such data set, or its files are not there.
    """
    name = written.removeprefix("mlflow:")
    stores = resolve_stores({"tracking_uri": tracking_uri}, context)
    with quiet(), calls(stores, "tracking_uri", f"MLflow cannot tell where {written} lies"):
        client = open_client(stores)
        experiments = [experiment.experiment_id for experiment in client.search_experiments()]
        newest = client.search_runs(experiments, order_by=["attributes.start_time DESC"], max_results=_RUNS)
        inputs = [entry.dataset for run in newest if run.inputs for entry in run.inputs.dataset_inputs]
        found = next((dataset for dataset in inputs if dataset.name == name), None)
        if found is None:
            known = list(dict.fromkeys(dataset.name for dataset in inputs))
            advice = did_you_mean(name, known) or f"it knows: {', '.join(known[:10]) or 'none'}"
            what = f"no run of MLflow logged a data set `{name}` (of the last {_RUNS})"
            raise CollectorError(what, option=option, advice=advice)
        path = _file(found, written, stores, context, option)
    if not path.exists():
        what = f"{written} lies at {context.shown(path)}, and there is nothing"
        raise CollectorError(what, option=option, advice="put the file back, or name it itself")
    found_files = sorted(path.rglob("*")) if path.is_dir() else [path]
    if path.is_relative_to(work_folder()):
        return location.of_one_kind(found_files, written, option)
    return location.checked(found_files, written, context, option)


def _file(dataset: Any, written: str, stores: Stores, context: Context, option: Option) -> Path:
    """Return the file or folder of a data set: in its place, or downloaded.

    MLflow's own loading is not used: by the stored type it would fetch any address, or run the code of a hub.
    """
    try:
        source = json.loads(dataset.source)
        address = str(source.get("uri") or source.get("url") or "")
    except (ValueError, AttributeError):
        address = ""
    if not address:
        what = f"{written} has a {dataset.source_type} source, which is not a file"
        raise CollectorError(what, option=option, advice="name the file or the database itself")
    folder = Path(tempfile.mkdtemp(dir=work_folder(), prefix="dataset-"))
    if not address.startswith(("http://", "https://")):
        return fetch(address, stores, context, option, folder)
    try:
        context.roots.check_address(address)
    except OutsideError as error:
        raise CollectorError(error.what, option=option, advice=error.advice) from error
    from mlflow.data.http_dataset_source import HTTPDatasetSource

    return Path(HTTPDatasetSource(address).load(str(folder)))
