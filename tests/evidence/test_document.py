"""Evidence is read strictly, typed by its schema, and has a digest that anybody can check."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections import OrderedDict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.evidence import document
from gatepost.evidence.document import Evidence, canonical, digest, from_data, parse
from gatepost.problems import GatepostError, Problem, format_problem

METRIC = {"value": 0.71, "low": 0.6, "high": 0.83, "n": 212, "method": "wilson"}


def _data(**sections: Any) -> dict[str, Any]:
    return {"schema": "gatepost.evidence/1", "subject": {"name": "credit-risk"}, "evidence": sections}


def _problems(content: Any, *, data: bool = False) -> tuple[Problem, ...]:
    with pytest.raises(GatepostError) as caught:
        (from_data if data else parse)(content, "e.json")
    for problem in caught.value.problems:
        format_problem(problem).encode("utf-8")
    return caught.value.problems


def _one(content: Any, *, data: bool = False) -> Problem:
    (problem,) = _problems(content, data=data)
    return problem


def _custom(literal: str) -> str:
    """Give a document on two lines, with a literal in its second one, from column 6."""
    head = '{"schema": "gatepost.evidence/1", "subject": {"name": "x"}, "evidence": {"custom": {'
    return head + '\n"a": ' + literal + "}}}"


# What a good document gives


def test_parse_gives_the_parts() -> None:
    data = {
        **_data(fairness={"groups": [{"attribute": "sex", "group": "f", "impact_ratio": METRIC}]}),
        "collected_at": "2026-01-31T12:00:00Z",
        "sources": [{"name": "fairness", "collector": "fairness", "status": "ok"}],
        "locations": {"/evidence/fairness": {"path": "gatepost.yaml", "line": 3}},
        "custom_schema": {"type": "object"},
    }
    found = parse(json.dumps(data), "e.json")
    assert found.subject == {"name": "credit-risk"}
    assert found.sections["fairness"]["groups"][0]["impact_ratio"] == METRIC
    assert found.sources[0]["name"] == "fairness"
    assert found.locations["/evidence/fairness"]["line"] == 3
    assert found.collected_at == "2026-01-31T12:00:00Z"
    assert found.custom_schema == {"type": "object"}


def test_what_is_absent_is_empty() -> None:
    found = parse(json.dumps(_data()), "e.json")
    assert (found.sections, found.sources, found.locations) == ({}, (), {})
    assert found.collected_at is None
    assert found.custom_schema is None


def test_numbers_are_typed_by_the_schema() -> None:
    sections = parse(
        json.dumps(
            _data(
                performance={"n": 5.0, "metrics": {"auc": {"value": 1, "n": 5e1}}},
                training={"metrics": {"epochs": 3}, "params": {"depth": 3, "rate": 1.0}},
                more={"stress": {"performance": {"threshold": 1}}},
            )
        ),
        "e.json",
    ).sections
    assert json.dumps(sections["performance"]) == '{"n": 5, "metrics": {"auc": {"value": 1.0, "n": 50}}}'
    assert json.dumps(sections["training"]) == '{"metrics": {"epochs": 3.0}, "params": {"depth": 3, "rate": 1.0}}'
    assert json.dumps(sections["more"]) == '{"stress": {"performance": {"threshold": 1.0}}}'


def test_a_whole_number_stays_exact_up_to_64_bits() -> None:
    found = parse(_custom("[9223372036854775807, -9223372036854775808]"), "e.json")
    assert found.sections["custom"]["a"] == [2**63 - 1, -(2**63)]


def test_a_day_is_its_start() -> None:
    found = from_data(_data(documentation={"last_reviewed": "2026-01-15", "owner": "2026-01-15"}), "e.json")
    assert found.sections["documentation"] == {"last_reviewed": "2026-01-15T00:00:00Z", "owner": "2026-01-15"}


def test_from_data_copies() -> None:
    data = _data(documentation={"owner": "a"})
    found = from_data(data, "e.json")
    data["evidence"]["documentation"]["owner"] = "b"
    assert found.sections["documentation"]["owner"] == "a"


def test_from_data_takes_kinds_of_dict() -> None:
    found = from_data(OrderedDict(_data()), "e.json")
    assert type(found.data) is dict


# Canonical form and digest


def test_canonical_bytes() -> None:
    data = {"ü": "é\n", "b": [1, 1.0, 1e-7, 1e22, 0.1 + 0.2, True], "a": {}, "B": -0.0}
    expected = '{"B":0.0,"a":{},"b":[1,1.0,1e-07,1e+22,0.30000000000000004,true],"ü":"é\\n"}'
    assert canonical(data) == expected.encode()


def test_digest_is_what_sha256sum_prints(tmp_path: Path) -> None:
    found = from_data(_data(performance={"metrics": {"auc": {"value": 1}}}), "e.json")
    file = tmp_path / "evidence.json"
    file.write_bytes(canonical(found.data))
    said = subprocess.run(["sha256sum", str(file)], capture_output=True, text=True, check=True).stdout.split()[0]
    assert found.digest == "sha256:" + said


def test_digest_of_bytes_is_of_the_bytes() -> None:
    assert digest(b"{ }") == "sha256:" + hashlib.sha256(b"{ }").hexdigest()
    assert digest({}) == digest(b"{}")


def test_layout_and_number_form_do_not_change_the_digest() -> None:
    one = parse(
        '{"schema":"gatepost.evidence/1","subject":{"name":"x"},"evidence":{"drift":{"share_drifted":0}}}', "a"
    )
    text = '{"evidence": {"drift": {"share_drifted": -0.0}},\n "subject": {"name": "\\u0078"},'
    other = parse(text + '"schema": "gatepost.evidence/1"}', "b")
    assert one.digest == other.digest
    assert one.digest != parse(_custom("1"), "c").digest


@pytest.mark.parametrize("value", [None, (1,), float("nan"), {1: 2}, 2**64, "\ud800"])
def test_canonical_refuses_what_json_cannot_hold(value: Any) -> None:
    with pytest.raises(GatepostError, match="/a"):
        canonical({"a": value})


_SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=("Cs",))),
)
_KEYS = st.text(st.characters(exclude_categories=("Cs",)))
_JSON = st.recursive(
    _SCALARS, lambda below: st.one_of(st.lists(below, max_size=4), st.dictionaries(_KEYS, below, max_size=4))
)


def _shuffled(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shuffled(value[key]) for key in reversed(value)}
    return [_shuffled(item) for item in value] if isinstance(value, list) else value


def _same(one: Any, other: Any) -> bool:
    """Compare with types: 1, 1.0 and True are three things."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@given(st.dictionaries(_KEYS, _JSON, max_size=5))
