from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression

from gatepost.collect.interface import Collected, CollectorError, Context
from gatepost.collect.sources import performance
from gatepost.evidence.document import from_data


@pytest.fixture(scope="module")
def cancer() -> pd.DataFrame:
    data = load_breast_cancer()
    features = data.data[:, :2]
    model = LogisticRegression(max_iter=1000).fit(features[::2], data.target[::2])
    return pd.DataFrame(
        {
            "y": data.target,
            "y_hat": model.predict(features),
            "score": model.predict_proba(features)[:, 1],
            "half": np.where(features[:, 0] > 14, "large", "small"),
        }
    )


def run(folder: Path, frame: pd.DataFrame, suffix: str = "parquet", **options: Any) -> Collected:
    frame.to_parquet(folder / "d.parquet")
    frame.to_csv(folder / "d.csv", index=False)
    chosen = {"data": f"d.{suffix}", "label": "y", "prediction": "y_hat", **options}
    found = performance.collect(
        {key: value for key, value in chosen.items() if value is not None}, Context(folder=folder, repository=folder)
    )
    document = {"schema": "gatepost.evidence/1", "subject": {"name": "x"}, "evidence": found.sections}
    from_data(document, "e.json")  # what is collected is valid evidence
    return found


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_binary_metrics_equal_those_of_scikit_learn(tmp_path: Path, cancer: pd.DataFrame, suffix: str) -> None:
    found = run(tmp_path, cancer, suffix, score="score", slices=["half"]).sections["performance"]
    y, y_hat, score = cancer["y"], cancer["y_hat"], cancer["score"]
    expected = {
        "accuracy": metrics.accuracy_score(y, y_hat),
        "precision": metrics.precision_score(y, y_hat),
        "recall": metrics.recall_score(y, y_hat),
        "specificity": metrics.recall_score(y, y_hat, pos_label=0),
        "f1": metrics.f1_score(y, y_hat),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, y_hat),
        "roc_auc": metrics.roc_auc_score(y, score),
        "brier": metrics.brier_score_loss(y, score),
        "log_loss": metrics.log_loss(y, score),
    }
    assert {name: metric["value"] for name, metric in found["metrics"].items()} == pytest.approx(expected, abs=1e-9)
    for metric in found["metrics"].values():
        assert metric["low"] < metric["value"] < metric["high"]
        assert metric["method"]
    assert found["metrics"]["precision"]["n"] == int((y_hat == 1).sum())
    large = cancer[cancer["half"] == "large"]
    slices = {entry["name"]: entry for entry in found["slices"]}
    assert slices["half=large"]["n"] == len(large)
    expected_accuracy = metrics.accuracy_score(large["y"], large["y_hat"])
    assert slices["half=large"]["metrics"]["accuracy"]["value"] == pytest.approx(expected_accuracy)


def test_multiclass_metrics_equal_those_of_scikit_learn(tmp_path: Path) -> None:
    data = load_iris()
    model = LogisticRegression(max_iter=1000).fit(data.data[::3, :2], data.target[::3])
    names = np.array(["a", "b", "c"])
    frame = pd.DataFrame({"y": names[data.target], "y_hat": names[model.predict(data.data[:, :2])]})
    found = run(tmp_path, frame).sections["performance"]
    assert found["task"] == "multiclass"
    assert found["metrics"]["accuracy"]["value"] == pytest.approx(metrics.accuracy_score(frame["y"], frame["y_hat"]))
    expected = metrics.f1_score(frame["y"], frame["y_hat"], average="macro")
    assert found["metrics"]["f1_macro"]["value"] == pytest.approx(expected)
    recall = metrics.recall_score(frame["y"], frame["y_hat"], average=None)
    assert [c["metrics"]["recall"]["value"] for c in found["classes"]] == pytest.approx(list(recall))


def test_regression_metrics_equal_those_of_scikit_learn(tmp_path: Path) -> None:
    data = load_diabetes()
    predicted = LinearRegression().fit(data.data[::2], data.target[::2]).predict(data.data)
    frame = pd.DataFrame({"y": data.target, "y_hat": predicted})
    found = run(tmp_path, frame, task="regression").sections["performance"]["metrics"]
    assert found["mae"]["value"] == pytest.approx(metrics.mean_absolute_error(frame["y"], frame["y_hat"]))
    assert found["rmse"]["value"] == pytest.approx(metrics.root_mean_squared_error(frame["y"], frame["y_hat"]))
    assert found["r2"]["value"] == pytest.approx(metrics.r2_score(frame["y"], frame["y_hat"]))
    assert found["rmse"]["low"] < found["rmse"]["value"] < found["rmse"]["high"]


def test_one_class_leaves_the_area_out_with_a_note(tmp_path: Path, cancer: pd.DataFrame) -> None:
    found = run(tmp_path, cancer.assign(y=1), score="score")
    assert "roc_auc" not in found.sections["performance"]["metrics"]
    assert "specificity" not in found.sections["performance"]["metrics"]
    assert found.notes == ("only one class occurs in the labels: roc_auc is undefined",)


def test_the_result_repeats(tmp_path: Path, cancer: pd.DataFrame) -> None:
    assert run(tmp_path, cancer, score="score") == run(tmp_path, cancer, score="score")


@pytest.mark.parametrize(
    ("change", "options", "what", "option"),
    [
        ({"y": np.nan}, {}, "569 of 569 values of `y` are missing", ("label",)),
        ({"y_hat": "yes"}, {}, "are not of one kind", ("prediction",)),
        ({"y": "good", "y_hat": "bad"}, {}, "`favorable` is needed", ()),
        ({"score": np.inf}, {"score": "score"}, "569 of 569 values of `score` are infinite", ("score",)),
        ({"y": "many words"}, {"task": "regression"}, "a regression needs numbers", ("label",)),
        ({"half": range(569)}, {"slices": ["half"]}, "`half` has 569 different values", ("slices", 0)),
        ({}, {"slices": ["hlf"]}, "has no column `hlf`", ("slices", 0)),
        ({"y": range(569)}, {"task": "binary"}, "there are 569 labels", ("label",)),
    ],
)
def test_bad_input_points_at_the_option(
    tmp_path: Path,
    cancer: pd.DataFrame,
    change: dict[str, Any],
    options: dict[str, Any],
    what: str,
    option: tuple[str, ...],
) -> None:
    with pytest.raises(CollectorError) as caught:
        run(tmp_path, cancer.assign(**change), **options)
    assert what in caught.value.what
    assert caught.value.option == option
