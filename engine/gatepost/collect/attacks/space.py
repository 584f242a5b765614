"""What an attacker may do to a row: which columns move, how far, and to which values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatepost.collect.attacks import Array
from gatepost.collect.interface import CollectorError
from gatepost.problems import did_you_mean

__all__ = ["NORMS", "Space", "make_space"]

NORMS = ("inf", "2")


@dataclass(frozen=True)
class Space:
    """The rows under attack and the movable columns in them.

    ``frame`` holds n rows of the model's input; ``columns`` are the m movable ones. ``start`` (n x m) is what they
    hold, NaN where a value is missing: such a cell is never moved. ``scale`` (m) is how much one unit of a budget
    is in each column, ``low`` and ``high`` (m) the observed range, ``whole`` (m) marks columns of whole numbers.
    Values are n x m arrays in the columns' own units; distances and budgets are in units of ``scale``.
    """

    frame: Any
    columns: tuple[str, ...]
    start: Array
    scale: Array
    low: Array
    high: Array
    whole: Array

    def shift(self, values: Array, rows: Array) -> Array:
        """Give how far each cell moved, in units of the budget; 0 for a missing value."""
        return np.nan_to_num((values - self.start[rows]) / self.scale, nan=0.0)

    def distance(self, values: Array, rows: Array, norm: str) -> Array:
        """Give how far each row moved: the largest cell for ``inf``, the Euclidean length for ``2``."""
        shift = self.shift(values, rows)
        return np.abs(shift).max(axis=1, initial=0.0) if norm == "inf" else np.linalg.norm(shift, axis=1)

    def snap(self, values: Array, rows: Array) -> Array:
        """Move values to the nearest that the data can be: whole numbers, the observed range."""
        whole = np.where(self.whole, np.rint(values), values)
        return np.where(np.isnan(self.start[rows]), np.nan, np.clip(whole, self.low, self.high))

    def project(self, values: Array, rows: Array, eps: float, norm: str) -> Array:
        """Move values to what the data can be, within ``eps`` of where the rows started."""
        start = self.start[rows]
        shift = self.shift(np.clip(values, self.low, self.high), rows)
        # A hair less than eps, so that rounding of floating-point numbers cannot lead out of the ball.
        most = eps * (1 - 1e-12)
        if norm == "inf":
            shift = np.clip(shift, -most, most)
        else:
            length = np.linalg.norm(shift, axis=1, keepdims=True)
            shift = shift * np.minimum(1.0, most / np.maximum(length, 1e-300))
        # Back from the scale a value may lie beyond the range by its last digit.
        moved = np.where(shift == 0, start, np.clip(start + shift * self.scale, self.low, self.high))
        nearest = self.snap(moved, rows)
        # Rounded towards where the row started, a value is never farther away than before.
        toward = np.where(self.whole, start + np.trunc(moved - start), moved)
        if norm == "inf":
            return np.where(np.abs(self.shift(nearest, rows)) <= eps, nearest, toward)
        return np.where(self.distance(nearest, rows, norm)[:, None] <= eps, nearest, toward)

    def with_values(self, values: Array, rows: Array) -> Any:
        """Give the rows as a DataFrame with these values in the movable columns, of the same types as before."""
        frame = self.frame.iloc[rows].reset_index(drop=True)
        return frame.assign(
            **{
                name: _typed(values[:, at], self.frame[name].dtype, bool(self.whole[at]))
                for at, name in enumerate(self.columns)
            }
        )


def make_space(
    data: Any, chosen: Array, features: Sequence[str], mutable: Sequence[str], units: str
) -> tuple[Space, tuple[str, ...]]:
    """Describe the movable columns from the whole of the data, for the chosen rows of it.

    ``units`` is ``sd`` (standard deviations, of the population formula), ``raw`` (the column's own unit) or
    ``share_of_range`` (of the observed range). Notes name mutable columns that nothing can be done with.

    Raises:
        CollectorError: a mutable column is not in the data, or holds something else than numbers.
    """
    notes = []
    kept: list[str] = []
    for at, name in enumerate(mutable):
        _check_column(data, name, at)
        if name not in features:
            notes.append(f"the model does not read {name}")
        elif data[name].nunique(dropna=True) < 2:
            notes.append(f"{name} holds a single value, so it has no range to move in")
        else:
            kept.append(name)
    table = np.column_stack([_numbers(data[name]) for name in kept]) if kept else np.empty((len(data), 0))
    low = np.nanmin(table, axis=0) if kept else np.empty(0)
    high = np.nanmax(table, axis=0) if kept else np.empty(0)
    scales = {"sd": np.nanstd(table, axis=0) if kept else np.empty(0), "share_of_range": high - low}
    whole = np.array([bool(np.all(np.isnan(column) | (column == np.rint(column)))) for column in table.T], dtype=bool)
    return (
        Space(
            frame=data.iloc[chosen][list(features)].reset_index(drop=True),
            columns=tuple(kept),
            start=table[chosen],
            scale=scales.get(units, np.ones(len(kept))),
            low=low,
            high=high,
            whole=whole,
        ),
        tuple(notes),
    )


def _check_column(data: Any, name: str, at: int) -> None:
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    names = [str(column) for column in data.columns]
    if name not in names:
        raise CollectorError(
            f"the data has no column `{name}`",
            option=("mutable", at),
            advice=did_you_mean(name, names) or f"it has: {', '.join(names[:20])}",
        )
    if is_bool_dtype(data[name].dtype) or not is_numeric_dtype(data[name].dtype):
        raise CollectorError(
            f"the mutable column `{name}` does not hold numbers",
            option=("mutable", at),
            advice="name numeric columns; others stay as they are",
        )
    if np.isinf(_numbers(data[name])).any():
        raise CollectorError(f"the mutable column `{name}` holds infinite values", option=("mutable", at))


def _numbers(column: Any) -> Array:
    return np.asarray(column.to_numpy(dtype="float64", na_value=np.nan))


def _typed(values: Array, dtype: Any, whole: bool) -> Any:
    import pandas

    if not whole or dtype.kind == "f":
        return pandas.Series(values).astype(dtype)
    return pandas.Series(np.rint(values)).astype(dtype)
