"""Both engines behind one interface: the same values, the same exactness, errors that are never values."""

from __future__ import annotations

import datetime
import sys
from typing import Any

import pytest

from gatepost.cel.engines import DEFAULT, ENGINES, load_engine
from gatepost.cel.interface import CompileError, Engine, Value
from gatepost.problems import GatepostError

NAMES = frozenset({"e", "now"})
DEEP: dict[str, Any] = {"end": 1}
for _ in range(999):
    DEEP = {"d": DEEP}
DATA: dict[str, Any] = {
    "e": {
        "x": 1.5,
        "one": 1.0,
        "n": 3,
        "list": [1, 2],
        "text": "a",
        "yes": True,
        "uni": "Zoë 北京 \U0001f600",
        "keys": {"a.b": 1, "": 2, "ü": 3},
        "empty": {},
        "none": [],
        "big": 2**53 + 1,
        "most": 2**63 - 1,
        "over": 2**63,
        "least": -(2**63),
        "tenth": 0.1,
        "deep": DEEP,
    },
    "now": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
}


@pytest.fixture(scope="module", params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    return load_engine(request.param)


def evaluate(engine: Engine, source: str) -> Value:
    return engine.compile(source, NAMES).evaluate(engine.bind(NAMES, DATA))


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("e.x > 1", True),
        ("e.one == 1", True),
        ("e.n >= 2.5", True),
        ("e.x + 1.0", 2.5),
        ("-e.x", -1.5),
        ("e.list", [1, 2]),
        ("e.list.map(i, i * 2)", [2, 4]),
        ("e.list.filter(i, i > 1).size()", 1),
        ("e.text == 1", False),
        ("e.keys['a.b']", 1),
        ("e.keys['']", 2),
        ("e.keys['ü']", 3),
        ("e.empty.size()", 0),
        ("e.none.all(i, false)", True),
        ("e.uni.size()", 8),
        ("e.uni.endsWith('\U0001f600')", True),
        ("e.uni == 'Zoe\u0308 北京 \U0001f600'", False),
        ("e.deep.d.d.d.d.d.d.d.d.d.d.d.d.size()", 1),
        ("string(e.one)", "1"),
        ("e.n in [1, 3]", True),
        ("has(e.x)", True),
        ("has(e.q)", False),
        ("e.yes ? 1 : e.q", 1),
    ],
)
def test_values_are_the_same_plain_python(engine: Engine, source: str, value: Any) -> None:
    found = evaluate(engine, source)
    assert found == Value(value)
    assert type(found.value) is type(value)


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("e.big == 9007199254740993", True),
        ("e.big == 9007199254740992", False),
        ("e.big - 9007199254740992 == 1", True),
        ("e.most == 9223372036854775807", True),
        ("e.most + 1 > 0", None),
        ("e.least == -9223372036854775808", True),
        ("e.over == 9223372036854775808u", True),
        ("e.over > e.most", True),
        ("e.tenth + 0.2 == 0.3", False),
        ("e.tenth == 0.1", True),
        ("e.tenth + 0.2 == 0.30000000000000004", True),
        ("7 / 2 == 3", True),
        ("-7 / 2 == -3", True),
        ("-7 % 2 == -1", True),
        ("1 / 0 == 1", None),
        ("timestamp('2026-01-01T01:00:00+02:00') < timestamp('2026-01-01T00:00:00Z')", True),
        ("timestamp('2026-01-01T01:00:00+01:00') == timestamp('2026-01-01T00:00:00Z')", True),
        ("now - timestamp('2026-01-01T00:00:00Z') == duration('24h')", True),
        ("now > timestamp('2026-01-01')", None),
        ("now - duration('1d') < now", None),
    ],
)
def test_numbers_and_times_are_exact(engine: Engine, source: str, value: bool | None) -> None:
    assert evaluate(engine, source).value is value


def test_a_known_difference_beyond_the_whole_numbers_of_a_double() -> None:
    # CEL compares on the number line; the default engine rounds the whole number to a double first.
    found = {name: evaluate(load_engine(name), "e.big > 9007199254740992.0").value for name in ENGINES}
    assert found == {"cel-expr-python": False, "cel-python": True}


@pytest.mark.parametrize(
    "source",
    [
        "e.q > 1",
        "e.x > 'a'",
        "e.list[5]",
        "e.list[-1]",
        "e.text && true",
        "true && e.text",
        "e.q || false",
        "false || e.q",
        "has(e.q.r)",
        "e.x + 1",
        "e.text ? 1 : 2",
        "e.list.all(i, i > 'a')",
        "e.n in e.text",
        "e.q.all(i, true)",
    ],
)
def test_an_error_is_never_a_value(engine: Engine, source: str) -> None:
    found = evaluate(engine, source)
    assert found.value is None
    assert found.error


@pytest.mark.parametrize(
    ("source", "value"),
    [("e.q || true", True), ("true || e.q", True), ("e.q && false", False), ("false && e.q", False)],
)
def test_the_side_that_decides_counts_whatever_the_order(engine: Engine, source: str, value: bool) -> None:
    assert evaluate(engine, source).value is value


@pytest.mark.parametrize("source", ["e.x >", "unknown > 1", "e.x + ("])
def test_what_is_no_expression_is_refused(engine: Engine, source: str) -> None:
    with pytest.raises(CompileError):
        engine.compile(source, NAMES)


@pytest.mark.parametrize("source", ["e.?x.orValue(1)", "e.text.trim()", "e.list.all(i, v, v > 1)", "e.keys.`a.b`"])
def test_what_cel_python_lacks_is_refused_and_not_guessed(source: str) -> None:
    with pytest.raises(CompileError, match="cel-python has no"):
        load_engine("cel-python").compile(source, NAMES)


def test_the_recursion_limit_of_the_process_is_kept() -> None:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(5000)
    try:
        load_engine("cel-python")
        assert sys.getrecursionlimit() == 5000
    finally:
        sys.setrecursionlimit(before)


def test_engines_say_their_names_and_versions(engine: Engine) -> None:
    assert engine.name in ENGINES
    assert engine.version[0].isdigit()
    assert load_engine().name == DEFAULT


def test_an_unknown_engine_is_an_error_with_advice() -> None:
    with pytest.raises(GatepostError) as error:
        load_engine("cel-pyhton")
    assert error.value.problems[0].advice == "did you mean `cel-python`?"
