"""Whether a JSON Schema that somebody wrote is valid, and cheap enough to validate by.

A validator follows every reference each time it meets it: 39 definitions that name the next one twice make 2^39
steps for one value. So the steps are counted before anything is validated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, cast
from urllib.parse import unquote

from gatepost.evidence.json_text import MAX_DEPTH
from gatepost.evidence.schema import Path

__all__ = ["MAX_PARTS", "MAX_STEPS", "Flaw", "flaws"]

MAX_PARTS = 10_000
"""How many schemas a schema may have in it."""

MAX_STEPS = 10_000
"""How many parts of a schema may be applied to one value of the data."""

_MAX_CHAIN = 100
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs", "definitions")
_ENTRIES = ("items", "contains", "unevaluatedItems")
_FIELDS = ("additionalProperties", "unevaluatedProperties", "propertyNames")
_SAME = ("not", "if", "then", "else")

_Part = Mapping[str, Any]
_Count = dict[str | None, int]
"""Steps by the name of a field; under None those of any other value below."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with a schema, at a path within it."""

    path: Path
    what: str
    advice: str = ""


def flaws(schema: _Part) -> list[Flaw]:
    """Return what makes a schema (draft 2020-12) unusable: it is not valid, or validating could take too long."""
    import jsonschema_rs

    try:
        _Steps(dict(_parts(schema))).check()
        # Offline: a reference to the network would make the verdict depend on it.
        jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True, offline=True)
    except _FlawError as error:
        return [error.flaw]
    except jsonschema_rs.ValidationError as error:
        return [
            Flaw(tuple(error.instance_path), f"this is not a valid JSON Schema (draft 2020-12): {error.message:.200}")
        ]
    except (jsonschema_rs.ReferencingError, ValueError) as error:
        return [Flaw((), f"this is not a valid JSON Schema (draft 2020-12): {error!s:.200}")]
    return []


class _FlawError(Exception):
    def __init__(self, path: Path, what: str, advice: str) -> None:
        super().__init__(what)
        self.flaw = Flaw(path, what, advice)


def _parts(schema: _Part) -> Iterator[tuple[Path, _Part]]:
    """Yield the schema and every schema in it, with their paths."""
    waiting: list[tuple[Path, _Part]] = [((), schema)]
    count = 0
    while waiting:
        path, part = waiting.pop()
        yield path, part
        count += 1
        if count > MAX_PARTS:
            raise _FlawError((), f"the schema has more than {MAX_PARTS:,} parts", "leave some of its fields open")
        below = [*_under(part, _LISTS), *_under(part, _MAPS), *_one(part, (*_ENTRIES, *_FIELDS, *_SAME))]
        waiting += [((*path, *step), child) for step, child in below]


def _under(part: _Part, keywords: tuple[str, ...]) -> Iterator[tuple[Path, _Part]]:
    """Yield the schemas in the lists or maps of these keywords."""
    for keyword in keywords:
        found = part.get(keyword)
        pairs = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
        yield from (((keyword, step), child) for step, child in pairs if isinstance(child, dict))


def _one(part: _Part, keywords: tuple[str, ...]) -> Iterator[tuple[Path, _Part]]:
    """Yield the schemas that these keywords have."""
    yield from (((keyword,), part[keyword]) for keyword in keywords if isinstance(part.get(keyword), dict))