def test_canonical_is_stable_and_parse_gives_it_back(custom: dict[str, Any]) -> None:
    found = from_data(_data(custom=custom), "e.json")
    content = canonical(found.data)
    assert canonical(_shuffled(found.data)) == content
    again = parse(content, "e.json")
    assert _same(again.data, found.data)
    assert canonical(again.data) == content
    assert again.digest == found.digest == digest(content) == digest(found.data)
    indented = json.dumps(_shuffled(found.data), indent=1)
    assert parse(indented, "e.json").digest == found.digest


@given(st.data())
def test_a_document_cut_off_says_so(data: st.DataObject) -> None:
    content = canonical(from_data(_data(custom={"a": [1.5e-9, -1, True, "ü\\\n\u0001", {"b": []}]}), "e.json").data)
    text = content.decode()
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    problem = _one(cut)
    assert problem.what == "e.json ends in the middle of the document"
    assert "collect the evidence again" in problem.advice


@given(st.binary(max_size=60))
def test_no_bytes_get_through_or_give_anything_but_a_problem(content: bytes) -> None:
    with pytest.raises(GatepostError):
        parse(content, "e.json")


# What is not JSON, or too much of it


@pytest.mark.parametrize(
    ("literal", "what", "end"),
    [
        ("NaN", "/evidence/custom/a is NaN, which is no JSON number", 9),
        ("-Infinity", "/evidence/custom/a is -Infinity, which is no JSON number", 15),
        ("1e999", "/evidence/custom/a is 1e999, too large for a 64-bit number", 11),
        ("9223372036854775808", "/evidence/custom/a is 9223372036854775808, beyond a signed 64-bit integer", 25),
        pytest.param(
            "1" * 5000,
            "/evidence/custom/a is 11111111111111111111... (5000 characters), beyond a signed",
            5006,
            id="5000 digits",
        ),
        ("null", "/evidence/custom/a is null", 10),
        ('"x\\ud800y"', "/evidence/custom/a holds \\ud800, half of a surrogate pair, which is no character", 16),
    ],
)
def test_a_literal_that_evidence_may_not_hold(literal: str, what: str, end: int) -> None:
    problem = _one(_custom(literal))
    assert problem.what.startswith(what)
    place = problem.place
    assert place is not None
    assert (place.path, place.line, place.column, place.end_column) == ("e.json", 2, 6, end)


