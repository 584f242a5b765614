from __future__ import annotations

from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import mutual_info_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from gatepost.collect.interface import Collected, CollectorError, Context
from gatepost.collect.isolation import collecting
from gatepost.collect.sources import explainability
from gatepost.evidence.document import from_data

FEATURES = ["income", "noise", "title"]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    generator = np.random.default_rng(1)
    n = 2000
    sex = generator.choice(["f", "m"], n)
    frame = pd.DataFrame({"income": generator.normal(size=n), "noise": generator.normal(size=n), "sex": sex})
    frame["title"] = np.where(generator.random(n) < 0.9, np.where(sex == "f", "Ms", "Mr"), "Dr")
    frame["risk"] = np.where(frame["income"] + generator.normal(0, 0.5, n) > 0, "good", "bad")
    return frame


def run(folder: Path, frame: pd.DataFrame, model: Any, **options: Any) -> Collected:
    joblib.dump(model, folder / "model.joblib")
    frame.to_parquet(folder / "d.parquet")
    chosen = {"model": "model.joblib", "data": "d.parquet", "label": "risk", **options}
    found = collecting.collect(explainability, chosen, Context(folder=folder, repository=folder, timeout_seconds=120))
    document = {"schema": "gatepost.evidence/1", "subject": {"name": "x"}, "evidence": found.sections}
    from_data(document, "e.json")
    return found


def classifier(frame: pd.DataFrame, features: list[str]) -> Any:
    texts = [name for name in features if name in ("title", "sex")]
    columns = ColumnTransformer([("t", OneHotEncoder(), texts)], remainder="passthrough")
    return make_pipeline(columns, LogisticRegression()).fit(frame[features], frame["risk"])


def test_importances_are_those_of_scikit_learn_and_their_intervals_hold_them(
    tmp_path: Path, table: pd.DataFrame
) -> None:
    model = classifier(table, FEATURES)
    section = run(tmp_path, table, model, attributes=["sex"]).sections["explainability"]
    entries = {entry["feature"]: entry for entry in section["importances"]}
    assert next(iter(entries)) == "income"
    whole = permutation_importance(model, table[FEATURES], table["risk"], n_repeats=20, random_state=0)
    for place, feature in enumerate(FEATURES):
        assert entries[feature]["value"] == pytest.approx(whole.importances_mean[place], abs=0.02)
    assert 0.2 < entries["income"]["low"] < entries["income"]["value"] < entries["income"]["high"]
    assert entries["noise"]["low"] <= 0.005
    assert entries["income"]["method"] == "permutation, accuracy"
    assert not any(entry["protected"] for entry in entries.values())


def test_a_proxy_is_told_from_chance(tmp_path: Path, table: pd.DataFrame) -> None:
    section = run(tmp_path, table, classifier(table, FEATURES), attributes=["sex"]).sections["explainability"]
    proxies = {entry["feature"]: entry for entry in section["proxies"]}
    assert next(iter(proxies)) == "title"
    assert proxies["title"]["mutual_information"] == pytest.approx(mutual_info_score(table["title"], table["sex"]))
    assert 0.85 < proxies["title"]["uncertainty_coefficient"] < 0.95
    assert proxies["title"]["null95"] < 0.01
    assert proxies["noise"]["uncertainty_coefficient"] < 0.01


def test_a_protected_feature_is_marked(tmp_path: Path, table: pd.DataFrame) -> None:
    features = ["income", "sex"]
    section = run(tmp_path, table, classifier(table, features), attributes=["sex"]).sections["explainability"]
    assert {entry["feature"]: entry["protected"] for entry in section["importances"]} == {
        "income": False,
        "sex": True,
    }
    assert [entry["feature"] for entry in section["proxies"]] == ["income"]


def test_a_regression_loses_absolute_error(tmp_path: Path, table: pd.DataFrame) -> None:
    frame = table.assign(risk=3 * table["income"])
    model = LinearRegression().fit(frame[["income", "noise"]], frame["risk"])
    entries = run(tmp_path, frame, model).sections["explainability"]["importances"]
    assert entries[0]["feature"] == "income"
    assert entries[0]["method"] == "permutation, mean absolute error"
    # Two draws of 3 N(0, 1) are 3 * 2 / sqrt(pi) apart.
    assert entries[0]["value"] == pytest.approx(3.385, abs=0.15)
    assert entries[1]["value"] == pytest.approx(0, abs=1e-9)


def test_a_sample_is_said_and_repeats(tmp_path: Path, table: pd.DataFrame) -> None:
    model = classifier(table, FEATURES)
    first = run(tmp_path, table, model, rows=500, attributes=["sex"])
    assert first.notes[0] == "measured on 500 of 2000 rows, drawn with seed 0"
    assert "isolated" in first.notes[-1]
    assert first == run(tmp_path, table, model, rows=500, attributes=["sex"])


@pytest.mark.parametrize(
    ("change", "options", "what", "option"),
    [
        ({}, {"label": "rsk"}, "the data has no column `rsk`", ("label",)),
        ({}, {"attributes": ["gender"]}, "the data has no column `gender`", ("attributes",)),
        ({}, {"features": ["incme"]}, "the data lacks columns that the model needs: incme", ("data",)),
        ({"risk": None}, {}, "2000 values of `risk` are missing", ("label",)),
        ({"risk": 1}, {}, "labels (1) and predictions (bad, good) are not of one kind", ("prediction",)),
        ({}, {"task": "regression"}, "a regression needs numbers", ("label",)),
    ],
)
def test_bad_input_points_at_the_option(
    tmp_path: Path,
    table: pd.DataFrame,
    change: dict[str, Any],
    options: dict[str, Any],
    what: str,
    option: tuple[str, ...],
) -> None:
    with pytest.raises(CollectorError) as caught:
        run(tmp_path, table.assign(**change), classifier(table, FEATURES), **options)
    assert what in caught.value.what
    assert caught.value.option == option


def test_nothing_is_said_of_a_feature_or_attribute_of_one_value(tmp_path: Path, table: pd.DataFrame) -> None:
    table = table.assign(flat=1.0, lost=np.nan, country="x")
    model = classifier(table.fillna(0), ["income", "flat"])
    found = run(tmp_path, table, model, features=["income", "flat"], attributes=["sex", "country", "lost"])
    section = found.sections["explainability"]
    assert [entry["feature"] for entry in section["importances"]] == ["income"]
    assert {(entry["feature"], entry["attribute"]) for entry in section["proxies"]} == {("income", "sex")}
    assert "`country` has a single value in these rows: nothing is measured of it" in found.notes
    alone = run(tmp_path, table, model, features=["income", "flat"], attributes=["country"])
    assert "proxies" not in alone.sections["explainability"]
