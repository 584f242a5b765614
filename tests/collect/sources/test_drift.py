from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, ks_2samp

from gatepost.collect.interface import Collected, CollectorError, Context
from gatepost.collect.sources import drift
from gatepost.evidence.document import from_data


def table(n: int, seed: int, shift: float = 0.0, categories: str = "xyz") -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "income": np.exp(generator.normal(shift, 2, n)),
            "tied": np.where(generator.random(n) < 0.6, 0.0, generator.normal(size=n)),
            "kind": generator.choice(list(categories), n),
            "rooms": generator.integers(1, 6, n),
            "owner": generator.random(n) < 0.5,
            "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(generator.integers(0, 300, n), unit="D"),
        }
    )
    frame.loc[generator.random(n) < 0.1, "tied"] = np.nan
    return frame


def run(
    folder: Path, reference: pd.DataFrame, current: pd.DataFrame, suffix: str = "parquet", **options: Any
) -> Collected:
    for name, frame in (("r", reference), ("c", current)):
        frame.to_parquet(folder / f"{name}.parquet")
        frame.to_csv(folder / f"{name}.csv", index=False)
    chosen = {"reference": f"r.{suffix}", "current": f"c.{suffix}", **options}
    found = drift.collect(chosen, Context(folder=folder, repository=folder))
    document = {"schema": "gatepost.evidence/1", "subject": {"name": "x"}, "evidence": found.sections}
    from_data(document, "e.json")
    return found


def by_column(found: Collected) -> dict[str, dict[str, Any]]:
    return {entry["column"]: entry for entry in found.sections["drift"]["columns"]}


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_tests_and_indices_equal_those_of_the_rows(tmp_path: Path, suffix: str) -> None:
    old, new = table(3000, 1), table(2000, 2, shift=1.5, categories="xyw")
    found = by_column(run(tmp_path, old, new, suffix))
    assert list(found) == list(old.columns)
    income = found["income"]
    expected = ks_2samp(old["income"], new["income"])
    assert (income["method"], income["statistic"]) == ("ks", pytest.approx(expected.statistic))
    assert income["p_value"] == pytest.approx(expected.pvalue)
    # Ten bins of like size: an index over exact deciles is near, and the bins hold every row.
    ends = np.quantile(old["income"], np.arange(0.1, 1, 0.1))
    p, q = (np.bincount(np.searchsorted(ends, frame["income"]), minlength=10) / len(frame) for frame in (old, new))
    assert income["bins"] == 10
    assert income["psi"] == pytest.approx(((q - p) * np.log(q / p)).sum(), rel=0.1)
    assert income["drifted"]
    kind = found["kind"]
    counts = pd.crosstab(pd.concat([old["kind"], new["kind"]]), np.repeat([0, 1], [len(old), len(new)]))
    assert kind["statistic"] == pytest.approx(chi2_contingency(counts).statistic)
    assert kind["new_categories"] == ["w"]
    assert kind["drifted"]
    assert found["tied"]["missing_share"] == pytest.approx(new["tied"].isna().mean())
    for same in ("tied", "rooms", "owner", "day"):
        assert found[same]["psi"] < 0.05, same
        assert not found[same]["drifted"]
        assert found[same]["p_adjusted"] >= found[same]["p_value"]


def test_chance_alone_is_not_called_drift(tmp_path: Path) -> None:
    above, beyond = 0, 0
    for seed in range(40):
        entry = by_column(run(tmp_path, table(60, seed), table(60, seed + 1000), columns=["income"]))["income"]
        above += entry["psi"] > 0.1
        beyond += entry["psi"] > entry["psi_null95"]
    assert above > 30  # as a plain limit would call it
    assert beyond <= 6  # 5 % of 40, with what chance does to that


