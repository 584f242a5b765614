from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics
from fairlearn.metrics import MetricFrame

from gatepost.collect.interface import Collected, CollectorError, Context
from gatepost.collect.sources import fairness
from gatepost.evidence.document import from_data

GERMAN = Path(__file__).parents[3] / "examples" / "credit-risk" / "data" / "german_credit.csv"


@pytest.fixture(scope="module")
def german() -> pd.DataFrame:
    frame = pd.read_csv(GERMAN)
    generator = np.random.default_rng(0)
    flipped = generator.random(len(frame)) < 0.2 + 0.1 * (frame["sex"] == "female")
    frame["y_hat"] = np.where(flipped, np.where(frame["risk"] == "good", "bad", "good"), frame["risk"])
    frame["age_group"] = np.where(frame["age"] < 25, "under_25", np.where(frame["age"] > 60, "over_60", "25_to_60"))
    return frame


def run(folder: Path, frame: pd.DataFrame, **options: Any) -> Collected:
    frame.to_parquet(folder / "data.parquet")
    chosen = {"data": "data.parquet", "label": "risk", "prediction": "y_hat", "favorable": "good", **options}
    chosen = {key: value for key, value in chosen.items() if value is not None}
    return fairness.collect(chosen, Context(folder=folder, repository=folder))


def groups(found: Collected, attribute: str = "sex") -> dict[str, dict[str, Any]]:
    return {g["group"]: g for g in found.sections["fairness"]["groups"] if g["attribute"] == attribute}


def test_every_number_equals_that_of_the_rows(tmp_path: Path, german: pd.DataFrame) -> None:
    found = run(tmp_path, german, attributes=["sex", "age_group"], intersections=True)
    truth, predicted = german["risk"] == "good", german["y_hat"] == "good"
    features = {
        "sex": german["sex"],
        "age_group": german["age_group"],
        "sex x age_group": german["sex"] + " x " + german["age_group"],
    }
    rates = {
        "selection_rate": metrics.selection_rate,
        "tpr": metrics.true_positive_rate,
        "fpr": metrics.false_positive_rate,
        "fnr": metrics.false_negative_rate,
        "tnr": metrics.true_negative_rate,
    }
    summaries = {s["name"]: s for s in found.sections["fairness"]["attributes"]}
    for attribute, feature in features.items():
        frame = MetricFrame(metrics=rates, y_true=truth, y_pred=predicted, sensitive_features=feature)
        rows = groups(found, attribute)
        assert set(rows) == set(frame.by_group.index)
        for group, row in rows.items():
            for rate in rates:
                assert row[rate]["value"] == pytest.approx(frame.by_group.loc[group, rate], abs=1e-12)
            assert row[rate]["low"] <= row[rate]["value"] <= row[rate]["high"]
        large = feature.isin([g for g, row in rows.items() if row["n"] >= 30])
        for name, function in (
            ("demographic_parity_difference", metrics.demographic_parity_difference),
            ("demographic_parity_ratio", metrics.demographic_parity_ratio),
            ("equalized_odds_difference", metrics.equalized_odds_difference),
        ):
            expected = function(truth[large], predicted[large], sensitive_features=feature[large])
            assert summaries[attribute][name]["value"] == pytest.approx(expected, abs=1e-12)


def test_it_is_valid_evidence(tmp_path: Path, german: pd.DataFrame) -> None:
    sections = run(tmp_path, german, attributes=["sex"]).sections
    from_data({"schema": "gatepost.evidence/1", "subject": {"name": "x"}, "evidence": sections}, "e.json")


def test_the_reference_is_not_two_people(tmp_path: Path, german: pd.DataFrame) -> None:
    frame = german.copy()
    frame.loc[frame.index[:2], "sex"] = "other"
    frame.loc[frame.index[:2], "y_hat"] = "good"
    rows = groups(run(tmp_path, frame, attributes=["sex"]))
    assert rows["other"]["selection_rate"]["value"] == 1.0
    assert not rows["other"]["is_reference"]
    assert rows["other"]["excluded_reason"] == "fewer than 30 rows"
    assert [name for name, row in rows.items() if row["is_reference"]] == ["male"]
    assert "impact_ratio" not in rows["male"]


@pytest.mark.parametrize(("reference", "chosen"), [("largest", "male"), ("female", "female")])
def test_a_reference_may_be_named(tmp_path: Path, german: pd.DataFrame, reference: str, chosen: str) -> None:
    rows = groups(run(tmp_path, german, attributes=["sex"], reference=reference))
    assert [name for name, row in rows.items() if row["is_reference"]] == [chosen]


def test_a_chosen_reference_makes_intervals_wider_with_more_groups(tmp_path: Path, german: pd.DataFrame) -> None:
    frame = german.copy()
    frame["ten"] = [str(number % 10) for number in range(len(frame))]
    rows = groups(run(tmp_path, frame, attributes=["ten"]), "ten")
    for row in rows.values():
        if not row["is_reference"]:
            ratio = row["impact_ratio"]
            assert ratio["low_adjusted"] < ratio["low"] < ratio["value"] < ratio["high"] < ratio["high_adjusted"]


