from __future__ import annotations

import pytest

from gatepost.cel.parser import parse
from gatepost.cel.reads import EACH, Computed, Path, reads


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("a.b.c > params.x", [("a", "b", "c"), ("params", "x")]),
        ("a['b'][0].c", [("a", "b", 0, "c")]),
        ("a.l.all(i, i.x > a.y)", [("a", "l", EACH, "x"), ("a", "y")]),
        ("a.l.filter(i, i.x).all(j, j.y)", [("a", "l", EACH, "x"), ("a", "l", EACH, "y")]),
        ("a.l.exists(i, i.m.all(j, j.z))", [("a", "l", EACH, "m", EACH, "z")]),
        ("has(a.b)", [("a",)]),
        ("a.l.map(i, i)[0].x", [("a", "l", EACH)]),
        ("f(a.b)[0].x", [("a", "b")]),
        ("a.l.size() > 0", [("a", "l")]),
        ("a.l.all(i, a.m[i.k].x)", [("a", "m", EACH, "x"), ("a", "l", EACH, "k")]),
    ],
)
def test_the_longest_paths_are_found(source: str, paths: list[Path]) -> None:
    assert list(reads(parse(source)).paths) == paths


def test_an_index_that_is_computed_is_kept() -> None:
    ((*_, part, last), key) = reads(parse("a.m[params.k].x")).paths
    assert isinstance(part, Computed)
    assert last == "x"
    assert key == ("params", "k")


def test_what_is_tested_for_absence_is_guarded() -> None:
    assert reads(parse("has(a.b) && a.?c.orValue(1) > 0")).guarded == {("a", "b"), ("a", "c")}


def test_the_lists_of_macros_are_found() -> None:
    found = reads(parse("a.l.all(i, i.m.exists(j, j > 0)) || a.k.filter(i, i).all(i, i)")).ranges
    assert [(r.path, r.closed) for r in found] == [
        (("a", "l"), True),
        (("a", "l", EACH, "m"), False),
        (("a", "k"), True),
        (None, True),
    ]
