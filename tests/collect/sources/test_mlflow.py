from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from gatepost.collect.digests import file_digest, tree_digest
from gatepost.collect.interface import Collected, CollectorError, Context
from gatepost.collect.sources import mlflow as collector
from gatepost.collect.sources.mlflow_facts import environment
from gatepost.evidence.schema import bundled

# Run in a process of its own: mlflow keeps the tracking URI of the one it runs in.
TRAIN = """
import sys
import mlflow
import pandas as pd
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression

uri, root = sys.argv[1:]
mlflow.set_tracking_uri(uri)
mlflow.set_experiment("credit")
rows = pd.DataFrame({"age": [20.0, 30.0, 40.0, 50.0] * 5, "good": [0, 1, 0, 1] * 5})
model = LogisticRegression().fit(rows[["age"]], rows["good"])
with mlflow.start_run() as run:
    mlflow.log_params({"C": 1.0, "random_state": 7})
    mlflow.log_metrics({"auc": 0.75, "loss": float("nan")})
    data = mlflow.data.from_pandas(rows, name="applicants", source=root + "/data/train.csv")
    mlflow.log_input(data, context="training")
    mlflow.set_tags({
        "team": "risk",
        "mlflow.source.git.commit": "0123456789abcdef0123456789abcdef01234567",
        "mlflow.source.git.repoURL": "https://ci:s3cret@host.example/credit.git",
    })
    mlflow.sklearn.log_model(
        model, name="model", signature=infer_signature(rows[["age"]], rows["good"]),
        registered_model_name="credit", pip_requirements=["scikit-learn==1.5.0", "numpy==2.0.1"],
    )
client = mlflow.MlflowClient()
client.set_registered_model_alias("credit", "candidate", 1)
client.set_model_version_tag("credit", "1", "stage", "review")
with mlflow.start_run() as plain:
    mlflow.log_param("model__random_state", 3)
print(run.info.run_id, plain.info.run_id)
"""


@dataclass(frozen=True)
class Project:
    """A folder with a database, and the two runs that were logged: one with a model, one without."""

    folder: Path
    run: str
    plain_run: str

    @property
    def context(self) -> Context:
        return Context(self.folder, self.folder)

    def collect(self, **options: str) -> Collected:
        return collector.collect({"tracking_uri": "sqlite:///mlflow.db", **options}, self.context)

    def fails(self, **options: str) -> CollectorError:
        with pytest.raises(CollectorError) as caught:
            self.collect(**options)
        return caught.value


def train(uri: str, folder: Path) -> Project:
    (folder / "data").mkdir()
    settings = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    command = [sys.executable, "-c", TRAIN, uri, str(folder)]
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Project(folder, *done.stdout.split()[-2:])


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return train("sqlite:///mlflow.db", tmp_path_factory.mktemp("mlflow") / ".")


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def version(trained: Project) -> Collected:
    return trained.collect(model="models:/credit@candidate")


def model_folder(project: Project) -> Path:
    return next(project.folder.glob("mlruns/*/models/*/artifacts"))


def evidence_errors(collected: Collected) -> list[Any]:
    subject = {"name": "credit", **collected.subject}
    whole = {"schema": "gatepost.evidence/1", "subject": subject, "evidence": dict(collected.sections)}
    return list(jsonschema_rs.Draft202012Validator(bundled()).iter_errors(json.loads(json.dumps(whole))))


def test_the_subject_is_the_version_that_the_alias_points_to(trained: Project, version: Collected) -> None:
    digest = tree_digest(model_folder(trained))
    assert version.subject == {"version": "1", "uri": "models:/credit/1", "digest": digest}
    assert (version.uri, version.digest) == ("models:/credit/1", digest)
    assert evidence_errors(version) == []


