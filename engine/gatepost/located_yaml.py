"""YAML read safely, where every key and value knows where it stands.

Scalars stay strings here; :mod:`gatepost.typed` types them by the schema of their key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from gatepost.files import read_input
from gatepost.paths import leads_out
from gatepost.problems import GatepostError, Place, Problem

__all__ = ["Document", "Node", "Pointer", "parse", "read", "read_text"]

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 64
MAX_NODES = 1_000_000

Pointer = tuple[str | int, ...]

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # pragma: no cover - PyYAML built without libyaml
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Node:
    """A value of a YAML document.

    ``value`` is a string (scalar), a tuple of nodes (list) or a dict of nodes by key (map). Positions are
    0-based, as PyYAML gives them. ``plain`` is true for a scalar without quotes and not a block.
    """

    value: str | tuple[Node, ...] | dict[str, Node]
    start: tuple[int, int, int]
    end: tuple[int, int, int]
    plain: bool = False
    keys: dict[str, Node] | None = None


class Document:
    """A YAML document: its text, its path as a person would write it, and its root node."""

    def __init__(self, path: str, text: str, root: Node) -> None:
        self.path = path
        self.text = text
        self.root = root
        self._lines: list[str] | None = None

    def line(self, number: int) -> str:
        """Return the text of a 1-based line, or an empty string."""
        if self._lines is None:
            self._lines = self.text.splitlines()
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""

    def place(self, node: Node) -> Place:
        """Return the place of a node; of one on several lines, its first."""
        end_line, end_column = node.end[0] + 1, node.end[1] + 1
        if isinstance(node.value, str) and end_line > node.start[0] + 1:
            end_line, end_column = node.start[0] + 1, len(self.line(node.start[0] + 1)) + 1
        return Place(self.path, node.start[0] + 1, node.start[1] + 1, end_line, end_column)

    def place_within(self, node: Node, offset: int, length: int = 1) -> Place:
        """Return the place of a part of a scalar, by its offset in the scalar's value."""
        value = node.value
        if not isinstance(value, str):
            return self.place(node)
        raw = node.start[2]
        if not node.plain:
            # Skips the quote, or the block's header with its indicators, which never align with the value.
            head = self.text[raw : raw + 1]
            raw += 1
            if head in "|>":
                raw = self.text.find("\n", raw) + 1
        # Quoting, folding and indentation change only white space and back-slashes: align the rest.
        for index, character in enumerate(value):
            if index >= offset and not character.isspace():
                break
            if not character.isspace():
                raw = self.text.find(character, raw, node.end[2]) + 1 or raw + 1
        wanted = value[offset : offset + 1]
        if wanted and not wanted.isspace():
            raw = max(raw, self.text.find(wanted, raw, node.end[2]))
        before = self.text[:raw]
        line = before.count("\n") + 1
        column = raw - (before.rfind("\n") + 1) + 1
        end = min(column + max(1, length), len(self.line(line)) + 1)
        return Place(self.path, line, column, line, max(end, column + 1))

    def key_place(self, node: Node, key: str) -> Place:
        """Return the place of a key of a map node."""
        key_node = (node.keys or {}).get(key)
        return self.place(key_node if key_node is not None else node)

    def find(self, pointer: Pointer) -> Node:
        """Return the node at the pointer, or the nearest one above it."""
        node = self.root
        for part in pointer:
            value = node.value
            child: Node | None = None
            if isinstance(value, dict):
                child = value.get(str(part))
            elif isinstance(value, tuple) and isinstance(part, int) and part < len(value):
                child = value[part]
            if child is None:
                break
            node = child
        return node

    def problem(self, what: str, place: Place, advice: str = "", code: str = "") -> Problem:
        """Make a problem that shows the line it is on."""
        return Problem(what, place, advice, self.line(place.line or 0), code)


def read(path: Path, shown: str | None = None) -> Document:
    """Read a YAML file. ``shown`` is the path as messages show it.

    Raises:
        GatepostError: no such file, a link out of the checkout, not UTF-8, too large, or no valid YAML.
    """
    name = shown or str(path)
    if leads_out(path):
        what = f"{name} is, or lies behind, a symbolic link that leads out of the checkout"
        raise GatepostError.of(what, Place(name), "put the file itself there, or name where it lies")
    return parse(read_text(path, name), name)


