from __future__ import annotations

from typing import Any

import pytest

from gatepost.report.html.charts import Chart, charts
from gatepost.verdict import ParamEntry, Result, Step, Verdict

LIMITS: dict[str, ParamEntry] = {
    "fairness.min_impact_ratio": {"value": 0.8, "from": "x"},
    "robustness.min_robust_accuracy": {"value": 0.5, "from": "x"},
    "drift.max_psi": {"value": 0.2, "from": "x"},
    "performance.min_accuracy": {"value": 0.7, "from": "x"},
}


def drawn(sections: dict[str, Any]) -> dict[str, Chart]:
    return {chart.key: chart for chart in charts(sections, Verdict("pass", 0, "", params=LIMITS))}


def group(name: str, rate: float, ratio: float | None = None, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"attribute": "sex", "group": name, "n": 100, "selection_rate": {"value": rate}, **more}
    return (
        found
        if ratio is None
        else {**found, "impact_ratio": {"value": ratio, "low": ratio - 0.1, "high": ratio + 0.1}}
    )


def test_nothing_is_drawn_of_nothing() -> None:
    assert drawn({}) == {}
    assert drawn({"fairness": {"groups": [{"attribute": "sex", "group": "f"}]}}) == {}


def test_groups_stand_beside_the_limit() -> None:
    groups = [
        group("f", 0.4, 0.6667),
        group("m", 0.6, is_reference=True),
        group("x", 0.5, 0.8, excluded_reason="small"),
    ]
    found = drawn({"fairness": {"groups": groups}})
    assert list(found) == ["selection-rate", "impact-ratio"]
    rates, ratios = found["selection-rate"], found["impact-ratio"]
    assert [mark.label for mark in rates.marks] == ["sex=f", "sex=m", "sex=x"]
    assert rates.limit is None
    assert [mark.note for mark in rates.marks] == ["100 rows", "100 rows, reference", "100 rows, small"]
    assert [(mark.label, mark.text, mark.beyond) for mark in ratios.marks] == [
        ("sex=f", "0.6667 (0.5667 to 0.7667)", True),
        ("sex=x", "0.8 (0.7 to 0.9)", False),
    ]
    assert ratios.limit == ratios.x.at(0.8) == ratios.marks[1].x
    assert ratios.marks[0].low == ratios.x.at(0.5667)
    assert ratios.limit_text == "Limit: at least 0.8"
    assert ratios.description.startswith("Impact ratio by group, selection rate divided by")
    assert "Beyond it: sex=f." in ratios.description


def failing(rule: str) -> Result:
    steps = (
        Step("g.impact_ratio.value >= params.min_impact_ratio", 0, "false"),
        Step("params.min_impact_ratio", 24, "0.8"),
    )
    return Result(rule, "Ratio", "fail", "high", "block", explanation=steps)


@pytest.mark.parametrize(
    ("others", "failed", "limit"),
    [
        ({"team.min_impact_ratio": 0.05}, ["fairness/impact-ratio"], "Limit: at least 0.8"),
        ({"team.min_impact_ratio": 0.05}, ["team/ratio"], "Limit: at least 0.05"),
        ({"team.min_impact_ratio": 0.05}, [], ""),  # which of them is meant, nothing tells
        ({"team.min_impact_ratio": 0.05}, ["fairness/impact-ratio", "team/ratio"], ""),
        ({"team.min_impact_ratio": 0.8}, [], "Limit: at least 0.8"),
    ],
)
def test_the_limit_is_that_of_the_failing_rule(others: dict[str, float], failed: list[str], limit: str) -> None:
    params = {name: ParamEntry({"value": value, "from": "x"}) for name, value in others.items()}
    for ordered in ({**LIMITS, **params}, {**params, **LIMITS}):
        verdict = Verdict("block", 1, "", params=ordered, results=tuple(map(failing, failed)))
        sections = {"fairness": {"groups": [group("f", 0.4, 0.6667), group("m", 0.6, is_reference=True)]}}
        (_, chart) = charts(sections, verdict)
        assert chart.limit_text == limit


