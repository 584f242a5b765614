from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student_t
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


@pytest.mark.parametrize(
    ("labels", "suffix"),
    [((2, 10), "csv"), ((9, 10), "parquet"), ((-2, -1), "csv"), (("b", "a"), "parquet"), ((False, True), "csv")],
)
def test_the_score_of_a_model_is_of_its_own_second_class(
    tmp_path: Path, labels: tuple[Any, Any], suffix: str
) -> None:
    generator = np.random.default_rng(1)
    x = generator.normal(size=(400, 2))
    is_second = x[:, 0] + generator.normal(size=400) > 0
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": [labels[int(one)] for one in is_second]})
    model = LogisticRegression().fit(frame[["a", "b"]], frame["y"])
    joblib.dump(model, tmp_path / "m.joblib")
    probability = dict(zip(model.classes_.tolist(), model.predict_proba(frame[["a", "b"]]).T, strict=True))
    for favorable in labels:
        options = {"model": "m.joblib", "prediction": None, "favorable": favorable, "label": "y"}
        truth, score = frame["y"] == favorable, probability[favorable]
        found = run(tmp_path, frame, suffix, **options).sections["performance"]["metrics"]
        assert found["roc_auc"]["value"] == pytest.approx(metrics.roc_auc_score(truth, score))
        assert found["brier"]["value"] == pytest.approx(metrics.brier_score_loss(truth, score))
        # Where the data holds one class only, which class a score is of is the same.
        only = run(tmp_path, frame[truth.to_numpy()], suffix, **options).sections["performance"]["metrics"]
        assert only["brier"]["value"] == pytest.approx(((1 - score[truth]) ** 2).mean())


def test_a_favorable_label_that_the_model_does_not_have_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [0.0, 0.1, 0.2, 0.3], "y": ["good"] * 4})
    joblib.dump(LogisticRegression().fit([[0.0], [9.0]], ["bad", "fair"]), tmp_path / "m.joblib")
    with pytest.raises(
        CollectorError, match="`good` is the favorable label, and the model's classes are bad and fair"
    ):
        run(tmp_path, frame, model="m.joblib", prediction=None, favorable="good")


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
        ({"y": "many words"}, {"task": "regression"}, "`y` holds no numbers", ("label",)),
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


def test_weights_thresholds_and_calibration_equal_those_of_scikit_learn(tmp_path: Path, cancer: pd.DataFrame) -> None:
    frame = cancer.assign(w=np.random.default_rng(5).uniform(0.2, 3, len(cancer)))
    options = {"score": "score", "weight": "w", "thresholds": [0.2, 0.8]}
    found = run(tmp_path, frame, **options).sections["performance"]
    y, y_hat, score, w = (frame[name] for name in ("y", "y_hat", "score", "w"))
    expected = {
        "accuracy": metrics.accuracy_score(y, y_hat, sample_weight=w),
        "precision": metrics.precision_score(y, y_hat, sample_weight=w),
        "recall": metrics.recall_score(y, y_hat, sample_weight=w),
        "specificity": metrics.recall_score(y, y_hat, pos_label=0, sample_weight=w),
        "f1": metrics.f1_score(y, y_hat, sample_weight=w),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, y_hat, sample_weight=w),
        "roc_auc": metrics.roc_auc_score(y, score, sample_weight=w),
        "brier": metrics.brier_score_loss(y, score, sample_weight=w),
        "log_loss": metrics.log_loss(y, score, sample_weight=w),
    }
    assert {name: metric["value"] for name, metric in found["metrics"].items()} == pytest.approx(expected, abs=1e-9)
    low, high = found["thresholds"]
    assert low["threshold"] == 0.2
    assert low["metrics"]["f1"]["value"] == pytest.approx(metrics.f1_score(y, score >= 0.2, sample_weight=w))
    assert high["metrics"]["selection_rate"]["value"] == pytest.approx(np.average(score >= 0.8, weights=w))
    calibration = found["calibration"]
    x = np.log(score / (1 - score)).to_numpy()[:, None]
    fit = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(x, y, sample_weight=w)
    assert calibration["slope"]["value"] == pytest.approx(fit.coef_[0, 0], rel=1e-4)
    assert calibration["intercept"]["value"] == pytest.approx(fit.intercept_[0], abs=1e-4)
    assert calibration["slope"]["low"] < calibration["slope"]["value"] < calibration["slope"]["high"]
    assert sum(part["n"] for part in calibration["bins"]) == len(frame)
    assert calibration["ece"]["value"] <= 1
    assert calibration["ece_null95"] == calibration["ece"]["null95"] > 0