def test_what_goes_missing_is_drift(tmp_path: Path) -> None:
    old = table(500, 1)
    gone = old.assign(income=np.nan, kind=None)
    found = by_column(run(tmp_path, old, gone, columns=["income", "kind"]))
    assert all(found[name]["drifted"] and found[name]["missing_share"] == 1 for name in found)
    back = run(tmp_path, gone, old, columns=["income", "kind"])
    assert all(entry["drifted"] and entry["missing_share_reference"] == 1 for entry in by_column(back).values())
    assert back.notes[0] == "`income` has no value in the reference data: only missing values are compared"


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
@pytest.mark.parametrize("engine", ["duckdb", "evidently"])
def test_nothing_is_said_of_a_column_without_values(tmp_path: Path, suffix: str, engine: str) -> None:
    old, new = table(300, 1), table(300, 2, shift=2)
    empty = {"income": np.nan, "kind": None}
    found = run(tmp_path, old.assign(**empty), new.assign(**empty), suffix, engine=engine)
    entries = by_column(found)
    for name in empty:
        assert entries[name] == {
            "column": name,
            "n_reference": 300,
            "n_current": 300,
            "missing_share": 1,
            "missing_share_reference": 1,
        }
    compared = [entry for name, entry in entries.items() if name not in empty]
    assert all({"psi", "drifted"} <= entry.keys() for entry in compared)
    drifted = sum(entry["drifted"] for entry in compared)
    assert found.sections["drift"]["share_drifted"] == drifted / len(compared)
    assert found.notes[0] == "`income` has no value on either side: it is not compared"


def test_tables_without_any_value_have_no_share_that_drifted(tmp_path: Path) -> None:
    empty = pd.DataFrame({"amount": pd.Series([None] * 200, dtype="float64")})
    assert set(run(tmp_path, empty, empty).sections["drift"]) == {"reference", "current", "columns"}


def test_many_texts_that_vanished_are_drift(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [f"a{number}" for number in range(3000)]})
    assert by_column(run(tmp_path, frame, frame.assign(id=None)))["id"]["drifted"]


def test_one_row_cannot_show_a_drift(tmp_path: Path) -> None:
    one = pd.DataFrame({"k": [1]})
    assert by_column(run(tmp_path, one, one))["k"]["psi_null95"] > 0.2
    many = pd.DataFrame({"k": [1] * 100})
    assert by_column(run(tmp_path, many, many))["k"]["psi_null95"] < 0.01


def test_a_constant_column_has_one_bin_and_a_new_value_is_new(tmp_path: Path) -> None:
    old = pd.DataFrame({"k": [1] * 100})
    same = by_column(run(tmp_path, old, old))["k"]
    assert (same["psi"], same["drifted"], same["p_value"]) == (0, False, 1)
    assert by_column(run(tmp_path, old, pd.DataFrame({"k": [1, 2] * 50})))["k"]["new_categories"] == ["2"]


def test_above_the_limit_bins_are_tested_instead_of_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatepost.collect.drifting.MAX_SORTED", 100)
    entry = by_column(run(tmp_path, table(300, 1), table(300, 2, shift=2), columns=["income"]))["income"]
    assert entry["method"] == "chi2"
    assert entry["p_value"] < 1e-6


def test_evidently_chooses_its_own_methods(tmp_path: Path) -> None:
    old, new = table(1500, 1), table(1500, 2, shift=2, categories="xyw")
    found = by_column(run(tmp_path, old, new, engine="evidently"))
    assert found["income"]["method"] == "Wasserstein distance (normed)"
    assert found["kind"]["method"] == "Jensen-Shannon distance"
    assert {name for name, entry in found.items() if entry["drifted"]} == {"income", "kind"}
    assert found["income"]["psi"] > found["income"]["psi_null95"]
    assert "p_value" not in found["income"]