def test_a_half_surrogate_in_a_key() -> None:
    assert "half of a surrogate pair" in _one(_custom('{"\\udfff": 1}')).what
    twice = _problems(_custom('{"\\udfff": 1, "\\udfff": 1}'))
    assert "the key `\\udfff` stands twice in /evidence/custom/a" in [problem.what for problem in twice]


def test_a_key_that_stands_twice() -> None:
    problem = _one(_custom('{"b": 1,\n "c": 2, "b": 1}'))
    assert problem.what == "the key `b` stands twice in /evidence/custom/a"
    assert problem.advice == "remove one"
    assert problem.place is not None
    assert (problem.place.line, problem.place.column, problem.place.end_column) == (3, 10, 13)
    assert problem.source_line == ' "c": 2, "b": 1}}}}'


def test_a_key_of_the_document_that_stands_twice() -> None:
    text = '{"schema": "gatepost.evidence/1", "subject": {"name": "x"}, "evidence": {}, "evidence": {}}'
    assert _one(text).what == "the key `evidence` stands twice in the document"


@pytest.mark.parametrize("depth", [65, 5000, 200_000])
def test_too_deep(depth: int) -> None:
    problem = _one(_custom("[" * depth + "]" * depth))
    assert "is nested deeper than 64 levels" in problem.what
    assert problem.place is not None
    # One less than the limit of the brackets before it: the document, `evidence` and `custom` count too.
    assert problem.place.line == 2
    assert problem.place.column == 6 + 64 - 3


def test_deep_enough() -> None:
    assert parse(_custom("[" * 61 + "]" * 61), "e.json").sections["custom"]["a"]


@pytest.mark.parametrize(
    ("text", "what", "line", "column"),
    [
        ('{"a": 1,}', "e.json is not valid JSON: expecting property name enclosed in double quotes", 1, 9),
        ('{"a": 1\n "b": 2}', "e.json is not valid JSON: expecting ',' delimiter", 2, 2),
        ('{"a": 1} {"b": 2}', "e.json is not valid JSON: extra data", 1, 10),
        ("{'a': 1}", "e.json is not valid JSON: expecting property name enclosed in double quotes", 1, 2),
        ('{"a": "x\ny"}', "e.json is not valid JSON: invalid control character", 1, 9),
        ('{"a": oops, "b": 1}', "e.json is not valid JSON: expecting value", 1, 7),
    ],
)
def test_a_syntax_error_has_its_place(text: str, what: str, line: int, column: int) -> None:
    problem = _one(text)
    assert problem.what == what
    assert problem.place is not None
    assert (problem.place.line, problem.place.column) == (line, column)
    assert problem.source_line == text.splitlines()[line - 1]


@pytest.mark.parametrize("text", ["", " \n"])
def test_an_empty_file(text: str) -> None:
    assert _one(text).what == "e.json is empty"


