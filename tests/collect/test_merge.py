from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.collect.interface import Collected
from gatepost.collect.merge import Merged, merge
from gatepost.evidence.document import SCHEMA, from_data
from gatepost.evidence.pointers import parse_pointer
from gatepost.problems import GatepostError, Place

HERE = Place("gatepost.yaml", 3)


def merged(*found: tuple[str, Collected], more: str | None = None) -> Merged:
    result = Merged()
    for name, collected in found:
        merge(result, collected, name, more, HERE)
    return result


def checks(*ids: str) -> Collected:
    places = {f"/data/checks/{n}": Place("suite.json", n + 1) for n in range(len(ids))}
    return Collected({"data": {"checks": [{"id": name} for name in ids]}}, locations=places)


def test_lists_are_joined_and_places_move_along() -> None:
    found = merged(("gx", checks("a", "b")), ("soda", checks("c")))
    assert found.sections["data"]["checks"] == [
        {"id": "a", "source": "gx"},
        {"id": "b", "source": "gx"},
        {"id": "c", "source": "soda"},
    ]
    assert {pointer: place.line for pointer, place in found.locations.items()} == {
        "/evidence/data/checks/0": 1,
        "/evidence/data/checks/1": 2,
        "/evidence/data/checks/2": 1,
    }


def test_joined_lists_are_counted_whatever_their_sources_say() -> None:
    one, other = checks("a", "b"), checks("c")
    stated = Collected({"data": {**other.sections["data"], "check_count": 1}})
    assert merged(("gx", one), ("hand", stated)).sections["data"]["check_count"] == 3
    stress = merged(("gx", one), more="stress").sections["more"]["stress"]
    assert stress["data"]["check_count"] == 2
    assert "check_count" not in one.sections["data"]


def test_fields_of_one_section_come_together_and_equal_ones_are_fine() -> None:
    found = merged(
        ("mlflow", Collected({"training": {"git": {"commit": "a"}, "seed": 1}})),
        ("git", Collected({"training": {"git": {"dirty": False, "commit": "a"}}})),
    )
    assert found.sections == {"training": {"git": {"commit": "a", "dirty": False}, "seed": 1}}


@pytest.mark.parametrize(
    ("one", "other", "name"),
    [
        ({"training": {"seed": 1}}, {"training": {"seed": 2}}, "evidence.training.seed"),
        ({"custom": {"x": 3}}, {"custom": {"x": ["a"]}}, "evidence.custom.x"),
        ({"custom": {"x": {"y": 1}}}, {"custom": {"x": [{"y": 1}]}}, "evidence.custom.x"),
        ({"custom": {"x": True}}, {"custom": {"x": 1}}, "evidence.custom.x"),
        ({"custom": {"x": [[1, 1], [1, 1]]}}, {"custom": {"x": [[1, 1], [2, 2]]}}, "evidence.custom.x"),
        (
            {"performance": {"metrics": {"auc": {"value": 0.8}}}},
            {"performance": {"metrics": {"auc": {"low": 0.1, "high": 0.2}}}},
            "evidence.performance.metrics.auc",
        ),
        (
            {"training": {"git": {"commit": "a"}}},
            {"training": {"git": {"commit": "b"}}},
            "evidence.training.git.commit",
        ),
    ],
)
def test_two_that_disagree_are_an_error(one: dict[str, Any], other: dict[str, Any], name: str) -> None:
    with pytest.raises(GatepostError) as caught:
        merged(("a", Collected(one)), ("b", Collected(other)))
    problem = caught.value.problems[0]
    assert problem.what == f"the sources a and b set {name} differently"
    assert problem.place == HERE
    assert "as: NAME" in problem.advice


def test_a_second_set_of_a_kind_stands_under_its_name() -> None:
    found = Merged()
    merge(found, Collected({"fairness": {"n": 1}}), "fairness", None, HERE)
    stress = Collected({"fairness": {"n": 2}}, locations={"/fairness/n": Place("f.yaml", 9)})
    merge(found, stress, "stress", "stress", HERE)
    assert found.sections == {"fairness": {"n": 1}, "more": {"stress": {"fairness": {"n": 2}}}}
    assert list(found.locations) == ["/evidence/more/stress/fairness/n"]


