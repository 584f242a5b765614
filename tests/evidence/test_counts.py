"""Lists have their lengths beside them, and one that lost it is noticed."""

from __future__ import annotations

from typing import Any

import pytest

from gatepost.collect.registry import Registry
from gatepost.evidence.counts import _BEFORE_COUNTS, _counted, set_counts, uncounted, without_counts
from gatepost.evidence.schema import lookup

SECTIONS: dict[str, Any] = {
    "fairness": {"groups": [{"group": "a"}, {"group": "b"}], "attributes": []},
    "artifacts": {"scan": {"tool": "t", "issues": [{"name": "x"}]}},
    "documentation": {"metrics_declared": {"f1": 0.5}},
    "approvals": [{"by": "ada"}],
}


def test_counts_are_put_beside_the_lists_and_taken_away_again() -> None:
    sections = without_counts(SECTIONS)
    set_counts(sections)
    assert sections["fairness"]["group_count"] == 2
    assert sections["fairness"]["attribute_count"] == 0
    assert sections["artifacts"]["scan"]["issue_count"] == 1
    assert sections["documentation"]["declared_metric_count"] == 1
    assert without_counts(sections) == {
        "fairness": {"groups": [{"group": "a"}, {"group": "b"}], "attributes": []},
        "artifacts": {"scan": {"tool": "t", "issues": [{"name": "x"}]}},
        "documentation": {"metrics_declared": {"f1": 0.5}},
        "approvals": [{"by": "ada"}],
    }


def test_each_count_is_a_field_of_the_schema() -> None:
    found = _counted()
    assert len(found) > 20
    for section, path, count in found:
        field = lookup(("evidence", section, *path[:-1], count))
        assert field is not None
        assert field["type"] == "integer"


def source(collector: str, version: str | None = "99", section: str = "fairness") -> dict[str, Any]:
    found = {"name": "s", "collector": collector, "status": "ok", "sections": [section]}
    return found if version is None else {**found, "version": version}


GROUPS = {"fairness": {"groups": [{"group": "a"}]}}


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([], False),
        ([source("fairness")], True),
        ([source("fairness", None)], True),
        ([source("fairness", "2")], False),  # of Gatepost 0.1
        ([source("file")], False),
        ([source("of_another_package")], False),
        ([source("fairness", section="more.x.fairness")], False),
        ([source("file"), source("fairness")], True),
    ],
)
def test_who_is_expected_to_count(sources: list[dict[str, Any]], expected: bool) -> None:
    path, count = ("fairness", "groups"), ("fairness", "group_count")
    assert uncounted(GROUPS, sources) == ({path: count} if expected else {})


def test_a_second_set_of_sections_is_looked_at_too() -> None:
    found = uncounted({"more": {"x": GROUPS}}, [source("fairness", section="more.x.fairness")])
    assert found == {("more", "x", "fairness", "groups"): ("more", "x", "fairness", "group_count")}


def test_the_collectors_of_today_count() -> None:
    registry = Registry()
    for name, version in _BEFORE_COUNTS.items():
        collector = registry.get(name)
        assert collector is not None
        assert collector.version != version