def test_not_utf_8() -> None:
    problem = _one(b'{"a":\n "\xc3\xbc \xff"}')
    assert problem.what == "e.json is not UTF-8: byte 0xff"
    assert problem.place is not None
    assert (problem.place.line, problem.place.column) == (2, 5)


@pytest.mark.parametrize(("encoding", "name"), [("utf-8-sig", "a byte order mark"), ("utf-16", "UTF-16")])
def test_other_encodings_are_named(encoding: str, name: str) -> None:
    problem = _one(json.dumps(_data()).encode(encoding))
    assert problem.what == f"e.json starts as {name}"
    assert "UTF-8" in problem.advice


# Versions


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[]", "e.json holds no evidence: it is not a JSON object"),
        ("7", "e.json holds no evidence: it is not a JSON object"),
        ("{}", "e.json holds no evidence: it has no `schema`"),
        ('{"schema": 1}', "e.json holds no evidence: its `schema` is not a text; expected `gatepost.evidence/1`"),
        (
            '{"schema": "gatepost.verdict/1"}',
            "e.json holds no evidence: its `schema` is `gatepost.verdict/1`; expected `gatepost.evidence/1`",
        ),
        (
            '{"schema": "gatepost.evidence/0"}',
            "e.json holds no evidence: its `schema` is `gatepost.evidence/0`; expected `gatepost.evidence/1`",
        ),
        (
            '{"schema": "gatepost.evidence/2", "new": null}',
            "e.json is gatepost.evidence/2; this Gatepost reads up to gatepost.evidence/1",
        ),
    ],
)
def test_other_documents_and_newer_versions(text: str, what: str) -> None:
    assert _one(text).what == what


def test_a_newer_version_says_what_to_do() -> None:
    assert "install a newer gatepost" in _one('{"schema": "gatepost.evidence/12"}').advice


def test_an_older_version_is_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def upgrade(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "evidence": {"documentation": data["evidence"]["docs"]}}

    old = _data(docs={"owner": "a"})
    # Stands in for a version 2 of which only the name has moved on.
    monkeypatch.setattr(document, "VERSION", 2)
    monkeypatch.setattr(document, "_UPGRADES", {1: upgrade})
    found = parse(canonical(old), "e.json")
    assert found.sections["documentation"] == {"owner": "a"}
    assert found.digest == digest(old)


# What the schema has against it


def _text(data: Any) -> str:
    return json.dumps(data, indent=2)


def test_an_unknown_field_has_its_place_and_the_nearest_name() -> None:
    problem = _one(_text(_data(fairness={"groups": [{"attribute": "sex", "impact_ratoi": METRIC}]})))
    assert problem.what == "unknown field `impact_ratoi` in /evidence/fairness/groups/0"
    assert problem.advice == "did you mean `impact_ratio`?"
    assert problem.source_line.strip().startswith('"impact_ratoi"')
    assert problem.place is not None
    assert problem.source_line[(problem.place.column or 0) - 1 :].startswith('"impact_ratoi"')


def test_an_unknown_field_like_no_other_lists_what_there_is() -> None:
    assert (
        _one(_data(leakage={"zzz": 1}), data=True).advice == "known: train, test, label, overlap, leak_count, leaks"
    )


