from __future__ import annotations

import datetime
from typing import Any

import pytest

from gatepost.cel.cel_expr import CelExpr
from gatepost.cel.check import check
from gatepost.cel.finite import guard
from gatepost.cel.interface import CompileError, Value
from gatepost.cel.parser import parse
from gatepost.cel.types import DYN
from gatepost.cel.unparse import unparse

NAMES = frozenset({"e", "now"})


@pytest.fixture(scope="module")
def engine() -> CelExpr:
    return CelExpr()


def evaluate(engine: CelExpr, source: str, data: dict[str, Any] | None = None) -> Value:
    return engine.compile(source, NAMES).evaluate(engine.bind(NAMES, data or {"e": {"x": 1.5, "l": [1, 2]}}))


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("e.x > 1", True),
        ("e.x < 1", False),
        ("e.x + 1.0", 2.5),
        ("e.l", [1, 2]),
        ("'a' + 'b'", "ab"),
        ("9007199254740993 == 9007199254740992", False),
        ("0.1 + 0.2 == 0.3", False),
        ("e.?nothing.orValue(3)", 3),
        ("sets.contains([1, 2], [2])", True),
        ("e.absent || true", True),
        ("true || e.absent", True),
    ],
)
def test_values_are_plain_python(engine: CelExpr, source: str, value: Any) -> None:
    found = evaluate(engine, source)
    assert found == Value(value)
    assert type(found.value) is type(value)


@pytest.mark.parametrize("source", ["e.absent > 1", "e.x > 'a'", "e.l[5]", "1 / 0 == 1", "e.absent || false"])
def test_an_error_is_never_a_value(engine: CelExpr, source: str) -> None:
    found = evaluate(engine, source)
    assert found.value is None
    assert found.error


def test_the_iteration_budget_is_an_error(engine: CelExpr) -> None:
    data = {"e": {"l": list(range(20_000))}}
    assert "udget" in str(evaluate(engine, "e.l.all(x, x >= 0)", data).error)


def test_now_is_a_timestamp(engine: CelExpr) -> None:
    now = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    assert evaluate(engine, "now > timestamp('2026-01-01T00:00:00Z')", {"now": now}).value is True


def test_a_compile_error_has_an_offset(engine: CelExpr) -> None:
    with pytest.raises(CompileError) as caught:
        engine.compile("e.x >\n unknown_name", NAMES)
    assert caught.value.offset == 7
    assert "unknown_name" in caught.value.message


@pytest.mark.parametrize(
    ("source", "truth"),
    [
        ("e.x / 0.0 > 1.0", None),
        ("-1.0 / 0.0 < 0.8", None),
        ("0.0 / 0.0 != 1.0", None),
        ("1e308 * 10.0 > 1.0", None),
        ("1e308 + 1e308 > 1.0", None),
        ("double('inf') > 1.0", None),
        ("e.x / 0.5 > 1.0", True),
        ("e.l.all(i, double(i) / 2.0 < 1.5)", True),
        ("e.l.all(i, e.x / (double(i) - 1.0) < 9.0)", None),
    ],
)
def test_no_infinity_passes(engine: CelExpr, source: str, truth: bool | None) -> None:
    tree = parse(source)
    checked = check(tree, {"e": DYN, "now": DYN})
    guarded = unparse(guard(tree, checked.doubles))
    assert evaluate(engine, guarded).value is truth
