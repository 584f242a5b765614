from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.located_yaml import MAX_DEPTH, Document, parse, read
from gatepost.problems import GatepostError

TEXT = """a:
  plain: x.y >= 3
  double: "say \\"foo\\" bar"
  single: 'it''s here'
  folded: >-
    one two
    three && four
  literal: |
    l1
      l2 x
  list: [1, 22]
"""


@pytest.fixture(scope="module")
def document() -> Document:
    return parse(TEXT, "p.yaml")


@pytest.mark.parametrize(
    ("key", "part", "place"),
    [
        ("plain", ">=", "p.yaml:2:14"),
        ("plain", "x", "p.yaml:2:10"),
        ("double", "bar", "p.yaml:3:24"),
        ("single", "here", "p.yaml:4:18"),
        ("folded", "four", "p.yaml:7:14"),
        ("folded", "one", "p.yaml:6:5"),
        ("literal", "x", "p.yaml:10:10"),
    ],
)
def test_a_part_of_a_scalar_has_its_place(document: Document, key: str, part: str, place: str) -> None:
    node = document.find(("a", key))
    found = document.place_within(node, str(node.value).index(part), len(part))
    assert str(found) == place
    assert document.line(found.line or 0)[(found.column or 0) - 1 :].startswith(part)


def test_list_entries_and_keys_have_places(document: Document) -> None:
    assert str(document.place(document.find(("a", "list", 1)))) == "p.yaml:11:13"
    assert str(document.key_place(document.find(("a",)), "literal")) == "p.yaml:8:3"


def test_a_pointer_that_leads_nowhere_gives_the_nearest_node_above(document: Document) -> None:
    assert document.find(("a", "nothing", 3)) is document.find(("a",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: b: c", "YAML syntax: mapping values are not allowed"),
        ("a: 1\na: 2", "the key `a` stands here twice"),
        ("", "p.yaml is empty"),
        ("[1,", "YAML syntax"),
        ("? [a]\n: b", "a key must be a plain word"),
        ("b: *y", "undefined alias"),
        ("a: \x00", "YAML syntax"),
        ("a: 1\n---\nb: 2", "YAML syntax"),
        ("require: !has(x)", "YAML reads `!has(x)` as a tag"),
        ("a: " + "[" * (MAX_DEPTH + 2) + "]" * (MAX_DEPTH + 2), "nested deeper"),
        # By recursion, libyaml would end the process on these.
        ("- " * 100_000, "nested deeper"),
        ("[" * 100_000, "nested deeper"),
        ("{a: " * 100_000, "nested deeper"),
        ("? " * 100_000, "nested deeper"),
    ],
)
def test_bad_yaml_is_an_error_with_a_place(text: str, message: str) -> None:
    with pytest.raises(GatepostError) as caught:
        parse(text, "p.yaml")
    assert message in caught.value.problems[0].what
    assert caught.value.problems[0].place is not None
    assert caught.value.problems[0].place.path == "p.yaml"


def test_aliases_cannot_blow_a_small_file_up() -> None:
    rows = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    rows += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(GatepostError, match="more than 1,000,000 values"):
        parse("\n".join(rows), "bomb.yaml")


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(GatepostError) as caught:
        read(tmp_path / "p.yaml", "p.yaml")
    assert str(caught.value.problems[0].place) == "p.yaml:2"


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(GatepostError, match="No such file"):
        read(tmp_path / "nothing.yaml")


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_bytes(b"\xef\xbb\xbfpolicy: x\n")
    assert str(read(tmp_path / "p.yaml").find(("policy",)).value) == "x"
