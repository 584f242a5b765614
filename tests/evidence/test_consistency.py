"""Numbers that contradict each other are refused wherever they stand, and what is measured never does."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.collect.attacks.measure import share as attacked_share
from gatepost.collect.statistics.means import Area, area_metric, mean
from gatepost.collect.statistics.proportions import Share, difference, proportion, ratio_interval
from gatepost.collect.statistics.skewness import ends
from gatepost.collect.tasks.paired import _mcnemar, normal
from gatepost.evidence.consistency import contradictions
from gatepost.evidence.document import SCHEMA, from_data, parse
from gatepost.problems import GatepostError

METRIC = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 100}


def refused(sections: dict[str, Any]) -> list[str]:
    with pytest.raises(GatepostError) as caught:
        from_data({"schema": SCHEMA, "subject": {"name": "m"}, "evidence": sections}, "e.json")
    return [problem.what for problem in caught.value.problems]


def accepted(sections: dict[str, Any]) -> None:
    from_data({"schema": SCHEMA, "subject": {"name": "m"}, "evidence": sections}, "e.json")


PLACES = {
    "/performance/metrics/own": lambda m: {"performance": {"metrics": {"own": m}}},
    "/performance/slices/0/metrics/f1": lambda m: {"performance": {"slices": [{"name": "s", "metrics": {"f1": m}}]}},
    "/performance/classes/0/metrics/f1": lambda m: {
        "performance": {"classes": [{"class": "a", "metrics": {"f1": m}}]}
    },
    "/performance/thresholds/0/metrics/f1": lambda m: {"performance": {"thresholds": [{"metrics": {"f1": m}}]}},
    "/performance/calibration/ece": lambda m: {"performance": {"calibration": {"ece": m}}},
    "/fairness/groups/0/tpr": lambda m: {"fairness": {"groups": [{"tpr": m}]}},
    "/fairness/attributes/0/demographic_parity_ratio": lambda m: {
        "fairness": {"attributes": [{"demographic_parity_ratio": m}]}
    },
    "/robustness/attacks/0/robust_accuracy": lambda m: {"robustness": {"attacks": [{"robust_accuracy": m}]}},
    "/robustness/worst_case/0/robust_accuracy": lambda m: {"robustness": {"worst_case": [{"robust_accuracy": m}]}},
    "/privacy/attacks/0/auc": lambda m: {"privacy": {"attacks": [{"auc": m}]}},
    "/privacy/attacks/0/tpr_at_fpr/0/tpr": lambda m: {"privacy": {"attacks": [{"tpr_at_fpr": [{"tpr": m}]}]}},
    "/explainability/importances/0": lambda m: {"explainability": {"importances": [{"feature": "f", **m}]}},
    "/monitoring/evaluations/0": lambda m: {"monitoring": {"evaluations": [{"name": "f", **m}]}},
    "/more/stress/fairness/groups/0/tpr": lambda m: {"more": {"stress": {"fairness": {"groups": [{"tpr": m}]}}}},
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("change", "field", "what"),
    [
        ({"low": 0.7}, "low", "is 0.7, above `high`, 0.6"),
        ({"value": 0.9}, "value", "is 0.9, above the upper end of its own interval, 0.6"),
        ({"value": 0.1}, "value", "is 0.1, below the lower end of its own interval, 0.4"),
        ({"n": 0}, "n", "is 0: nothing was measured, and yet there is a value"),
    ],
)
def test_a_metric_that_contradicts_itself_is_refused_anywhere(
    place: str, change: dict[str, Any], field: str, what: str
) -> None:
    accepted(PLACES[place](METRIC))
    assert refused(PLACES[place]({**METRIC, **change})) == [f"/evidence{place}/{field} {what}"]


@pytest.mark.parametrize(
    ("sections", "what"),
    [
        ({"performance": {"metrics": {"accuracy": {"value": 2.0}}}}, "is `2.0` and must be at most 1"),
        ({"performance": {"metrics": {"mcc": {"value": -1.5}}}}, "is `-1.5` and must be at least -1"),
        ({"performance": {"metrics": {"rmse": {"value": -0.5}}}}, "is `-0.5` and must be at least 0"),
        ({"performance": {"metrics": {"r2": {"value": 1.5}}}}, "is `1.5` and must be at most 1"),
        ({"performance": {"slices": [{"metrics": {"roc_auc": {"value": 7.0}}}]}}, "must be at most 1"),
        ({"performance": {"versus_baseline": {"accuracy": {"difference": 2.0}}}}, "must be at most 1"),
        ({"fairness": {"groups": [{"selection_rate": {"value": 2.0}}]}}, "must be at most 1"),
        ({"fairness": {"groups": [{"impact_ratio": {"value": -0.1}}]}}, "must be at least 0"),
        ({"fairness": {"groups": [{"share": 2.0}]}}, "must be at most 1"),
        ({"robustness": {"attacks": [{"success_rate": {"value": 2.0}}]}}, "must be at most 1"),
        ({"drift": {"columns": [{"psi": -0.1}]}}, "must be at least 0"),
    ],
)
def test_a_value_beyond_what_its_name_allows_is_refused(sections: dict[str, Any], what: str) -> None:
    (found,) = refused(sections)
    assert what in found


def test_a_name_of_the_team_has_no_limits_and_a_normal_interval_may_leave_the_range() -> None:
    accepted({"performance": {"metrics": {"profit": {"value": -3e6}, "accuracy": {**METRIC, "high": 1.02}}}})


@pytest.mark.parametrize(
    ("sections", "what"),
    [
        (
            {"data": {"checks": [{"evaluated_count": 10, "unexpected_count": 11}]}},
            "/evidence/data/checks/0/unexpected_count is 11, more than `evaluated_count`, 10",
        ),
        (
            {"data": {"checks": [{"evaluated_count": 10, "unexpected_count": 5, "unexpected_share": 0.1}]}},
            "/evidence/data/checks/0/unexpected_share is 0.1, and 5 of 10 is 0.5",
        ),
        (
            {"data": {"checks": [{"evaluated_count": 0, "status": "pass"}]}},
            "/evidence/data/checks/0/status is `pass`, and `evaluated_count` is 0: a check of nothing is vacuous",
        ),
        (
            {"leakage": {"overlap": {"rows": 5, "n": 10, "share": 0.001}}},
            "/evidence/leakage/overlap/share is 0.001, and 5 of 10 is 0.5",
        ),
        (
            {"fairness": {"groups": [{"n": 10, "n_selected": 11}]}},
            "/evidence/fairness/groups/0/n_selected is 11, more than `n`, 10",
        ),
        (
            {"fairness": {"n": 100, "groups": [{"n": 500}]}},
            "/evidence/fairness/groups/0/n is 500, and all rows are 100 (`/evidence/fairness/n`)",
        ),
        (
            {"fairness": {"groups": [{"n": 10, "tpr": METRIC}]}},
            "/evidence/fairness/groups/0/tpr/n is 100, and all rows are 10 (`/evidence/fairness/groups/0/n`)",
        ),
        (
            {"fairness": {"group_count": 2, "groups": [{"group": "a"}]}},
            "/evidence/fairness/group_count is 2, and `groups` has 1 entry",
        ),
        (
            {"data": {"check_count": 1}},
            "/evidence/data/check_count is 1, and `checks` has 0 entries",
        ),
        (
            {"more": {"x": {"artifacts": {"scan": {"issue_count": 0, "issues": [{"name": "os.system"}]}}}}},
            "/evidence/more/x/artifacts/scan/issue_count is 0, and `issues` has 1 entry",
        ),
        (
            {"documentation": {"declared_metric_count": 2, "metrics_declared": {"f1": 0.5}}},
            "/evidence/documentation/declared_metric_count is 2, and `metrics_declared` has 1 entry",
        ),
    ],
)
def test_counts_that_contradict_each_other_are_refused(sections: dict[str, Any], what: str) -> None:
    assert refused(sections) == [what]


def test_groups_of_other_data_are_not_compared_with_the_rows_of_the_section() -> None:
    groups = [{"n": 500, "source": "b", "dataset": "b.csv"}]
    accepted({"fairness": {"n": 100, "dataset": "a.csv", "groups": groups}})
    accepted({"fairness": {"n": 100, "groups": [{"n": 50, "source": "a"}, {"n": 500, "source": "b"}]}})


def test_a_rounded_share_and_a_rounded_end_are_no_contradiction() -> None:
    accepted({"data": {"checks": [{"evaluated_count": 3, "unexpected_count": 1, "unexpected_share": 0.33}]}})
    accepted({"performance": {"metrics": {"x": {"value": 0.1 + 0.2, "low": 0.1, "high": 0.3}}}})


def test_the_place_of_a_contradiction_in_a_file() -> None:
    text = '{"schema": "gatepost.evidence/1", "subject": {"name": "m"},\n "evidence": {"performance": {\n'
    text += '  "metrics": {"f1": {"value": 0.5,\n "low": 0.9}}}}}'
    with pytest.raises(GatepostError) as caught:
        parse(text, "e.json")
    (problem,) = caught.value.problems
    assert (problem.place.line, problem.place.column) == (3, 31) if problem.place else False


def test_values_of_wrong_types_are_left_to_the_schema() -> None:
    assert contradictions({"performance": {"metrics": {"f1": {"low": "x", "value": None}, "b": 3}}}) == []
    assert contradictions({"fairness": {"groups": [3], "n": True, "group_count": "1"}, "more": 3}) == []
    assert contradictions(None) == []


SHARES = st.builds(lambda k, n: Share(min(k, n) / n, n, n), st.integers(0, 500), st.integers(1, 500))
EFFECTIVE = st.builds(
    lambda share, factor: Share(share.value, share.n, max(1.0, share.n * factor)), SHARES, st.floats(0.01, 1)
)


def consistent(metric: dict[str, Any]) -> None:
    assert contradictions({"performance": {"metrics": {"x": metric}}}) == []


@settings(deadline=None)
@given(EFFECTIVE)
def test_measured_shares_lie_in_their_intervals(share: Share) -> None:
    consistent(proportion(share) or {})


@settings(deadline=None)
@given(EFFECTIVE, EFFECTIVE)
def test_measured_differences_and_ratios_lie_in_their_intervals(one: Share, other: Share) -> None:
    low, high = difference(one, other)
    consistent({"value": one.value - other.value, "low": low, "high": high})
    if other.value > 0:
        counts = (one.value * one.n_effective, one.n_effective, other.value * other.n_effective, other.n_effective)
        low, up = ratio_interval(*counts, 0.99)
        ends = {"low": low, "high": up, "low_adjusted": low, "high_adjusted": up}
        consistent({"value": one.value / other.value, **{key: end for key, end in ends.items() if end is not None}})


@settings(deadline=None)
@given(st.integers(0, 300), st.integers(1, 300))
def test_measured_accuracies_under_attack_lie_in_their_intervals(count: int, n: int) -> None:
    consistent(attacked_share(min(count, n), n))


@settings(deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.integers(2, 50), st.floats(-1, 1))
def test_measured_means_lie_in_their_intervals(center: float, error: float, n: int, skewness: float) -> None:
    consistent(mean(center, error, n, n - 1, "student-t"))
    low, high = ends(center, error, n - 1, skewness)
    consistent({"value": center, "low": low, "high": high})


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.integers(1, 1000), st.integers(1, 1000))
def test_measured_areas_lie_in_their_intervals(value: float, part: float, cases: int, controls: int) -> None:
    # An error is at most that of a share.
    error = part * math.sqrt(value * (1 - value))
    consistent(area_metric(Area(value, error, cases + controls, cases, controls)))


@settings(deadline=None)
@given(st.integers(0, 50), st.integers(0, 50), st.floats(-1, 1), st.floats(0, 1))
def test_measured_differences_of_models_lie_in_their_intervals(
    better: int, worse: int, gap: float, error: float
) -> None:
    for found in (_mcnemar(better, worse, better + worse + 1), normal(gap, error, 10)):
        assert contradictions({"performance": {"versus_baseline": {"accuracy": found}}}) == []
