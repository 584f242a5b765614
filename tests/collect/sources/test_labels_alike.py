"""Every collector that reads labels checks them in the same way."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from gatepost.collect.interface import Collected, CollectorError, Context
from gatepost.collect.isolation import collecting
from gatepost.collect.sources import drift, explainability, fairness, leakage, performance, robustness

MEASURED = {"data": "d.csv", "label": "y", "prediction": "p", "favorable": "good"}
MODEL = {"model": "m.joblib", "data": "d.csv", "label": "y"}
COLLECTORS: dict[str, tuple[ModuleType, dict[str, Any]]] = {
    "performance": (performance, MEASURED),
    "multiclass": (performance, {**MEASURED, "task": "multiclass"}),
    "fairness": (fairness, {**MEASURED, "attributes": ["sex"]}),
    "leakage": (leakage, {"train": "d.csv", "test": "d.csv", "label": "y", "exclude": ["p"]}),
    "robustness": (robustness, {**MODEL, "mutable": ["x"], "attacks": [{"name": "noise", "eps": [0.1]}], "rows": 20}),
    "explainability": (explainability, {**MODEL, "features": ["x", "z"], "attributes": ["sex"], "repeats": 1}),
}


@pytest.fixture(scope="module")
def model() -> Any:
    frame = table()
    return LogisticRegression().fit(frame[["x", "z"]], frame["y"])


def table(odd: str = "good") -> pd.DataFrame:
    """Give 200 rows, of which two have the odd label."""
    x = np.linspace(-1, 1, 200)
    frame = pd.DataFrame({"x": x, "z": x[::-1] ** 2, "sex": ["f", "m"] * 100, "y": np.where(x > 0, "good", "bad")})
    frame["p"] = frame["y"]
    frame.loc[[150, 160], "y"] = odd
    return frame


def collect(
    folder: Path, name: str, frame: pd.DataFrame, model: Any, task: str | None = None, **more: Any
) -> Collected:
    collector, options = COLLECTORS[name]
    frame.to_csv(folder / "d.csv", index=False)
    joblib.dump(model, folder / "m.joblib")
    subject = {"task": task} if task else {}
    context = Context(folder=folder, repository=folder, subject=subject, timeout_seconds=300)
    return collecting.collect(collector, {**options, **more}, context)


@pytest.mark.parametrize("name", COLLECTORS)
def test_two_spellings_of_a_label_are_refused(tmp_path: Path, name: str, model: Any) -> None:
    with pytest.raises(CollectorError) as caught:
        collect(tmp_path, name, table("good "), model)
    assert caught.value.what.startswith("labels differ only in blanks")
    assert '"good " (' in caught.value.what
    assert caught.value.option == ("label",)


@pytest.mark.parametrize("name", ["multiclass", "fairness", "leakage"])
def test_exact_labels_are_taken_as_they_are(tmp_path: Path, name: str, model: Any) -> None:
    assert collect(tmp_path, name, table("good "), model, labels="exact").notes[:-1] == ()  # but how it was isolated


@pytest.mark.parametrize("name", ["multiclass", "fairness", "leakage"])
def test_labels_that_differ_in_case_are_noted(tmp_path: Path, name: str, model: Any) -> None:
    note, _ = collect(tmp_path, name, table("Good"), model).notes
    assert note.startswith("labels that differ only in case count as different")


@pytest.mark.parametrize("name", ["performance", "fairness", "leakage"])
def test_a_binary_subject_has_two_labels(tmp_path: Path, name: str, model: Any) -> None:
    with pytest.raises(CollectorError, match=r"there are 3 labels \(Good, bad, good\), and two are needed"):
        collect(tmp_path, name, table("Good"), model, task="binary")


def test_the_task_of_the_subject_counts(tmp_path: Path, model: Any) -> None:
    frame = table().assign(y=np.arange(200) % 3, p=np.arange(200) % 3)
    measured = {"label": "y", "prediction": "p", "data": "d.csv", "attributes": ["sex"]}
    frame.to_csv(tmp_path / "d.csv", index=False)
    context = Context(folder=tmp_path, repository=tmp_path, subject={"task": "regression"})
    assert "mae" in fairness.collect(measured, context).sections["fairness"]["groups"][0]
    classes = fairness.collect({**measured, "favorable": 2}, context).sections["fairness"]
    assert "selection_rate" in classes["groups"][0]
    chosen = {"train": "d.csv", "test": "d.csv", "label": "y", "exclude": ["p"]}
    assert leakage.collect(chosen, context).sections["leakage"]["leaks"]
    with pytest.raises(CollectorError, match="holds no numbers"):
        collect(tmp_path, "leakage", table(), model, task="regression")


@pytest.mark.parametrize("name", ["performance", "fairness", "explainability"])
def test_groups_that_may_be_one_are_noted(tmp_path: Path, name: str, model: Any) -> None:
    frame = table()
    frame.loc[:9, "sex"] = "F "
    more = {"slices": ["sex"]} if name == "performance" else {}
    notes = collect(tmp_path, name, frame, model, **more).notes
    assert 'groups of `sex` may be the same: "f" (95 rows) and "F " (10 rows)' in notes


def test_categories_of_drift_that_may_be_one_are_noted(tmp_path: Path) -> None:
    table().to_csv(tmp_path / "a.csv", index=False)
    table("Good").to_csv(tmp_path / "b.csv", index=False)
    chosen = {"reference": "a.csv", "current": "b.csv", "columns": ["y"]}
    found = drift.collect(chosen, Context(folder=tmp_path, repository=tmp_path))
    assert found.notes == ('groups of `y` may be the same: "good" (198 rows) and "Good" (2 rows)',)
    assert found.sections["drift"]["columns"][0]["new_categories"] == ["Good"]


@pytest.mark.parametrize("way", ["prediction", "model"])
def test_words_for_missing_are_groups_whoever_predicts(tmp_path: Path, way: str, model: Any) -> None:
    frame = table()
    frame.loc[:99, "sex"] = ["NA", "None"] * 50
    frame.loc[199, "sex"] = None
    frame.to_csv(tmp_path / "d.csv", index=False)
    joblib.dump(model, tmp_path / "m.joblib")
    options = {"data": "d.csv", "label": "y", "favorable": "good", "attributes": ["sex"]}
    chosen = options | ({"prediction": "p"} if way == "prediction" else {"model": "m.joblib"})
    if way == "model":
        frame.drop(columns="p").to_csv(tmp_path / "d.csv", index=False)
    context = Context(folder=tmp_path, repository=tmp_path, timeout_seconds=300)
    found = collecting.collect(fairness, chosen, context).sections["fairness"]["groups"]
    assert {group["group"]: group["n"] for group in found} == {"NA": 50, "None": 50, "f": 50, "m": 49, "(missing)": 1}


@pytest.mark.parametrize(("good", "bad"), [("yes", "no"), ("T", "F"), ("Y", "N"), ("true", "false"), ("1", "0")])
@pytest.mark.parametrize("collector", [performance, fairness])
def test_words_for_truth_can_be_favorable(tmp_path: Path, collector: ModuleType, good: str, bad: str) -> None:
    frame = table().replace({"good": good, "bad": bad})
    frame.to_csv(tmp_path / "d.csv", index=False)
    chosen = {"data": "d.csv", "label": "y", "prediction": "p", "favorable": good}
    chosen |= {"attributes": ["sex"]} if collector is fairness else {}
    section = collector.collect(chosen, Context(folder=tmp_path, repository=tmp_path)).sections[collector.name]
    assert str(section["favorable"]).lower() == good.lower()


@pytest.mark.parametrize("favorable", ["", " "])
def test_an_empty_favorable_label_is_refused(tmp_path: Path, favorable: str) -> None:
    table().to_csv(tmp_path / "d.csv", index=False)
    with pytest.raises(CollectorError) as caught:
        performance.collect({**MEASURED, "favorable": favorable}, Context(folder=tmp_path, repository=tmp_path))
    assert caught.value.option == ("favorable",)


def test_decimal_labels_are_numbers(tmp_path: Path) -> None:
    frame = pd.DataFrame({"y": [0, 1] * 50, "p": [0, 1] * 50, "sex": ["f", "f", "m", "m"] * 25})
    for column in ("y", "p"):
        frame[column] = [Decimal(value) for value in frame[column]]
    frame.to_parquet(tmp_path / "d.parquet")
    for favorable in ({}, {"favorable": 1}):
        chosen = {"data": "d.parquet", "label": "y", "prediction": "p", "attributes": ["sex"], **favorable}
        section = fairness.collect(chosen, Context(folder=tmp_path, repository=tmp_path)).sections["fairness"]
        assert section["favorable"] == 1
        assert isinstance(section["favorable"], int)
