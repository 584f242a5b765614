from __future__ import annotations

from typing import Any

import pytest

from gatepost.located_yaml import parse
from gatepost.problems import GatepostError, format_problem
from gatepost.typed import Schema, check

SCHEMA = Schema(
    {
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string"},
            "version": {"type": "string"},
            "count": {"type": "integer", "minimum": 3},
            "share": {"type": "number"},
            "on": {"type": "boolean"},
            "mode": {"type": "string", "enum": ["block", "warn"]},
            "open": {},
            "rows": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/row"}},
            "either": {
                "oneOf": [
                    {"type": "string"},
                    {"type": "object", "required": ["a"], "additionalProperties": False, "properties": {"a": {}}},
                ]
            },
        },
        "$defs": {"row": {"type": "object", "additionalProperties": False, "properties": {"id": {"type": "string"}}}},
    }
)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("version: 1.10", "1.10"),
        ("version: no", "no"),
        ("version: 2026-01-01", "2026-01-01"),
        ("count: 7", 7),
        ("count: 96.0", 96),
        ("share: 1", 1),
        ("share: 1e-3", 0.001),
        ("on: true", True),
        ("open: 1.5", 1.5),
        ("open: yes", "yes"),
        ("open: 'true'", "true"),
        ("open: null", None),
        ("either: 1.10", "1.10"),
        ("either: {a: 1}", {"a": 1}),
        ("rows: [{id: 007}]", [{"id": "007"}]),
    ],
)
def test_a_scalar_is_what_the_schema_of_its_key_says(text: str, data: Any) -> None:
    found = check(parse(f"name: x\n{text}", "p.yaml"), SCHEMA)
    value = found[text.partition(":")[0]]
    assert value == data
    assert type(value) is type(data)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (
            "nane: x",
            "error: the file needs `name`\n  p.yaml:1:1\n     1 | nane: x\n       | ^ add `name:`\n"
            "error: unknown key `nane`\n  p.yaml:1:1\n     1 | nane: x\n       | ^^^^ did you mean `name`?",
        ),
        (
            "name: x\ncount: 2",
            "error: `count` is 2 and must be at least 3\n  p.yaml:2:8\n     2 | count: 2\n       |        ^",
        ),
        (
            "name: x\ncount: many",
            "error: `count` must be a whole number, got `many`\n  p.yaml:2:8\n     2 | count: many\n       |        ^^^^",
        ),
        (
            "name: x\nshare: 1e999",
            "error: `share` must be a number, got `1e999`\n  p.yaml:2:8\n     2 | share: 1e999\n       |        ^^^^^",
        ),
        (
            "name: x\non: yes",
            "error: `on` must be true or false, got `yes`\n  p.yaml:2:5\n     2 | on: yes\n       |     ^^^",
        ),
        (
            "name: x\nmode: blok",
            "error: `mode` is `blok`, which is none of: block, warn\n  p.yaml:2:7\n     2 | mode: blok\n"
            "       |       ^^^^ did you mean `block`?",
        ),
        (
            "name: x\nrows: [{ix: 1}]",
            "error: unknown key `ix`\n  p.yaml:2:9\n     2 | rows: [{ix: 1}]\n       |         ^^ known: id",
        ),
        (
            "name: x\nrows: []",
            "error: `rows` must not be empty\n  p.yaml:2:7\n     2 | rows: []\n       |       ^^",
        ),
        (
            "name: x\neither: {a: 1, b: 2}",
            "error: unknown key `b`\n  p.yaml:2:16\n     2 | either: {a: 1, b: 2}\n       |                ^ known: a",
        ),
    ],
)
def test_each_violation_stands_at_its_place(text: str, shown: str) -> None:
    with pytest.raises(GatepostError) as caught:
        check(parse(text, "p.yaml"), SCHEMA)
    assert "\n".join(sorted(map(format_problem, caught.value.problems))) == shown


def test_texts_of_people_say_something() -> None:
    entry = {"type": "object", "properties": {"why": {"type": "string", "x-text": "prose"}}}
    schema = Schema(
        {
            "type": "object",
            "properties": {
                "list": {"type": "array", "items": {"oneOf": [{"type": "string", "x-text": "word"}, entry]}}
            },
        }
    )
    document = parse('list:\n  - "\u00a0"\n  - {why: TODO}\n  - {why: Because it rains.}\n', "a.yaml")
    with pytest.raises(GatepostError) as caught:
        check(document, schema)
    assert [(p.what, p.place and p.place.line) for p in caught.value.problems] == [
        ("`list[0]` is blank: it has no visible text", 2),
        ("`list[1].why` is a placeholder: `TODO`", 3),
    ]
    assert check(document, schema, texts=False)["list"][1] == {"why": "TODO"}
