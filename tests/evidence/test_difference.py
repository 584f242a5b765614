"""What changed between two documents."""

from __future__ import annotations

from typing import Any

import pytest

from gatepost.evidence.difference import Difference, differences
from gatepost.evidence.document import Evidence, from_data
from gatepost.evidence.naming import entry_names


def document(sections: dict[str, Any], **subject: Any) -> Evidence:
    data = {"schema": "gatepost.evidence/1", "subject": {"name": "s", **subject}, "evidence": sections}
    return from_data(data, "e.json")


def metric(value: float, low: float, high: float) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "n": 10}


def found(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(d.section, d.path, d.before, d.after) for d in differences(document(before), document(after))]


def test_nothing_changed() -> None:
    one = document({"performance": {"n": 3}})
    assert differences(one, document({"performance": {"n": 3}})) == []


def test_fields_added_changed_and_taken_away() -> None:
    before = {"documentation": {"owner": "a", "contact": "c"}}
    after = {"documentation": {"owner": "b", "limitations": "l"}}
    assert found(before, after) == [
        ("documentation", "contact", "c", None),
        ("documentation", "limitations", None, "l"),
        ("documentation", "owner", "a", "b"),
    ]


def test_a_metric_is_compared_whole_with_its_interval() -> None:
    before = {"performance": {"metrics": {"accuracy": metric(0.75, 0.7, 0.8), "f1": metric(0.5, 0.4, 0.6)}}}
    after = {"performance": {"metrics": {"accuracy": metric(0.5, 0.45, 0.55), "f1": metric(0.625, 0.6, 0.7)}}}
    one, two = differences(document(before), document(after))
    assert (one.path, one.by, one.overlap) == ("metrics.accuracy", -0.25, False)
    assert (two.path, two.by, two.overlap) == ("metrics.f1", 0.125, True)


def test_a_metric_without_an_interval_does_not_say_that_it_overlaps() -> None:
    metrics = [{"performance": {"metrics": {"auc": {"value": value}}}} for value in (0.5, 0.75)]
    (one,) = differences(document(metrics[0]), document(metrics[1]))
    assert one == Difference("performance", "metrics.auc", {"value": 0.5}, {"value": 0.75}, 0.25, None, better=True)


def test_a_change_is_for_the_better_by_the_direction_of_the_metric() -> None:
    def with_values(value: float) -> dict[str, Any]:
        names = ("test_rmse", "accuracy", "our_index")
        return {
            "performance": {"metrics": {name: {"value": value} for name in names}},
            "training": {"metrics": dict.fromkeys(names, value), "params": {"loss": value}},
        }

    changed = differences(document(with_values(0.5)), document(with_values(0.75)))
    assert {f"{one.section}.{one.path}": one.better for one in changed} == {
        "performance.metrics.accuracy": True,
        "performance.metrics.our_index": None,
        "performance.metrics.test_rmse": False,
        "training.metrics.accuracy": True,
        "training.metrics.our_index": None,
        "training.metrics.test_rmse": False,
        "training.params.loss": None,
    }


def test_entries_are_found_by_name_not_by_order() -> None:
    f = {"attribute": "sex", "group": "f", "n": 3}
    m = {"attribute": "sex", "group": "m", "n": 4}
    assert found({"fairness": {"groups": [f, m]}}, {"fairness": {"groups": [m, f]}}) == []
    assert found({"fairness": {"groups": [f, m]}}, {"fairness": {"groups": [{**m, "n": 5}]}}) == [
        ("fairness", "groups[sex=f].attribute", "sex", None),
        ("fairness", "groups[sex=f].group", "f", None),
        ("fairness", "groups[sex=f].n", 3, None),
        ("fairness", "groups[sex=m].n", 4, 5),
    ]


def test_the_subject_comes_first() -> None:
    before, after = document({"performance": {"n": 1}}, version="1"), document({"performance": {"n": 2}}, version="2")
    assert [(d.section, d.by) for d in differences(before, after)] == [("subject", None), ("performance", 1)]


@pytest.mark.parametrize(
    ("entries", "names"),
    [
        (
            [{"name": "pgd", "norm": "inf", "eps": 0.1}, {"name": "pgd", "norm": "inf", "eps": 1.0}],
            ["pgd inf 0.1", "pgd inf 1"],
        ),
        ([{"id": "a"}, {"id": "a"}, {"n": 1}], ["a", "a #2", "2"]),
        (["x", "y"], ["x", "y"]),
        ([{"by": "me", "role": "owner"}], ["me owner"]),
    ],
)
def test_entries_have_a_name_of_their_own(entries: list[Any], names: list[str]) -> None:
    assert entry_names(entries) == names