@pytest.mark.parametrize(
    ("sections", "what", "advice"),
    [
        ({"performance": {"n": "x"}}, "/evidence/performance/n must be a whole number, got `x`", ""),
        ({"performance": {"n": 1.5}}, "/evidence/performance/n must be a whole number, got `1.5`", ""),
        ({"performance": {"n": True}}, "/evidence/performance/n must be a whole number, got `true`", ""),
        ({"performance": {"n": -1}}, "/evidence/performance/n is `-1` and must be at least 0", ""),
        ({"drift": {"share_drifted": 2}}, "/evidence/drift/share_drifted is `2.0` and must be at most 1", ""),
        ({"fairness": {"groups": {}}}, "/evidence/fairness/groups must be a list, got a map", ""),
        ({"model": {"params": {"a": []}}}, "/evidence/model/params/a must be ", ""),
        ({"model": {"tags": {"a": 1}}}, "/evidence/model/tags/a must be a text, got `1`", ""),
        (
            {"data": {"checks": [{"status": "faild"}]}},
            "/evidence/data/checks/0/status is `faild`, which is none of: pass, fail, error, vacuous",
            "did you mean `fail`?",
        ),
        (
            {"model": {"files": [{"sha256": "abc"}]}},
            "/evidence/model/files/0/sha256 is `abc`, which is not 64 hexadecimal digits",
            "",
        ),
        (
            {"training": {"started_at": "yesterday"}},
            "/evidence/training/started_at is `yesterday`, which is not a time with its zone (RFC 3339)",
            "",
        ),
        (
            {"documentation": {"last_reviewed": "2026-02-30"}},
            "/evidence/documentation/last_reviewed is `2026-02-30`",
            "",
        ),
        ({"more": {"9x": {}}}, "the name `9x` in /evidence/more is not letters, digits, `_` and `-`", ""),
        ({"more": {"a": {"fairnes": {}}}}, "unknown field `fairnes` in /evidence/more/a", "did you mean `fairness`?"),
        ({"more": {"a": {"more": {}}}}, "unknown field `more` in /evidence/more/a", None),
    ],
)
def test_violations_in_words(sections: dict[str, Any], what: str, advice: str | None) -> None:
    for problem in (_one(_data(**sections), data=True), _one(_text(_data(**sections)))):
        assert problem.what.startswith(what)
        assert advice is None or problem.advice == advice


@pytest.mark.parametrize(
    ("top", "what"),
    [
        ({"subject": {}}, "/subject needs `name`"),
        ({"subject": {"name": ""}}, "/subject/name must not be empty"),
        (
            {"collected_at": "2026-01-01T00:00:00+02:00"},
            "/collected_at is `2026-01-01T00:00:00+02:00`, which is not a time in UTC",
        ),
        ({"locations": {"owner": {"path": "a"}}}, "the name `owner` in /locations is not a JSON pointer"),
        ({"locations": {"/a": {"path": "a", "line": 0}}}, "/locations/~1a/line is `0` and must be at least 1"),
        ({"sources": [{"name": "a", "collector": "b"}]}, "/sources/0 needs `status`"),
    ],
)
def test_violations_beside_the_sections(top: dict[str, Any], what: str) -> None:
    assert _one({**_data(), **top}, data=True).what.startswith(what)


def test_a_missing_part_of_the_document() -> None:
    problem = _one('{"schema": "gatepost.evidence/1", "subject": {"name": "x"}}')
    assert (problem.what, problem.advice) == ("the document needs `evidence`", "add `evidence`")


def test_problems_come_in_the_order_of_the_file() -> None:
    # The custom sections are validated after the others.
    data = {**_data(training={"zz": 1}, custom={"zz": 1}, access={"zz": 1}), "custom_schema": CUSTOM, "aa": 1}
    lines = [problem.place.line or 0 for problem in _problems(_text(data)) if problem.place]
    assert len(lines) == 4
    assert lines == sorted(lines)


def test_at_most_20_are_shown_and_the_others_counted() -> None:
    data = _data(fairness={"groups": [{"zz": index} for index in range(30)]})
    for found in (_problems(data, data=True), _problems(_text(data))):
        assert len(found) == 21
        assert found[0].what == "unknown field `zz` in /evidence/fairness/groups/0"
        assert found[19].what == "unknown field `zz` in /evidence/fairness/groups/19"
        assert found[20].what == "and 10 more problems in e.json"
    assert _problems(_custom("[" + "null," * 20 + "null]"))[-1].what == "and 1 more problem in e.json"


def test_a_long_line_is_not_shown() -> None:
    problem = _one(json.dumps(_data(custom={"a": "x" * 500}, leakage={"zz": 1})))
    assert problem.source_line == ""
    assert problem.place is not None
    assert problem.place.column is not None
    assert problem.place.column > 500


