"""A verdict that is damaged, in whatever way, is told as such, with the place; and none reaches a report."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gatepost.judge.consistency import check_verdict
from gatepost.problems import GatepostError
from gatepost.report.interface import Style
from gatepost.report.registry import FORMATS, load
from gatepost.verdict import Verdict
from gatepost.verdict_reading import parse

OLD = Path(__file__).parent / "acceptance" / "written_by_0_1" / "verdict.json"
DEEP: Any = []
for _ in range(200):
    DEEP = [DEEP]
DELETED = object()
VALUES: dict[str, Any] = {
    "deleted": DELETED,
    "null": None,
    "true": True,
    "negative": -1,
    "huge": 10**30,
    "large": 2**62,
    "fraction": 0.5,
    "NaN": float("nan"),
    "infinite": float("inf"),
    "text": "x",
    "evil text": "\x1b[31m\x00\ud800\u202e<b>&\n::error::",
    "long text": "w" * 20_000,
    "list": [],
    "list of lists": [[1], {"a": None}],
    "map": {},
    "map of text": {"a": "b"},
    "deep": DEEP,
}


@pytest.fixture(scope="session")
def whole() -> dict[str, Any]:
    """Give a verdict with everything that one can hold, and little of each."""
    data: dict[str, Any] = json.loads(OLD.read_text("utf-8"))
    by_outcome = {result["outcome"]: result for result in data["results"]}
    data["results"] = list(by_outcome.values())
    by_outcome["pass"]["margin"] = {"expression": "a >= b", "left": 2, "right": 1.5, "share": 0.25, "item": "i"}
    data["sources"], data["policies"] = data["sources"][:1], data["policies"][:1]
    data["params"] = dict(list(data["params"].items())[:1])
    data["gatepost"] = {"version": "0.2.0"}
    data["baseline"] = {"digest": "sha256:00"}
    data["context"] = {"commit": "c"}
    data["reasons"] = ["nothing is enforced"]
    data["waivers_file"] = {"path": "waivers.yaml", "digest": "sha256:00"}
    data["trusted"] = {
        "ref": "main",
        "commit": "c",
        "changed": ["x.yaml"],
        "proposed": "block",
        "differences": [{"rule": "p/r", "trusted": "pass", "proposed": "fail (block)"}],
        "problems": [{"what": "w", "place": {"path": "x.yaml", "line": 1, "column": 2}, "advice": "a"}],
    }
    return data


def paths(node: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield path
    for key, child in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from paths(child, (*path, key))


def changed(data: Any, path: tuple[str | int, ...], value: Any) -> Any:
    if not path:
        return value
    found = copy.deepcopy(data)
    above = found
    for part in path[:-1]:
        above = above[part]
    if value is DELETED:
        del above[path[-1]]
    else:
        above[path[-1]] = value
    return found


def test_it_holds_everything(whole: dict[str, Any]) -> None:
    verdict = parse(json.dumps(whole).encode(), "v.json")
    assert verdict.to_json() == whole
    assert Verdict.from_json(whole) == verdict


@pytest.mark.parametrize("kind", VALUES)
def test_any_change_of_any_part_is_told_or_harmless(whole: dict[str, Any], kind: str) -> None:
    """Whatever still is a verdict is checked and reported in every format, without another kind of exception."""
    refused = 0
    for path in paths(whole):
        if not path and kind == "deleted":
            continue
        written = json.dumps(changed(whole, path, VALUES[kind])).encode()
        try:
            verdict = parse(written, "v.json")
        except GatepostError as error:
            (problem,) = error.problems
            assert problem.place is not None, path
            assert problem.place.path == "v.json"
            refused += 1
            continue
        check_verdict(verdict)
        for name in FORMATS:
            load(name).render(verdict, Style()).encode()
    assert refused > 10


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "v.json is empty"),
        (b"{", "ends in the middle of the document"),
        (b"\xff\xfe", "v.json starts as UTF-16"),
        (b"\x80", "v.json is not UTF-8"),
        (b"[]", "this is not a verdict: it is a list, expected a JSON object"),
        (b"null", "this is not a verdict: it is null, expected a JSON object"),
        (b"{}", "this is not a verdict: it has no `schema`, expected `gatepost.verdict/1`"),
        (b'{"schema": "gatepost.verdict/2"}', "`schema` is `gatepost.verdict/2`, expected `gatepost.verdict/1`"),
        (b'{"schema": "gatepost.verdict/1", "schema": 1}', "this is not a verdict"),
        (b'{"schema": "gatepost.verdict/1"}', "the verdict is damaged: the document lacks `context`"),
        (b"[" * 100_000, "nested deeper than 64 levels"),
        (b'{"a":' * 100_000, "nested deeper than 64 levels"),
    ],
)
def test_what_is_not_a_verdict(content: bytes, said: str) -> None:
    with pytest.raises(GatepostError) as caught:
        parse(content, "v.json")
    assert said in caught.value.problems[0].what
    assert "collect" not in caught.value.problems[0].advice


@pytest.mark.parametrize(
    ("old", "new", "said", "line"),
    [
        (
            '"severity": "high"',
            '"severity": "hihg"',
            "is `hihg`, expected one of: critical, high, medium, low",
            "hihg",
        ),
        ('"decision": "block"', '"decision": "block", "decision": "pass"', "/decision is there twice", '"decision"'),
        ('"items": 1', '"items": NaN', "is NaN, which is no JSON number, expected a whole number, 0 or more", "NaN"),
        ('"decision"', '"decison"', "/decison is not a field of a verdict", "decison"),
        ('"path": ".gatepost/evidence.json"', '"path": 5', "/evidence/path is `5`, expected a string", "5"),
    ],
)
def test_a_damage_is_told_with_its_place(old: str, new: str, said: str, line: str) -> None:
    text = OLD.read_text("utf-8")
    assert old in text
    with pytest.raises(GatepostError) as caught:
        parse(text.replace(old, new, 1).encode(), "v.json")
    (problem,) = caught.value.problems
    assert problem.what.startswith("the verdict is damaged: /")
    assert said in problem.what
    assert problem.place is not None
    assert line in problem.source_line
