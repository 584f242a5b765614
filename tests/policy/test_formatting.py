"""One form: keys in order, comments with what they are about, nothing changed."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatepost.cli.formatted import formatted, schema_text
from gatepost.located_yaml import parse
from gatepost.policy.editor_schemas import FIRST_KEYS, KINDS
from gatepost.policy.formatting import format_text
from gatepost.policy.shipped import policies_folder
from gatepost.problems import GatepostError
from gatepost.typed import load_schema

ROOT = Path(__file__).parents[2]
SCHEMA = load_schema("gatepost.policy.schema", "policy.json")
SHIPPED = sorted([*policies_folder().rglob("*.yaml"), *(ROOT / "examples" / "credit-risk").glob("[gw]*.yaml")])

BEFORE = """# About the file.

version: 1.10
# Who is this?
policy: p   # the name
title: 'no'
owner: o
rules:
- title: T
  # The id stays for ever.
  id: r
  severity: high
  enforcement: block
  message: |
    two
      lines
  require: "evidence.performance.n > 1"

  # About the next rule.
- {message: m, id: s, title: T, severity: low, enforcement: info, require: evidence.performance.n > 2}
# The end.
"""
AFTER = """# yaml-language-server: $schema=../x/policy.json
# About the file.

# Who is this?
policy: p   # the name
version: 1.10
title: 'no'
owner: o
rules:
  # The id stays for ever.
  - id: r
    title: T
    severity: high
    enforcement: block
    require: "evidence.performance.n > 1"
    message: |
      two
        lines

  # About the next rule.
  - {message: m, id: s, title: T, severity: low, enforcement: info, require: evidence.performance.n > 2}
# The end.
"""


def test_the_whole_form() -> None:
    found = format_text(BEFORE, "p.yaml", SCHEMA, "../x/policy.json")
    assert found == AFTER
    assert format_text(found, "p.yaml", SCHEMA, "../x/policy.json") == found


def test_the_line_for_editors_is_replaced_and_never_doubled() -> None:
    moved = format_text(AFTER, "p.yaml", SCHEMA, "policy.json")
    assert moved.splitlines()[0] == "# yaml-language-server: $schema=policy.json"
    assert moved.count("yaml-language-server") == 1


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_ships_is_in_the_form(path: Path) -> None:
    before, after, _ = formatted(path, None)
    assert after == before


def meaning(text: str) -> object:
    def plain(node: object) -> object:
        value = getattr(node, "value", node)
        if isinstance(value, dict):
            return {key: plain(child) for key, child in value.items()}
        return [plain(child) for child in value] if isinstance(value, tuple) else value

    return plain(parse(text, "p").root)


KEYS = ["policy", "version", "title", "description", "owner", "applies_to", "effective_from"]
VALUE = st.one_of(
    st.sampled_from(
        ["1.0", "no", "1e3", "0x1f", "2026-01-01", "~", "a: b", "- x", "# c", "'q'", '"d"', "[a]", "é ü 北"]
    ),
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=30),
)


@settings(max_examples=200, deadline=None)
@given(
    order=st.permutations(KEYS),
    values=st.lists(VALUE, min_size=7, max_size=7),
    comments=st.lists(st.booleans(), min_size=7, max_size=7),
)
def test_whatever_is_written_keeps_its_meaning(order: list[str], values: list[str], comments: list[bool]) -> None:
    comments = [False, *comments[1:]]  # what stands above the first key is about the file, and stays there
    lines = [
        f"{'# about ' + key + chr(10) if comment else ''}{key}: {json.dumps(value, ensure_ascii=False)}"
        for key, value, comment in zip(order, values, comments, strict=True)
    ]
    text = "\n".join(lines) + "\n"
    found = format_text(text, "p.yaml", SCHEMA)
    assert meaning(found) == meaning(text)
    assert list(parse(found, "p").root.value) == KEYS
    assert format_text(found, "p.yaml", SCHEMA) == found
    for key, comment in zip(order, comments, strict=True):
        assert (f"# about {key}\n{key}:" in found) is comment


@pytest.mark.parametrize("kind", KINDS)
def test_schemas_for_editors_are_schemas_and_say_what_each_key_is(kind: str) -> None:
    schema = json.loads(schema_text(kind))
    jsonschema_rs.Draft7Validator(schema)
    assert schema["title"]
    assert all(part.get("description") or "$ref" in part for part in schema["properties"].values())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_ships_is_valid_to_an_editor(path: Path) -> None:
    import yaml

    class Loader(yaml.SafeLoader):
        """As a language server reads it: YAML 1.2, where dates and `no` are text."""

    Loader.yaml_implicit_resolvers = {
        first: [(tag, regexp) for tag, regexp in found if not tag.endswith(("timestamp", "bool"))]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    Loader.add_implicit_resolver("tag:yaml.org,2002:bool", __import__("re").compile("true|false"), list("tf"))
    data = yaml.load(path.read_text("utf-8"), Loader)
    kind = next((FIRST_KEYS[key] for key in data if key in FIRST_KEYS), "gatepost")
    validator = jsonschema_rs.Draft7Validator(json.loads(schema_text(kind)))
    assert [error.message for error in validator.iter_errors(data)] == []
    assert not validator.is_valid({**data, "unknown_key": 1})


def test_what_is_no_yaml_is_refused() -> None:
    with pytest.raises(GatepostError, match="YAML syntax"):
        format_text("a: [", "p.yaml", SCHEMA)