# The team's own sections

CUSTOM = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "carbon": {"$ref": "#/$defs/mass"},
        "nested": {"$ref": "#"},
        "day": {"format": "date-time", "type": "string"},
    },
    "$defs": {"mass": {"type": "number", "minimum": 0}},
}


def test_custom_is_typed_and_checked_by_its_schema() -> None:
    custom = {"carbon": 3, "nested": {"carbon": 4}, "day": "2026-01-01"}
    data = {**_data(custom=custom, more={"eu": {"custom": {"carbon": 5}}}), "custom_schema": CUSTOM}
    sections = from_data(data, "e.json").sections
    expected = {"carbon": 3.0, "nested": {"carbon": 4.0}, "day": "2026-01-01T00:00:00Z"}
    assert _same(sections["custom"], expected)
    assert _same(sections["more"], {"eu": {"custom": {"carbon": 5.0}}})


def test_custom_violations_have_their_place() -> None:
    data = {
        **_data(custom={"carbn": 1}, more={"eu": {"custom": {"nested": {"carbon": -1}}}}),
        "custom_schema": CUSTOM,
    }
    first, second = _problems(_text(data))
    assert first.what == "unknown field `carbn` in /evidence/custom"
    assert first.advice == "did you mean `carbon`?"
    assert second.what == "/evidence/more/eu/custom/nested/carbon is `-1.0` and must be at least 0"
    assert second.source_line.strip() == '"carbon": -1'


def test_custom_without_a_schema_is_open() -> None:
    custom = {"a": [1, 2.0, {"b": "c"}]}
    assert _same(from_data(_data(custom=custom), "e.json").sections["custom"], custom)


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"type": "objec"}, '"objec"'),
        ({"properties": {"a": {"pattern": "("}}}, "regex"),
        ({"$ref": "http://localhost:9/schema.json"}, "Retrieval is disabled"),
        ({"$ref": "file:///etc/hostname"}, "Retrieval is disabled"),
        ({"$ref": "#/$defs/gone"}, "gone"),
    ],
)
def test_a_schema_that_is_none(schema: dict[str, Any], reason: str) -> None:
    problem = _one({**_data(custom={"a": 1}), "custom_schema": schema}, data=True)
    assert problem.what.startswith("/custom_schema: ")
    assert reason in problem.what
    assert "evidence_schema" in problem.advice


def test_a_schema_that_goes_in_circles_does_no_harm() -> None:
    schema = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}
    assert from_data({**_data(custom={"a": 1}), "custom_schema": schema}, "e.json").sections["custom"] == {"a": 1}


def test_many_keys_that_stand_twice_are_found_in_one_pass() -> None:
    keys = ", ".join(f'"k{n}": "v"' for n in range(60_000))
    text = f'{{"schema": "{document.SCHEMA}", "subject": {{"name": "m", "labels": {{{keys}, {keys}}}}}, "evidence": {{}}}}'
    with pytest.raises(GatepostError, match="stands twice") as caught:
        parse(text.encode(), "e.json")  # minutes, where each key is counted in the list of all
    assert "and 59980 more problems" in caught.value.problems[-1].what


# Values of Python that are not JSON's


