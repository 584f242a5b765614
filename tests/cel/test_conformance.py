"""The official conformance cases through our interface, on both engines.

What an engine does not do as the standard says is listed by name in `known_failures/`: a case that newly fails, and one
that newly passes, fail the test, so that an upgrade that changes a value is noticed.
"""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gatepost.cel.engines import ENGINES, load_engine
from gatepost.cel.interface import CompileError, Engine

CASES = Path(__file__).parents[3] / "shared" / "data" / "cel-conformance.jsonl"
KNOWN = Path(__file__).parent / "known_failures"


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    seen: dict[str, int] = {}
    for line in CASES.read_text("utf-8").splitlines():
        case = json.loads(line)
        name = f"{case['suite']}/{case['section']}/{case['name']}"
        seen[name] = seen.get(name, 0) + 1
        yield name if seen[name] == 1 else f"{name}#{seen[name]}", case


def plain(value: dict[str, Any]) -> Any:
    """Give a value of the suite as our interface gives it."""
    ((kind, written),) = value.items()
    if kind in ("int64Value", "uint64Value"):
        return int(written)
    if kind == "doubleValue":
        return float(written)
    if kind == "bytesValue":
        return base64.b64decode(written)
    if kind == "listValue":
        return [plain(item) for item in written.get("values", [])]
    if kind == "mapValue":
        return {plain(entry["key"]): plain(entry["value"]) for entry in written.get("entries", [])}
    return written


def same(found: Any, expected: Any) -> bool:
    if isinstance(expected, float) and math.isnan(expected):
        return isinstance(found, float) and math.isnan(found)
    if isinstance(expected, list):
        return isinstance(found, list) and len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and found.keys() == expected.keys()
            and all(same(found[k], expected[k]) for k in found)
        )
    return type(found) is type(expected) and bool(found == expected)


def passes(engine: Engine, case: dict[str, Any]) -> bool:
    data = {name: plain(bound["value"]) for name, bound in case.get("bindings", {}).items()}
    names = frozenset(data) | {declared["name"] for declared in case.get("typeEnv", []) if "ident" in declared}
    source = case["expr"]
    kind = case.get("value", {}).get("typeValue")
    if kind is not None:  # a type is no plain value: the expression tells whether it is that one
        source, case = f"({source}) == {kind}", {**case, "value": {"boolValue": True}}
    try:
        program = engine.compile(source, names)
    except CompileError:
        return "evalError" in case
    if case.get("checkOnly"):
        return True
    result = program.evaluate(engine.bind(names, data))
    if "evalError" in case:
        return result.error is not None
    expected = case.get("value") or case.get("typedResult", {}).get("result") or {"boolValue": True}
    return result.error is None and same(result.value, plain(expected))


@pytest.mark.parametrize("name", list(ENGINES))
def test_only_known_cases_fail(name: str) -> None:
    if not CASES.exists():
        pytest.skip("the conformance cases are not beside this checkout")
    engine = load_engine(name)
    found = {case_name: passes(engine, case) for case_name, case in cases()}
    known = set((KNOWN / f"{name}.txt").read_text("utf-8").splitlines())
    assert len(found) == 1617
    assert {case for case, passed in found.items() if not passed} == known
