"""The farthest that a linear model can be moved within an L2 budget where columns hold whole numbers.

A gradient step spreads a budget over all columns, and rounded to whole numbers it may be nothing. Here the numbers of
whole steps are searched, and what they leave of the budget goes to the other columns as the gradient says.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

import numpy as np

from gatepost.collect.attacks import Array
from gatepost.collect.attacks.linear import LinearView
from gatepost.collect.attacks.space import Space

__all__ = ["whole_steps"]

_MOST = 20_000
"""Combinations of steps up to which all are tried; above, those that gain most for their length, one by one."""
_FINE = 50
"""Steps within the budget above which a column of whole numbers is moved like any other, and cut to whole steps."""


def whole_steps(space: Space, view: LinearView, rows: Array, truth: Array, eps: float) -> Iterator[Array]:
    """Yield values of these rows (p x m) that go farthest towards a wrong class, once for each other class.

    Args:
        space: the rows and their columns.
        view: the model.
        rows: numbers of the rows (p).
        truth: their true classes by number (p).
        eps: the L2 budget, in units of ``space.scale``.
    """
    classes = max(2, len(view.weights))
    for turn in range(1, classes):
        wrong = (truth + turn) % classes
        found = space.start[rows].copy()
        for true, other in {(int(one), int(two)) for one, two in zip(truth, wrong, strict=True)}:
            direction = _towards(view, true, other)
            steps = _Steps(space, direction, eps)
            for at in np.flatnonzero((truth == true) & (wrong == other)):
                found[at] += steps.best(space.start[rows[at]])
        yield found


def _towards(view: LinearView, true: int, other: int) -> Array:
    """Return how much a unit of each column moves the decision from one class to another."""
    if len(view.weights) == 1:
        return view.weights[0] * (1 if other == 1 else -1)
    return np.asarray(view.weights[other] - view.weights[true])


class _Steps:
    """The steps that the columns of whole numbers can take within a budget, for one direction."""

    def __init__(self, space: Space, direction: Array, eps: float) -> None:
        self.space, self.direction = space, direction
        self.most = eps * (1 - 1e-12)
        self.gain = np.abs(direction)
        step = 1 / space.scale
        self.coarse = np.flatnonzero(space.whole & (self.gain > 0) & (step <= self.most) & (step * _FINE > eps))
        self.fluid = np.flatnonzero((self.gain > 0) & ~(space.whole & (step * _FINE > eps)))
        self.step = step[self.coarse]
        self.all = self._combinations()

    def best(self, start: Array) -> Array:
        """Return the change of a row, in the columns' own units."""
        space, sign = self.space, np.sign(self.direction)
        room = np.nan_to_num(np.where(sign > 0, space.high - start, start - space.low), nan=0.0)
        rooms = np.floor(room[self.coarse])
        tried = self._greedy(rooms) if self.all is None else self.all[(self.all <= rooms).all(axis=1)]
        left = self.most**2 - ((tried * self.step) ** 2).sum(axis=1)
        fill = _Fill(self.gain[self.fluid], (room / space.scale)[self.fluid])
        gained = tried @ (self.gain[self.coarse] * self.step) + fill.gains(left)
        chosen = int(gained.argmax())
        change = np.zeros(len(start))
        change[self.coarse] = tried[chosen]
        change[self.fluid] = fill.shift(float(left[chosen])) * space.scale[self.fluid]
        return sign * np.where(space.whole, np.floor(change), change)

    def _combinations(self) -> Array | None:
        """Return all numbers of steps within the budget (c x w), or nothing where they are too many."""
        found, length = np.zeros((1, 0)), np.zeros(1)
        for step in self.step:
            numbers = np.arange(int(self.most / step) + 1.0)
            if len(found) * len(numbers) > 10 * _MOST:
                return None
            lengths = (length[:, None] + (numbers * step) ** 2).ravel()
            within = lengths <= self.most**2
            wide = np.column_stack([np.repeat(found, len(numbers), axis=0), np.tile(numbers, len(found))])
            found, length = wide[within], lengths[within]
            if len(found) > _MOST:
                return None
        return found

    def _greedy(self, rooms: Array) -> Array:
        """Return numbers of steps, each with one more than the last: that which gains most for its length."""
        taken, length = np.zeros(len(rooms)), 0.0
        path = [taken.copy()]
        gain = self.gain[self.coarse]
        # A step from k to k + 1 gains gain * step and adds step^2 (2 k + 1) to the squared length.
        queue = [(-gain[at] / self.step[at], at) for at in range(len(rooms)) if rooms[at] >= 1]
        heapq.heapify(queue)
        while queue:
            _, at = heapq.heappop(queue)
            longer = length + self.step[at] ** 2 * (2 * taken[at] + 1)
            if longer > self.most**2:
                continue
            taken[at], length = taken[at] + 1, longer
            path.append(taken.copy())
            if taken[at] < rooms[at]:
                heapq.heappush(queue, (-gain[at] / (self.step[at] * (2 * taken[at] + 1)), at))
        return np.array(path)


class _Fill:
    """The longest way along a gradient within a length and a box: shares of the gradient, cut where the box ends."""

    def __init__(self, gain: Array, room: Array) -> None:
        self.order = np.argsort(room / np.maximum(gain, 1e-300), kind="stable")
        self.gain, self.room = gain[self.order], room[self.order]
        # Where the first j columns are at the end of their room: their squared length, and that of the other gains.
        self.full = np.concatenate([[0.0], np.cumsum(self.room**2)])
        self.rest = np.concatenate([np.cumsum((self.gain**2)[::-1])[::-1], [0.0]])
        self.gained = np.concatenate([[0.0], np.cumsum(self.gain * self.room)])
        ratio = self.room / np.maximum(self.gain, 1e-300)
        self.ends = self.full[:-1] + ratio**2 * self.rest[:-1]

    def _share(self, squared: Array) -> tuple[Array, Array]:
        full = np.searchsorted(self.ends, squared, side="right")
        rest = self.rest[full]
        left = np.maximum(0.0, squared - self.full[full])
        return full, np.where(rest > 0, np.sqrt(left / np.where(rest > 0, rest, 1.0)), 0.0)

    def gains(self, squared: Array) -> Array:
        """Return what each squared length gains."""
        full, share = self._share(squared)
        return np.asarray(self.gained[full] + share * self.rest[full])

    def shift(self, squared: float) -> Array:
        """Return the way of a squared length, by column."""
        full, share = self._share(np.array([squared]))
        shift = np.where(np.arange(len(self.gain)) < full[0], self.room, share[0] * self.gain)
        found = np.empty(len(shift))
        found[self.order] = np.minimum(shift, self.room)
        return found