def test_ids_are_left_out_with_a_note_and_refused_by_name(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": [f"a{number}" for number in range(100_000)], "k": [1, 2] * 50_000})
    found = run(tmp_path, frame, frame)
    assert list(by_column(found)) == ["k"]
    assert found.notes == ("`id` has more than 1000 different values: it is not compared",)
    with pytest.raises(CollectorError, match="`id` has more than 1000 different values") as caught:
        run(tmp_path, frame, frame, columns=["id"])
    assert caught.value.option == ("columns", 0)


def test_categories_are_counted_exactly_or_refused(tmp_path: Path) -> None:
    old = pd.DataFrame({"k": [f"a{number}" for number in range(990)] * 3})
    new = pd.DataFrame({"k": [f"b{number}" for number in range(990)] * 2 + ["a1"] * 20})
    found = by_column(run(tmp_path, old, new))["k"]
    p = np.concatenate([np.full(990, 3.0), np.full(990, 0.5)]) / len(old)
    q = np.concatenate([np.full(990, 0.5), np.full(990, 2.0)]) / len(new)
    q[1] = 20 / len(new)
    assert (found["bins"], found["psi"]) == (1980, pytest.approx(((q - p) * np.log(q / p)).sum()))
    for named in ({}, {"columns": ["k"]}):
        with pytest.raises(CollectorError) as caught:
            run(tmp_path, old, pd.concat([new, old.head(20)]), **named)
        assert caught.value.what == (
            "`k` has more than 1000 different values in the current data, and 990 in the reference"
        )
        assert caught.value.option == (("columns", 0) if named else ("current",))


def test_a_code_that_became_an_amount_has_drifted(tmp_path: Path) -> None:
    old = pd.DataFrame({"k": [1.0, 2.0, 3.0] * 700})
    found = by_column(run(tmp_path, old, pd.DataFrame({"k": np.linspace(0, 9, 2100)})))["k"]
    assert found["drifted"]
    assert found["method"] == "ks"


@pytest.mark.slow
def test_a_table_without_drift_is_called_drifted_no_more_often_than_a_column(tmp_path: Path) -> None:
    generator = np.random.default_rng(8)
    rows = 600
    frame = pd.concat([table(rows, 1), table(rows, 2).add_suffix("2")], axis="columns")
    beyond = 0
    for _ in range(60):
        halves = np.array_split(generator.permutation(rows), 2)
        found = by_column(run(tmp_path, *(frame.iloc[half] for half in halves)))
        beyond += any(entry["psi"] > entry["psi_null95"] for entry in found.values())
    assert beyond <= 8  # 5 % of 60 are 3; more than 8 come by chance in less than 1 of 200 cases


@pytest.mark.parametrize(
    ("change", "options", "what", "option"),
    [
        ({"rooms": None}, {"columns": ["room"]}, "r.parquet has no column `room`", ("columns", 0)),
        ({"rooms": "many"}, {}, "`rooms` holds numbers in the reference and texts in the current data", ("current",)),
        ({"income": np.inf}, {}, "`income` has infinite values", ()),
    ],
)
def test_tables_that_do_not_fit_are_refused(
    tmp_path: Path, change: dict[str, Any], options: dict[str, Any], what: str, option: tuple[str, ...]
) -> None:
    with pytest.raises(CollectorError) as caught:
        run(tmp_path, table(100, 1), table(100, 2).assign(**change), **options)
    assert what in caught.value.what
    assert caught.value.option == option


def test_a_column_that_vanished_is_no_pass(tmp_path: Path) -> None:
    with pytest.raises(CollectorError, match="misses 2 columns of the reference: `tied`, `kind`") as caught:
        run(tmp_path, table(50, 1), table(50, 2).drop(columns=["tied", "kind"]))
    assert caught.value.option == ("current",)


def test_many_columns_are_compared_some_at_once(tmp_path: Path) -> None:
    generator = np.random.default_rng(4)
    frame = pd.DataFrame(generator.normal(size=(200, 120))).add_prefix("c")
    found = run(tmp_path, frame, frame)
    assert len(found.sections["drift"]["columns"]) == 120
    assert found.sections["drift"]["share_drifted"] == 0


def test_the_result_repeats(tmp_path: Path) -> None:
    old, new = table(3000, 1), table(2000, 2)
    assert run(tmp_path, old, new) == run(tmp_path, old, new)
