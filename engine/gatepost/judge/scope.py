"""The data that a rule reads, looked up by path without an engine: values, and what is absent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.cel import ast
from gatepost.cel.reads import EACH, Computed, Path, Reads

__all__ = ["ABSENT", "Absent", "Scope", "concrete"]

Key = str | int


class _AbsentType:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _AbsentType()


@dataclass(frozen=True, slots=True)
class Absent:
    """A path that leads nowhere: ``path`` ends with the part that is not there."""

    path: tuple[Key, ...]
    empty: bool = False

    def __str__(self) -> str:
        shown = ""
        for part in self.path:
            if isinstance(part, int):
                shown += f"[{part}]"
            else:
                name = part if part.isidentifier() else f"`{part}`"
                shown += f".{name}" if shown else name
        return shown


class Scope:
    """Values by name, with the place in the document that a name of ``for_each`` stands for."""

    def __init__(
        self,
        data: Mapping[str, Any],
        evaluate: Callable[[ast.Node], Any],
        item: tuple[str, tuple[Key, ...], Any] | None = None,
    ) -> None:
        self.data = data
        self.evaluate = evaluate
        self.item = item

    def base(self, name: str) -> tuple[tuple[Key, ...], Any]:
        """Return the path and the value of a name."""
        if self.item is not None and name == self.item[0]:
            return self.item[1], self.item[2]
        return (name,), self.data.get(name, ABSENT)

    def keys(self, path: Path) -> Iterator[tuple[Key, ...] | Absent]:
        """Return each concrete path that a path means; where one breaks off, what is absent."""
        first = path[0]
        assert isinstance(first, str)
        prefix, value = self.base(first)
        if value is ABSENT:
            yield Absent(prefix)
        else:
            yield from self._below(prefix, value, path[1:])

    def _below(self, prefix: tuple[Key, ...], value: Any, rest: Path) -> Iterator[tuple[Key, ...] | Absent]:
        for index, part in enumerate(rest):
            if isinstance(part, Computed):
                part = self.evaluate(part.node)
                if not isinstance(part, (str, int)) or isinstance(part, bool):
                    return
            if part is EACH:
                if isinstance(value, list):
                    for number, child in enumerate(value):
                        yield from self._below((*prefix, number), child, rest[index + 1 :])
                return
            assert isinstance(part, (str, int))
            value = step(value, part)
            prefix = (*prefix, part)
            if value is ABSENT:
                yield Absent(prefix)
                return
            if value is None:
                return
        yield prefix

    def value(self, path: tuple[Key, ...]) -> Any:
        """Return the value at a concrete path."""
        value: Any = self.data
        for part in path:
            value = step(value, part)
            if value is ABSENT or value is None:
                return ABSENT
        return value

    def absent(self, reads: Reads) -> list[Absent]:
        """Return what is absent of the paths that nothing guards, in the order in which they are written."""
        found: dict[Absent, None] = {}
        for path in reads.paths:
            for depth in range(len(path)):
                prefix = path[: depth + 1]
                missing = [key for key in self.keys(prefix) if isinstance(key, Absent)]
                if missing and prefix not in reads.guarded:
                    found.update(dict.fromkeys(missing))
                if missing:
                    break
        return list(found)


def step(value: Any, part: Key) -> Any:
    """Go one step down: the value, ABSENT, or None where the value has no parts of that kind."""
    if isinstance(value, dict):
        return value.get(part, ABSENT)
    if isinstance(value, list) and isinstance(part, int):
        return value[part] if 0 <= part < len(value) else ABSENT
    return None


def concrete(scope: Scope, paths: Iterator[Path] | list[Path]) -> list[tuple[Key, ...]]:
    """Return the concrete paths below ``evidence`` and its like that are there."""
    found = [key for path in paths if path[0] not in ("params", "now") for key in scope.keys(path)]
    return list(dict.fromkeys(key for key in found if not isinstance(key, Absent)))
