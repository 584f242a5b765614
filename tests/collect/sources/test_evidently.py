from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatepost.collect.evidently_results import drift_entries
from gatepost.collect.interface import Collected, CollectorError, Context
from gatepost.collect.sources import evidently
from gatepost.evidence.document import from_data


def run(folder: Path, text: str) -> Collected:
    (folder / "drift.json").write_text(text, encoding="utf-8")
    options = {"report": "drift.json", "current": "march"}
    found = evidently.collect(options, Context(folder=folder, repository=folder))
    document = {"schema": "gatepost.evidence/1", "subject": {"name": "x"}, "evidence": found.sections}
    from_data(document, "e.json")
    return found


def test_a_report_of_evidently_is_imported(tmp_path: Path) -> None:
    from evidently import Report
    from evidently.metrics import ValueDrift
    from evidently.presets import DataDriftPreset

    generator = np.random.default_rng(0)
    reference = pd.DataFrame({"a": generator.normal(size=500), "c": generator.choice(list("xy"), 500)})
    current = pd.DataFrame({"a": generator.normal(2, size=500), "c": generator.choice(list("xy"), 500)})
    report = Report([DataDriftPreset(), ValueDrift(column="c", method="psi")]).run(current, reference)
    section = run(tmp_path, report.json()).sections["drift"]
    entries = {entry.get("id", entry["column"]): entry for entry in section["columns"]}
    assert section["current"] == "march"
    assert entries["a"]["method"] == "K-S p_value"
    assert entries["a"]["p_value"] < 1e-6
    assert entries["a"]["drifted"]
    assert entries["c by psi"]["statistic"] < 0.1
    assert entries["c by Z-test p_value"]["p_value"] > 0.05
    assert not entries["c by psi"]["drifted"]
    assert section["share_drifted"] == 0.5


def test_a_value_is_judged_as_evidently_judges_it() -> None:
    """By p value or by distance: asked of each of its tests, on the same rows and on far ones."""
    from evidently.legacy.calculations.stattests import registry

    generator = np.random.default_rng(0)
    numbers, far = pd.Series(generator.normal(size=200)), pd.Series(generator.normal(4, size=200))
    texts, others = pd.Series(generator.choice(["a", "b"], 200)), pd.Series(["b"] * 199 + ["a"])
    asked = 0
    for function, name in registry._registered_stat_test_funcs.items():
        kind, stat_test = next(iter(registry._registered_stat_tests[name].items()))
        if kind.value == "text":
            continue
        for other in (numbers, far) if kind.value == "num" else (texts, others):
            series = numbers if kind.value == "num" else texts
            value, drifted = function(series, other, kind, stat_test.default_threshold)
            for shown in (name, stat_test.display_name):
                config = {
                    "type": "x:ValueDrift",
                    "column": "a",
                    "method": shown,
                    "threshold": stat_test.default_threshold,
                }
                entry = drift_entries([{"config": config, "value": float(value)}])[0]
                assert entry["drifted"] == bool(drifted), shown
                asked += 1
    assert asked == 4 * 18


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "drift.json:1:1 is no valid JSON"),
        ("{}", "there is no ValueDrift metric in it"),
        ('{"metrics": [{"config": {"type": "evidently:metric_v2:RowCount"}, "value": 3}]}', "there is no ValueDrift"),
        ('{"metrics": [1]}', "there is no ValueDrift"),
        (
            json.dumps({"metrics": [{"config": {"type": "x:ValueDrift", "column": "a"}}]}),
            "lacks column, method or value",
        ),
        (
            json.dumps(
                {"metrics": [{"config": {"type": "x:ValueDrift", "column": "a", "method": "ks"}, "value": 1}]}
            ),
            "has no threshold",
        ),
    ],
)
def test_what_is_no_report_is_refused(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(CollectorError) as caught:
        run(tmp_path, text)
    assert what in caught.value.what
    assert caught.value.option == ("report",)


def drift(column: str, value: float, method: str = "ks", threshold: float = 0.05) -> dict[str, Any]:
    config = {"type": "x:ValueDrift", "column": column, "method": method, "threshold": threshold}
    return {"config": config, "value": value}


def total(count: float, share: float) -> dict[str, Any]:
    return {"config": {"type": "x:DriftedColumnsCount"}, "value": {"count": count, "share": share}}


def test_each_comparison_of_a_column_is_kept(tmp_path: Path) -> None:
    metrics = [total(1.0, 0.5), drift("a", 0.5), drift("a", 0.3, "psi", 0.1), drift("a", 0.5), drift("b", 0.5)]
    section = run(tmp_path, json.dumps({"metrics": metrics})).sections["drift"]
    found = [(entry.get("id"), entry["column"], entry["drifted"]) for entry in section["columns"]]
    assert found == [
        ("a by ks", "a", False),
        ("a by psi", "a", True),
        ("a by ks #2", "a", False),
        (None, "b", False),
    ]
    assert section["share_drifted"] == 0.5


@pytest.mark.parametrize(
    ("metrics", "what"),
    [
        ([drift("a", 1.5)], "drift.json:1: not a drift report of Evidently: the p value of `a` by ks is 1.5"),
        ([total(2, 1.0), drift("a", 0.01)], "2 of 2 columns are said to have drifted, and it has 1"),
        (
            [total(1, 0.5), drift("a", 0.5), drift("b", 0.5)],
            "1 columns are said to have drifted, and by their values 0",
        ),
        ([drift("a", True)], "lacks column, method or value"),
        ([drift("a", float("nan"))], "lacks column, method or value"),
    ],
)
def test_a_report_that_contradicts_itself_is_refused(tmp_path: Path, metrics: Any, what: str) -> None:
    with pytest.raises(CollectorError) as caught:
        run(tmp_path, json.dumps({"metrics": metrics}))
    assert what in caught.value.what


def test_the_fingerprint_needs_the_file(tmp_path: Path) -> None:
    options: dict[str, Any] = {"report": "none.json"}
    with pytest.raises(CollectorError, match="no such file: none"):
        evidently.fingerprint(options, Context(folder=tmp_path, repository=tmp_path))