def test_weights_that_count_rows_say_what_the_rows_say(tmp_path: Path, cancer: pd.DataFrame) -> None:
    frame = cancer.assign(w=np.arange(len(cancer)) % 3 + 1)
    repeated = frame.loc[frame.index.repeat(frame["w"])]
    by_weight = run(tmp_path, frame, score="score", weight="w", weight_kind="frequency").sections["performance"]
    by_row = run(tmp_path, repeated, score="score").sections["performance"]
    for name, metric in by_row["metrics"].items():
        assert by_weight["metrics"][name] == pytest.approx(metric), name
    assert by_weight["calibration"]["ece"] == pytest.approx(by_row["calibration"]["ece"])
    assert by_weight["calibration"]["slope"] == pytest.approx(by_row["calibration"]["slope"])


def test_a_threshold_makes_the_predictions(tmp_path: Path, cancer: pd.DataFrame) -> None:
    options = {"prediction": None, "score": "score", "threshold": 0.3}
    found = run(tmp_path, cancer, **options).sections["performance"]
    assert found["threshold"] == 0.3
    expected = metrics.f1_score(cancer["y"], cancer["score"] >= 0.3)
    assert found["metrics"]["f1"]["value"] == pytest.approx(expected)


def test_a_ranking_equals_scikit_learn(tmp_path: Path) -> None:
    generator = np.random.default_rng(11)
    queries, rows = 40, 12
    relevance = np.zeros((queries, rows))
    relevance[np.arange(queries), generator.integers(0, rows, queries)] = generator.integers(1, 4, queries)
    score = np.round(generator.uniform(size=(queries, rows)) + relevance / 4, 1)  # with ties
    q = np.repeat(np.arange(queries), rows)
    frame = pd.DataFrame({"q": q, "y": relevance.ravel(), "score": score.ravel()})
    unheard = pd.DataFrame({"q": [99, 99], "y": [0.0, 0.0], "score": [0.1, 0.2]})
    options = {"task": "ranking", "qid": "q", "score": "score", "prediction": None, "k": 5}
    found = run(tmp_path, pd.concat([frame, unheard]), **options)
    section = found.sections["performance"]["metrics"]
    assert section["ndcg_at_5"]["value"] == pytest.approx(metrics.ndcg_score(relevance, score, k=5))
    expected = metrics.label_ranking_average_precision_score(relevance > 0, score)
    assert section["mrr"]["value"] == pytest.approx(expected)
    assert section["precision_at_5"]["value"] <= 0.2
    assert section["mrr"]["n"] == queries
    assert section["mrr"]["low"] < section["mrr"]["value"] < section["mrr"]["high"]
    assert found.notes == ("1 of 41 queries have no relevant row: they are left out",)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"task": "ranking", "score": "score"}, "a ranking needs `qid`"),
        ({"task": "ranking", "score": "score", "qid": "half", "slices": ["half"]}, "slices part rows"),
        ({"threshold": 0.5, "score": "score"}, "`threshold` makes predictions of scores, and `prediction` names"),
        ({"threshold": 0.5, "prediction": None}, "`threshold` without `score`"),
        ({"thresholds": [0.5]}, "`thresholds` without `score`"),
        (
            {"task": "regression", "prediction": None, "threshold": 1, "score": "score"},
            "a threshold parts two classes",
        ),
        ({"prediction": None}, "neither `prediction` nor `model` is named"),
    ],
)
def test_options_that_do_not_fit_are_refused(
    tmp_path: Path, cancer: pd.DataFrame, options: dict[str, Any], what: str
) -> None:
    with pytest.raises(CollectorError, match=what):
        run(tmp_path, cancer, **options)


