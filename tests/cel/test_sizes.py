"""Estimates of how large values get: upper bounds of what the engines make, and refused where there is no end."""

from __future__ import annotations

from typing import Any

import pytest

from gatepost.cel import ast
from gatepost.cel.engines import load_engine
from gatepost.cel.parser import parse
from gatepost.cel.sizes import MAX_SIZE, TooLargeError, _Estimate, check_size, may_grow, size_of

DATA: dict[str, Any] = {
    "evidence": {
        "text": "a-b-c",
        "long": "x" * 100_000,
        "number": 1_000_000_000,
        "three": 3,
        "words": ["one", "two", "three"],
        "many": ["word"] * 3_000,
        "lists": [["a", "b"], ["c"]],
        "people": [{"name": "Ada", "tags": ["x", "y"]}, {"name": "Bo", "tags": []}],
    }
}
ENGINE = load_engine()
BOUND = ENGINE.bind(frozenset(DATA), DATA)


def leaf(node: ast.Node) -> Any:
    from gatepost.cel.unparse import unparse

    return ENGINE.compile(unparse(node), frozenset(DATA)).evaluate(BOUND).value


@pytest.mark.parametrize(
    "source",
    [
        'evidence.text.replace("-", "<dash>")',
        'evidence.text.replace("", "!!")',
        'evidence.text.replace("a", evidence.text)',
        'evidence.words.join(", ")',
        "evidence.words.join()",
        '"%s has %.3f and %d of %s".format([evidence.text, 2.5, 123456789, evidence.words])',
        '"%.100f".format([1.0])',
        'evidence.text.split("-")',
        'evidence.text.split("")',
        "evidence.lists.flatten()",
        "evidence.people.map(p, p.tags)",
        "evidence.people.map(p, p.tags).flatten()",
        "evidence.people.map(p, p.name + p.name)",
        'evidence.words.map(w, evidence.words.map(v, w + v)).flatten().join("/")',
        "evidence.words.filter(w, w.size() > 3)",
        "evidence.words + evidence.words + evidence.lists[0]",
        "lists.range(7)",
        "lists.range(evidence.three * 5)",
        "evidence.words.transformList(i, w, [i, w])",
        "evidence.three > 2 ? evidence.words : []",
        "{'a': evidence.words, 'b': 1}",
        r'regex.replace(evidence.text, "[a-c]", "<\\0\\0>")',
        'regex.extractAll(evidence.text, "[a-c]")',
        "strings.quote(evidence.text)",
        'base64.encode(bytes("abc")) + string(1.5e300)',
        "evidence.words.slice(0, 2).reverse()",
        "[evidence.text, evidence.text].distinct()",
        "evidence.people[?0].optMap(p, p.name + p.name).orValue('')",
        "evidence['words'].sortBy(w, w.size())",
    ],
)
def test_the_estimate_is_never_below_the_value(source: str) -> None:
    node = parse(source)
    result = ENGINE.compile(source, frozenset(DATA)).evaluate(BOUND)
    assert result.error is None
    assert _Estimate(leaf).size(node, {}).total >= size_of(result.value).total - 1
    check_size(node, leaf)


@pytest.mark.parametrize(
    ("source", "part"),
    [
        ("lists.range(evidence.number).size() > 1", "`lists.range(evidence.number)`"),
        ('evidence.long.replace("x", evidence.long) != ""', '`evidence.long.replace("x", evidence.long)`'),
        ("evidence.many.map(m, evidence.long).size() > 1", "`evidence.many.map(m, evidence.long)`"),
        ("evidence.many.map(m, evidence.many).flatten().size() > 1", "`evidence.many.map(m, evidence.many)`"),
        ("evidence.many.join(evidence.long) != ''", "`evidence.many.join(evidence.long)`"),
        ("evidence.many.all(a, evidence.many.all(b, a == b))", "rounds"),
        ("evidence.words.map(a, lists.range(a.size()))", "`lists.range(a.size())`"),
        ("evidence.words.all(a, evidence.many.exists(b, evidence.many.exists(c, b == c)))", "rounds"),
        ("sets.intersects(evidence.long.split(''), evidence.long.split(''))", "rounds"),
        ("evidence.long.format([1.5]) == ''", "`evidence.long.format([1.5])`"),
        (" + ".join(["evidence.long"] * 60) + " == ''", "characters or entries"),
    ],
)
def test_what_has_no_end_is_named(source: str, part: str) -> None:
    assert may_grow(parse(source))
    with pytest.raises(TooLargeError) as caught:
        check_size(parse(source), leaf)
    assert part in str(caught.value)
    assert f"more than {MAX_SIZE:,}" in str(caught.value) or "more than 1,000,000 rounds" in str(caught.value)


@pytest.mark.parametrize(
    "source",
    [
        "evidence.a.b >= 0.8 && size(evidence.groups) > 3",
        "evidence.groups.all(g, g.n >= 30)",
        "evidence.groups.exists(g, g.name.startsWith('a')) && evidence.text.contains('x')",
        "evidence.a + evidence.b - 1 > 0",
        "evidence.attacks.filter(a, a.status == 'ok').size() > 0",
    ],
)
def test_the_usual_rule_is_not_estimated_at_all(source: str) -> None:
    assert not may_grow(parse(source))


def test_names_that_are_put_in_twice_each_do_not_multiply_the_work() -> None:
    tree: ast.Node = parse("1 + 1")
    for _ in range(200):
        tree = ast.substitute(parse("x + x"), {"x": tree})
    size, depth = ast.measure(tree)
    assert size > 2**200
    assert depth == 202
