"""A model against the baseline: the differences are those of scikit-learn's metrics, and pairing tells more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, ttest_rel
from sklearn import metrics
from sklearn.linear_model import LogisticRegression

from gatepost.collect.interface import CollectorError, Context
from gatepost.collect.sources import performance
from gatepost.evidence.document import from_data


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    generator = np.random.default_rng(1)
    n = 800
    x, z = generator.normal(size=n), generator.normal(size=n)
    y = x + z + generator.normal(size=n) > 0.3
    frame = pd.DataFrame({"x": x, "z": z, "y": np.where(y, "good", "bad")})
    frame["s1"], frame["s2"] = 1 / (1 + np.exp(-(x + z))), 1 / (1 + np.exp(-x))
    frame["p1"], frame["p2"] = (np.where(frame[s] > 0.5, "good", "bad") for s in ("s1", "s2"))
    return frame.assign(w=generator.uniform(0.5, 2, n), person=np.arange(n) // 4)


def run(folder: Path, frame: pd.DataFrame, **options: Any) -> dict[str, Any]:
    frame.to_parquet(folder / "d.parquet")
    chosen = {"data": "d.parquet", "label": "y", **options}
    found = performance.collect(chosen, Context(folder=folder, repository=folder, timeout_seconds=120))
    document = {"schema": "gatepost.evidence/1", "subject": {"name": "x"}, "evidence": found.sections}
    from_data(document, "e.json")
    section: dict[str, Any] = found.sections["performance"]
    return section


COLUMNS = {
    "favorable": "good",
    "prediction": "p1",
    "score": "s1",
    "baseline_prediction": "p2",
    "baseline_score": "s2",
}


@pytest.mark.parametrize("weight", [None, "w"])
def test_differences_are_those_of_scikit_learn(tmp_path: Path, table: pd.DataFrame, weight: str | None) -> None:
    section = run(tmp_path, table, **COLUMNS, **({"weight": weight} if weight else {}))
    found = section["versus_baseline"]
    w = table[weight] if weight else None
    y = table["y"] == "good"

    def difference(metric: Any, one: Any, other: Any) -> float:
        return float(metric(y, one, sample_weight=w) - metric(y, other, sample_weight=w))

    hard = [table[column] == "good" for column in ("p1", "p2")]
    expected = {
        "accuracy": difference(metrics.accuracy_score, *hard),
        "precision": difference(metrics.precision_score, *hard),
        "recall": difference(metrics.recall_score, *hard),
        "f1": difference(metrics.f1_score, *hard),
        "balanced_accuracy": difference(metrics.balanced_accuracy_score, *hard),
        "roc_auc": difference(metrics.roc_auc_score, table["s1"], table["s2"]),
        "brier": difference(metrics.brier_score_loss, table["s1"], table["s2"]),
        "log_loss": difference(metrics.log_loss, table["s1"], table["s2"]),
    }
    for name, value in expected.items():
        entry = found[name]
        assert entry["difference"] == pytest.approx(value), name
        assert entry["low"] < entry["difference"] < entry["high"], name
        assert entry["p_value"] < 0.05, name
        assert entry["n"] == 800
    assert section["baseline"] == "p2"


def test_accuracy_has_mcnemars_test_and_the_mean_students(tmp_path: Path, table: pd.DataFrame) -> None:
    found = run(tmp_path, table, **COLUMNS)["versus_baseline"]
    right = [table[column] == table["y"] for column in ("p1", "p2")]
    better, worse = int((right[0] & ~right[1]).sum()), int((~right[0] & right[1]).sum())
    assert found["accuracy"]["p_value"] == pytest.approx(binomtest(better, better + worse).pvalue)
    assert found["accuracy"]["method"] == "mcnemar, agresti-min"
    # The linearised difference of means is the paired t test, but for the normal in place of t.
    losses = [(table[s] - (table["y"] == "good")) ** 2 for s in ("s1", "s2")]
    assert found["brier"]["p_value"] == pytest.approx(ttest_rel(*losses).pvalue, rel=0.2)


def test_pairs_tell_more_than_two_intervals(tmp_path: Path, table: pd.DataFrame) -> None:
    section = run(tmp_path, table, **COLUMNS)
    pair, alone = section["versus_baseline"]["accuracy"], section["metrics"]["accuracy"]
    assert pair["high"] - pair["low"] < np.sqrt(2) * (alone["high"] - alone["low"]) * 0.95


def test_clusters_widen_and_the_area_has_no_interval(tmp_path: Path, table: pd.DataFrame) -> None:
    rows = table.loc[table.index.repeat(4)].reset_index(drop=True).assign(person=np.arange(3200) // 4)
    clustered = run(tmp_path, rows, **COLUMNS, cluster="person")["versus_baseline"]
    alone = run(tmp_path, table, **COLUMNS)["versus_baseline"]
    assert clustered["f1"]["low"] == pytest.approx(alone["f1"]["low"], abs=1e-3)
    assert "low" not in clustered["roc_auc"]


def test_the_same_model_differs_by_nothing(tmp_path: Path, table: pd.DataFrame) -> None:
    found = run(tmp_path, table, **{**COLUMNS, "baseline_prediction": "p1", "baseline_score": "s1"})[
        "versus_baseline"
    ]
    assert found["accuracy"]["difference"] == 0
    assert found["accuracy"]["p_value"] == 1
    assert found["accuracy"]["low"] < 0 < found["accuracy"]["high"]
    same = {"difference": 0, "low": 0, "high": 0, "p_value": 1, "n": 800, "method": "no row differs"}
    assert found["f1"] == found["roc_auc"] == found["brier"] == same


def test_classes_and_numbers(tmp_path: Path, table: pd.DataFrame) -> None:
    options = {"prediction": "p1", "baseline_prediction": "p2"}
    several = table.assign(y=np.where(table["x"] > 1, "best", table["y"]))
    found = run(tmp_path, several, **options)["versus_baseline"]
    expected = (several["p1"] == several["y"]).mean() - (several["p2"] == several["y"]).mean()
    assert found["accuracy"]["difference"] == pytest.approx(expected)
    numbers = table.assign(y=table["x"] + 2 * table["z"], p1=table["x"] + table["z"], p2=table["x"])
    found = run(tmp_path, numbers, **options, task="regression")["versus_baseline"]
    rmse = [metrics.root_mean_squared_error(numbers["y"], numbers[column]) for column in ("p1", "p2")]
    assert found["rmse"]["difference"] == pytest.approx(rmse[0] - rmse[1])
    assert found["rmse"]["high"] < 0
    assert found["mae"]["p_value"] < 1e-6


def test_a_baseline_model_predicts_the_same_rows(tmp_path: Path, table: pd.DataFrame) -> None:
    for name, features in (("new", ["x", "z"]), ("old", ["x"])):
        joblib.dump(LogisticRegression().fit(table[features], table["y"]), tmp_path / f"{name}.joblib")
    frame = table[["x", "z", "y"]]
    options = {"model": "new.joblib", "baseline": "old.joblib", "favorable": "good"}
    section = run(tmp_path, frame, **options)
    old, new = (joblib.load(tmp_path / f"{name}.joblib") for name in ("old", "new"))
    y = frame["y"] == "good"
    areas = [
        metrics.roc_auc_score(y, model.predict_proba(frame[list(model.feature_names_in_)])[:, 1])
        for model in (new, old)
    ]
    assert section["versus_baseline"]["roc_auc"]["difference"] == pytest.approx(areas[0] - areas[1])
    assert section["baseline"] == "old.joblib"
    turned = run(tmp_path, frame, **{**options, "favorable": "bad"})
    assert turned["versus_baseline"]["roc_auc"]["difference"] == pytest.approx(areas[0] - areas[1])


@pytest.mark.parametrize(
    ("options", "what", "option"),
    [
        ({"prediction": "p1", "baseline": "old.joblib"}, "`baseline` is a model that is compared", ("baseline",)),
        ({"prediction": "p1", "baseline_prediction": "p3"}, "has no column `p3`", ("baseline_prediction",)),
        ({"prediction": "p1", "baseline_prediction": "x"}, "are not of one kind", ("prediction",)),
    ],
)
def test_bad_options_are_refused(
    tmp_path: Path, table: pd.DataFrame, options: dict[str, Any], what: str, option: tuple[str, ...]
) -> None:
    with pytest.raises(CollectorError) as caught:
        run(tmp_path, table, favorable="good", **options)
    assert what in caught.value.what
    assert caught.value.option == option
