"""Where MLflow says that artifacts lie, checked before anything is read or any credential is sent.

A tracking database in the repository is data of the merge request, and everybody who may log a run can write an
address into a tracking server. So a local path must lie in the repository or a data root, and an address must lead to
the tracking or registry server that the configuration names, to an object store, or below a data root.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from gatepost.collect.interface import CollectorError, Context, Option
from gatepost.collect.sources.mlflow_store import Stores
from gatepost.paths import OutsideError

__all__ = ["RUN_ARTIFACT", "address_in_run", "address_of_version", "fetch", "local_path"]

RUN_ARTIFACT = re.compile(r"runs:/([^/]+)/(.+)")
_LOGGED_MODEL = re.compile(r"models:/(m-[^/]+)")
_SERVERS = ("http", "https", "mlflow-artifacts")
# Clouds whose host the client library knows by itself: what is stored names a bucket only.
_OBJECT_STORES = ("s3", "gs", "dbfs", "wasb", "wasbs", "abfs", "abfss")
_AZURE = (".core.windows.net", ".core.chinacloudapi.cn")


def address_of_version(client: Any, name: str, version: str) -> str:
    """Ask MLflow where the artifacts of a registered version lie.

    mlflow's own downloading of models:/ and runs:/ is not used: it asks the default store for a part of the answer,
    makes an empty database for that, and follows what is stored without a check.
    """
    location = str(client.get_model_version_download_uri(name, version))
    logged = _LOGGED_MODEL.fullmatch(location)
    if logged:
        return str(client.get_logged_model(logged[1]).artifact_location)
    run = RUN_ARTIFACT.fullmatch(location)
    return address_in_run(client, run[1], run[2]) if run else location


def address_in_run(client: Any, run_id: str, path: str) -> str:
    """Ask MLflow where an artifact of a run lies, or a model that it logged by that name."""
    run = client.get_run(run_id)
    outputs = run.outputs.model_outputs if run.outputs else []
    for output in outputs:
        logged = client.get_logged_model(output.model_id)
        if logged.name == path:
            return str(logged.artifact_location)
    return f"{run.info.artifact_uri.rstrip('/')}/{path}"


def local_path(address: str) -> Path | None:
    """Return the path that an address means, or None where it is not a local one."""
    parts = urlsplit(address)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return Path(unquote(parts.path))
    return Path(address) if not parts.scheme else None


def fetch(address: str, stores: Stores, context: Context, option: Option, folder: Path) -> Path:
    """Return the folder or file at an address that MLflow keeps: in its place, or downloaded into ``folder``.

    Raises:
        CollectorError: it leads outside of what may be read, or to a host that nothing trusted names.
    """
    local = local_path(address)
    if local is not None:
        context.check_tree(local, option)
        return context.check(local, option)
    check_remote(address, stores, context, option)
    from mlflow.artifacts import download_artifacts

    found = download_artifacts(
        artifact_uri=address, dst_path=str(folder), tracking_uri=stores.tracking, registry_uri=stores.registry
    )
    return Path(found)


def check_remote(address: str, stores: Stores, context: Context, option: Option) -> None:
    """Refuse an address to which mlflow would carry credentials, unless something trusted names its host.

    Raises:
        CollectorError: as :func:`fetch`.
    """
    parts = urlsplit(address)
    scheme = parts.scheme.lower()
    try:
        if scheme in _SERVERS:
            if parts.netloc or scheme != "mlflow-artifacts":
                _check_server(address, stores)
        elif scheme not in _OBJECT_STORES or _is_file(stores) or not _known_host(scheme, parts.hostname or ""):
            context.roots.check_address(address)
    except OutsideError as error:
        raise CollectorError(error.what, option=option, advice=error.advice) from error


def _check_server(address: str, stores: Stores) -> None:
    """Refuse another server than the tracking and registry servers, which get the token of the job."""
    parts = urlsplit(address)
    for store in (stores.tracking, stores.registry):
        named = urlsplit(store)
        scheme = named.scheme if parts.scheme == "mlflow-artifacts" else parts.scheme
        if named.scheme in ("http", "https") and (scheme, _host(address)) == (named.scheme, _host(store)):
            return
    what = f"MLflow says that the files lie on {parts.scheme}://{_host(address)}, which is not its server"
    advice = "mlflow would send the job's credentials there; set tracking_uri to that server, or log the model again"
    raise OutsideError(what, advice)


def _host(address: str) -> str:
    return urlsplit(address).netloc.rpartition("@")[2].lower()


def _is_file(stores: Stores) -> bool:
    """Tell whether a store is a file, so that the merge request may have written the address."""
    return any(store.startswith(("sqlite", "file:")) for store in (stores.tracking, stores.registry))


def _known_host(scheme: str, host: str) -> bool:
    return not scheme.startswith(("wasb", "abfs")) or host.endswith(_AZURE)
