"""Pointers, and the way from a pointer to a file and a line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.evidence.document import Evidence, from_data
from gatepost.evidence.locations import locate, parse_pointer, pointer
from gatepost.problems import Place

FILE = ".gatepost/evidence.json"


def _evidence(**top: Any) -> Evidence:
    base = {"schema": "gatepost.evidence/1", "subject": {"name": "credit-risk"}, "evidence": {}}
    return from_data({**base, **top}, FILE)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("",), "/"),
        (("evidence", "fairness", "groups", 0), "/evidence/fairness/groups/0"),
        (("a/b", "c~d", "~1"), "/a~1b/c~0d/~01"),
        (("sex x age", "ü"), "/sex x age/ü"),
    ],
)
def test_pointer_as_in_rfc_6901(path: tuple[str | int, ...], text: str) -> None:
    assert pointer(path) == text
    assert parse_pointer(text) == tuple(map(str, path))


@given(st.lists(st.text()).map(tuple))
def test_pointer_round_trips(path: tuple[str, ...]) -> None:
    assert parse_pointer(pointer(path)) == path


@pytest.mark.parametrize("text", ["evidence", "/a~2", "/a~", "#/a"])
def test_parse_pointer_refuses(text: str) -> None:
    with pytest.raises(ValueError, match="is no JSON pointer"):
        parse_pointer(text)


CARD = {"path": "MODEL_CARD.md", "line": 6, "column": 8, "end_line": 6, "end_column": 20}
FRONT = {"path": "MODEL_CARD.md", "line": 1}
LOCATIONS = {"/evidence/documentation/owner": CARD, "/evidence/documentation": FRONT, "/evidence": FRONT}


def test_the_pointer_itself_comes_first() -> None:
    found = locate(_evidence(locations=LOCATIONS), "/evidence/documentation/owner", FILE)
    assert found == Place("MODEL_CARD.md", 6, 8, 6, 20)


def test_then_the_nearest_parent_also_of_a_missing_field() -> None:
    evidence = _evidence(locations=LOCATIONS)
    assert locate(evidence, "/evidence/documentation/limitations", FILE) == Place("MODEL_CARD.md", 1)
    assert locate(evidence, "/evidence/documentation/owner/x/y", FILE) == Place("MODEL_CARD.md", 6, 8, 6, 20)


def test_never_a_place_above_the_section() -> None:
    evidence = _evidence(locations={**LOCATIONS, "/evidence/more": FRONT, "/evidence/more/a": FRONT})
    assert locate(evidence, "/evidence/fairness/groups/0", FILE) == Place(FILE, 1)
    assert locate(evidence, "/evidence/more/a/documentation/owner", FILE) == Place(FILE, 1)


def test_a_section_below_more_has_places_of_its_own() -> None:
    evidence = _evidence(locations={"/evidence/more/a/data": {"path": "suite.json", "line": 3}})
    assert locate(evidence, "/evidence/more/a/data/checks/0", FILE) == Place("suite.json", 3)


def test_escaped_names_are_found() -> None:
    evidence = _evidence(locations={"/evidence/model/tags/a~1b": {"path": "tags.yaml", "line": 2}})
    assert locate(evidence, "/evidence/model/tags/a~1b/x", FILE) == Place("tags.yaml", 2)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("MODEL_CARD.md", Place("MODEL_CARD.md")),
        ("MODEL_CARD.md:14", Place("MODEL_CARD.md", 14)),
        ("docs/card:v2.md:14:3", Place("docs/card:v2.md", 14, 3)),
        ("card.md:0", Place("card.md:0")),
        ("card.md:", Place("card.md:")),
        (":7", Place(":7")),
    ],
)
def test_then_the_location_of_the_subject(text: str, place: Place) -> None:
    evidence = _evidence(subject={"name": "x", "location": text}, locations=LOCATIONS)
    assert locate(evidence, "/evidence/fairness/groups/0/n", FILE) == place


def _source(name: str, line: int, *sections: str) -> dict[str, Any]:
    place = {"path": "gatepost.yaml", "line": line}
    return {"name": name, "collector": "file", "status": "ok", "sections": list(sections), "location": place}


def test_then_the_entry_of_the_source_that_fills_the_section() -> None:
    evidence = _evidence(
        sources=[_source("card", 4, "documentation"), _source("a", 7, "data"), _source("b", 9, "data")],
        evidence={"data": {"checks": [{"id": "one", "source": "b"}, {"id": "two", "source": "gone"}]}},
    )
    assert locate(evidence, "/evidence/documentation/owner", FILE).line == 4
    assert locate(evidence, "/evidence/data/checks/0/status", FILE).line == 9
    assert locate(evidence, "/evidence/data/checks/1/status", FILE).line == 7
    assert locate(evidence, "/evidence/data/checks/5", FILE).line == 7
    assert locate(evidence, "/evidence/fairness", FILE) == Place(FILE, 1)


def test_a_source_of_another_set_does_not_count() -> None:
    evidence = _evidence(sources=[_source("plain", 4, "fairness"), _source("stress", 8, "more.stress.fairness")])
    assert locate(evidence, "/evidence/more/stress/fairness/groups", FILE).line == 8
    assert locate(evidence, "/evidence/more/other/fairness/groups", FILE) == Place(FILE, 1)


def test_a_source_without_a_place_is_passed_over() -> None:
    source = _source("a", 4, "data")
    del source["location"]
    assert locate(_evidence(sources=[source, _source("b", 5, "data")]), "/evidence/data", FILE).line == 5


@pytest.mark.parametrize("text", ["", "/", "/subject/risk_tier", "/evidence", "/evidence/more", "/collected_at"])
def test_at_last_line_1_of_the_evidence(text: str) -> None:
    assert locate(_evidence(), text, FILE) == Place(FILE, 1)


def test_facts_of_the_subject_have_places_too() -> None:
    evidence = _evidence(locations={"/subject": {"path": "gatepost.yaml", "line": 1}})
    assert locate(evidence, "/subject/risk_tier", FILE) == Place("gatepost.yaml", 1)
