"""One form for the files that policies are made of: keys in order, indented by two, comments kept."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from typing import Any

from gatepost.located_yaml import Document, Node, parse
from gatepost.problems import GatepostError, Place
from gatepost.typed import Schema

__all__ = ["SCHEMA_LINE", "format_text"]

SCHEMA_LINE = "# yaml-language-server: $schema="
_MOST_MOVES = 10_000


def format_text(text: str, path: str, schema: Schema, schema_path: str | None = None) -> str:
    """Return the text in the one form; ``schema_path`` goes into a line that names the schema to an editor.

    Keys come in the order of the schema; quotes, comments and line breaks within values stay.

    Raises:
        GatepostError: the text is no YAML, ruamel.yaml is not installed, or the form would change the meaning.
    """
    before = parse(text, path)
    result = _ordered(_indented(text, path), path, schema)
    if schema_path is not None:
        lines = [line for line in result.split("\n") if not line.startswith(SCHEMA_LINE)]
        result = "\n".join([f"{SCHEMA_LINE}{schema_path}", *lines])
    if _meaning(parse(result, path).root) != _meaning(before.root):
        what = f"formatting {path} would change what it means, so it is left as it is"
        raise GatepostError.of(what, Place(path), "this is a fault of gatepost: please report the file")
    return result


def _indented(text: str, path: str) -> str:
    try:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError
        from ruamel.yaml.nodes import ScalarNode
        from ruamel.yaml.resolver import VersionedResolver
    except ImportError as error:
        what = "formatting needs ruamel.yaml"
        raise GatepostError.of(what, advice="pip install 'gatepost[authoring]'") from error

    class Texts(VersionedResolver):
        """Without YAML's own types every scalar stays the text that it is."""

        def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
            if kind is ScalarNode:
                return self.DEFAULT_SCALAR_TAG
            return super().resolve(kind, value, implicit)

    yaml = YAML(typ="rt")
    yaml.Resolver = Texts
    yaml.preserve_quotes = True
    yaml.width = 1_000_000
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    yaml.indent(mapping=2, sequence=4, offset=2)
    written = io.StringIO()
    try:
        yaml.dump(yaml.load(text), written)
    except YAMLError as error:
        raise GatepostError.of(f"{path} cannot be formatted: {error}", Place(path)) from error
    return written.getvalue().rstrip("\n") + "\n"


def _ordered(text: str, path: str, schema: Schema) -> str:
    """Bring the keys of one map after the other into the order of the schema."""
    for _ in range(_MOST_MOVES):
        document = parse(text, path)
        moved = next(_moves(document, document.root, schema.schema, schema), None)
        if moved is None:
            return text
        text = moved
    return text


def _moves(document: Document, node: Node, schema: Mapping[str, Any], whole: Schema) -> Iterator[str]:
    """Return the text with the keys of a map in order, for each map where they are not."""
    schema = whole.resolve(schema)
    if isinstance(node.value, tuple):
        for child in node.value:
            yield from _moves(document, child, schema.get("items", {}), whole)
    elif isinstance(node.value, dict):
        order = list(schema.get("properties", ()))
        names = list(node.value)
        wanted = sorted(names, key=lambda name: order.index(name) if name in order else len(order))
        if order and wanted != names and _is_block(document, node):
            yield _rearranged(document, node, wanted)
        other = schema.get("additionalProperties")
        for name, child in node.value.items():
            inner = schema.get("properties", {}).get(name, other)
            if isinstance(inner, Mapping):
                yield from _moves(document, child, inner, whole)


def _is_block(document: Document, node: Node) -> bool:
    lines = [key.start[0] for key in (node.keys or {}).values()]
    return document.text[node.start[2]] != "{" and len(set(lines)) == len(lines)


def _rearranged(document: Document, node: Node, wanted: list[str]) -> str:
    lines = document.text.split("\n")
    keys = node.keys or {}
    first = min(key.start[0] for key in keys.values())
    column = next(iter(keys.values())).start[1]
    begin = {name: key.start[0] for name, key in keys.items()}
    starts = {name: line if line == first else _with_comments(lines, line) for name, line in begin.items()}
    # A block ends where the next one begins, which may be the start of a line that is not its own.
    line, at = node.end[0], node.end[1]
    end = line + 1 if line < len(lines) and lines[line][:at].strip() else line
    last = _without_comments(lines, end, max(begin.values()) + 1)
    bounds = [*sorted(starts.values()), last]
    ends = {name: bounds[bounds.index(start) + 1] for name, start in starts.items()}
    head = lines[first][:column]
    lines[first] = " " * column + lines[first][column:]
    moved: list[str] = []
    for name in wanted:
        chunk = lines[starts[name] : ends[name]]
        if not moved:
            at = begin[name] - starts[name]
            chunk[at] = head + chunk[at][column:]
        moved += chunk
    return "\n".join([*lines[:first], *moved, *lines[last:]])


def _with_comments(lines: list[str], line: int) -> int:
    """Return the first of the comment lines that stand right above a line."""
    while line > 0 and lines[line - 1].lstrip().startswith("#"):
        line -= 1
    return line


def _without_comments(lines: list[str], end: int, least: int) -> int:
    """Return the end of a block without the blank and comment lines after it, which belong to what follows."""
    while end > least and (end > len(lines) or not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#")):
        end -= 1
    return end


def _meaning(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {name: _meaning(child) for name, child in node.value.items()}
    if isinstance(node.value, tuple):
        return [_meaning(child) for child in node.value]
    return node.value, node.plain
