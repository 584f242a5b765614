"""Fairness and performance on generated tables: every number is that of fairlearn or scikit-learn on the rows."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as fair
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import metrics

from gatepost.collect.interface import Collected, CollectorError, Context
from gatepost.collect.sources import fairness, performance
from gatepost.evidence.document import from_data

GROUPS = ["a", "b", "c d", None]
few = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    n = draw(st.integers(2, 80))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    frame = pd.DataFrame({"g": generator.choice(GROUPS, n), "h": generator.integers(0, 2, n)})
    frame["y"] = generator.random(n) < draw(st.sampled_from([0.1, 0.5, 0.9]))
    frame["p"] = np.where(generator.random(n) < draw(st.sampled_from([0.0, 0.3, 1.0])), ~frame["y"], frame["y"])
    frame["s"] = generator.choice([0.0, 0.25, 0.5, 1.0], n)  # with ties, and at the ends
    frame["w"] = generator.choice([0.5, 1.0, 2.0, 7.0], n)
    return frame


def collected(module: Any, folder: Path, frame: pd.DataFrame, **options: Any) -> Any:
    frame.to_parquet(folder / "d.parquet")
    chosen = {"data": "d.parquet", "label": "y", "prediction": "p", **options}
    found: Collected = module.collect(chosen, Context(folder=folder, repository=folder))
    from_data({"schema": "gatepost.evidence/1", "subject": {"name": "x"}, "evidence": found.sections}, "e.json")
    return found.sections[module.name]


@few
@given(frame=tables(), weighted=st.booleans())
def test_groups_equal_fairlearn_on_the_rows(tmp_path: Path, frame: pd.DataFrame, weighted: bool) -> None:
    options = {"attributes": ["g", "h"], "intersections": True, "min_reference_n": 1}
    section = collected(fairness, tmp_path, frame, **options, **({"weight": "w"} if weighted else {}))
    weights = {"sample_weight": frame["w"]} if weighted else {}
    named = frame["g"].fillna("(missing)")
    features = {"g": named, "h": frame["h"].astype(str), "g x h": named + " x " + frame["h"].astype(str)}
    rates = {
        "selection_rate": fair.selection_rate,
        "accuracy": metrics.accuracy_score,
        "tpr": fair.true_positive_rate,
        "fpr": fair.false_positive_rate,
    }
    for name, feature in features.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            params = dict.fromkeys(rates, weights) if weighted else None
            expected = fair.MetricFrame(
                metrics=rates, y_true=frame["y"], y_pred=frame["p"], sensitive_features=feature, sample_params=params
            ).by_group
        rows = {row["group"]: row for row in section["groups"] if row["attribute"] == name}
        assert set(rows) == set(expected.index)
        for group, row in rows.items():
            positive = int(frame["y"][feature == group].sum())
            for rate in rates:
                undefined = (rate == "tpr" and positive == 0) or (rate == "fpr" and positive == row["n"])
                if undefined:
                    assert rate not in row  # where fairlearn says 0
                else:
                    metric = row[rate]
                    assert metric["value"] == pytest.approx(expected.loc[group, rate], abs=1e-9)
                    assert 0 <= metric["low"] <= metric["value"] <= metric["high"] <= 1
            if "impact_ratio" in row:
                ratio = row["impact_ratio"]
                assert ratio["low_adjusted"] <= ratio["low"] <= ratio["value"] + 1e-9
                assert ratio["value"] <= ratio.get("high", np.inf) + 1e-9
        summary = next(one for one in section["attributes"] if one["name"] == name)
        if len(rows) > 1:
            gap = fair.demographic_parity_difference(frame["y"], frame["p"], sensitive_features=feature, **weights)
            assert summary["demographic_parity_difference"]["value"] == pytest.approx(gap, abs=1e-9)


@few
@given(frame=tables(), weighted=st.booleans())
def test_performance_equals_scikit_learn_on_the_rows(tmp_path: Path, frame: pd.DataFrame, weighted: bool) -> None:
    section = collected(
        performance, tmp_path, frame, score="s", task="binary", **({"weight": "w"} if weighted else {})
    )
    weights = frame["w"] if weighted else None
    y, p, s = frame["y"], frame["p"], frame["s"]
    found = section["metrics"]
    expected = {
        "accuracy": metrics.accuracy_score(y, p, sample_weight=weights),
        "brier": metrics.brier_score_loss(y, s, sample_weight=weights),
        "log_loss": metrics.log_loss(y, s, sample_weight=weights, labels=[False, True]),
    }
    if p.any():
        expected["precision"] = metrics.precision_score(y, p, sample_weight=weights)
    if y.any():
        expected["recall"] = metrics.recall_score(y, p, sample_weight=weights)
    if y.any() or p.any():
        expected["f1"] = metrics.f1_score(y, p, sample_weight=weights)
    if 0 < y.sum() < len(y):
        expected["balanced_accuracy"] = metrics.balanced_accuracy_score(y, p, sample_weight=weights)
        expected["roc_auc"] = metrics.roc_auc_score(y, s, sample_weight=weights)
    assert found.keys() - {"specificity"} == expected.keys()
    for name, value in expected.items():
        assert found[name]["value"] == pytest.approx(value, abs=1e-9), name
        if "low" in found[name]:
            assert found[name]["low"] <= found[name]["value"] <= found[name]["high"], name


def people(n: int) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    frame = pd.DataFrame({"g": generator.choice(["a", "b"], n), "y": generator.integers(0, 2, n)})
    return frame.assign(p=generator.integers(0, 2, n))


def test_predictions_that_are_the_label_are_all_right(tmp_path: Path) -> None:
    section = collected(fairness, tmp_path, people(200), prediction="y", attributes=["g"])
    for row in section["groups"]:
        assert row["accuracy"]["value"] == row["tpr"]["value"] == 1
        assert row["accuracy"]["low"] < 1


def test_an_attribute_of_one_value_has_a_group_and_nothing_to_compare(tmp_path: Path) -> None:
    section = collected(fairness, tmp_path, people(200).assign(g="only"), attributes=["g"])
    (row,) = section["groups"]
    assert row["is_reference"]
    assert "impact_ratio" not in row
    assert section["attributes"] == [{"name": "g", "n_groups": 1, "dataset": "d.parquet", "reference": "only"}]


def test_infinite_and_missing_values_of_an_attribute_are_groups(tmp_path: Path) -> None:
    frame = people(400).assign(g=np.tile([1.0, np.inf, np.nan, 2.5], 100))
    section = collected(fairness, tmp_path, frame, attributes=["g"])
    assert {row["group"]: row["n"] for row in section["groups"]} == dict.fromkeys(
        ("1", "2.5", "inf", "(missing)"), 100
    )


@pytest.mark.parametrize("n", [100_000, 100_500])
def test_an_attribute_of_a_hundred_thousand_values_is_refused_with_advice(tmp_path: Path, n: int) -> None:
    with pytest.raises(CollectorError, match="groups; 200 is the most") as caught:
        collected(fairness, tmp_path, people(n).assign(g=range(n)), attributes=["g"])
    assert "group the values" in caught.value.advice
    assert caught.value.option == ("attributes", 0)


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_ten_thousand_columns_are_no_burden(tmp_path: Path, suffix: str) -> None:
    wide = pd.DataFrame(np.zeros((60, 10_000)), columns=[f"c{number}" for number in range(10_000)])
    frame = pd.concat([people(60), wide], axis=1)
    frame.to_csv(tmp_path / "d.csv", index=False)
    section = collected(fairness, tmp_path, frame, data=f"d.{suffix}", attributes=["g"])
    assert sum(row["n"] for row in section["groups"]) == 60
    with pytest.raises(CollectorError, match="has no column `cc9`"):
        collected(fairness, tmp_path, frame, data=f"d.{suffix}", attributes=["cc9"])


@pytest.mark.parametrize("role", ["label", "prediction", "score", "weight", "cluster"])
def test_missing_values_in_each_role_are_refused(tmp_path: Path, role: str) -> None:
    frame = people(50).assign(hole=np.where(np.arange(50) == 7, np.nan, 1.0), s=0.5)
    with pytest.raises(CollectorError, match="1 of 50 values of `hole` are missing") as caught:
        collected(fairness, tmp_path, frame, attributes=["g"], **{role: "hole"})
    assert caught.value.option == (role,)
