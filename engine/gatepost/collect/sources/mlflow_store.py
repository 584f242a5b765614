"""Where MLflow keeps things: its URIs, whether it is there, and what a result depends on, without mlflow."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

from gatepost.collect.digests import file_digest, text_digest
from gatepost.collect.interface import CollectorError, Context, Fingerprint
from gatepost.problems import did_you_mean
from gatepost.secrets import without_credentials

__all__ = ["ModelName", "Stores", "model_name", "resolve_stores", "snapshot"]

_SQLITE = re.compile(r"(sqlite(?:\+\w+)?):///([^?#]*)(.*)", re.DOTALL)
_MODEL = re.compile(r"models:/([^/@]+)(?:/([0-9]+)|@([^/@]+))")
_LOCAL_FILES = ("mlruns", "mlartifacts")
_MAX_FILES = 20_000


@dataclass(frozen=True, slots=True)
class ModelName:
    """A version of a registered model, by ``version`` or by ``alias``; the other one is empty."""

    name: str
    version: str
    alias: str


@dataclass(frozen=True, slots=True)
class Stores:
    """The URIs of the tracking and the registry store, with absolute paths and with credentials."""

    tracking: str
    registry: str


def model_name(options: Mapping[str, Any]) -> ModelName | None:
    """Take the options apart: a registered model, or None for a run.

    Raises:
        CollectorError: neither a model nor a run is named, or both, or it is no name of a version.
    """
    model, run = options.get("model"), options.get("run")
    if (model is None) == (run is None):
        raise CollectorError(
            "`mlflow` needs either `model` or `run`", advice="write model: models:/NAME@ALIAS, or run: RUN_ID"
        )
    if model is None:
        return None
    found = _MODEL.fullmatch(str(model))
    if found is None:
        raise CollectorError(
            f"`{model}` names no version of a registered model",
            option=("model",),
            advice="write models:/NAME/VERSION or models:/NAME@ALIAS",
        )
    return ModelName(found[1], found[2] or "", found[3] or "")


def resolve_stores(options: Mapping[str, Any], context: Context) -> Stores:
    """Find both stores as mlflow does: option, environment, default; relative paths are from the folder.

    Raises:
        CollectorError: there is no such database or folder; mlflow would make an empty one.
    """
    tracking = _store("tracking_uri", options, context) or _Store(_default(context), "tracking_uri", context)
    registry = _store("registry_uri", options, context)
    if registry is None or registry.uri == tracking.uri:
        resolved = tracking.resolved()
        return Stores(resolved, resolved)
    return Stores(tracking.resolved(), registry.resolved())


def _store(option: str, options: Mapping[str, Any], context: Context) -> _Store | None:
    if options.get(option):
        return _Store(str(options[option]), option, context)
    named = os.environ.get(f"MLFLOW_{option.upper()}")
    return _Store(named, option, context, of_the_job=True) if named else None


def snapshot(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Tell what the result depends on.

    For SQLite: the digest of the database and its write-ahead log, and names, sizes and times of the files
    beside it. For a server: what it answers about the version, its run and its model. Others have no snapshot.

    Raises:
        CollectorError: as :func:`resolve_stores` and :func:`model_name`.
    """
    wanted = model_name(options)
    stores = resolve_stores(options, context)
    parts = {"mlflow": _installed(), "tracking": without_credentials(stores.tracking)}
    parts["registry"] = without_credentials(stores.registry)
    try:
        for uri in dict.fromkeys((stores.tracking, stores.registry)):
            if _SQLITE.match(uri):
                parts |= {f"{uri} {name}": digest for name, digest in _database_parts(_database_path(uri))}
            elif not _is_server(uri):
                return Fingerprint(parts, False, f"{without_credentials(uri)} has no snapshot")
        run = str(options.get("run") or "")
        if wanted is not None and _is_server(stores.registry):
            version = _version(stores.registry, wanted)
            parts["version"] = _digest(version)
            run = str(version.get("run_id") or "")
        if run and _is_server(stores.tracking):
            parts |= _run_parts(stores.tracking, run)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return Fingerprint(parts, False, f"cannot tell what changed: {error}")
    return Fingerprint(parts)


def _default(context: Context) -> str:
    """Give what mlflow takes where nothing is said, if it is there."""
    if (context.folder / "mlflow.db").is_file():
        return "sqlite:///mlflow.db"
    if (context.folder / "mlruns").is_dir():
        return "mlruns"
    raise CollectorError(
        "no MLflow server or database is named, and there is no mlflow.db here",
        advice="say tracking_uri: sqlite:///PATH or https://SERVER, or set MLFLOW_TRACKING_URI",
    )


