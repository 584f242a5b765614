"""Sums over the rows of groups, made by the engine where the data is; rates and means are quotients of them.

Every measure here is a ratio of two sums R = A / B. Its variance is that of the linearised ratio, sum over the
independent units (clusters, else rows) of (a - R b)^2 / B^2 * m / (m - 1) (Cochran, Sampling Techniques, 1977, 6.13),
which needs no more than the sums of a^2, ab and b^2: so one pass answers for any number of groups. Its skewness needs
the sums of the products of three.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations_with_replacement
from typing import Any

from gatepost.collect.tabular.columns import View

__all__ = ["MISSING", "Totals", "group_name", "totals"]

MISSING = "(missing)"
_ORDERS = {1: 1, 2: 3, 3: 6}  # in how many orders a triple of so many different columns can be written


@dataclass(slots=True)
class Totals:
    """The sums of one group: ``n`` rows, ``units`` (rows or clusters), and sums by column.

    ``counts`` are the sums without weights; ``products`` are sums, over the units, of the products of two columns,
    ``cubes`` those of three.
    """

    n: int = 0
    units: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    sums: dict[str, float] = field(default_factory=dict)
    products: dict[tuple[str, str], float] = field(default_factory=dict)
    cubes: dict[tuple[str, str, str], float] = field(default_factory=dict)

    def add(self, other: Totals) -> None:
        """Add those of another group; where clusters reach over both, they count twice."""
        self.n += other.n
        self.units += other.units
        for key, count in other.counts.items():
            self.counts[key] = self.counts.get(key, 0) + count
        for key, value in other.sums.items():
            self.sums[key] = self.sums.get(key, 0) + value
        for pair, value in other.products.items():
            self.products[pair] = self.products.get(pair, 0.0) + value
        for triple, value in other.cubes.items():
            self.cubes[triple] = self.cubes.get(triple, 0.0) + value

    def product(self, one: str, other: str) -> float:
        """Return the sum of products of two columns over the units.

        Where products were not asked for, the columns are indicators of which at most one is true in a row.
        """
        if not self.products:
            return float(self.sums[one]) if one == other else 0.0
        return self.products[(one, other)] if (one, other) in self.products else self.products.get((other, one), 0.0)

    def variance(self, gradient: Mapping[str, float]) -> float:
        """Return the variance of a function of the sums, from its gradient by column (Taylor linearisation).

        The function must not change where all sums are scaled alike, as no ratio does.
        """
        total = sum(
            one * other * self.product(first, second)
            for first, one in gradient.items()
            for second, other in gradient.items()
        )
        return max(0.0, total) * self.units / max(1, self.units - 1)

    def skewness(self, gradient: Mapping[str, float]) -> float:
        """Return the skewness of a function of the sums: sum z^3 / (sum z^2)^1.5 over the units, from -1 to 1.

        z is what a unit adds to the linearised function; ``cubes`` of its columns were asked for. For a mean of n
        rows it is the skewness of their values over the root of n.
        """
        square = self.variance(gradient) * max(1, self.units - 1) / self.units
        cube = 0.0
        for triple, total in self.cubes.items():
            slopes = math.prod(gradient.get(name, 0.0) for name in triple)
            cube += slopes * total * _ORDERS[len(set(triple))]
        return max(-1.0, min(1.0, cube / square**1.5)) if square > 0 else 0.0


def group_name(values: tuple[Any, ...]) -> str:
    """Name a group by the values of its attributes."""
    return " x ".join(_value_name(value) for value in values)


def _value_name(value: Any) -> str:
    if value is None or value != value:
        return MISSING
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def totals(
    view: View, by: tuple[str, ...], columns: Mapping[str, Any], *, products: bool = False, cubes: bool = False
) -> dict[str, Totals]:
    """Sum columns by group, each row times its weight.

    Args:
        view: with ``weight`` and ``cluster`` where there are such.
        by: the roles whose values make the groups; with none, there is one group called ``""``.
        columns: Ibis expressions of numbers or booleans on ``view.table``.
        products: whether sums of products are needed without weights and clusters too.
        cubes: whether sums of products of three are needed.

    Returns:
        The groups that occur, sorted by name.
    """
    clustered, weighted = "cluster" in view.roles, "weight" in view.roles
    units = _units(view, by, columns)
    asked: dict[str, Any] = {"n": units.rows.sum(), "units": units.count()}
    for name in columns:
        asked[f"s_{name}"] = units[f"x_{name}"].sum()
        if weighted and not view.frequency:
            asked[f"c_{name}"] = units[f"u_{name}"].sum()
    if view.frequency and not clustered:
        asked["units"] = units.rows.sum()
    pairs = list(combinations_with_replacement(columns, 2)) if products or clustered or weighted else []
    triples = list(combinations_with_replacement(columns, 3)) if cubes else []
    # A row that stands for w rows adds a product w times, not w^2 times.
    again = "u" if view.frequency and not clustered else "x"
    for number, names in enumerate([*pairs, *triples]):
        factors = [units[f"{again if place else 'x'}_{name}"].cast("float64") for place, name in enumerate(names)]
        asked[f"p{number}"] = math.prod(factors[1:], start=factors[0]).sum()
    with view.opened.reading():
        grouped = units.group_by(list(by)).aggregate(**asked) if by else units.aggregate(**asked)
        answers = grouped.to_pyarrow().to_pylist()
    found: dict[str, Totals] = {}
    for answer in answers:
        name = group_name(tuple(answer[role] for role in by))
        sums = {column: _plain(answer[f"s_{column}"]) for column in columns}
        counts = {column: round(answer.get(f"c_{column}", sums[column]) or 0) for column in columns}
        moments = [float(answer[f"p{number}"] or 0) for number in range(len(pairs) + len(triples))]
        squares, third = (
            dict(zip(pairs, moments, strict=False)),
            dict(zip(triples, moments[len(pairs) :], strict=True)),
        )
        found.setdefault(name, Totals()).add(
            Totals(round(answer["n"]), round(answer["units"]), counts, sums, squares, third)
        )
    return dict(sorted(found.items()))


def _plain(total: Any) -> float:
    """Return a sum as an int where the engine counted (DuckDB sums integers as decimals), else as a double."""
    return int(total) if isinstance(total, Decimal) and total == int(total) else total or 0


def _units(view: View, by: tuple[str, ...], columns: Mapping[str, Any]) -> Any:
    """Return a table of the independent units: the rows, or the sums of each cluster within a group."""
    import ibis

    clustered, weighted = "cluster" in view.roles, "weight" in view.roles
    columns = {name: _numbers(column) for name, column in columns.items()}
    kept = {f"x_{name}": column * view.table.weight if weighted else column for name, column in columns.items()}
    if weighted:
        kept |= {f"u_{name}": column for name, column in columns.items()}
    rows = view.table.weight if view.frequency else ibis.literal(1)
    if not clustered:
        return view.table.select(*by, rows=rows, **kept)
    units = view.table.select(*by, "cluster", rows=rows, **kept)
    return units.group_by([*by, "cluster"]).aggregate(
        rows=units.rows.sum(), **{name: units[name].sum() for name in kept}
    )


def _numbers(column: Any) -> Any:
    return column.cast("int64") if column.type().is_boolean() else column
