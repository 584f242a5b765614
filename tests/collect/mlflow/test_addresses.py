"""Addresses that MLflow stores: checked before anything is read, and no credential goes to another host."""

from __future__ import annotations

import http.server
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pandas as pd
import pytest
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression

from gatepost.collect.interface import CollectorError, Context
from gatepost.collect.mlflow.addresses import check_remote, fetch, local_path
from gatepost.collect.models import reference
from gatepost.collect.sources import mlflow as collector
from gatepost.collect.sources.mlflow_store import Stores, resolve_stores
from gatepost.collect.tabular import location

SERVER = Stores("https://mlflow.example.com", "https://mlflow.example.com")
FILE = Stores("sqlite:////repository/mlflow.db", "sqlite:////repository/mlflow.db")


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    folder = tmp_path / "repository"
    folder.mkdir()
    return Context(folder=folder, repository=folder)


@pytest.mark.parametrize(
    "address",
    [
        "https://mlflow.example.com/api/2.0/mlflow-artifacts/artifacts/1",
        "mlflow-artifacts:/1/models/m-1",
        "mlflow-artifacts://mlflow.example.com/1",
        "s3://bucket/1",
        "gs://bucket/1",
        "dbfs:/databricks/mlflow/1",
        "wasbs://container@account.blob.core.windows.net/1",
    ],
)
def test_a_server_that_is_named_gives_its_own_addresses_and_object_stores(context: Context, address: str) -> None:
    check_remote(address, SERVER, context, ("model",))


@pytest.mark.parametrize(
    "address",
    [
        "http://evil.example/1",
        "http://mlflow.example.com/1",
        "https://mlflow.example.com:444/1",
        "https://mlflow.example.com@evil.example/1",
        "mlflow-artifacts://evil.example:443/1",
        "wasbs://container@evil.example/1",
        "abfss://container@evil.core.windows.net.evil.example/1",
        "r2://bucket@evil.example/1",
        "sftp://evil.example/1",
        "ftp://evil.example/1",
        "hdfs://evil.example/1",
        "models:/other/1",
        "runs:/1/model",
        "file://evil.example/share",
        "custom-plugin://x",
    ],
)
def test_other_addresses_of_a_server_are_refused(context: Context, tmp_path: Path, address: str) -> None:
    with pytest.raises(CollectorError) as caught:
        fetch(address, SERVER, context, ("model",), tmp_path)
    assert caught.value.option == ("model",)
    assert caught.value.advice


@pytest.mark.parametrize("address", ["http://evil.example/1", "s3://bucket/1", "gs://bucket/1", "dbfs:/1"])
def test_a_database_in_the_repository_names_nothing_outside(context: Context, address: str) -> None:
    with pytest.raises(CollectorError):
        check_remote(address, FILE, context, ("model",))


def test_a_data_root_allows_a_bucket(context: Context) -> None:
    allowed = Context(folder=context.folder, repository=context.folder, data_roots=("s3://bucket/models",))
    check_remote("s3://bucket/models/1", FILE, allowed, ("model",))
    with pytest.raises(CollectorError, match=r"s3://bucket"):
        check_remote("s3://bucket/others/1", FILE, allowed, ("model",))


def test_local_addresses() -> None:
    assert local_path("file:///a/b%20c") == Path("/a/b c")
    assert local_path("file://localhost/a") == Path("/a")
    assert local_path("mlruns/1") == Path("mlruns/1")
    assert local_path("file://host/a") is None
    assert local_path("s3://bucket/a") is None