@dataclass(frozen=True, slots=True)
class _Store:
    """The URI of a store, as the option says it or the environment of the job."""

    uri: str
    option: str
    context: Context
    of_the_job: bool = False

    def resolved(self) -> str:
        """Return the URI with an absolute path, where it is a file or a folder.

        Raises:
            CollectorError: it is not there, or leads outside of what may be read.
        """
        uri, option = self.uri, (self.option,)
        found = _SQLITE.fullmatch(uri)
        if found:
            path = self._path(found[2])
            _check_database(path, self.option, self.context)
            return f"{found[1]}:///{path}{found[3]}"
        if uri.startswith("sqlite"):
            advice = "write sqlite:///PATH (three slashes and a path)"
            raise CollectorError(f"`{uri}` names no file", option=option, advice=advice)
        if uri.startswith("file:") or ("://" not in uri and not uri.startswith(("databricks", "uc:"))):
            path = self._path(unquote(re.sub(r"^file:(//)?", "", uri)))
            if not path.is_dir():
                what = f"no such folder of MLflow runs: {self.context.shown(path)}"
                raise CollectorError(what, option=option, advice=_near(path))
            return path.as_uri()
        return uri

    def _path(self, written: str) -> Path:
        """Resolve a path; outside of the repository it may lie where the environment of the job says so."""
        path = Path(os.path.normpath(self.context.folder / written))
        if self.of_the_job and not path.is_relative_to(self.context.repository.resolve()):
            return path.resolve()
        return self.context.check(path, (self.option,)).resolve()


def _check_database(path: Path, option: str, context: Context) -> None:
    shown = context.shown(path)
    if not path.is_file():
        raise CollectorError(f"no such MLflow database: {shown}", option=(option,), advice=_near(path))
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=5)) as database:
            # Every MLflow database has it. Opened by mlflow, any other one would be given MLflow's tables.
            query = "SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'"
            if database.execute(query).fetchone() is not None:
                return
    except sqlite3.Error as error:
        raise CollectorError(
            f"cannot read {shown} as an SQLite database: {error}", option=(option,), advice=_near(path)
        ) from error
    raise CollectorError(f"{shown} is no MLflow database", option=(option,), advice=_near(path))


def _near(path: Path) -> str:
    """Say what there is instead of a path that is not what it should be."""
    if not path.parent.is_dir():
        return f"there is no folder {path.parent.name} either"
    others = sorted(e.name for e in path.parent.iterdir() if e != path and e.suffix in (".db", ".sqlite", ".sqlite3"))
    if (path.parent / "mlruns").is_dir() and path.name != "mlruns":
        others.append("mlruns")
    return did_you_mean(path.name, others) or (f"there is: {', '.join(others)}" if others else "")


def _database_path(uri: str) -> Path:
    found = _SQLITE.fullmatch(uri)
    assert found is not None
    return Path(found[2])


def _is_server(uri: str) -> bool:
    return uri.startswith(("http://", "https://"))


def _installed() -> str:
    try:
        return metadata.version("mlflow")
    except metadata.PackageNotFoundError:
        return "none"


def _database_parts(path: Path) -> Iterator[tuple[str, str]]:
    yield f"{path.name}", file_digest(path)
    log = path.with_name(path.name + "-wal")
    if log.is_file() and log.stat().st_size:
        yield log.name, file_digest(log)
    lines = []
    for name in _LOCAL_FILES:
        for here, _folders, files in os.walk(path.parent / name):
            for file in files:
                about = (Path(here) / file).stat()
                # The time of the last change of the entry shows what sets the time of the content back.
                lines.append(f"{here}/{file} {about.st_size} {about.st_mtime_ns} {about.st_ctime_ns}")
            if len(lines) > _MAX_FILES:
                raise ValueError(f"more than {_MAX_FILES} files of models and runs")
    yield f"files beside {path.name}", text_digest("\n".join(sorted(lines)))


def _version(uri: str, wanted: ModelName) -> Mapping[str, Any]:
    if wanted.alias:
        answer = _get(uri, "registered-models/alias", name=wanted.name, alias=wanted.alias)
    else:
        answer = _get(uri, "model-versions/get", name=wanted.name, version=wanted.version)
    return dict(answer["model_version"])


def _run_parts(uri: str, run: str) -> Iterator[tuple[str, str]]:
    answer = dict(_get(uri, "runs/get", run_id=run)["run"])
    yield "run", _digest(answer)
    for output in answer.get("outputs", {}).get("model_outputs", ()):
        model = str(output["model_id"])
        yield model, _digest(_get(uri, f"logged-models/{quote(model, safe='')}"))


def _digest(answer: Mapping[str, Any]) -> str:
    return text_digest(json.dumps(answer, sort_keys=True))


def _get(uri: str, endpoint: str, **query: str) -> dict[str, Any]:
    """Ask a server's REST interface.

    Raises:
        OSError: it does not answer, or refuses.
        ValueError: it answers something else than a JSON object.
    """
    parts = urlsplit(uri)
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    host = parts.netloc.rpartition("@")[2]
    path = f"{parts.path.rstrip('/')}/api/2.0/mlflow/{endpoint}"
    request = urllib.request.Request(urlunsplit((parts.scheme, host, path, urlencode(query), "")))  # noqa: S310
    user = user or os.environ.get("MLFLOW_TRACKING_USERNAME", "")
    password = password or os.environ.get("MLFLOW_TRACKING_PASSWORD", "")
    token = os.environ.get("MLFLOW_TRACKING_TOKEN", "")
    if user:
        basic = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        request.add_unredirected_header("Authorization", f"Basic {basic}")
    elif token:
        request.add_unredirected_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310 - http and https only, see above
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        error.close()
        raise OSError(f"{host} answers {error.code} {error.reason}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{host} answers no JSON object")
    return found