def test_what_is_empty_is_left_out() -> None:
    assert merged(("a", Collected({"data": {}, "approvals": []}))).sections == {}


def test_the_place_of_a_section_that_is_not_there_is_kept() -> None:
    found = merged(("card", Collected({}, locations={"/documentation": Place("CARD.md", 6)})))
    assert found.locations == {"/evidence/documentation": Place("CARD.md", 6)}


@given(st.lists(st.lists(st.text("abc", max_size=2), max_size=3), max_size=4))
def test_every_place_points_at_its_entry(lists: list[list[str]]) -> None:
    found = merged(*((f"s{n}", checks(*ids)) for n, ids in enumerate(lists)))
    expected = [name for ids in lists for name in ids]
    entries = found.sections.get("data", {}).get("checks", [])
    assert [entry["id"] for entry in entries] == expected
    for pointer in found.locations:
        *_, index = parse_pointer(pointer)
        assert 0 <= int(index) < len(entries)
    assert len(found.locations) == len(entries)


def test_entries_name_their_source_and_data_set_where_the_schema_has_these_fields() -> None:
    found = merged(
        ("f", Collected({"fairness": {"dataset": "d.csv", "groups": [{"attribute": "sex", "group": "f", "n": 3}]}})),
        ("m", Collected({"training": {"datasets": [{"name": "a"}]}})),
        ("own", Collected({"approvals": [{"by": "me"}], "custom": {"rows": [{"a": 1}]}})),
    )
    (group,) = found.sections["fairness"]["groups"]
    assert group == {"attribute": "sex", "group": "f", "n": 3, "source": "f", "dataset": "d.csv"}
    # `source` means here where the data lies, or where the approval is recorded.
    assert found.sections["training"]["datasets"] == [{"name": "a"}]
    assert found.sections["approvals"] == [{"by": "me"}]
    assert found.sections["custom"]["rows"] == [{"a": 1}]


def test_an_entry_keeps_the_data_set_that_it_names_itself() -> None:
    group = {"attribute": "sex", "group": "f", "dataset": "other.csv"}
    found = merged(("f", Collected({"fairness": {"dataset": "d.csv", "groups": [group]}})))
    assert found.sections["fairness"]["groups"][0]["dataset"] == "other.csv"


def test_lists_of_words_are_joined_without_doubles_and_places_follow() -> None:
    one = Collected({"logging": {"fields": ["a", "b"]}}, locations={"/logging/fields/1": Place("one", 1)})
    other = Collected(
        {"logging": {"fields": ["b", "c"]}},
        locations={"/logging/fields/0": Place("other", 2), "/logging/fields/1": Place("other", 3)},
    )
    found = merged(("x", one), ("y", other))
    assert found.sections["logging"]["fields"] == ["a", "b", "c"]
    assert {pointer: str(place) for pointer, place in found.locations.items()} == {
        "/evidence/logging/fields/1": "one:1",
        "/evidence/logging/fields/2": "other:3",
    }


def test_a_list_of_one_source_stays_as_it_is() -> None:
    content = {"custom": {"values": [1, 1, 2], "matrix": [[1, 1], [1, 1]]}}
    found = merged(("a", Collected(content)), ("b", Collected({"custom": {"matrix": [[1, 1], [1, 1]]}})))
    assert found.sections == content


def test_what_was_collected_is_not_changed() -> None:
    one, other = checks("a"), checks("b")
    before = copy.deepcopy((one, other))
    merged(("x", one), ("y", other))
    assert (one, other) == before


def test_a_second_set_that_is_empty_leaves_nothing() -> None:
    assert merged(("a", Collected({"data": {}})), more="stress").sections == {}


@pytest.mark.parametrize("first", [True, False], ids=["the place comes last", "the place comes first"])
def test_where_a_field_would_stand_gives_way_to_where_it_stands(first: bool) -> None:
    would = ("card", Collected({}, locations={"/documentation/owner": Place("CARD.md", 4)}))
    stands = ("file", Collected({"documentation": {"owner": "x"}}, locations={"/documentation/owner": Place("f", 1)}))
    found = merged(*((would, stands) if first else (stands, would)))
    assert found.locations == {"/evidence/documentation/owner": Place("f", 1)}


