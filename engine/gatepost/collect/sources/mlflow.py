"""A registered model version or a run of MLflow: fills ``model`` and ``training``."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gatepost.collect.digests import tree_digest
from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.collect.mlflow.addresses import address_of_version, fetch, local_path
from gatepost.collect.sources.mlflow_client import calls, open_client, quiet
from gatepost.collect.sources.mlflow_facts import environment, model_files, moment, run_facts, saved_model
from gatepost.collect.sources.mlflow_store import ModelName, Stores, model_name, resolve_stores, snapshot
from gatepost.problems import did_you_mean
from gatepost.secrets import without_credentials

name = "mlflow"
version = "2"
sections: tuple[str, ...] = ("model", "training")
extra = "mlflow"
options: Mapping[str, Any] = {
    "type": "object",
    "description": "Reads a registered model version, or a run, with the model and the run behind it.",
    "examples": [{"model": "models:/NAME@ALIAS", "tracking_uri": "sqlite:///mlflow.db"}],
    "properties": {
        "model": {
            "type": "string",
            "pattern": "^models:/[^/@]+(/[0-9]+|@[^/@]+)$",
            "x-says": "of the form models:/NAME/VERSION or models:/NAME@ALIAS",
            "description": "A registered model version: models:/NAME/VERSION or models:/NAME@ALIAS. This or `run`.",
        },
        "run": {"type": "string", "minLength": 1, "description": "The id of a run. This or `model`."},
        "tracking_uri": {
            "type": "string",
            "minLength": 1,
            "description": "The tracking server or database: https://HOST, or sqlite:///PATH with a path relative "
            "to gatepost.yaml. Default: MLFLOW_TRACKING_URI, else the mlflow.db beside gatepost.yaml.",
        },
        "registry_uri": {
            "type": "string",
            "minLength": 1,
            "description": "The model registry, where it is another one. Default: MLFLOW_REGISTRY_URI, else "
            "the tracking server.",
        },
    },
    "additionalProperties": False,
}


def describe(options: Mapping[str, Any]) -> str:
    """Name the model or the run."""
    return str(options.get("model") or f"run {options.get('run', '')}".strip())


def fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Tell what the result depends on; see :func:`gatepost.collect.sources.mlflow_store.snapshot`.

    Raises:
        CollectorError: the options name no model, or a database that is not there.
    """
    return snapshot(options, context)


def collect(options: Mapping[str, Any], context: Context) -> Collected:
    """Fill ``model`` and ``training``, and the subject's version, URI and digest (that of the model's folder).

    Parameters and tags are texts, as MLflow keeps them; tags of MLflow's own (``mlflow.*``) are left out.
    No model is loaded: only its ``MLmodel`` and its requirements are read, and its files are hashed.

    Raises:
        CollectorError: no mlflow; the server does not answer or refuses; no such database, model, version,
            alias or run; the model's files are gone.
    """
    wanted = model_name(options)
    stores = resolve_stores(options, context)
    with quiet():
        client = open_client(stores)
        found = _find_version(client, stores, wanted) if wanted else _find_run(client, stores, options["run"])
        model = _model_facts(found)
        training: dict[str, Any] = {}
        if found.run is not None:
            training, notes = run_facts(found.run, context)
            found.notes += notes
        subject: dict[str, Any] = {"uri": found.uri} if model else {}
        read: dict[str, str] = {}
        if found.version is not None:
            subject["version"] = str(found.version.version)
        with _model_folder(found, stores, context) as folder:
            if folder is not None:
                context.say(f"reading the files of {found.uri}")
                saved, software = saved_model(folder, found.uri), environment(folder)
                files = model_files(folder)
                model |= saved | {"files": files, "size_bytes": sum(file["size_bytes"] for file in files)}
                subject["digest"] = tree_digest(folder)
                if local_path(found.files) is not None:
                    read[str(folder)] = subject["digest"]
                if software.facts:
                    training["environment"] = software.facts
                found.notes += software.notes
    filled = {"model": model, "training": training}
    return Collected(
        sections={section: content for section, content in filled.items() if content},
        subject=subject,
        uri=found.uri,
        digest=subject.get("digest", ""),
        notes=(*found.notes, f"read from {_shown_store(stores, context)}"),
        read=read,
    )


@dataclass(slots=True)
class _Found:
    """What the options name: the version, the run and the logged model, as far as there is one."""

    uri: str
    version: Any = None
    run: Any = None
    logged: Any = None
    files: str = ""
    notes: list[str] = field(default_factory=list)


def _find_version(client: Any, stores: Stores, wanted: ModelName) -> _Found:
    with calls(stores, "registry_uri"):
        registered = _registered_model(client, wanted.name)
        if wanted.alias and wanted.alias not in registered.aliases:
            raise _absent_alias(registered, wanted)
        number = str(registered.aliases[wanted.alias]) if wanted.alias else wanted.version
        version = _or_none(client.get_model_version, wanted.name, number)
        if version is None:
            there = [str(v.version) for v in client.search_model_versions(f"name='{wanted.name}'", max_results=20)]
            listed = ", ".join(sorted(there, key=int))
            raise CollectorError(
                f"{wanted.name} has no version {number}",
                option=("model",),
                advice=f"it has: {listed}" if listed else "it has no version at all",
            )
        if version.status != "READY":
            raise CollectorError(
                f"version {number} of {wanted.name} is {version.status}, not READY",
                option=("model",),
                advice="wait until it is registered, or register it again",
            )
        found = _Found(f"models:/{wanted.name}/{number}", version)
        found.files = address_of_version(client, wanted.name, number)
    with calls(stores, "tracking_uri"):
        if version.run_id:
            found.run = _or_none(client.get_run, version.run_id)
            if found.run is None:
                found.notes.append(f"run {version.run_id} of this version is gone")
        if str(version.source).startswith("models:/m-"):
            found.logged = _or_none(client.get_logged_model, str(version.source).removeprefix("models:/"))
    return found


