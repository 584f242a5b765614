"""Schemas that somebody wrote: valid, and never exponential to validate by."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from gatepost.evidence.document import from_data
from gatepost.evidence.schema_check import MAX_PARTS, flaws
from gatepost.problems import GatepostError


def _doubling(levels: int, keyword: str, **above: Any) -> dict[str, Any]:
    """Each definition names the next one twice, in the same value."""
    definitions: dict[str, Any] = {
        f"a{n}": {**above, keyword: [{"$ref": f"#/$defs/a{n + 1}"}, {"$ref": f"#/$defs/a{n + 1}"}]}
        for n in range(levels)
    }
    return {"$ref": "#/$defs/a0", "$defs": {**definitions, f"a{levels}": {"type": "object"}}}


@pytest.mark.parametrize("keyword", ["allOf", "anyOf", "oneOf"])
def test_references_that_double_are_refused_before_anything_is_validated(keyword: str) -> None:
    (flaw,) = flaws(_doubling(39, keyword))
    assert "more than 10,000 times" in flaw.what
    assert flaws(_doubling(10, keyword)) == []


def test_references_that_double_at_each_level_of_the_data_are_refused() -> None:
    again = {"additionalProperties": {"$ref": "#/$defs/a"}}
    (flaw,) = flaws({"$ref": "#/$defs/a", "$defs": {"a": {"allOf": [again, again]}}})
    assert "multiply" in flaw.what
    items = {"items": {"$ref": "#"}}
    assert flaws({"anyOf": [items, items, {"type": "string"}]})


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"anyOf": [{"type": "string"}, {"not": {"$ref": "#"}}]},
        {"$anchor": "here", "type": "object", "allOf": [{"$ref": "#here"}], "not": {"type": "string"}},
    ],
)
def test_a_reference_round_in_a_circle_is_refused(schema: dict[str, Any]) -> None:
    (flaw,) = flaws(schema)
    assert "refers to itself without going deeper" in flaw.what


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#"}}}},
        {"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}}},
        {
            "oneOf": [
                {"properties": {"and": {"items": {"$ref": "#"}}}, "required": ["and"], "additionalProperties": False},
                {"properties": {"or": {"items": {"$ref": "#"}}}, "required": ["or"], "additionalProperties": False},
                {"properties": {"not": {"$ref": "#"}}, "required": ["not"], "additionalProperties": False},
                {"type": "string"},
            ]
        },
        {"$ref": "#/$defs/any", "$defs": {"any": True}},
        {"$ref": "#"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"$id": "https://example.com/own.json", "$ref": "https://example.com/own.json#/$defs/a", "$defs": {"a": {}}},
        {"items": {"$ref": "#/prefixItems/0"}, "prefixItems": [{"type": "string"}]},
        {"properties": {"a/b %": {"type": "string"}, "c": {"$ref": "#/properties/a~1b%20%25"}}},
        {"properties": {f"f{n}": {"$ref": "#/$defs/m"} for n in range(500)}, "$defs": {"m": {"type": "string"}}},
    ],
)
def test_schemas_that_teams_write_are_accepted(schema: dict[str, Any]) -> None:
    assert flaws(schema) == []
    assert jsonschema_rs.Draft202012Validator(schema).is_valid([]) in (True, False)


def test_too_many_parts_and_too_long_a_chain() -> None:
    (flaw,) = flaws({"properties": {f"f{n}": {} for n in range(MAX_PARTS)}})
    assert "more than 10,000 parts" in flaw.what
    chain = {f"a{n}": {"$ref": f"#/$defs/a{n + 1}"} for n in range(500)}
    (flaw,) = flaws({"$ref": "#/$defs/a0", "$defs": {**chain, "a500": {}}})
    assert "100 references follow" in flaw.what


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"properties": {"a": {"pattern": "["}}}, ("properties", "a", "pattern")),
        ({"properties": {"a": {"minLength": -1}}}, ("properties", "a", "minLength")),
        ({"properties": 5}, ("properties",)),
        ({"properties": {"a": {"$ref": "#/nowhere"}}}, ("properties", "a")),
        ({"properties": {"a": {"$ref": 5}}}, ("properties", "a", "$ref")),
        ({"$defs": {"a": {"$id": "b"}}}, ("$defs", "a")),
    ],
)
def test_a_flaw_has_its_place(schema: dict[str, Any], path: tuple[str, ...]) -> None:
    (flaw,) = flaws(schema)
    assert flaw.path == path


@pytest.mark.parametrize("schema", [{"properties": 5}, {"items": 5}, {"type": 5}, {"$ref": 5}, {"enum": 5}])
def test_evidence_with_such_a_schema_is_refused(schema: dict[str, Any]) -> None:
    data = {"schema": "gatepost.evidence/1", "subject": {"name": "m"}, "evidence": {"custom": {"a": ["b"]}}}
    with pytest.raises(GatepostError, match="/custom_schema: this is not a valid JSON Schema"):
        from_data({**data, "custom_schema": schema}, "evidence.json")
