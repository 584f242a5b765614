"""The columns of a table by what they are for, checked before anything is measured."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.collect.plain import scalar
from gatepost.collect.tabular.opening import Opened, narrowed
from gatepost.problems import did_you_mean

__all__ = ["Role", "View", "distinct", "label_value", "need", "values_shown", "view"]

_WIDE = 100
_COUNTED = 100_000
_LARGEST_SINGLE = 2.0**128 - 2.0**104
NUMERIC = ("score", "other_score", "weight")


@dataclass(frozen=True, slots=True)
class Role:
    """A column and the option that names it."""

    column: str
    option: tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class View:
    """The columns that are needed, called by their roles (``truth``, ``predicted``, ``by0``), and ``n`` rows.

    ``table`` is an Ibis table. Every value of a role is there and finite, but for groups (``by0``, ``by1``).
    ``frequency`` says that a weight is how many rows a row stands for. ``single`` are the roles whose column holds
    numbers of single precision.
    """

    opened: Opened
    table: Any
    roles: Mapping[str, Role]
    n: int
    notes: tuple[str, ...] = ()
    frequency: bool = False
    single: frozenset[str] = frozenset()

    def reaches(self, role: str, threshold: float) -> Any:
        """Return an Ibis expression: whether a column is at or above a threshold, in the precision of its numbers.

        A score of 0.7 in single precision is a little below the double 0.7, which is what a threshold is written as.
        """
        import ibis

        if role not in self.single:
            return self.table[role] >= threshold
        limit = max(-_LARGEST_SINGLE, min(_LARGEST_SINGLE, threshold))
        return self.table[role].cast("float32") >= ibis.literal(limit, type="float32")


def need(names: Iterable[str], roles: Iterable[Role], shown: str) -> None:
    """Check that columns are there.

    Raises:
        CollectorError: one is not.
    """
    known = list(names)
    there = set(known)
    for role in roles:
        if role.column not in there:
            advice = did_you_mean(role.column, known) or "it has: " + ", ".join(known[:20])
            raise CollectorError(f"{shown} has no column `{role.column}`", option=role.option, advice=advice)


def view(opened: Opened, roles: Mapping[str, Role], *, numbers: Iterable[str] = (), frequency: bool = False) -> View:
    """Select and check the columns.

    ``numbers`` are roles that must be numbers besides score and weight, ``frequency`` says that weights count rows.
    Rows whose weight is 0 are left out.

    Raises:
        CollectorError: a column is not there, holds no numbers, misses values or has infinite ones, or a weight is
            negative.
    """
    import ibis

    need(opened.table.columns, roles.values(), opened.name)
    table = opened.table.select(**{role: opened.table[chosen.column] for role, chosen in roles.items()})
    if len(opened.table.columns) > _WIDE:
        with opened.reading():
            table = narrowed(table)
    single = frozenset(role for role in roles if table[role].type().is_float32())
    for role in (*NUMERIC, *numbers):
        if role in roles:
            table = table.mutate(**{role: _number(table[role], roles[role], opened.name)})
    checks: dict[str, Any] = {"n": table.count()}
    for role in roles:
        column = table[role]
        missing = column.isnull() | column.isnan() if column.type().is_floating() else column.isnull()
        checks[f"missing_{role}"] = missing.sum()
        if column.type().is_floating():
            checks[f"infinite_{role}"] = column.isinf().sum()
    if "weight" in roles:
        checks["negative"], checks["zero"] = (table.weight < 0).sum(), (table.weight == 0).sum()
    with opened.reading():
        found = {key: int(value or 0) for key, value in table.aggregate(**checks).to_pyarrow().to_pylist()[0].items()}
    _check(found, roles, opened.name)
    notes = []
    if found.get("zero"):
        table = table.filter(table.weight > ibis.literal(0))
        notes.append(f"{found['zero']} rows of weight 0 are left out")
        if found["zero"] == found["n"]:
            raise CollectorError(f"{opened.name}: all weights are 0", option=roles["weight"].option)
    n = found["n"] - found.get("zero", 0)
    return View(opened, table, roles, n, tuple(notes), frequency and "weight" in roles, single)


def _number(column: Any, role: Role, shown: str) -> Any:
    kind = column.type()
    if not (kind.is_numeric() or kind.is_boolean()):
        what = f"{shown}: `{role.column}` holds no numbers ({kind})"
        raise CollectorError(what, option=role.option, advice="name a column of numbers; for labels see `task`")
    return column.cast("float64")


def _check(found: Mapping[str, int], roles: Mapping[str, Role], shown: str) -> None:
    for role, chosen in roles.items():
        missing, infinite = found[f"missing_{role}"], found.get(f"infinite_{role}", 0)
        if missing and not role.startswith("by"):
            what = f"{shown}: {missing} of {found['n']} values of `{chosen.column}` are missing"
            raise CollectorError(what, option=chosen.option, advice="remove these rows, or fill the values in")
        if infinite and not role.startswith("by"):
            what = f"{shown}: {infinite} of {found['n']} values of `{chosen.column}` are infinite"
            raise CollectorError(what, option=chosen.option, advice="remove these rows, or fix the values")
    if found.get("negative"):
        what = f"{shown}: {found['negative']} weights in `{roles['weight'].column}` are negative"
        raise CollectorError(what, option=roles["weight"].option, advice="a weight says how many rows it stands for")


def distinct(found: View, role: str, limit: int) -> list[Any]:
    """Return the different values of a column as they stand there, at most ``limit`` and one more."""
    with found.opened.reading():
        rows = found.table.select(found.table[role]).distinct().limit(limit + 1).to_pyarrow().to_pylist()
    return [row[role] for row in rows]


def values_shown(found: View, role: str) -> tuple[int, str]:
    """Count the different values of a column, and say how many they are; they are counted up to 100,000."""
    size = len(distinct(found, role, _COUNTED))
    return size, f"more than {_COUNTED}" if size > _COUNTED else str(size)


def label_value(value: Any) -> Any:
    """Return a label as evidence holds it: a number that is whole as an integer, what is no number as a text."""
    value = scalar(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    return value if isinstance(value, (bool, int, str)) else str(value)