def _find_run(client: Any, stores: Stores, run_id: str) -> _Found:
    with calls(stores, "tracking_uri"):
        run = _or_none(client.get_run, run_id)
        if run is None:
            raise _absent_run(client, run_id)
        found = _Found(f"runs:/{run_id}", run=run)
        if run.info.lifecycle_stage == "deleted":
            found.notes.append("the run is deleted (it can still be restored)")
        outputs = [output.model_id for output in run.outputs.model_outputs] if run.outputs else []
        models = [model for model in (_or_none(client.get_logged_model, each) for each in outputs) if model]
    if models:
        found.logged = max(models, key=lambda model: (model.creation_timestamp, model.model_id))
        found.uri = str(found.logged.model_uri)
        found.files = str(found.logged.artifact_location)
    else:
        found.notes.append("the run logged no model")
    if len(models) > 1:
        found.notes.append(f"the run logged {len(models)} models; {found.logged.model_id} is the last one")
    return found


def _or_none(call: Any, *arguments: str) -> Any:
    """Call mlflow; None where what is asked for does not exist."""
    from mlflow.exceptions import MlflowException

    try:
        return call(*arguments)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "NOT_FOUND", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _registered_model(client: Any, wanted: str) -> Any:
    registered = _or_none(client.get_registered_model, wanted)
    if registered is None:
        there = sorted(model.name for model in client.search_registered_models(max_results=100))
        listed = ", ".join(there[:10]) + (", ..." if len(there) > 10 else "")
        advice = f"the registry has: {listed}" if there else "the registry has no model at all"
        near = did_you_mean(wanted, there)
        raise CollectorError(f"no registered model `{wanted}`", option=("model",), advice=near or advice)
    return registered


def _absent_alias(registered: Any, wanted: ModelName) -> CollectorError:
    there = sorted(registered.aliases)
    near = did_you_mean(wanted.alias, there)
    listed = f"it has: {', '.join(there)}" if there else "it has no alias at all"
    what = f"{wanted.name} has no alias `{wanted.alias}`"
    return CollectorError(what, option=("model",), advice=near or listed)


def _absent_run(client: Any, run_id: str) -> CollectorError:
    experiments = [experiment.experiment_id for experiment in client.search_experiments(max_results=100)]
    runs = client.search_runs(experiments, max_results=50) if experiments else []
    there = [run.info.run_id for run in runs]
    listed = f"the latest runs: {', '.join(there[:3])}" if there else "there is no run at all"
    what = f"no run `{run_id}`"
    return CollectorError(what, option=("run",), advice=did_you_mean(run_id, there) or listed)


def _model_facts(found: _Found) -> dict[str, Any]:
    """Give what the registry and the run say of the model, without its files; nothing where there is none."""
    if found.version is None and found.logged is None:
        return {}
    facts: dict[str, Any] = {}
    tags: dict[str, str] = {}
    if found.run is not None:
        facts["run_id"] = found.run.info.run_id
        tags |= found.run.data.tags if found.version is None else {}
    if found.logged is not None:
        tags |= found.logged.tags
        if found.logged.params:
            facts["params"] = dict(found.logged.params)
    if found.version is not None:
        tags |= found.version.tags
        if found.version.run_id:
            facts["run_id"] = found.version.run_id
        facts["aliases"] = sorted(found.version.aliases)
        facts["registered_at"] = moment(found.version.creation_timestamp)
    own = {key: value for key, value in tags.items() if not key.startswith("mlflow.")}
    return facts | ({"tags": own} if own else {})


@contextlib.contextmanager
def _model_folder(found: _Found, stores: Stores, context: Context) -> Iterator[Path | None]:
    """Give the folder of the model's files: where they lie, or a copy that is there for the time being."""
    if not found.files:
        yield None
        return
    option = ("model",) if found.version is not None else ("run",)
    with tempfile.TemporaryDirectory(prefix="gatepost-mlflow-") as temporary:
        if local_path(found.files) is None:
            context.say(f"fetching the files of {found.uri}")
        with calls(stores, "tracking_uri", f"the files of {found.uri} cannot be fetched"):
            folder = fetch(found.files, stores, context, option, Path(temporary))
        if not folder.is_dir():
            raise CollectorError(
                f"the files of {found.uri} are gone: no folder {context.shown(folder)}",
                option=option,
                advice="bring the folder back from a backup, or log and register the model again",
            )
        yield folder


def _shown_store(stores: Stores, context: Context) -> str:
    """Name the store without credentials, and a database by its path from the repository's root."""
    head, separator, path = without_credentials(stores.registry).partition(":////")
    return f"{head}:///{context.shown(Path('/' + path))}" if separator else head