@pytest.mark.parametrize("first", [True, False])
def test_where_a_field_would_stand_is_no_place_of_one_that_came_from_elsewhere(first: bool) -> None:
    would = ("card", Collected({}, locations={"/documentation/owner": Place("CARD.md", 4)}))
    unplaced = ("api", Collected({"documentation": {"owner": "x"}}))
    assert merged(*((would, unplaced) if first else (unplaced, would))).locations == {}


def test_gatepost_yaml_settles_what_sources_say_of_the_subject() -> None:
    found = Merged(given={"name": "credit", "version": "3", "labels": {"team": "risk"}})
    for number, source in enumerate("ab"):
        subject = {"version": str(number), "task": "binary", "labels": {"team": str(number), "stage": "x"}}
        merge(found, Collected({}, subject=subject), source, None, HERE)
    assert found.subject == {"task": "binary", "labels": {"stage": "x"}}


def test_two_that_disagree_on_the_subject_are_told_what_helps() -> None:
    with pytest.raises(GatepostError) as caught:
        merged(("a", Collected({}, subject={"version": "1"})), ("b", Collected({}, subject={"version": "2"})))
    assert caught.value.problems[0].what == "the sources a and b set subject.version differently"
    assert caught.value.problems[0].advice == "say which it is: `version:` under `subject:` in gatepost.yaml"


def test_a_second_set_says_nothing_of_the_subject() -> None:
    found = Merged()
    merge(found, Collected({}, subject={"version": "7"}), "a", None, HERE)
    merge(found, Collected({}, subject={"version": "6"}), "champion", "champion", HERE)
    assert found.subject == {"version": "7"}


words = st.text("ab", min_size=1, max_size=2)


@st.composite
def some_collected(draw: st.DrawFn) -> Collected:
    """Give what a source may find, with a place for each entry and for a field that is not there."""
    ids, fields, owner = draw(st.lists(words, max_size=3)), draw(st.lists(words, unique=True)), draw(st.booleans())
    sections: dict[str, Any] = {}
    locations: dict[str, Place] = {}
    if ids:
        sections["data"] = {"checks": [{"id": name, "tool": "t", "status": "pass"} for name in ids]}
        locations |= {f"/data/checks/{n}/id": Place(f"data-{name}", n + 1) for n, name in enumerate(ids)}
    if fields:
        sections["logging"] = {"fields": fields}
        locations |= {f"/logging/fields/{n}": Place(f"logging-{name}", n + 1) for n, name in enumerate(fields)}
    sections["documentation"] = {"intended_use": "x"} | ({"owner": "me"} if owner else {})
    locations["/documentation/owner"] = Place("owner", 1)
    return Collected(sections, locations=locations)


@given(st.lists(st.tuples(some_collected(), st.sampled_from([None, None, "stress"])), max_size=4))
def test_the_result_is_evidence_in_the_order_of_the_plan_with_places_that_lead_somewhere(
    found: list[tuple[Collected, str | None]],
) -> None:
    result = Merged()
    for number, (collected, more) in enumerate(found):
        merge(result, collected, f"s{number}", more, HERE)
    from_data({"schema": SCHEMA, "subject": {"name": "x"}, "evidence": result.sections}, "the evidence")
    for more, sections in ((None, result.sections), ("stress", result.sections.get("more", {}).get("stress", {}))):
        mine = [(f"s{n}", c) for n, (c, m) in enumerate(found) if m == more]
        expected = [(s, e["id"]) for s, c in mine for e in c.sections.get("data", {}).get("checks", [])]
        assert [(e["source"], e["id"]) for e in sections.get("data", {}).get("checks", [])] == expected
        joined = [word for _, c in mine for word in c.sections.get("logging", {}).get("fields", [])]
        assert sections.get("logging", {}).get("fields", []) == list(dict.fromkeys(joined))
    for written, place in result.locations.items():
        *above, last = parse_pointer(written)
        value: Any = {"evidence": result.sections}
        for part in above:
            value = value[int(part)] if isinstance(value, list) else value[part]
        if isinstance(value, list):
            assert place.path == f"logging-{value[int(last)]}"
        elif last == "id":
            assert place.path == f"data-{value[last]}"
        else:
            assert (last, place.path) == ("owner", "owner")