def read_text(path: Path, shown: str) -> str:
    """Read a text file of at most 8 MiB in UTF-8, with or without a byte-order mark.

    Raises:
        GatepostError: it cannot be read, is too large, or is not UTF-8.
    """
    try:
        data = read_input(path, MAX_BYTES)
    except OSError as error:
        raise GatepostError.of(f"cannot read {shown}: {error.strerror or error}", Place(shown)) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise GatepostError.of(f"{shown} is not UTF-8", Place(shown, line), "save it as UTF-8") from error


def parse(text: str, path: str, most: int = MAX_NODES) -> Document:
    """Parse YAML text of at most ``most`` values; keys count too, and aliases as often as they are used.

    Raises:
        GatepostError: no valid YAML, a duplicate key, more than one document, too deep, or too many values.
    """
    try:
        text.encode("utf-8")
        _check_events(text, path, most)
        composed = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = f"YAML syntax: {error.problem or error.context}"
        raise GatepostError(_problem_at(text, path, line, column, what)) from error
    except UnicodeEncodeError as error:
        raise GatepostError.of(f"{path} is not UTF-8", Place(path, 1, 1), "save it as UTF-8") from error
    except yaml.YAMLError as error:
        raise GatepostError.of(f"YAML syntax: {error}", Place(path, 1, 1)) from error
    except RecursionError as error:
        raise GatepostError.of(f"{path} is nested too deep", Place(path, 1, 1)) from error
    if composed is None:
        raise GatepostError.of(f"{path} is empty", Place(path, 1, 1))
    return Document(path, text, _Converter(text, path, most).convert(composed, 0))


def _check_events(text: str, path: str, most: int) -> None:
    """Refuse what is nested too deep before it is composed: libyaml composes by recursion and would end the process.

    Raises:
        GatepostError: it is nested deeper than the limit, or has too many values.
    """
    depth = count = 0
    for event in yaml.parse(text, Loader=_Loader):
        count += isinstance(event, yaml.NodeEvent)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH + 1 or count > most:
            mark = event.start_mark
            line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            what = _too_many(most) if count > most else f"nested deeper than {MAX_DEPTH} levels"
            raise GatepostError(_problem_at(text, path, line, column, what))


def _problem_at(text: str, path: str, line: int, column: int, what: str, advice: str = "") -> Problem:
    lines = text.splitlines()
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    return Problem(what, Place(path, line, column, line, column + 1), advice, source)


def _too_many(most: int) -> str:
    return f"more than {most:,} values (aliases count as often as they are used)"


class _Converter:
    """Turns PyYAML's nodes into ours; counts them, so that aliases cannot blow a small file up."""

    def __init__(self, text: str, path: str, most: int) -> None:
        self.text = text
        self.path = path
        self.most = most
        self.count = 0

    def fail(self, node: yaml.Node, what: str, advice: str = "") -> GatepostError:
        mark = node.start_mark
        return GatepostError(_problem_at(self.text, self.path, mark.line + 1, mark.column + 1, what, advice))

    def convert(self, node: yaml.Node, depth: int) -> Node:
        self.count += 1
        if self.count > self.most:
            raise self.fail(node, _too_many(self.most))
        if depth > MAX_DEPTH:
            raise self.fail(node, f"nested deeper than {MAX_DEPTH} levels")
        if node.tag.startswith("!"):
            raise self.fail(
                node,
                f"YAML reads `{node.tag}` as a tag, not as a value",
                "put the whole expression in quotes",
            )
        start_mark, end_mark = node.start_mark, node.end_mark
        start = (start_mark.line, start_mark.column, start_mark.index)
        end = (end_mark.line, end_mark.column, end_mark.index)
        if isinstance(node, yaml.ScalarNode):
            return Node(node.value, start, end, plain=not node.style)
        if isinstance(node, yaml.SequenceNode):
            return Node(tuple(self.convert(child, depth + 1) for child in node.value), start, end)
        values: dict[str, Node] = {}
        keys: dict[str, Node] = {}
        for key, child in self._pairs(node):
            name = key.value
            if name in values:
                raise self.fail(key, f"the key `{name}` stands here twice", "remove one of the two")
            keys[name] = self.convert(key, depth + 1)
            values[name] = self.convert(child, depth + 1)
        return Node(values, start, end, keys=keys)

    def _pairs(self, node: yaml.Node) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
        for key, child in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self.fail(key, "a key must be a plain word", "quote it if it starts with `{` or `[`")
            yield key, child