def test_the_model(trained: Project, version: Collected) -> None:
    model = deepcopy(version.sections["model"])
    files = model.pop("files")
    assert model.pop("size_bytes") == sum(f.stat().st_size for f in model_folder(trained).rglob("*") if f.is_file())
    assert model.pop("registered_at").endswith("Z")
    assert model == {
        "framework": "sklearn",
        "flavor": "sklearn",
        "run_id": trained.run,
        "aliases": ["candidate"],
        "params": {"C": "1.0", "random_state": "7"},
        "tags": {"stage": "review"},
        "signature": {
            "inputs": [{"name": "age", "type": "double", "required": True}],
            "outputs": [{"name": "good", "type": "long", "required": True}],
        },
    }
    formats = {file["path"]: file["format"] for file in files}
    assert formats == {
        "MLmodel": "yaml",
        "conda.yaml": "yaml",
        "model.skops": "skops",
        "python_env.yaml": "yaml",
        "requirements.txt": "text",
    }
    skops = next(file for file in files if file["path"] == "model.skops")
    assert skops["sha256"] == hashlib.sha256((model_folder(trained) / "model.skops").read_bytes()).hexdigest()


def test_the_training(trained: Project, version: Collected) -> None:
    training = deepcopy(version.sections["training"])
    assert training.pop("started_at") < training.pop("ended_at")
    assert training.pop("user")
    # mlflow adds itself to the requirements.
    assert training["environment"]["packages"].pop("mlflow") == metadata.version("mlflow")
    (dataset,) = training.pop("datasets")
    assert dataset.pop("digest")
    assert dataset == {"name": "applicants", "role": "training", "source": "data/train.csv", "rows": 20}
    assert training == {
        "run_id": trained.run,
        "seed": 7,
        "git": {
            "commit": "0123456789abcdef0123456789abcdef01234567",
            "remote": "https://host.example/credit.git",
        },
        "environment": {
            "python": ".".join(map(str, sys.version_info[:3])),
            "packages": {"scikit-learn": "1.5.0", "numpy": "2.0.1"},
            "locked": True,
        },
        "params": {"C": "1.0", "random_state": "7"},
        "metrics": {"auc": 0.75},
    }
    assert "metrics that are no finite number: loss" in version.notes
    assert "read from sqlite:///mlflow.db" in version.notes
    assert "s3cret" not in str(version)


def test_a_version_by_its_number_is_the_same(trained: Project, version: Collected) -> None:
    assert trained.collect(model="models:/credit/1") == version


def test_a_run_with_its_model(trained: Project, version: Collected) -> None:
    collected = trained.collect(run=trained.run)
    assert evidence_errors(collected) == []
    assert collected.sections["training"] == version.sections["training"]
    assert collected.sections["model"]["files"] == version.sections["model"]["files"]
    assert collected.sections["model"]["tags"] == {"team": "risk"}
    assert collected.subject["digest"] == version.digest
    assert collected.subject["uri"].startswith("models:/m-") and "version" not in collected.subject


def test_a_run_without_a_model(trained: Project) -> None:
    collected = trained.collect(run=trained.plain_run)
    assert evidence_errors(collected) == []
    assert "the run logged no model" in collected.notes
    assert collected.sections["training"]["seed"] == 3
    assert "model" not in collected.sections and collected.subject == {}
    assert collected.uri == f"runs:/{trained.plain_run}"


def test_the_uri_comes_from_the_environment_or_the_default(
    trained: Project, version: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"model": "models:/credit/1"}
    assert collector.collect(options, trained.context) == version
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///other.db")
    with pytest.raises(CollectorError, match=r"no such MLflow database: other\.db"):
        collector.collect(options, trained.context)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{trained.folder}/mlflow.db")
    assert collector.collect(options, trained.context) == version