@pytest.mark.parametrize(
    ("value", "kind", "advice"),
    [
        (np.float64(0.5), "numpy.float64", ".item()"),
        (np.int64(5), "numpy.int64", ".item()"),
        (np.bool_(True), "numpy.bool", ".item()"),
        (np.array([1]), "numpy.ndarray", ".tolist()"),
        (np.str_("x"), "numpy.str_", ".item()"),
        ((1, 2), "tuple", "a list"),
        ({1}, "set", "a list"),
        (date(2026, 1, 1), "datetime.date", "isoformat"),
        (datetime(2026, 1, 1), "datetime.datetime", "time zone"),
        (Decimal("0.1"), "decimal.Decimal", "float"),
        (b"x", "bytes", "decode"),
        (1j, "complex", "use a string"),
    ],
)
def test_other_types_are_refused_with_their_pointer(value: Any, kind: str, advice: str) -> None:
    problem = _one(_data(training={"metrics": {"f1": value}}), data=True)
    assert problem.what.startswith(f"/evidence/training/metrics/f1 is of type {kind}")
    assert problem.what.endswith("which JSON does not have")
    assert advice in problem.advice


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (None, "/evidence/custom/a is null"),
        (float("nan"), "/evidence/custom/a is nan, which is no JSON number"),
        (float("-inf"), "/evidence/custom/a is -inf, which is no JSON number"),
        (-(2**63) - 1, "/evidence/custom/a is -9223372036854775809, beyond a signed 64-bit integer"),
        pytest.param(
            10**5000, "/evidence/custom/a is an integer of 16610 bits, beyond a signed 64-bit integer", id="huge"
        ),
        ("\udc80", "/evidence/custom/a holds \\udc80, half of a surrogate pair"),
        ({7: 1}, "/evidence/custom/a has a key of type int; keys are strings"),
    ],
)
def test_other_values_are_refused(value: Any, what: str) -> None:
    assert _one(_data(custom={"a": value}), data=True).what.startswith(what)


def test_a_count_beyond_64_bits_is_no_count() -> None:
    assert "1000000000000000019884624838656, beyond" in _one(_data(performance={"n": 1e30}), data=True).what


def test_a_value_that_holds_itself() -> None:
    ring: list[Any] = []
    ring.extend([ring, ring])
    assert "nested deeper than 64 levels" in _one(_data(custom={"a": ring}), data=True).what


def test_from_data_refuses_other_documents() -> None:
    assert _one([], data=True).what == "e.json holds no evidence: it is not a JSON object"


def test_evidence_is_frozen() -> None:
    found = from_data(_data(), "e.json")
    with pytest.raises(AttributeError):
        found.digest = ""  # type: ignore[misc]
    assert isinstance(found, Evidence)


def test_reading_imports_nothing_heavy() -> None:
    heavy = ("numpy", "pandas", "mlflow", "yaml", "jsonschema", "requests")
    code = (
        "import sys\nfrom gatepost.evidence import document, locations\n"
        "document.from_data({'schema': document.SCHEMA, 'subject': {'name': 'x'}, 'evidence': {}}, 'e')\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("", "must not be empty"),
        ("\u00a0", "is blank: it has no visible text"),
        ("\u200b\u2800", "is blank: it has no visible text"),
        ("&nbsp;", "is blank: it has no visible text"),
        ("ＴＯＤＯ", "is a placeholder: `ＴＯＤＯ`"),
        ("[More Information Needed]", "is a placeholder: `[More Information Needed]`"),
    ],
)
def test_texts_of_people_that_say_nothing_are_refused_at_their_line(value: str, says: str) -> None:
    head = '{"schema": "gatepost.evidence/1", "subject": {"name": "x"}, "evidence": {"documentation": {\n'
    problem = _one(head + f'"limitations": {json.dumps(value)}}}}}}}')
    assert problem.what == f"/evidence/documentation/limitations {says}"
    assert problem.place is not None and (problem.place.line, problem.place.column) == (2, 16)
    data = _data(documentation={"limitations": value})
    assert _one(data, data=True).what == f"/evidence/documentation/limitations {says}"
    assert from_data(data, "e.json", texts=False).sections["documentation"] == {"limitations": value}


def test_blank_names_that_were_measured_are_kept() -> None:
    groups = [{"attribute": "sex", "group": "\u00a0", "n": 3}]
    assert (
        from_data(_data(fairness={"groups": groups}), "e.json").sections["fairness"]["groups"][0]["group"] == "\u00a0"
    )


def test_a_blank_subject_is_refused() -> None:
    data = {**_data(), "subject": {"name": "\u200b"}}
    assert _one(data, data=True).what == "/subject/name is blank: it has no visible text"
