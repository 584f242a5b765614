"""Models: found, scanned before anything loads them, and asked for predictions."""

from __future__ import annotations

import json
import os
import pickle
import socket
import sqlite3
import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from gatepost.collect.interface import CollectorError, Context
from gatepost.collect.models import prediction, reference

GERMAN = Path(__file__).parents[3] / "examples/credit-risk/data/german_credit.csv"
FEATURES = ["duration_months", "credit_amount", "age", "housing"]


class Command:
    """Unpickled, it runs a command."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.marker}",)


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    return pd.read_csv(GERMAN)[[*FEATURES, "risk"]].head(200)


@pytest.fixture(scope="module")
def pipeline(frame: pd.DataFrame) -> Any:
    columns = ColumnTransformer([("n", StandardScaler(), FEATURES[:3]), ("c", OneHotEncoder(), FEATURES[3:])])
    return make_pipeline(columns, LogisticRegression(max_iter=500)).fit(frame[FEATURES], frame["risk"])


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI"):
        # Set first, so that what mlflow sets in a test is taken back after it.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return Context(folder=tmp_path, repository=tmp_path, timeout_seconds=60.0, memory_bytes=2 * 1024**3)


@pytest.fixture
def data(frame: pd.DataFrame, tmp_path: Path) -> Path:
    frame.to_csv(tmp_path / "data.csv", index=False)
    return tmp_path / "data.csv"


def refused(call: Callable[[], Any]) -> CollectorError:
    with pytest.raises(CollectorError) as caught:
        call()
    return caught.value


class TestPredict:
    def test_rows_stay_in_order_and_get_prediction_and_score(
        self, pipeline: Any, frame: pd.DataFrame, data: Path, context: Context
    ) -> None:
        joblib.dump(pipeline, context.folder / "m.joblib")
        path = prediction.predict("m.joblib", data, "risk", context)
        found = pd.read_parquet(path)
        assert list(found.columns) == [*frame.columns, "prediction", "score"]
        assert found["credit_amount"].tolist() == frame["credit_amount"].tolist()
        assert found["prediction"].tolist() == pipeline.predict(frame[FEATURES]).tolist()
        expected = pipeline.predict_proba(frame[FEATURES])[:, list(pipeline.classes_).index("good")]
        assert np.allclose(found["score"], expected, atol=1e-12)
        assert prediction.predict("m.joblib", data, "risk", context) == path
        assert not path.is_relative_to(context.repository)

    def test_the_mlflow_folder_is_loaded_without_mlflow_by_its_signature(
        self, pipeline: Any, frame: pd.DataFrame, data: Path, context: Context
    ) -> None:
        write_mlflow_folder(context.folder / "model", pipeline)
        frame.assign(extra=1, prediction_at="x").to_parquet(context.folder / "wide.parquet")
        found = pd.read_parquet(prediction.predict("model", context.folder / "wide.parquet", "risk", context))
        assert found["prediction"].tolist() == pipeline.predict(frame[FEATURES]).tolist()

    @pytest.mark.parametrize("compress", [0, 3])
    def test_a_command_behind_an_array_does_not_run(self, data: Path, context: Context, compress: int) -> None:
        marker = context.folder / "ran"
        joblib.dump([np.arange(1000), Command(marker)], context.folder / "m.joblib", compress=compress)
        error = refused(lambda: prediction.predict("m.joblib", data, "risk", context))
        assert "posix.system" in error.what
        assert not marker.exists()
        joblib.load(context.folder / "m.joblib")
        assert marker.exists(), "the command would have run"

    def test_a_regression_has_no_score(self, frame: pd.DataFrame, data: Path, context: Context) -> None:
        joblib.dump(LinearRegression().fit(frame[["age"]], frame["credit_amount"]), context.folder / "m.joblib")
        found = pd.read_parquet(prediction.predict("m.joblib", data, "risk", context))
        assert "score" not in found.columns
        assert found["prediction"].nunique() > 10

    def test_a_class_of_ones_own_needs_a_line_and_a_module(
        self, data: Path, context: Context, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        (tmp_path / "own").mkdir()
        (tmp_path / "own" / "teams_model.py").write_text(
            textwrap.dedent("""
            class Constant:
                def predict(self, frame):
                    return ["good"] * len(frame)
            """)
        )
        (context.folder / "m.pkl").write_bytes(b"cteams_model\nConstant\n)\x81.")
        error = refused(lambda: prediction.predict("m.pkl", data, "risk", context))
        assert error.what == "m.pkl: byte 0: teams_model.Constant is not a class of a known library"
        assert "gatepost.yaml (at the trusted ref): trusted_types: [teams_model.Constant]" in error.advice
        trusting = replace(context, trusted_types=("teams_model.Constant",))
        error = refused(lambda: prediction.predict("m.pkl", data, "risk", trusting))
        assert "teams_model, which is not installed" in error.what
        assert "PYTHONPATH" in error.advice
        path = [str(tmp_path / "own"), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))
        assert set(pd.read_parquet(prediction.predict("m.pkl", data, "risk", trusting))["prediction"]) == {"good"}

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "m.pkl is corrupt or not a model: EOFError"),
            (b"\x80\x04\x95no pickle", "m.pkl is corrupt or not a model, or needs more memory"),
            (pickle.dumps([1, 2])[:-3], "m.pkl is corrupt or not a model"),
            (pickle.dumps({"a": 1}), "m.pkl holds a dict, which predicts nothing"),
            (b"csklearn.linear_model\nNoSuchModel\n.", "needs a class or function that is not there"),
        ],
    )
    def test_what_cannot_be_loaded_says_why(self, data: Path, context: Context, content: bytes, said: str) -> None:
        (context.folder / "m.pkl").write_bytes(content)
        error = refused(lambda: prediction.predict("m.pkl", data, "risk", context))
        assert said in error.what
        assert error.option == ("model",)

    @pytest.mark.parametrize(
        ("change", "label", "said", "option", "advice"),
        [
            ({}, "rsik", "has no column `rsik`", "label", "did you mean `risk`?"),
            ({"age": None}, "risk", "lacks columns that the model needs: age", "data", "it has: duration_months"),
            ({"score": 1}, "risk", "has a column `score` already", "model", "rename it"),
        ],
    )
    def test_data_that_does_not_fit_is_blamed(
        self,
        pipeline: Any,
        frame: pd.DataFrame,
        context: Context,
        change: dict[str, Any],
        label: str,
        said: str,
        option: str,
        advice: str,
    ) -> None:
        joblib.dump(pipeline, context.folder / "m.joblib")
        frame.assign(**change).dropna(axis=1, how="all").to_csv(context.folder / "other.csv", index=False)
        error = refused(lambda: prediction.predict("m.joblib", context.folder / "other.csv", label, context))
        assert said in error.what
        assert error.option == (option,)
        assert advice in error.advice


class TestResolve:
    @pytest.mark.parametrize(
        ("model", "said", "advice"),
        [
            ("nothing.joblib", "there is no model nothing.joblib", ""),
            ("m.joblb", "there is no model m.joblb", "did you mean `m.joblib`?"),
            ("notes.txt", "is not a kind of model file", ".skops"),
            ("folder", "is a folder without an MLmodel file", "mlflow"),
            ("../away.pkl", "lies outside the repository", ""),
            ("models:/credit-risk", "names no version", "models:/NAME@ALIAS"),
        ],
    )
    def test_what_is_not_there_is_told(self, context: Context, model: str, said: str, advice: str) -> None:
        (context.folder / "m.joblib").touch()
        (context.folder / "notes.txt").touch()
        (context.folder / "folder").mkdir()
        (context.folder / "mlruns").mkdir()
        error = refused(lambda: reference.resolve(model, "mlruns", context))
        assert said in error.what
        assert advice in error.advice

    def test_mlflow_never_makes_a_database(self, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(context.folder)
        error = refused(lambda: reference.resolve("models:/a@b", "sqlite:///mlflow.db", context))
        assert "mlflow.db" in error.what
        assert list(context.folder.iterdir()) == []

    def test_a_server_that_does_not_answer_is_told(self, context: Context) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            address = f"http://user:secret@127.0.0.1:{unused.getsockname()[1]}"
        error = refused(lambda: reference.resolve("models:/a@b", address, context))
        assert "does not answer" in error.what
        assert "secret" not in error.what + error.advice

    @pytest.mark.slow
    def test_a_registered_model_is_found_by_alias_version_and_run(
        self, pipeline: Any, frame: pd.DataFrame, context: Context, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import mlflow
        from mlflow.models import infer_signature

        uri = f"sqlite:///{context.folder}/mlflow.db"
        client = mlflow.MlflowClient(uri, uri)
        mlflow.set_tracking_uri(uri)
        mlflow.set_registry_uri(uri)
        experiment = client.create_experiment("e", artifact_location=(context.folder / "mlruns").as_uri())
        with mlflow.start_run(experiment_id=experiment) as run:
            mlflow.sklearn.log_model(
                pipeline,
                name="model",
                signature=infer_signature(frame[FEATURES], frame["risk"]),
                registered_model_name="credit-risk",
            )
        client.set_registered_model_alias("credit-risk", "candidate", "1")
        mlflow.set_tracking_uri(None)
        mlflow.set_registry_uri(None)
        elsewhere = context.folder / "elsewhere"
        elsewhere.mkdir()
        monkeypatch.chdir(elsewhere)
        names = ["models:/credit-risk@candidate", "models:/credit-risk/1", f"runs:/{run.info.run_id}/model"]
        found = {reference.resolve(name, "sqlite:///mlflow.db", context) for name in names}
        assert len(found) == 1
        assert (found.pop() / "MLmodel").is_file()
        for name, said in [
            ("models:/credit-risk@nope", "alias nope not found"),
            ("models:/other/1", "not found"),
            (f"runs:/{run.info.run_id}/nope", "not at"),
        ]:
            error = refused(lambda name=name: reference.resolve(name, "sqlite:///mlflow.db", context))
            assert said in error.what
            assert error.option == ("model",)
        assert list(elsewhere.iterdir()) == []


class TestFingerprint:
    def test_it_follows_the_files_of_the_model(self, context: Context) -> None:
        (context.folder / "m.pkl").write_bytes(b"one")
        first = reference.model_fingerprint("m.pkl", None, context)
        assert first == reference.model_fingerprint("m.pkl", None, context)
        (context.folder / "m.pkl").write_bytes(b"two")
        assert reference.model_fingerprint("m.pkl", None, context) != first

    def test_it_follows_what_is_allowed(self, context: Context) -> None:
        (context.folder / "m.pkl").write_bytes(b"one")
        contexts = [
            context,
            replace(context, trusted_types=("a.B",)),
            replace(context, trusted_types=("a.C",)),
            replace(context, allow_model_code=True),
        ]
        found = [reference.model_fingerprint("m.pkl", None, one).parts for one in contexts]
        assert len({json.dumps(parts) for parts in found}) == 4

    def test_it_follows_the_registry(self, context: Context) -> None:
        with sqlite3.connect(context.folder / "mlflow.db") as database:
            database.execute("CREATE TABLE alembic_version (version_num)")
        parts = [reference.model_fingerprint("models:/a@b", "sqlite:///mlflow.db", context).parts]
        with sqlite3.connect(context.folder / "mlflow.db") as database:
            database.execute("INSERT INTO alembic_version VALUES ('x')")
        parts.append(reference.model_fingerprint("models:/a@b", "sqlite:///mlflow.db", context).parts)
        parts.append(reference.model_fingerprint("models:/a@c", "sqlite:///mlflow.db", context).parts)
        assert parts[0] != parts[1] != parts[2]


def write_mlflow_folder(folder: Path, pipeline: Any) -> None:
    """Write what ``mlflow.sklearn.save_model`` writes, without the seconds that it takes."""
    folder.mkdir()
    (folder / "model.pkl").write_bytes(pickle.dumps(pipeline))
    inputs = [{"type": "long", "name": name, "required": True} for name in FEATURES]
    about = {
        "flavors": {
            "python_function": {"loader_module": "mlflow.sklearn", "model_path": "model.pkl"},
            "sklearn": {"code": None, "pickled_model": "model.pkl", "serialization_format": "cloudpickle"},
        },
        "signature": {"inputs": json.dumps(inputs)},
    }
    (folder / "MLmodel").write_text(yaml.safe_dump(about))