def test_collecting_is_silent_and_leaves_nothing_behind(
    trained: Project, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before, level = dict(os.environ), logging.getLogger("mlflow").level
    digest, names = file_digest(trained.folder / "mlflow.db"), sorted(trained.folder.iterdir())
    trained.collect(model="models:/credit/1")
    assert capfd.readouterr() == ("", "")
    assert dict(os.environ) == before and logging.getLogger("mlflow").level == level
    assert file_digest(trained.folder / "mlflow.db") == digest
    assert sorted(trained.folder.iterdir()) == names and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("model", "says", "advice"),
    [
        ("models:/credit@candidat", "credit has no alias `candidat`", "did you mean `candidate`?"),
        ("models:/credit@xyz", "credit has no alias `xyz`", "it has: candidate"),
        ("models:/credit/9", "credit has no version 9", "it has: 1"),
        ("models:/kredit/1", "no registered model `kredit`", "did you mean `credit`?"),
        ("models:/xyz@a", "no registered model `xyz`", "the registry has: credit"),
        ("models:/credit", "`models:/credit` names no version", "write models:/NAME/VERSION or models:/NAME@ALIAS"),
    ],
)
def test_a_model_that_is_not_there(trained: Project, model: str, says: str, advice: str) -> None:
    error = trained.fails(model=model)
    assert error.what.startswith(says)
    assert (error.option, error.advice) == (("model",), advice)


def test_a_run_that_is_not_there(trained: Project) -> None:
    near = trained.fails(run=trained.run[:-1] + "x")
    assert (near.option, near.advice) == (("run",), f"did you mean `{trained.run}`?")
    assert trained.run in trained.fails(run="q").advice


def test_neither_a_model_nor_a_run_or_both(trained: Project) -> None:
    assert "either `model` or `run`" in trained.fails().what
    assert "either `model` or `run`" in trained.fails(model="models:/credit/1", run=trained.run).what


def test_a_missing_database_is_not_made(trained: Project) -> None:
    error = trained.fails(model="models:/credit/1", tracking_uri="sqlite:///mlflo.db")
    assert error.what == "no such MLflow database: mlflo.db"
    assert (error.option, error.advice) == (("tracking_uri",), "did you mean `mlflow.db`?")
    assert not (trained.folder / "mlflo.db").exists()
    assert "no such folder" in trained.fails(run="x", tracking_uri="runs").what
    assert not (trained.folder / "runs").exists()


def test_a_file_that_is_no_mlflow_database_is_not_touched(trained: Project, tmp_path: Path) -> None:
    context = Context(tmp_path, tmp_path)
    for name, content in (("empty.db", b""), ("text.db", b"x" * 5000)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CollectorError, match=name):
            collector.collect({"run": "x", "tracking_uri": f"sqlite:///{name}"}, context)
        assert (tmp_path / name).read_bytes() == content
    with pytest.raises(CollectorError, match="no MLflow server or database is named"):
        collector.collect({"run": "x"}, context)
    with pytest.raises(CollectorError, match="names no file"):
        collector.collect({"run": "x", "tracking_uri": "sqlite://"}, context)


def test_a_server_that_refuses_connections(trained: Project) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        uri = f"http://ci:s3cret@127.0.0.1:{taken.getsockname()[1]}"
        error = trained.fails(model="models:/credit@candidate", tracking_uri=uri)
        snapshot = collector.fingerprint({"model": "models:/credit/1", "tracking_uri": uri}, trained.context)
    assert error.what.endswith("does not answer: Connection refused")
    assert error.what.startswith("the MLflow server http://127.0.0.1:")
    assert error.option == ("tracking_uri",)
    assert not snapshot.cacheable and "refused" in snapshot.reason
    assert "s3cret" not in f"{error} {error.advice} {snapshot}"