class _Steps:
    """Counts how many parts are applied to one value, for values at each depth of the data."""

    def __init__(self, parts: Mapping[Path, _Part]) -> None:
        self.parts = parts
        self.paths = {id(part): path for path, part in parts.items()}
        self.anchors = {
            part[key]: part
            for part in parts.values()
            for key in ("$anchor", "$dynamicAnchor")
            if isinstance(part.get(key), str)
        }
        self.above: dict[int, int] = {}  # the most steps of each part, one level nearer to the value
        self.counted: dict[int, _Count] = {}
        self.open: dict[int, _Part] = {}

    def check(self) -> None:
        """Check every part.

        Raises:
            _FlawError: one value could take too many steps, or the schema refers to itself without going deeper.
        """
        for path, part in self.parts.items():
            if path and "$id" in part:
                raise _FlawError(path, "an `$id` inside of the schema is not supported", "refer to #/$defs/NAME")
        for depth in range(MAX_DEPTH):
            self.counted = {}
            most = {id(part): max(self.count(part, depth).values()) for part in self.parts.values()}
            for key, steps in most.items():
                if steps > MAX_STEPS:
                    what = f"its references multiply: one value would be checked more than {MAX_STEPS:,} times"
                    raise _FlawError(self.paths[key], what, "refer to each definition once")
            if most == self.above:
                return
            self.above = most

    def count(self, part: _Part, depth: int) -> _Count:
        """Count the steps of values ``depth`` levels below the one that the part is about."""
        found = self.counted.get(id(part))
        if found is not None:
            return found
        if id(part) in self.open:
            keys = list(self.open)
            circle = [self.open[key] for key in keys[keys.index(id(part)) :]]
            if all(len(list(self.same(one))) == 1 for one in circle):
                return {None: 0}  # a circle of nothing but references: validators end there
            self.refuse(part, "the schema refers to itself without going deeper")
        if len(self.open) > _MAX_CHAIN:
            self.refuse(part, f"more than {_MAX_CHAIN} references follow one another")
        self.open[id(part)] = part
        found = self.below(part) if depth else {None: 1}
        for child in self.same(part):
            more = self.count(child, depth)
            names = {*found, *more}
            found = {name: found.get(name, found[None]) + more.get(name, more[None]) for name in names}
        del self.open[id(part)]
        self.counted[id(part)] = found
        return found

    def refuse(self, part: _Part, what: str) -> NoReturn:
        raise _FlawError(self.paths[id(part)], what, "remove the reference")

    def below(self, part: _Part) -> _Count:
        """Count the steps that the part's own keywords take for a value below."""
        entries = [child for _, child in (*_one(part, _ENTRIES), *_under(part, ("prefixItems",)))]
        fields = [child for _, child in (*_one(part, _FIELDS), *_under(part, ("patternProperties",)))]
        every = sum(self.above[id(child)] for child in fields)
        named = _under(part, ("properties",))
        counts: _Count = {str(path[1]): every + self.above[id(child)] for path, child in named}
        return {None: max(every, sum(self.above[id(child)] for child in entries)), **counts}

    def same(self, part: _Part) -> Iterator[_Part]:
        """Yield the schemas that are applied to the same value."""
        yield from (child for _, child in _under(part, ("allOf", "anyOf", "oneOf", "dependentSchemas")))
        yield from (child for _, child in _one(part, _SAME))
        for keyword in ("$ref", "$dynamicRef"):
            target = self.target(part[keyword], part) if isinstance(part.get(keyword), str) else None
            if target is not None:
                yield target

    def target(self, reference: str, part: _Part) -> _Part | None:
        """Return the schema that a reference names; nothing where the validator knows it, or it is ``true``."""
        base, _, fragment = reference.partition("#")
        if base and base != self.parts[()].get("$id"):
            return None
        if fragment and not fragment.startswith("/"):
            found: Any = self.anchors.get(fragment)
        else:
            found = self.parts[()]
            for step in unquote(fragment).split("/")[1:]:
                found = _step(found, step.replace("~1", "/").replace("~0", "~"))
        if isinstance(found, bool):
            return None
        if id(found) not in self.paths:
            raise _FlawError(self.paths[id(part)], f"`{reference:.60}` leads to no schema", "refer to #/$defs/NAME")
        return cast(_Part, found)


def _step(value: Any, step: str) -> Any:
    if isinstance(value, list):
        return value[int(step)] if step.isdecimal() and int(step) < len(value) else None
    return value.get(step) if isinstance(value, dict) else None
