"""Data sets that MLflow knows by name: ``mlflow:NAME`` for ``data`` stands for where the newest of that name lies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gatepost.collect.interface import CollectorError, Context, Option
from gatepost.collect.sources.mlflow_client import calls, open_client, quiet
from gatepost.collect.sources.mlflow_store import resolve_stores
from gatepost.collect.tabular import location
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
        return _files(found, written, context, option)


def _files(dataset: Any, written: str, context: Context, option: Option) -> list[Path]:
    try:
        source = json.loads(dataset.source)
        uri = str(source.get("uri") or "").removeprefix("file://")
    except (ValueError, AttributeError):
        uri = ""
    if dataset.source_type != "local" or not uri:
        from mlflow.data import get_source

        try:
            path = Path(get_source(dataset).load())
        except Exception as error:
            what = f"MLflow cannot load {written} from its {dataset.source_type} source: {str(error).splitlines()[0]}"
            raise CollectorError(what, option=option) from error
    else:
        path = Path(uri) if Path(uri).is_absolute() else context.path(uri, option)
    if not path.exists():
        what = f"{written} lies at {uri or path.name}, and there is nothing"
        raise CollectorError(what, option=option, advice="put the file back, or name it itself")
    return location.checked(sorted(path.rglob("*")) if path.is_dir() else [path], written, context, option)
