from __future__ import annotations

import datetime
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import r2_score, roc_auc_score

from gatepost.collect.interface import Collected, CollectorError, Context
from gatepost.collect.leaking import overlap
from gatepost.collect.sources import leakage
from gatepost.collect.tabular.opening import open_table
from gatepost.evidence.document import from_data


def table(n: int, seed: int) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "label": generator.choice(["good", "bad"], n),
            "income": generator.normal(size=n),
            "kind": generator.choice(["x", "y", None], n),
        }
    )
    frame["told"] = np.abs(np.where(frame["label"] == "good", 5, 0) - generator.uniform(0, 1, n))
    frame["hint"] = np.where(generator.random(n) < 0.8, frame["label"], "unknown")
    return frame


def run(folder: Path, train: pd.DataFrame, test: pd.DataFrame, suffix: str = "parquet", **options: Any) -> Collected:
    for name, frame in (("train", train), ("test", test)):
        frame.to_parquet(folder / f"{name}.parquet")
        frame.to_csv(folder / f"{name}.csv", index=False)
    chosen = {"train": f"train.{suffix}", "test": "test.parquet", **options}
    found = leakage.collect(chosen, Context(folder=folder, repository=folder))
    document = {"schema": "gatepost.evidence/1", "subject": {"name": "x"}, "evidence": found.sections}
    from_data(document, "e.json")
    return found


def scores(found: Collected) -> dict[str, float]:
    return {entry["feature"]: entry["score"] for entry in found.sections["leakage"]["leaks"]}


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_rows_of_the_training_data_are_found_in_the_test_data(tmp_path: Path, suffix: str) -> None:
    train, test = table(1000, 1), table(400, 2)
    both = pd.concat([test, train.iloc[:100], train.iloc[:20]])
    found = run(tmp_path, train, both, suffix).sections["leakage"]["overlap"]
    assert found == {"rows": 120, "share": 120 / 520, "n": 520, "duplicate_share": 40 / 520}
    assert run(tmp_path, train, test, suffix).sections["leakage"]["overlap"]["rows"] == 0


def test_equal_numbers_are_equal_in_any_type_and_missing_ones_too(tmp_path: Path) -> None:
    train = pd.DataFrame({"a": [1, 2, 3], "b": ["x", None, "-"]})
    test = pd.DataFrame({"a": [1.0, 2.0, 3.0, 3.0], "b": ["x", None, None, "=-"]})
    assert run(tmp_path, train, test).sections["leakage"]["overlap"]["rows"] == 2


def test_what_is_excluded_makes_no_row_differ(tmp_path: Path) -> None:
    train = table(50, 1).assign(row=range(50))
    test = table(50, 1).assign(row=range(100, 150))
    assert run(tmp_path, train, test).sections["leakage"]["overlap"]["rows"] == 0
    assert run(tmp_path, train, test, exclude=["row"]).sections["leakage"]["overlap"]["rows"] == 50


def test_a_feature_that_tells_the_label_is_first(tmp_path: Path) -> None:
    train, test = table(3000, 1), table(2000, 2)
    found = run(tmp_path, train, test, label="label")
    told = scores(found)
    assert next(iter(told)) == "told"
    assert told["told"] > 0.999  # though it is not monotone in the label
    rates = train.assign(y=train["label"] == "good").groupby("hint")["y"].mean()
    expected = roc_auc_score(test["label"] == "good", test["hint"].map(rates))
    assert told["hint"] == pytest.approx(expected)
    assert abs(told["income"] - 0.5) < 0.06
    assert abs(told["kind"] - 0.5) < 0.06


def test_several_classes_and_numbers(tmp_path: Path) -> None:
    generator = np.random.default_rng(3)
    frame = pd.DataFrame({"y": generator.integers(0, 3, 3000), "noise": generator.normal(size=3000)})
    frame["two"] = frame["y"] == 2
    told = scores(run(tmp_path, frame.iloc[:2000], frame.iloc[2000:], label="y"))
    assert told["two"] == 1
    assert told["noise"] < 0.57
    frame["y"] = 1e7 + generator.normal(size=3000)
    frame["kind"] = np.where(frame["y"] > 1e7, "up", "down")
    train, test = frame.iloc[:2000], frame.iloc[2000:]
    told = scores(run(tmp_path, train, test, label="y"))
    expected = r2_score(test["y"], test["kind"].map(train.groupby("kind")["y"].mean()))
    assert told["kind"] == pytest.approx(expected, rel=1e-6)
    assert told["noise"] < 0.05