def test_classes_with_weights_and_slices_equal_scikit_learn(tmp_path: Path) -> None:
    data = load_iris()
    model = LogisticRegression(max_iter=1000).fit(data.data[::3, :2], data.target[::3])
    frame = pd.DataFrame({"y": data.target, "y_hat": model.predict(data.data[:, :2])})
    frame["w"] = np.random.default_rng(2).uniform(0.5, 2, len(frame))
    frame["part"] = np.where(np.arange(len(frame)) % 2, "odd", None)
    found = run(tmp_path, frame, weight="w", slices=["part"]).sections["performance"]
    y, y_hat, w = frame["y"], frame["y_hat"], frame["w"]
    expected = {
        "accuracy": metrics.accuracy_score(y, y_hat, sample_weight=w),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, y_hat, sample_weight=w),
        "f1_macro": metrics.f1_score(y, y_hat, average="macro", sample_weight=w),
        "f1_weighted": metrics.f1_score(y, y_hat, average="weighted", sample_weight=w),
    }
    assert {name: metric["value"] for name, metric in found["metrics"].items()} == pytest.approx(expected)
    assert all(metric["low"] < metric["value"] < metric["high"] for metric in found["metrics"].values())
    odd = frame[frame["part"] == "odd"]
    parts = {part["name"]: part for part in found["slices"]}
    assert set(parts) == {"part=odd", "part=(missing)"}
    expected_f1 = metrics.f1_score(odd["y"], odd["y_hat"], average="macro", sample_weight=odd["w"])
    assert parts["part=odd"]["metrics"]["f1_macro"]["value"] == pytest.approx(expected_f1)


def test_scores_that_part_the_classes_have_no_slope(tmp_path: Path) -> None:
    frame = pd.DataFrame({"y": [0, 0, 1, 1] * 10, "y_hat": [0, 0, 1, 1] * 10, "score": [0.1, 0.2, 0.8, 0.9] * 10})
    found = run(tmp_path, frame, score="score").sections["performance"]
    assert "part the classes wholly" in found["calibration"]["slope"]["undefined_reason"]
    assert found["metrics"]["f1"]["low"] < found["metrics"]["f1"]["value"] == 1


def regression(folder: Path, frame: pd.DataFrame, **options: Any) -> dict[str, Any]:
    frame.to_parquet(folder / "d.parquet")
    chosen = {"data": "d.parquet", "label": "y", "prediction": "y_hat", "task": "regression", **options}
    section = performance.collect(chosen, Context(folder=folder, repository=folder)).sections["performance"]
    found: dict[str, Any] = section["metrics"]
    return found


def test_large_errors_have_an_interval_as_wide_as_small_ones(tmp_path: Path) -> None:
    generator = np.random.default_rng(6)
    y = generator.integers(0, 100, 300).astype(float)
    small = regression(tmp_path, pd.DataFrame({"y": y, "y_hat": y + generator.integers(-3, 4, 300)}))
    generator = np.random.default_rng(6)
    y = generator.integers(0, 100, 300).astype(float)
    large = regression(tmp_path, pd.DataFrame({"y": y, "y_hat": y + generator.integers(-3, 4, 300) + 2.0**40}))
    for end in ("value", "low", "high"):
        assert large["mean_error"][end] - 2.0**40 == pytest.approx(small["mean_error"][end], abs=2e-3)
    assert large["mae"]["high"] - large["mae"]["low"] > 0.4


