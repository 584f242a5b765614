from __future__ import annotations

from typing import Any

import pytest

from gatepost.cel import types as t
from gatepost.cel.check import check
from gatepost.cel.parser import parse
from gatepost.cel.types import from_schema

METRIC = {
    "type": "object",
    "additionalProperties": False,
    "properties": {name: {"type": "number"} for name in ("value", "low", "high")} | {"n": {"type": "integer"}},
}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "accuracy": METRIC,
        "metrics": {"type": "object", "additionalProperties": METRIC},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "reviewed": {"type": "string", "format": "date-time"},
        "owner": {"type": "string"},
        "dirty": {"type": "boolean"},
        "rows": {"type": "integer"},
        "share": {"type": "number"},
        "checks": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "properties": {"status": {"type": "string", "enum": ["pass", "fail"]}, "accuracy": METRIC},
            },
        },
        "custom": {"type": "object"},
    },
}
VARIABLES = {"e": from_schema(SCHEMA, lambda schema: schema), "now": t.TIMESTAMP}


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("e.accuracy.value >= 1", "bool"),
        ("e.metrics['auc'].low >= 0.5", "bool"),
        ("e.metrics.auc.low + 1.0", "double"),
        ("e.labels.team == 'x'", "bool"),
        ("timestamp(e.reviewed) + duration('24h') > now", "bool"),
        ("e.checks.all(c, c.status == 'pass')", "bool"),
        ("e.checks.filter(c, c.status in ['pass', 'fail']).size()", "int"),
        ("e.checks[0].accuracy.n", "int"),
        ("e.checks.map(c, c.accuracy.value)", "list"),
        ("e.custom.anything.at.all > 3", "bool"),
        ("e.dirty ? e.rows : 3", "int"),
        ("math.abs(e.share) < 1.0", "bool"),
        ("e.owner.endsWith('@example.com') && !e.dirty", "bool"),
        ("double(e.rows) * e.share", "double"),
    ],
)
def test_what_is_right_has_its_type(source: str, kind: str) -> None:
    checked = check(parse(source), VARIABLES)
    assert checked.mistakes == []
    assert checked.type.kind == kind


@pytest.mark.parametrize(
    ("source", "part", "message", "advice"),
    [
        ("e.ownr == 'x'", "ownr", "unknown field `ownr` in e", "did you mean `owner`?"),
        ("f.owner == 'x'", "f", "unknown name `f`", "known: e, now"),
        (
            "e.accuracy >= 0.8",
            "e.accuracy",
            "`e.accuracy` is a metric with its interval",
            "did you mean `.value`, `.low` or `.high`?",
        ),
        ("e.owner > 3", "e.owner > 3", "`e.owner` is a string and `3` is a whole number: they do not compare", ""),
        (
            "e.reviewed < now",
            "e.reviewed < now",
            "`e.reviewed` is a string and `now` is a timestamp: they do not compare",
            "write timestamp(e.reviewed)",
        ),
        (
            "e.share * 2",
            "e.share * 2",
            "`e.share` is a number and `2` is a whole number: `*` does not join them",
            "write 2.0",
        ),
        (
            "e.share * e.rows",
            "e.share * e.rows",
            "`e.share` is a number and `e.rows` is a whole number: `*` does not join them",
            "write double(e.rows)",
        ),
        (
            "e.checks.all(c, c.status == 'passed')",
            "'passed'",
            "'passed' is never the value here",
            "did you mean `pass`?",
        ),
        ("e.checks.status == 'pass'", "e.checks.status", "`e.checks` is a list and has no field `status`", None),
        ("e.labels.all(k, true)", None, "all() over a map: its order is not defined", None),
        ("e.owner.all(k, true)", None, "`e.owner` is a string, and all() needs a list", None),
        ("e.checks.all(e, true)", None, "the name `e` is taken", None),
        ("e.owner && true", "e.owner", "`e.owner` is a string, and true or false is needed", None),
        ("e.owner == null", None, "evidence holds no null", None),
        ("sise(e.checks) > 1", None, "CEL has no function `sise`", "did you mean `size`?"),
        ("e.owner.contain('x')", None, "CEL has no function `contain`", "did you mean `contains`?"),
        ("size(e.checks, 1) > 1", None, "size() takes 1 arguments, not 2", ""),
        ("e.checks['a']", "'a'", "a list is indexed by a whole number, not by a string", ""),
        ("3 in e.owner", None, "`in` needs a list or a map on its right, and `e.owner` is a string", ""),
        ("e.rows.size() > 1", None, "`e.rows` is a whole number and has no size()", ""),
    ],
)
def test_a_mistake_has_its_place_and_advice(source: str, part: str | None, message: str, advice: str | None) -> None:
    (mistake,) = check(parse(source), VARIABLES).mistakes
    assert mistake.message == message
    if part is not None:
        assert source[mistake.start : mistake.end] == part
    if advice is not None:
        assert mistake.advice == advice


@pytest.mark.parametrize(
    "source",
    [
        "has(e.owner)",
        "!has(e.owner) || e.owner != ''",
        "e.?owner.orValue('x') == 'x'",
        "'team' in e.labels",
        "size(e.labels) == 0",
        "e.labels.size() == 0",
        "e.checks == []",
        "e.accuracy == e.checks[0].accuracy",
        "e.metrics[?'auc'].hasValue()",
        "e.custom == e.custom",
    ],
)
def test_what_could_turn_green_when_evidence_is_deleted_is_noticed(source: str) -> None:
    assert check(parse(source), VARIABLES).absence_tests


@pytest.mark.parametrize("source", ["e.owner == 'x'", "e.rows in [1, 2]", "e.checks.exists(c, c.status == 'pass')"])
def test_other_rules_test_no_absence(source: str) -> None:
    assert not check(parse(source), VARIABLES).absence_tests


def test_arithmetic_that_may_leave_the_finite_numbers_is_marked() -> None:
    assert len(check(parse("e.share / e.share > 1.0"), VARIABLES).doubles) == 1
    assert not check(parse("e.rows / 2 > 1"), VARIABLES).doubles