class _Asked(http.server.BaseHTTPRequestHandler):
    seen: list[str | None]

    def do_GET(self) -> None:
        self.seen.append(self.headers.get("Authorization"))
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def stranger() -> Iterator[tuple[str, list[str | None]]]:
    seen: list[str | None] = []
    handler = type("Handler", (_Asked,), {"seen": seen})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", seen
    server.shutdown()


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tracking database: the model credit-risk with the alias candidate, and the data set holdout."""
    folder = tmp_path_factory.mktemp("logged")
    before = Path.cwd()
    os.chdir(folder)
    try:
        mlflow.set_tracking_uri(f"sqlite:///{folder}/mlflow.db")
        (folder / "data.csv").write_text("x\n1\n")
        with mlflow.start_run():
            model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
            mlflow.sklearn.log_model(
                model, name="model", registered_model_name="credit-risk", pip_requirements=["scikit-learn"]
            )
            mlflow.log_input(mlflow.data.from_pandas(pd.DataFrame({"x": [1]}), "data.csv", name="holdout"))
        MlflowClient().set_registered_model_alias("credit-risk", "candidate", "1")
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def registered(logged: Path, context: Context) -> Path:
    """The tracking database, copied into the repository with the files of its model."""
    shutil.copytree(logged, context.folder, dirs_exist_ok=True)
    with sqlite3.connect(context.folder / "mlflow.db") as store:
        for table, column in (("logged_models", "artifact_location"), ("model_versions", "storage_location")):
            store.execute(
                f"UPDATE {table} SET {column} = replace({column}, ?, ?)", (str(logged), str(context.folder))
            )
    store.close()
    return context.folder / "mlflow.db"


OPTIONS = {"model": "models:/credit-risk@candidate", "tracking_uri": "sqlite:///mlflow.db"}


def _move(database: Path, address: str) -> None:
    with sqlite3.connect(database) as store:
        store.execute("UPDATE logged_models SET artifact_location = ?", (address,))
        store.execute("UPDATE model_versions SET storage_location = ?", (address,))
    store.close()


def test_a_model_in_the_repository_is_read(registered: Path, context: Context) -> None:
    assert collector.collect(OPTIONS, context).subject["digest"].startswith("sha256:")
    assert reference.resolve(OPTIONS["model"], OPTIONS["tracking_uri"], context).is_dir()


def test_no_token_goes_to_a_host_that_the_database_names(
    registered: Path, context: Context, stranger: tuple[str, list[str | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    address, seen = stranger
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "s3cr3t")
    for path in ("/api/2.0/mlflow-artifacts/artifacts/x", ""):
        _move(registered, address + path)
        with pytest.raises(CollectorError, match=r"127\.0\.0\.1"):
            collector.collect(OPTIONS, context)
        with pytest.raises(CollectorError, match=r"127\.0\.0\.1"):
            reference.resolve(OPTIONS["model"], OPTIONS["tracking_uri"], context)
    assert seen == []


def test_the_files_of_a_model_lie_in_the_repository_or_a_data_root(
    registered: Path, context: Context, tmp_path: Path
) -> None:
    here = reference.resolve(OPTIONS["model"], OPTIONS["tracking_uri"], context)
    outside = tmp_path / "outside"
    here.rename(outside)
    for address in (str(outside), outside.as_uri(), "../outside"):
        _move(registered, address)
        with pytest.raises(CollectorError, match="outside the repository") as caught:
            collector.collect(OPTIONS, context)
        assert f"data_roots: [{tmp_path}" in caught.value.advice
    allowed = Context(folder=context.folder, repository=context.folder, data_roots=(str(outside),))
    _move(registered, str(outside))
    assert collector.collect(OPTIONS, allowed).subject["version"] == "1"


def test_no_file_of_a_model_is_a_link_out(registered: Path, context: Context, tmp_path: Path) -> None:
    here = reference.resolve(OPTIONS["model"], OPTIONS["tracking_uri"], context)
    (tmp_path / "secrets.txt").write_text("token==1\n")
    (here / "requirements.txt").unlink()
    (here / "requirements.txt").symlink_to(tmp_path / "secrets.txt")
    with pytest.raises(CollectorError, match="outside the repository"):
        collector.collect(OPTIONS, context)


def test_a_database_is_no_link_out_but_the_job_may_name_one(
    registered: Path, context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "shared.db"
    registered.rename(outside)
    registered.symlink_to(outside)
    for options in (OPTIONS, {**OPTIONS, "tracking_uri": f"sqlite:///{outside}"}, {"model": OPTIONS["model"]}):
        with pytest.raises(CollectorError, match="outside the repository"):
            resolve_stores(options, context)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{outside}")
    assert resolve_stores({}, context).tracking == f"sqlite:///{outside}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    with pytest.raises(CollectorError, match="outside the repository"):
        resolve_stores({}, context)


@pytest.mark.parametrize(
    ("kind", "source"),
    [
        ("local", '{"uri": "/etc/hostname"}'),
        ("local", '{"uri": "../outside.csv"}'),
        ("http", '{"url": "ADDRESS/data.csv"}'),
        ("s3", '{"uri": "s3://bucket/data.csv"}'),
        ("hugging_face", '{"path": "someone/code", "trust_remote_code": true}'),
        ("code", '{"tags": {"mlflow.source.name": "x.py"}}'),
        ("delta_table", '{"path": "/etc"}'),
    ],
)
def test_a_data_set_is_fetched_from_no_place_that_only_the_database_names(
    registered: Path, context: Context, stranger: tuple[str, list[str | None]], kind: str, source: str
) -> None:
    address, seen = stranger
    (context.folder.parent / "outside.csv").write_text("x\n1\n")
    found = location.located("mlflow:holdout", context, ("data",), "sqlite:///mlflow.db")
    assert [path.name for path in found if isinstance(path, Path)] == ["data.csv"]
    with sqlite3.connect(context.folder / "mlflow.db") as store:
        store.execute(
            "UPDATE datasets SET dataset_source_type = ?, dataset_source = ?",
            (kind, source.replace("ADDRESS", address)),
        )
    store.close()
    with pytest.raises(CollectorError):
        location.located("mlflow:holdout", context, ("data",), "sqlite:///mlflow.db")
    assert seen == []