def test_missing_values_are_a_group(tmp_path: Path, german: pd.DataFrame) -> None:
    frame = german.copy()
    frame.loc[frame.index[:40], "sex"] = None
    assert groups(run(tmp_path, frame, attributes=["sex"]))["(missing)"]["n"] == 40


def test_without_labels_there_are_selection_rates_only(tmp_path: Path, german: pd.DataFrame) -> None:
    rows = groups(run(tmp_path, german, attributes=["sex"], label=None))
    assert "tpr" not in rows["female"]
    assert rows["female"]["selection_rate"]["n"] == 310


def test_no_one_selected_leaves_the_ratio_out_with_a_note(tmp_path: Path, german: pd.DataFrame) -> None:
    found = run(tmp_path, german.assign(y_hat="bad"), attributes=["sex"])
    assert all("impact_ratio" not in row for row in groups(found).values())
    assert "undefined" in found.notes[0]
    assert "demographic_parity_ratio" not in found.sections["fairness"]["attributes"][0]


def test_a_group_of_one_and_a_single_class_are_measured_as_far_as_they_go(
    tmp_path: Path, german: pd.DataFrame
) -> None:
    frame = german.assign(risk="good").copy()
    frame.loc[frame.index[0], "sex"] = "other"
    rows = groups(run(tmp_path, frame, attributes=["sex"]))
    assert rows["other"]["n"] == 1
    assert "fpr" not in rows["female"]
    assert rows["female"]["tpr"]["n"] == 310


def test_without_a_group_large_enough_there_is_no_reference(tmp_path: Path, german: pd.DataFrame) -> None:
    found = run(tmp_path, german.head(20), attributes=["sex"])
    assert not any(row["is_reference"] for row in groups(found).values())
    assert "no group has the 30 rows" in found.notes[0]


@pytest.mark.parametrize(
    ("options", "what", "option", "advice"),
    [
        ({"label": "rsk"}, "has no column `rsk`", ("label",), "did you mean `risk`?"),
        ({"prediction": "zz"}, "has no column `zz`", ("prediction",), "it has: "),
        ({"attributes": ["sexx"]}, "has no column `sexx`", ("attributes", 0), "did you mean `sex`?"),
        ({"favorable": "god"}, "the favorable label `god` does not occur", ("favorable",), "did you mean `good`?"),
        ({"favorable": None}, "`favorable` is needed", (), "e.g. favorable: good"),
        ({"reference": "femal"}, "`sex` has no group `femal`", ("reference",), "did you mean `female`?"),
        ({"prediction": None}, "neither `prediction` nor `model` is named", (), ""),
        ({"attributes": ["many"]}, "has 1000 groups", ("attributes",), "group the values"),
        ({"prediction": "age"}, "are not of one kind", ("prediction",), "same values"),
        ({"label": "holes"}, "1 of 1000 values of `holes` are missing", ("label",), "remove these rows"),
        ({"data": "dat.parquet"}, "there is no file dat.parquet", ("data",), "did you mean `data.parquet`?"),
        ({"data": "../x.parquet"}, "lies outside the repository", ("data",), ""),
    ],
)
def test_bad_input_points_at_the_option(
    tmp_path: Path, german: pd.DataFrame, options: dict[str, Any], what: str, option: tuple[str, ...], advice: str
) -> None:
    frame = german.assign(many=range(1000), holes=german["risk"].where(german.index != 3))
    with pytest.raises(CollectorError) as caught:
        run(tmp_path, frame, **{"attributes": ["sex"], **options})
    assert what in caught.value.what
    assert caught.value.option == option
    assert advice in caught.value.advice


@pytest.mark.parametrize(
    ("content", "what"), [(b"", "is empty"), (b"PAR1broken", "cannot be read"), (None, "has no rows")]
)
def test_a_file_that_is_empty_or_cut_short(
    tmp_path: Path, german: pd.DataFrame, content: bytes | None, what: str
) -> None:
    if content is None:
        german.head(0).to_parquet(tmp_path / "bad.parquet")
    else:
        (tmp_path / "bad.parquet").write_bytes(content)
    with pytest.raises(CollectorError, match=what) as caught:
        run(tmp_path, german, attributes=["sex"], data="bad.parquet")
    assert caught.value.option == ("data",)
    assert str(tmp_path) not in caught.value.what


@pytest.mark.slow
@pytest.mark.parametrize("k", [2, 10])
def test_the_adjusted_intervals_cover_all_true_ratios_together(k: int) -> None:
    """All true rates are .3: a true ratio of 1 is to be in every adjusted interval, in 95 % of the draws."""
    from gatepost.collect.group_rates import Counts

    generator = np.random.default_rng(1)
    draws, covered, alone = 400, 0, []
    for _ in range(draws):
        counts = {str(g): Counts(100, int(generator.binomial(100, 0.3))) for g in range(k)}
        rows, _ = fairness._measure("a", counts, 100 * k, {}, [])
        ratios = [row["impact_ratio"] for row in rows if "impact_ratio" in row]
        covered += all(r["low_adjusted"] <= 1 <= r["high_adjusted"] for r in ratios)
        alone += [r["low"] <= 1 <= r["high"] for r in ratios]
    assert covered / draws >= 0.935
    assert np.mean(alone) >= 0.935
