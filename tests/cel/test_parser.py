from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatepost.cel import ast
from gatepost.cel.parser import CelSyntaxError, parse
from gatepost.cel.unparse import unparse

CONFORMANCE = Path(__file__).parents[3] / "shared" / "data" / "cel-conformance.jsonl"


def shape(node: ast.Node) -> object:
    """Give a tree without its places."""
    fields = [getattr(node, name) for name in node.__dataclass_fields__ if name not in ("start", "end")]
    return (type(node).__name__, [_part(field) for field in fields])


def _part(value: object) -> object:
    if isinstance(value, ast.Node):
        return shape(value)
    return [_part(item) for item in value] if isinstance(value, tuple) else value


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("a.b>=1", "a.b >= 1"),
        ("(a+b)*c", "(a + b) * c"),
        ("a-(b-c)", "a - (b - c)"),
        ("!(a&&b)||c", "!(a && b) || c"),
        ("a?b:c?d:e", "a ? b : c ? d : e"),
        ("(a?b:c)?d:e", "(a ? b : c) ? d : e"),
        ("- -1", "-(-1)"),
        ("(-1).x", "(-1).x"),
        ("x.`a-b`[0][?'k'].?f", "x.`a-b`[0][?'k'].?f"),
        ("l.all(i,i>0).exists_one( j, j )", "l.all(i, i > 0).exists_one(j, j)"),
        ("l.map(x, x>0, x*2)", "l.map(x, x > 0, x * 2)"),
        ("{'a':1,?b:c}", "{'a': 1, ?b: c}"),
        ("[1,?a]", "[1, ?a]"),
        ("1 in [1]", "1 in [1]"),
        ("has(a.b) // why\n && a.b", "has(a.b) && a.b"),
        ("cel.bind(x, a.b, x + x)", "a.b + a.b"),
    ],
)
def test_what_is_written_again_parses_to_the_same(source: str, written: str) -> None:
    assert unparse(parse(source)) == written
    assert shape(parse(written)) == shape(parse(source))


@pytest.mark.parametrize(
    ("source", "kind", "value"),
    [
        ("0x1F", "int", 31),
        ("-9223372036854775808", "int", -(2**63)),
        ("18446744073709551615u", "uint", 2**64 - 1),
        ("1e3", "double", 1000.0),
        (".5", "double", 0.5),
        (r"'a\n\x41\u00e9\101\''", "string", "a\nAéA'"),
        (r"r'\n'", "string", "\\n"),
        ("'''a'b\n'''", "string", "a'b\n"),
        ("b'x'", "bytes", "x"),
        ("null", "null", None),
    ],
)
def test_literals_have_their_value(source: str, kind: str, value: object) -> None:
    node = parse(source)
    assert isinstance(node, ast.Literal)
    assert (node.kind, node.value) == (kind, value)


@pytest.mark.parametrize(
    ("source", "start", "message", "advice"),
    [
        ("a.b >=", 6, "the expression ends where a value is expected", ""),
        ("a = 1", 2, "`=` is not expected here", "`==` compares"),
        ("a && ", 5, "the expression ends where a value is expected", ""),
        ("a and b", 2, "`and` is not expected here", "`&&` is and"),
        ("(a", 2, "the expression ends where `)` is expected", ""),
        ("'abc", 0, "the string has no closing '", ""),
        (r"'\q'", 0, "`\\q` is no escape of CEL", "write `\\\\` for a back-slash"),
        ("9223372036854775808", 0, "9223372036854775808 does not fit into 64 bits", ""),
        ("1e999", 0, "1e999 is larger than a double holds", ""),
        ("has(a)", 0, "has() takes one field, as in has(evidence.model.git)", ""),
        ("l.all(1, true)", 6, "the first argument of all() is a name for the item", ""),
        ("a.if.b", None, "", ""),
        ("if", 0, "`if` is a reserved word of CEL", ""),
        ("T{a: 1}", 0, "messages cannot be made in a policy", ""),
        ("a # b", 2, "`#` is not expected here", ""),
        ("(" * 200 + ")" * 200, 100, "the expression is nested too deep", ""),
        ("!" * 200 + "a", 99, "the expression is nested too deep", ""),
    ],
)
def test_what_is_no_cel_says_where(source: str, start: int | None, message: str, advice: str) -> None:
    if start is None:
        assert isinstance(parse(source), ast.Select)
        return
    with pytest.raises(CelSyntaxError) as caught:
        parse(source)
    assert (caught.value.start, caught.value.message, caught.value.advice) == (start, message, advice)


def test_parts_know_their_place() -> None:
    source = "g.impact_ratio.high >= params.limit && has(g.n)"
    places = {unparse(node): source[node.start : node.end] for node in ast.walk(parse(source))}
    assert all(written == text for written, text in places.items())


@given(st.text(max_size=40))
def test_any_text_parses_or_is_a_syntax_error_with_a_place(source: str) -> None:
    try:
        node = parse(source)
    except CelSyntaxError as error:
        assert 0 <= error.start <= len(source)
    else:
        assert shape(parse(unparse(node))) == shape(node)


def test_the_official_conformance_cases_parse() -> None:
    if not CONFORMANCE.exists():
        pytest.skip("the official conformance cases are not beside this checkout")
    refused = []
    for line in CONFORMANCE.read_text("utf-8").splitlines():
        case = json.loads(line)
        try:
            node = parse(case["expr"])
        except CelSyntaxError:
            refused.append(case["name"])
        else:
            assert shape(parse(unparse(node))) == shape(node) or "-(" in case["expr"], case["expr"]
    # Two that make a message, which a policy may not.
    assert sorted(refused) == ["literal", "literal_no_field_access"]
