from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
import sqlalchemy
from fairlearn import metrics
from fairlearn.metrics import MetricFrame
from sklearn.metrics import brier_score_loss, roc_auc_score

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
        ({"attributes": ["many"]}, "has 1000 groups", ("attributes", 0), "group the values"),
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
    from gatepost.collect.comparing import Comparing
    from gatepost.collect.statistics.proportions import counted

    generator = np.random.default_rng(1)
    draws, covered, alone = 400, 0, []
    for _ in range(draws):
        drawn = {str(g): counted(int(generator.binomial(100, 0.3)), 100) for g in range(k)}
        shares = {name: share for name, share in drawn.items() if share is not None}
        reference = Comparing().choose("a", shares)
        assert reference is not None
        ratios = list(Comparing().ratios(shares, reference).values())
        covered += all(r["low_adjusted"] <= 1 <= r["high_adjusted"] for r in ratios)
        alone += [r["low"] <= 1 <= r["high"] for r in ratios]
    assert covered / draws >= 0.935
    assert np.mean(alone) >= 0.935


def scored(german: pd.DataFrame) -> pd.DataFrame:
    generator = np.random.default_rng(3)
    score = np.clip(0.35 * (german["risk"] == "good") + 0.65 * generator.random(len(german)), 0, 1).round(2)
    return german.assign(score=score, w=generator.lognormal(0, 1, len(german)), person=np.arange(len(german)) // 5)


def test_scores_by_group_equal_those_of_scikit_learn(tmp_path: Path, german: pd.DataFrame) -> None:
    frame = scored(german)
    found = run(tmp_path, frame, attributes=["sex"], score="score")
    from_data({"schema": "gatepost.evidence/1", "subject": {"name": "x"}, "evidence": found.sections}, "e.json")
    for group, row in groups(found).items():
        part = frame[frame["sex"] == group]
        truth = part["risk"] == "good"
        assert row["auc"]["value"] == pytest.approx(roc_auc_score(truth, part["score"]), abs=1e-12)
        assert row["brier"]["value"] == pytest.approx(brier_score_loss(truth, part["score"]), abs=1e-12)
        above = (part["score"] > frame["score"].median()).mean()
        assert row["scoring_rate"]["value"] == pytest.approx(above, abs=1e-12)
        assert 0 < row["ece"]["null95"] < 0.2
        assert row["is_small"] is False


def test_weights_equal_those_of_fairlearn_and_count_by_kish(tmp_path: Path, german: pd.DataFrame) -> None:
    frame = scored(german)
    rows = groups(run(tmp_path, frame, attributes=["sex"], score="score", weight="w"))
    for group, row in rows.items():
        part = frame[frame["sex"] == group]
        truth, predicted, weight = part["risk"] == "good", part["y_hat"] == "good", part["w"]
        expected = metrics.true_positive_rate(truth, predicted, sample_weight=weight)
        assert row["tpr"]["value"] == pytest.approx(expected, abs=1e-12)
        area = roc_auc_score(truth, part["score"], sample_weight=weight)
        assert row["auc"]["value"] == pytest.approx(area, abs=1e-12)
        assert row["n"] == len(part)
        assert row["n_effective"] == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
        assert row["selection_rate"]["method"] == "wilson, Kish's effective n"


def test_the_median_score_of_rows_that_stand_for_many_is_that_of_all(tmp_path: Path, german: pd.DataFrame) -> None:
    generator = np.random.default_rng(4)
    frame = german.assign(s=generator.random(len(german)), w=generator.integers(1, 6, len(german)))
    repeated = frame.loc[frame.index.repeat(frame["w"])]
    options = {"attributes": ["sex"], "score": "s"}
    by_weight = groups(run(tmp_path, frame, **options, weight="w", weight_kind="frequency"))
    by_row = groups(run(tmp_path, repeated, **options))
    for name, group in by_row.items():
        for key in ("scoring_rate", "scoring_impact_ratio", "auc"):
            if key in group:
                assert by_weight[name][key] == pytest.approx(group[key]), (name, key)
    assert "scoring_rate" in by_row["female"]


def test_copies_of_a_row_in_a_cluster_say_nothing_new(tmp_path: Path, german: pd.DataFrame) -> None:
    once = groups(run(tmp_path, german, attributes=["sex"]))["female"]["selection_rate"]
    copied = pd.concat([german.assign(person=range(len(german)))] * 5)
    five = groups(run(tmp_path, copied, attributes=["sex"], cluster="person"))["female"]["selection_rate"]
    assert five["value"] == pytest.approx(once["value"])
    assert five["high"] - five["low"] == pytest.approx(once["high"] - once["low"], rel=0.01)


def test_several_favorable_classes_are_each_measured_against_the_rest(tmp_path: Path, german: pd.DataFrame) -> None:
    grade = pd.Series(["a", "b", "c"] * 333 + ["a"])
    frame = german.assign(risk=grade, y_hat=grade.sample(frac=1, random_state=1).to_numpy())
    found = run(tmp_path, frame, attributes=["sex"], favorable=["a", "b"])
    rows = {(g["class"], g["group"]): g for g in found.sections["fairness"]["groups"]}
    for (favorable, group), row in rows.items():
        chosen = frame[frame["sex"] == group]
        assert row["selection_rate"]["value"] == pytest.approx((chosen["y_hat"] == favorable).mean())
    assert len(rows) == 4


def test_errors_of_a_regression_by_group(tmp_path: Path, german: pd.DataFrame) -> None:
    frame = german.assign(risk=german["age"] * 1.5, y_hat=german["age"] * 1.4)
    found = run(tmp_path, frame, attributes=["sex"], task="regression", favorable=None)
    for group, row in groups(found).items():
        part = frame[frame["sex"] == group]
        assert row["mae"]["value"] == pytest.approx((part["risk"] - part["y_hat"]).abs().mean())
        assert row["mae"]["low"] < row["mae"]["value"] < row["mae"]["high"]


@pytest.mark.parametrize(
    ("change", "options", "what", "option"),
    [
        ({"w": -1.0}, {"weight": "w"}, "1000 weights in `w` are negative", ("weight",)),
        ({"w": 0.0}, {"weight": "w"}, "all weights are 0", ("weight",)),
        ({"w": np.nan}, {"weight": "w"}, "1000 of 1000 values of `w` are missing", ("weight",)),
        ({"s": np.inf}, {"score": "s"}, "1000 of 1000 values of `s` are infinite", ("score",)),
        ({"s": "high"}, {"score": "s"}, "`s` holds no numbers", ("score",)),
        ({}, {"query": "SELECT nothing FROM data"}, "the query fails", ("query",)),
        ({}, {"query": "SELECT * FROM data WHERE age > 999"}, "has no rows", ("data",)),
        ({}, {"data": "postgresql://me:pw@nowhere/x"}, "is a database: `query` is needed", ("data",)),
    ],
)
def test_bad_weights_scores_and_queries(
    tmp_path: Path, german: pd.DataFrame, change: dict[str, Any], options: dict[str, Any], what: str, option: Any
) -> None:
    with pytest.raises(CollectorError) as caught:
        run(tmp_path, german.assign(**change), attributes=["sex"], **options)
    assert what in caught.value.what
    assert "pw" not in caught.value.what
    assert caught.value.option == option


@pytest.mark.parametrize("kind", ["csv", "arrow", "folder", "glob", "sqlite", "duckdb"])
def test_a_table_may_lie_in_many_places(tmp_path: Path, german: pd.DataFrame, kind: str) -> None:
    expected = groups(run(tmp_path, german, attributes=["sex"]))["female"]["impact_ratio"]
    options: dict[str, Any] = {"query": "SELECT * FROM loans"} if kind in ("sqlite", "duckdb") else {}
    (tmp_path / "parts" / "deep").mkdir(parents=True)
    if kind == "csv":
        german.to_csv(tmp_path / "t.csv", index=False)
        options["data"] = "t.csv"
    elif kind == "arrow":
        german.to_feather(tmp_path / "t.arrow", compression="uncompressed")
        options["data"] = "t.arrow"
    elif kind in ("folder", "glob"):
        german.head(400).to_parquet(tmp_path / "parts" / "a.parquet")
        german.tail(600).to_parquet(tmp_path / "parts" / "deep" / "b.parquet")
        options["data"] = "parts" if kind == "folder" else "parts/**/*.parquet"
    elif kind == "sqlite":
        engine = sqlalchemy.create_engine(f"sqlite:///{tmp_path / 't.db'}")
        german.to_sql("loans", engine)
        engine.dispose()
        options["data"] = "sqlite:///t.db"
    else:
        with duckdb.connect(str(tmp_path / "t.duckdb")) as connection:
            connection.execute(f"CREATE TABLE loans AS FROM '{tmp_path / 'data.parquet'}'")
        options["data"] = "duckdb:///t.duckdb"
    assert groups(run(tmp_path, german, attributes=["sex"], **options))["female"]["impact_ratio"] == expected