def test_a_server_that_never_answers(trained: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        uri = f"http://127.0.0.1:{silent.getsockname()[1]}"
        error = trained.fails(run="x", tracking_uri=uri)
    assert error.what == f"the MLflow server {uri} does not answer: no answer in time"
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "1"


def test_a_server_that_is_something_else(trained: Project) -> None:
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(401)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        uri = f"http://127.0.0.1:{server.server_port}"
        error = trained.fails(run="x", tracking_uri=uri)
        snapshot = collector.fingerprint({"run": "x", "tracking_uri": uri}, trained.context)
    finally:
        server.shutdown()
        server.server_close()
    assert "401" in error.what and "MLFLOW_TRACKING_TOKEN" in error.advice
    assert not snapshot.cacheable and "401" in snapshot.reason


def test_model_files_that_are_gone_or_incomplete(trained: Project) -> None:
    folder = model_folder(trained)
    kept = folder.with_name("kept")
    folder.rename(kept)
    try:
        gone = trained.fails(model="models:/credit/1")
        shutil.copytree(kept, folder)
        (folder / "MLmodel").write_text("flavors: [")
        damaged = trained.fails(model="models:/credit/1")
        (folder / "MLmodel").unlink()
        incomplete = trained.fails(model="models:/credit/1")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        kept.rename(folder)
    shown = folder.relative_to(trained.folder).as_posix()
    assert gone.what == f"the files of models:/credit/1 are gone: no folder {shown}"
    assert "cannot read the MLmodel file" in damaged.what
    assert "have no MLmodel file" in incomplete.what and "model.skops" in incomplete.advice


def test_the_fingerprint_needs_no_mlflow_and_follows_database_and_files(trained: Project, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from gatepost.collect.interface import Context\n"
        "from gatepost.collect.sources import mlflow as m\n"
        "options, p = {'model': 'models:/credit@candidate'}, Path(sys.argv[1])\n"
        "print(m.fingerprint(options, Context(p, p)).cacheable)\n"
        "print(sorted({'mlflow', 'pandas', 'sklearn', 'sqlalchemy'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code, str(trained.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["True", "[]"]

    copy = tmp_path / "copy"
    shutil.copytree(trained.folder, copy)
    project = Project(copy, trained.run, trained.plain_run)

    def look() -> str:
        return str(collector.fingerprint({"model": "models:/credit/1"}, project.context).parts)

    seen = [look()]
    assert look() == seen[0]
    skops = model_folder(project) / "model.skops"
    times = skops.stat()
    skops.write_bytes(bytes(reversed(skops.read_bytes())))
    os.utime(skops, ns=(times.st_atime_ns, times.st_mtime_ns))
    seen.append(look())
    (copy / "mlflow.db-wal").write_bytes(b"a change that is not in the database yet")
    seen.append(look())
    (copy / "mlflow.db").write_bytes((copy / "mlflow.db").read_bytes() + b"\0")
    seen.append(look())
    assert len(set(seen)) == 4


def test_requirements_that_leave_versions_open(tmp_path: Path) -> None:
    lines = [
        "# made by hand",
        "--extra-index-url https://me:pw@host.example/simple",
        "numpy==2.0.1 --hash=sha256:abc",
        "pandas>=2,<3  # any",
        "-c constraints.txt",
        "https://me:pw@host.example/own-1.0.tar.gz",
    ]
    (tmp_path / "requirements.txt").write_text("\n".join(lines))
    (tmp_path / "conda.yaml").write_text("dependencies:\n- python=3.11.7\n- pip<=24\n- pip: [mlflow]\n")
    loose = ["pandas", "https://host.example/own-1.0.tar.gz"]
    software = environment(tmp_path)
    assert software.facts == {
        "python": "3.11.7",
        "packages": {"numpy": "2.0.1"},
        "locked": False,
        "unpinned": loose,
    }
    assert software.notes == (f"not pinned to one version: {', '.join(loose)}",)
    (tmp_path / "requirements.txt").unlink()
    assert environment(tmp_path).facts == {"python": "3.11.7", "locked": False, "unpinned": ["mlflow"]}
    (tmp_path / "conda.yaml").unlink()
    assert environment(tmp_path).facts == {}


@pytest.mark.parametrize(
    ("files", "unpinned"),
    [
        ({"conda.yaml": "dependencies: [python=3.11.7, pip<=24, {pip: [mlflow==2.17.0]}]"}, None),
        ({"conda.yaml": "dependencies: [python=3.11.7, numpy=1.26, {pip: [mlflow==2.17.0]}]"}, ["numpy"]),
        ({"conda.yaml": "dependencies: [python=3.11.7, {pip: [mlflow==2.17.0]}, {npm: [left-pad]}]"}, None),
        ({"conda.yaml": "dependencies: [python=3.11.7, {pip: null}, 7]"}, ["7 (conda.yaml)"]),
        ({"conda.yaml": "dependencies: ["}, ["conda.yaml (cannot be read)"]),
        ({"python_env.yaml": "python: 3.11.7\ndependencies: [-r requirements.txt]"}, None),
        ({"python_env.yaml": "python: 3.11.7\ndependencies: [-r requirements.txt, pandas]"}, ["pandas"]),
        ({"python_env.yaml": "python: 3.11.7\nbuild_dependencies: [pip, wheel]"}, None),
    ],
)
def test_all_that_mlflow_would_install_counts(
    tmp_path: Path, files: dict[str, str], unpinned: list[str] | None
) -> None:
    (tmp_path / "requirements.txt").write_text("\ufeffmlflow==2.17.0\n", "utf-8")
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    if "npm" in "".join(files.values()):
        unpinned = ["{'npm': ['left-pad']} (conda.yaml)"]
    facts = environment(tmp_path).facts
    assert (facts["locked"], facts.get("unpinned"), facts["packages"]) == (
        unpinned is None,
        unpinned,
        {"mlflow": "2.17.0"},
    )


def test_without_mlflow(trained: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mlflow", None)
    assert trained.fails(run=trained.run).advice == "pip install 'gatepost[mlflow]'"


def test_the_options() -> None:
    validator = jsonschema_rs.Draft202012Validator(dict(collector.options))
    assert validator.is_valid({"model": "models:/credit@candidate", "tracking_uri": "sqlite:///mlflow.db"})
    assert validator.is_valid({"run": "abc"})
    assert not validator.is_valid({"model": "credit"})
    assert not validator.is_valid({"modle": "models:/credit/1"})
    assert all("description" in option for option in collector.options["properties"].values())
    assert collector.describe({"model": "models:/credit@candidate"}) == "models:/credit@candidate"
    assert collector.describe({"run": "abc"}) == "run abc"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", "sqlite:///server.db", "--artifacts-destination", str(tmp_path / "store")]
    settings = os.environ | {"MLFLOW_DISABLE_TELEMETRY": "true"}
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    uri = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            assert process.poll() is None, "the server ended"
            try:
                urllib.request.urlopen(f"{uri}/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.5)
        yield uri
    finally:
        os.killpg(process.pid, 15)
        process.wait(30)


@pytest.mark.slow
def test_a_real_server(server: str, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    project = train(server, folder)
    options = {"tracking_uri": server, "model": "models:/credit@candidate"}
    before = collector.fingerprint(options, project.context)
    assert before.cacheable, before.reason
    assert {"version", "run"} < set(before.parts)

    collected = project.collect(**options)
    assert evidence_errors(collected) == []
    assert collected.subject["version"] == "1"
    assert collected.sections["training"]["seed"] == 7
    stored = next((tmp_path / "store").glob("*/models/*/artifacts"))
    assert collected.subject["digest"] == tree_digest(stored)
    assert project.fails(**(options | {"model": "models:/credit@candidat"})).advice == "did you mean `candidate`?"
    assert project.fails(**(options | {"model": "models:/kredit/1"})).advice == "did you mean `credit`?"
    assert project.fails(tracking_uri=server, run="x" * 32).what == f"no run `{'x' * 32}`"

    assert collector.fingerprint(options, project.context) == before
    tagging = (
        f"import mlflow; c = mlflow.MlflowClient('{server}', '{server}');"
        "c.set_model_version_tag('credit', '1', 'stage', 'done')"
    )
    subprocess.run([sys.executable, "-c", tagging], check=True, capture_output=True)
    assert collector.fingerprint(options, project.context) != before

    shutil.rmtree(stored)
    gone = project.fails(**options)
    assert gone.what.startswith("the files of models:/credit/1 cannot be fetched: ")
