from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.collect.interface import Collected
from gatepost.collect.merge import Merged, merge
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
