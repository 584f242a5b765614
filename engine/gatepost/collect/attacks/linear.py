"""Models that are linear in the movable columns, and ART's classifier for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gatepost.collect.attacks import Array
from gatepost.collect.attacks.space import Space
from gatepost.collect.attacks.victim import Victim

__all__ = ["LinearView", "linear_view"]

_TOLERANCE = 1e-6


@dataclass(frozen=True)
class LinearView:
    """The model's decision as a linear function of the shift of the movable columns.

    ``decision(row, shift) = offsets[row] + weights @ shift``, with shifts in units of the budget. There is one
    decision for a binary model (positive means the second class), else one for each class (the largest wins).
    ``weights`` is k x m, ``offsets`` n x k.
    """

    weights: Array
    offsets: Array

    def labels(self, shift: Array, rows: Array) -> Array:
        """Give the predicted class, by number, for shifts (p x m) of these rows (p)."""
        decision = self.offsets[rows] + shift @ self.weights.T
        return (decision[:, 0] > 0).astype(int) if decision.shape[1] == 1 else decision.argmax(axis=1)

    def classifier(self, features: Array, low: Array, high: Array) -> Any:
        """Make ART's classifier whose input is (movable columns in units of the budget, offsets).

        It is the model itself: everything that an attack may not touch is in the offsets, which it gets masked.
        """
        from art.estimators.classification.scikitlearn import ScikitlearnLogisticRegression
        from sklearn.linear_model import LogisticRegression

        k = self.weights.shape[0]
        last = LogisticRegression()
        last.coef_ = np.hstack([self.weights, np.eye(k)])
        last.intercept_ = np.zeros(k)
        last.classes_ = np.arange(max(2, k))
        last.n_features_in_ = features.shape[1]
        last.n_iter_ = np.zeros(1, dtype=int)
        free = features[:, self.weights.shape[1] :]
        edge = np.abs(free).max(initial=1.0) + 1.0
        return ScikitlearnLogisticRegression(
            model=last,
            clip_values=(
                np.concatenate([low, np.full(k, -edge)]).astype(np.float32),
                np.concatenate([high, np.full(k, edge)]).astype(np.float32),
            ),
        )


def linear_view(victim: Victim, space: Space, seed: int) -> LinearView | None:
    """Find the linear function, or None where the model has none.

    The weights are differences of the whole pipeline's decision function, so scalers and encoders are in them.
    They count only if they foretell decision and prediction of all rows at two random points of the observed
    range to within 1e-6: a model with bins, products or trees is told from a linear one.
    """
    estimator = victim.model.estimator
    rows = np.flatnonzero(~np.isnan(space.start).any(axis=1))
    if (
        not victim.model.is_sklearn
        or not hasattr(estimator, "decision_function")
        or not len(rows)
        or not space.columns
    ):
        return None

    def decide(values: Array, at: Array) -> Array:
        victim.queries += len(at)
        decision = np.asarray(estimator.decision_function(space.with_values(values, at)), dtype=float)
        return decision.reshape(len(at), -1)

    everything = np.arange(len(space.start))
    offsets = decide(space.start, everything)
    some = rows[:20]
    columns = []
    for at in range(len(space.columns)):
        values = space.start[some].copy()
        # To the farther end: a long step has the smallest rounding error, and its ends are values of the data.
        middle = (space.low[at] + space.high[at]) / 2
        values[:, at] = np.where(values[:, at] < middle, space.high[at], space.low[at])
        step = (values[:, at] - space.start[some, at]) / space.scale[at]
        columns.append(((decide(values, some) - offsets[some]) / step[:, None]).mean(axis=0))
    view = LinearView(np.stack(columns, axis=1), offsets)
    random = np.random.default_rng([seed, 1])
    for _ in range(2):
        values = space.snap(random.uniform(space.low, space.high, space.start.shape), everything)
        shift = space.shift(values, everything)
        told = offsets + shift @ view.weights.T
        true = decide(values, everything)
        if np.abs(told - true).max() > _TOLERANCE * (1 + np.abs(true).max()):
            return None
        if (view.labels(shift, everything) != victim.labels(space.with_values(values, everything))).any():
            return None
    return view