def test_of_many_groups_the_worst_are_drawn() -> None:
    groups = [group(f"g{number}", 0.5, 1.0 - number / 1000) for number in range(100)]
    chart = drawn({"fairness": {"groups": groups}})["impact-ratio"]
    assert (len(chart.marks), chart.left_out) == (40, 60)
    assert chart.marks[0].label == "sex=g99"


def test_attacks_of_one_norm_share_a_drawing_that_begins_without_attack() -> None:
    def attack(name: str, norm: str, eps: float, robust: float) -> dict[str, Any]:
        accuracy = {"robust_accuracy": {"value": robust, "low": robust - 0.1, "high": robust + 0.1}}
        return {"name": name, "norm": norm, "eps": eps, "units": "sd", "clean_accuracy": {"value": 0.9}, **accuracy}

    attacks = [attack("pgd", "inf", 0.2, 0.4), attack("pgd", "inf", 0.1, 0.6), attack("hsj", "2", 0.5, 0.5)]
    worst = [
        {**attack("", "inf", 0.2, 0.3), "attacks": ["pgd", "noise"]},
        {**attack("", "2", 0.5, 0.5), "attacks": ["hsj"]},
    ]
    found = drawn({"robustness": {"attacks": attacks, "worst_case": worst}})
    linf, l2 = found.values()
    assert [series.name for series in linf.series] == ["pgd", "worst case"]
    assert [series.name for series in l2.series] == ["hsj"]
    (before, small, large) = linf.series[0].marks
    assert (before.x, before.y) == (linf.x.at(0.0), linf.y.at(0.9) if linf.y else None)
    assert before.x < small.x < large.x
    assert before.y < small.y < large.y  # downwards on the page
    assert linf.limit == (linf.y.at(0.5) if linf.y else None)


def test_drift_the_baseline_and_metrics() -> None:
    drift = [{"column": "age", "psi": 0.31, "psi_null95": 0.05}, {"column": "job", "psi": 0.01}, {"column": "text"}]
    versus = {
        "accuracy": {"difference": -0.02, "low": -0.03, "high": -0.01, "p_value": 0.004},
        "brier": {"difference": -0.02},
        "log_loss": {"difference": 0.1},
        "our_index": {"difference": 0.1},
        "our_cost": {"difference": 0.1, "higher_is_better": False},
        "mae": {"difference": 0.0},
    }
    metrics = {"accuracy": {"value": 0.75}, "rmse": {"value": 12.0}, "f1": {"undefined_reason": "no positive case"}}
    sections = {"drift": {"columns": drift}, "performance": {"versus_baseline": versus, "metrics": metrics}}
    found = drawn(sections)
    assert [(mark.label, mark.beyond) for mark in found["drift"].marks] == [("age", True), ("job", False)]
    assert found["drift"].marks[0].note == "chance alone gives up to 0.05"
    assert found["versus-baseline"].marks[0].text == "-0.02 (-0.03 to -0.01)"
    assert found["versus-baseline"].limit_text == "No difference"
    assert [mark.note for mark in found["versus-baseline"].marks] == [
        "p 0.004; higher is better: worse than the baseline",
        "lower is better: better than the baseline",
        "lower is better: worse than the baseline",
        "",
        "lower is better: worse than the baseline",
        "lower is better",
    ]
    assert [(mark.label, mark.note) for mark in found["metrics"].marks] == [("accuracy", "at least 0.7")]
    errors = drawn({"performance": {"metrics": {"test_loss": {"value": 0.5}}}})["metrics"]
    assert [mark.note for mark in errors.marks] == ["lower is better"]


def test_a_number_never_reads_like_the_limit_that_it_misses() -> None:
    groups = [{"attribute": "sex", "group": "f", "impact_ratio": {"value": 0.79999999}}]
    found = drawn({"fairness": {"groups": groups}})["impact-ratio"]
    assert (found.marks[0].text, found.marks[0].beyond, found.limit_text) == (
        "0.79999999",
        True,
        "Limit: at least 0.8",
    )