def test_a_feature_of_ids_is_noted_not_judged(tmp_path: Path) -> None:
    frame = table(3000, 1).assign(id=[f"a{number}" for number in range(3000)])
    found = run(tmp_path, frame, frame, label="label")
    assert "id" not in scores(found)
    assert found.notes == ("`id` has more than 1000 different values: it is not judged",)


@pytest.mark.parametrize(
    ("change", "options", "what", "option"),
    [
        ({}, {"label": "lable"}, "train.parquet has no column `lable`", ("label",)),
        ({}, {"exclude": ["row"]}, "train.parquet has no column `row`", ("exclude", 0)),
        ({"income": "much"}, {}, "`income` holds numbers in train.parquet, and not in test.parquet", ("test",)),
        ({"label": None}, {"label": "label"}, "100 values of `label` are missing", ("label",)),
        ({}, {"label": "label", "task": "regression"}, "`label` holds no numbers", ("label",)),
        ({"label": range(100)}, {"label": "label", "task": "classification"}, "`label` holds texts", ("test",)),
    ],
)
def test_bad_input_points_at_the_option(
    tmp_path: Path, change: dict[str, Any], options: dict[str, Any], what: str, option: tuple[str, ...]
) -> None:
    with pytest.raises(CollectorError) as caught:
        run(tmp_path, table(100, 1), table(100, 2).assign(**change), **options)
    assert what in caught.value.what
    assert caught.value.option == option


def test_tables_without_a_common_feature_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CollectorError, match="no feature in common"):
        run(tmp_path, table(10, 1), table(10, 2)[["label"]].assign(other=1), label="label")


def test_one_class_in_the_test_data_is_no_pass(tmp_path: Path) -> None:
    with pytest.raises(CollectorError, match="no feature can be judged"):
        run(tmp_path, table(100, 1), table(100, 2).assign(label="good"), label="label")


def test_a_feature_without_values_is_not_judged(tmp_path: Path) -> None:
    train, test = table(300, 1), table(300, 2)
    found = run(tmp_path, train.assign(income=np.nan), test.assign(income=np.nan), label="label")
    assert "income" not in scores(found)
    assert "`income` has no value in the training or the test data: it is not judged" in found.notes


COPIES: list[tuple[list[Any], list[Any], int]] = [
    ([2**53, 5], [2**53 + 1, 6], 0),
    ([2**62 + 1], [2**62 + 1], 1),
    ([Decimal(2**53 + 1)], [2**53 + 1], 1),
    ([Decimal("2.50")], [2.5], 1),
    ([0.0, 1.5], [-0.0, 1.5], 2),
    ([5], [5.0], 1),
    ([pd.Timestamp("2026-01-01T00:00:00.000001")], [pd.Timestamp("2026-01-01T00:00:00.000002")], 0),
    ([datetime.date(2026, 1, 1)], [pd.Timestamp("2026-01-01")], 1),
    (["-", "x"], [None, "y"], 0),
    ([None, "x"], [None, "y"], 1),
]


def common_rows(folder: Path, train: pd.DataFrame, test: pd.DataFrame) -> int:
    context = Context(folder=folder, repository=folder)
    with ExitStack() as stack:
        opened = []
        for name, frame in (("train", train), ("test", test)):
            frame.to_parquet(folder / f"{name}.parquet")
            opened.append(stack.enter_context(open_table(f"{name}.parquet", context, name=name)))
        return int(overlap(*opened, list(train.columns))["rows"])


@pytest.mark.parametrize(("train", "test", "common"), COPIES, ids=repr)
def test_equal_values_are_copies_and_no_others(
    tmp_path: Path, train: list[Any], test: list[Any], common: int
) -> None:
    frames = [pd.DataFrame({"a": values, "b": 1}) for values in (train, test)]
    assert common_rows(tmp_path, *frames) == common


def test_texts_that_hold_a_separator_do_not_run_into_each_other(tmp_path: Path) -> None:
    for mark in ("\x1f", "\x1f=", "1=", ""):
        train = pd.DataFrame({"a": [f"x{mark}y"], "b": ["z"]})
        assert common_rows(tmp_path, train, pd.DataFrame({"a": ["x"], "b": [f"y{mark}z"]})) == 0
        assert common_rows(tmp_path, train, train) == 1


def test_a_dash_and_a_missing_value_are_different_categories(tmp_path: Path) -> None:
    frame = pd.DataFrame({"kind": ["-", None] * 100, "other": [1, 2, 3, 4] * 50, "label": ["good", "bad"] * 100})
    assert scores(run(tmp_path, frame, frame, label="label"))["kind"] == 1