def test_skewed_errors_have_halls_interval(tmp_path: Path) -> None:
    generator = np.random.default_rng(7)
    error = generator.gamma(2.0, 1.0, 400)
    y = generator.normal(0, 9, 400)
    found = regression(tmp_path, pd.DataFrame({"y": y, "y_hat": y + error}))["mae"]
    # By the formulas of Hall (1992), from the moments of the rows.
    center, spread = error.mean(), error.std(ddof=1) / np.sqrt(400)
    skewness = ((error - center) ** 3).sum() / ((error - center) ** 2).sum() ** 1.5
    quantile = student_t.ppf(0.975, 399)
    low, high = (
        center - spread * 3 / skewness * (np.cbrt(1 + skewness * sign * quantile - skewness**2 / 6) - 1)
        for sign in (1, -1)
    )
    assert found["low"] == pytest.approx(min(low, center - quantile * spread), rel=1e-9)
    assert found["high"] == pytest.approx(max(high, center + quantile * spread), rel=1e-9)
    assert found["high"] > center + quantile * spread
    weighted = pd.DataFrame({"y": y, "y_hat": y + error, "w": generator.integers(1, 4, 400)})
    counted = regression(tmp_path, weighted, weight="w", weight_kind="frequency")
    expanded = regression(tmp_path, weighted.loc[weighted.index.repeat(weighted["w"])].reset_index(drop=True))
    for name in ("mae", "rmse", "mean_error", "r2"):
        for end in ("value", "low", "high"):
            assert counted[name][end] == pytest.approx(expanded[name][end], rel=1e-9), (name, end)


def test_what_a_few_rows_decide_has_no_interval_and_says_why(tmp_path: Path) -> None:
    y = np.arange(200.0)
    error = np.where(np.arange(200) == 7, 500.0, np.tile([1.0, -1.0], 100))
    found = regression(tmp_path, pd.DataFrame({"y": y, "y_hat": y + error}))
    for name in ("rmse", "r2", "mae"):
        assert "low" not in found[name], name
        assert found[name]["no_interval_reason"].startswith("a few rows decide it: its skewness is "), name


def test_scores_of_a_class_of_three_rows_have_no_interval(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    frame = pd.DataFrame({"y": np.arange(200) < 3, "score": generator.uniform(0.01, 0.03, 200)})
    frame["y_hat"] = frame["score"] > 0.5
    frame.to_parquet(tmp_path / "d.parquet")
    options = {"data": "d.parquet", "label": "y", "prediction": "y_hat", "score": "score", "favorable": True}
    section = performance.collect(options, Context(folder=tmp_path, repository=tmp_path)).sections["performance"]
    for metric in (section["metrics"]["brier"], section["metrics"]["log_loss"], section["calibration"]["brier"]):
        assert metric["no_interval_reason"] == "one of the two classes has 3 rows, and intervals hold from 4"
        assert {"low", "high", "method"}.isdisjoint(metric)


@pytest.mark.parametrize("favorable", [1, 0])
def test_a_score_of_single_precision_reaches_the_threshold_that_it_shows(tmp_path: Path, favorable: int) -> None:
    generator = np.random.default_rng(2)
    score = (generator.integers(1, 10, 300) / 10).astype("float32")
    frame = pd.DataFrame({"y": (generator.random(300) < score).astype(int), "score": score})
    for threshold in (0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.9, 1e300, -1e300):
        options = {"prediction": None, "score": "score", "threshold": threshold, "favorable": favorable}
        found = run(tmp_path, frame, **options, thresholds=[threshold]).sections["performance"]
        # As it is with the decimals that are shown.
        chosen = np.round(score.astype(float), 1) >= threshold
        truth = frame["y"] == favorable
        assert found["metrics"]["accuracy"]["value"] == pytest.approx((chosen == truth).mean())
        assert found["thresholds"][0]["metrics"]["selection_rate"]["value"] == pytest.approx(chosen.mean())
