"""The folders of MLflow: paths in them, flavors, code, and files beside the model."""

from __future__ import annotations

import os
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn.linear_model import LogisticRegression

from gatepost.collect.digests import tree_digest
from gatepost.collect.interface import CollectorError, Context
from gatepost.collect.models.formats import check_suffix
from gatepost.collect.models.loading import Model, load
from gatepost.collect.models.reference import resolve
from gatepost.collect.models.trust import ModelFiles, ModelTrust

FRAME = pd.DataFrame({"a": np.arange(20.0), "b": np.arange(20.0) % 3})
TRUTH = np.array([0] * 10 + [1] * 10)
FITTED = LogisticRegression().fit(FRAME, TRUTH)
FLAVOR = {"sklearn": {"code": None, "pickled_model": "model.pkl", "serialization_format": "cloudpickle"}}


class Command:
    """Unpickled, it runs a command."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.marker}",)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "model"
    made.mkdir()
    (made / "model.pkl").write_bytes(pickle.dumps(FITTED))
    write(made, FLAVOR)
    return made


def write(folder: Path, flavors: Any) -> None:
    (folder / "MLmodel").write_text(yaml.safe_dump({"flavors": flavors}))


def loaded(folder: Path, **trust: Any) -> Model:
    return load(ModelFiles(folder, "model", trust=ModelTrust(**trust)))


def refused(folder: Path, **trust: Any) -> CollectorError:
    with pytest.raises(CollectorError) as caught:
        loaded(folder, **trust)
    return caught.value


@pytest.mark.parametrize(
    "flavors",
    [
        {"sklearn": {"pickled_model": "../outside.pkl"}},
        {"sklearn": {"pickled_model": "deep/../../outside.pkl"}},
        {"sklearn": {"pickled_model": "ABSOLUTE"}},
        {"sklearn": {"pickled_model": "model.pkl", "code": "../code"}},
        {"xgboost": {"data": "../outside.pkl"}},
        {"lightgbm": {"data": "../outside.pkl", "model_class": "lightgbm.basic.Booster"}},
        {"catboost": {"data": "../outside.pkl"}},
        {"python_function": {"loader_module": "os", "data": ".."}},
        {"python_function": {"loader_module": "mlflow.sklearn", "model_path": "../outside.pkl"}},
        {"python_function": {"loader_module": "m", "code": ["ok", "../code"]}},
        {"python_function": {"loader_module": "m", "artifacts": {"x": {"path": "../x", "uri": "/home/ann/x"}}}},
        {"python_function": {"loader_module": "m", "python_model": "/etc/passwd"}},
        {"python_function": {"loader_module": "m", "model_code_path": "..\\model.py"}},
        {"python_function": {"loader_module": "m", "env": {"conda": "../conda.yaml"}}},
        {
            "onnx": {"data": "../model.onnx"},
            "python_function": {"loader_module": "mlflow.onnx", "data": "model.onnx"},
        },
    ],
)
def test_a_path_out_of_the_folder_is_refused_whatever_is_allowed(flavors: Any, folder: Path) -> None:
    outside = folder.parent / "outside.pkl"
    outside.write_bytes(pickle.dumps(Command(folder.parent / "ran")))
    text = yaml.safe_dump({"flavors": flavors}).replace("ABSOLUTE", str(outside))
    (folder / "MLmodel").write_text(text)
    for trust in ({}, {"allow_model_code": True}):
        error = refused(folder, **trust)
        assert "is not a path inside the model's folder" in error.what
        assert "put the file into the model's folder" in error.advice
    assert not (folder.parent / "ran").exists()


def test_links_are_followed_within_the_roots_only(folder: Path) -> None:
    repository = folder.parent
    context = Context(folder=repository, repository=repository)
    stored = repository / "cache" / "ab12"
    stored.parent.mkdir()
    (folder / "model.pkl").rename(stored)
    (folder / "model.pkl").symlink_to(stored)
    digest = tree_digest(resolve("model", None, context))
    assert load(ModelFiles(folder, "model", digest)).is_sklearn
    stored.write_bytes(pickle.dumps(LogisticRegression(C=2).fit(FRAME, TRUTH)))
    assert tree_digest(folder) != digest
    inner = replace(context, folder=folder, repository=folder)
    with pytest.raises(CollectorError, match="outside") as caught:
        resolve(".", None, inner)
    assert "data_roots" in caught.value.advice
    assert resolve(".", None, replace(inner, data_roots=(str(stored.parent),)))


def test_a_link_to_a_folder_is_refused(folder: Path) -> None:
    repository = folder.parent
    (repository / "parts").mkdir()
    (folder / "parts").symlink_to(repository / "parts")
    with pytest.raises(CollectorError, match="link to a folder"):
        resolve("model", None, Context(folder=repository, repository=repository))
    assert "link to a folder" in refused(folder).what


def test_a_pipe_in_the_place_of_a_file_does_not_hang(folder: Path) -> None:
    (folder / "model.pkl").unlink()
    os.mkfifo(folder / "model.pkl")
    assert "is not a file" in refused(folder).what


def test_the_python_loader_beside_a_known_flavor_is_not_used(folder: Path) -> None:
    write(folder, {**FLAVOR, "python_function": {"loader_module": "antigravity", "code": "code"}})
    assert np.array_equal(loaded(folder).estimator.predict(FRAME), FITTED.predict(FRAME))


def test_code_of_the_model_needs_a_line(folder: Path) -> None:
    (folder / "code").mkdir()
    (folder / "code" / "own_loader.py").write_text(
        "class Ones:\n"
        "    def predict(self, data, params=None):\n"
        "        return [1] * len(data)\n"
        "def _load_pyfunc(path):\n"
        "    return Ones()\n"
    )
    (folder / "data").mkdir()
    write(folder, {"python_function": {"loader_module": "own_loader", "code": "code", "data": "data"}})
    error = refused(folder)
    assert "is loaded by code: own_loader" in error.what
    assert "gatepost.yaml (at the trusted ref): allow_model_code: true" in error.advice
    write(folder, {"sklearn": {**FLAVOR["sklearn"], "code": "code"}})
    error = refused(folder)
    assert "brings code of its own (code)" in error.what
    assert "allow_model_code: true" in error.advice


@pytest.mark.parametrize(
    ("flavor", "loader"), [("pytorch", "mlflow.pytorch"), ("onnx", "mlflow.onnx"), ("keras", "mlflow.keras")]
)
def test_flavors_that_are_loaded_by_code_say_so(flavor: str, loader: str, folder: Path) -> None:
    write(folder, {flavor: {"data": "data"}, "python_function": {"loader_module": loader, "data": "data"}})
    error = refused(folder)
    assert f"is loaded by code: {loader} (flavor {flavor})" in error.what
    assert "predictions into a column" in error.advice


def test_another_pickle_in_the_folder_is_scanned(folder: Path) -> None:
    (folder / "deep").mkdir()
    other = folder / "deep" / "weights.txt"
    for protocol in (2, 4):
        other.write_bytes(pickle.dumps(Command(folder.parent / "ran"), protocol))
        error = refused(folder)
        assert "model/deep/weights.txt: byte " in error.what
        assert "posix.system" in error.what
    other.write_bytes(pickle.dumps([FITTED, {"a": np.arange(3)}], 4))
    assert loaded(folder).is_sklearn
    other.write_text("cos\nsystem\n")
    assert loaded(folder).is_sklearn


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("flavors: [1]", "names no flavors"),
        ("a: !!python/object/apply:os.system [true]", "cannot be read"),
        ("flavors: {sklearn: {pickled_model: gone.pkl}}", "lacks its file gone.pkl"),
        ("flavors: {sklearn: {}}", "is not a path inside"),
        ("flavors: {sklearn: 3}", "is loaded by code: no loader"),
        ("flavors: {xgboost: {data: model.pkl, model_class: os.system}}", "not one of Booster"),
    ],
)
def test_a_damaged_mlmodel_file_says_why(content: str, said: str, folder: Path) -> None:
    if "xgboost" in content:
        pytest.importorskip("xgboost")
    (folder / "MLmodel").write_text(content)
    assert said in refused(folder).what


def test_native_models_load_without_mlflow(folder: Path) -> None:
    xgboost, lightgbm = pytest.importorskip("xgboost"), pytest.importorskip("lightgbm")
    (folder / "model.pkl").unlink()
    classifier = xgboost.XGBClassifier(n_estimators=3).fit(FRAME, TRUTH)
    for form in ("ubj", "json"):
        classifier.save_model(folder / f"model.{form}")
        write(
            folder,
            {"xgboost": {"data": f"model.{form}", "model_class": "xgboost.sklearn.XGBClassifier", "code": None}},
        )
        found = loaded(folder)
        assert np.array_equal(found.estimator.predict(FRAME), classifier.predict(FRAME))
        assert np.allclose(found.second_score(FRAME), classifier.predict_proba(FRAME)[:, 1])
    booster = xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(FRAME, TRUTH), 2)
    booster.save_model(folder / "model.ubj")
    write(folder, {"xgboost": {"data": "model.ubj", "model_class": "xgboost.core.Booster"}})
    assert np.allclose(loaded(folder).predict(FRAME), booster.predict(xgboost.DMatrix(FRAME)))
    trained = lightgbm.train(
        {"objective": "binary", "verbose": -1, "min_data_in_leaf": 1}, lightgbm.Dataset(FRAME, TRUTH), 2
    )
    trained.save_model(folder / "model.lgb")
    write(folder, {"lightgbm": {"data": "model.lgb", "model_class": "lightgbm.basic.Booster"}})
    assert np.allclose(loaded(folder).predict(FRAME), trained.predict(FRAME))


@pytest.mark.slow
def test_what_mlflow_saves_loads(tmp_path: Path) -> None:
    import mlflow

    for form in ("skops", "pickle", "cloudpickle"):
        mlflow.sklearn.save_model(FITTED, tmp_path / form, serialization_format=form)
        assert np.array_equal(loaded(tmp_path / form).estimator.predict(FRAME), FITTED.predict(FRAME))
    xgboost, lightgbm = pytest.importorskip("xgboost"), pytest.importorskip("lightgbm")
    model = lightgbm.LGBMClassifier(n_estimators=2, verbose=-1).fit(FRAME, TRUTH)
    mlflow.lightgbm.save_model(model, tmp_path / "lightgbm")
    assert np.array_equal(loaded(tmp_path / "lightgbm").estimator.predict(FRAME), model.predict(FRAME))
    model = xgboost.XGBClassifier(n_estimators=2).fit(FRAME, TRUTH)
    mlflow.xgboost.save_model(model, tmp_path / "xgboost")
    assert np.array_equal(loaded(tmp_path / "xgboost").estimator.predict(FRAME), model.predict(FRAME))


@pytest.mark.slow
def test_a_python_model_loads_where_code_is_allowed(tmp_path: Path) -> None:
    import mlflow

    class Ones(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
        def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
            return np.ones(len(model_input))

    mlflow.pyfunc.save_model(tmp_path / "ones", python_model=Ones())
    assert "allow_model_code: true" in refused(tmp_path / "ones").advice
    assert loaded(tmp_path / "ones", allow_model_code=True).predict(FRAME).sum() == 20


@pytest.mark.parametrize(
    "name", ["m.pt", "m.keras", "m.h5", "m.onnx", "m.7z", "m.tar", "m.npy", "m.safetensors", "m.txt", "m"]
)
def test_other_kinds_of_files_are_refused_by_name(name: str) -> None:
    with pytest.raises(CollectorError) as caught:
        check_suffix(name)
    assert name in caught.value.what
    assert "skops" in caught.value.advice
