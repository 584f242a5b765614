"""The attacks: from rows to changed values. Each gives the p x m values of its p rows, not yet projected."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gatepost.collect.attacks import Array
from gatepost.collect.attacks.in_step import in_step
from gatepost.collect.attacks.linear import LinearView
from gatepost.collect.attacks.space import NORMS, Space

__all__ = ["gradient_attack", "hopskipjump", "noise_draws"]

Oracle = Callable[[Array, Array], Array]
_AT_ONCE = 100


def gradient_attack(
    name: str, space: Space, view: LinearView, rows: Array, truth: Array, norm: str, eps: float, max_iter: int
) -> Array:
    """Run ART's PGD (``pgd``) or FGSM (``fgsm``) on a model that is linear in the movable columns.

    PGD takes ``max_iter`` steps of 2.5 * eps / max_iter from the row itself (Madry et al. 2018, section 4, without
    the random start, which cannot help on a linear model).
    """
    from art.attacks.evasion import FastGradientMethod, ProjectedGradientDescent

    middle = (space.low + space.high) / 2
    missing = np.isnan(space.start[rows])
    at = np.where(missing, 0.0, (space.start[rows] - middle) / space.scale)
    offsets = view.offsets[rows] - at @ view.weights.T
    features = np.hstack([at, offsets]).astype(np.float32)
    classifier = view.classifier(features, (space.low - middle) / space.scale, (space.high - middle) / space.scale)
    ball = np.inf if norm == "inf" else 2
    if name == "fgsm":
        attack = FastGradientMethod(classifier, norm=ball, eps=eps)
    else:
        step = 2.5 * eps / max_iter
        attack = ProjectedGradientDescent(
            classifier, norm=ball, eps=eps, eps_step=step, max_iter=max_iter, num_random_init=0, verbose=False
        )
    mask = np.hstack([~missing, np.zeros_like(offsets, dtype=bool)]).astype(np.float32)
    one_hot: Array = np.eye(classifier.nb_classes, dtype=np.float32)[truth]
    found = np.asarray(attack.generate(x=features, y=one_hot, mask=mask), dtype=float)
    # ART counts in float32: the change is taken over, not the value, so that what stayed is exactly what it was.
    change = found[:, : at.shape[1]] - features[:, : at.shape[1]].astype(float)
    return space.start[rows] + change * space.scale


def hopskipjump(
    space: Space,
    oracle: Oracle,
    rows: Array,
    labels: Array,
    norm: str,
    seed: int,
    max_iter: int,
    max_queries: int,
    together: bool,
    say: Callable[[int], None],
) -> Array:
    """Run ART's HopSkipJump (Chen, Jordan, Wainwright 2020) on each row, and give the nearest wrong point it met.

    ``oracle(values, rows)`` gives predicted classes. It is asked only about what the data can be, so a point that
    fools it fools the model. A row for which nothing was found stays as it is. ``max_queries`` bounds a row.
    ``together`` asks about many rows at once, for an oracle whose calls are dear; the result is the same.
    """
    best = space.start[rows].copy()

    def answer(questions: list[tuple[int, Array]]) -> list[Array]:
        which = np.concatenate([np.full(len(asked), number) for number, asked in questions])
        wrong = oracle(np.concatenate([asked for _, asked in questions]), rows[which]) != labels[which]
        ends = np.cumsum([len(asked) for _, asked in questions])[:-1]
        return list(np.split(wrong, ends))

    def alone(number: int, values: Array) -> Array:
        return answer([(number, values)])[0]

    def work(number: int, ask: Callable[[Array], Array]) -> None:
        pin(seed, int(rows[number]))
        best[number] = _one_row(space, ask, int(rows[number]), norm, max_iter, max_queries)

    with _pinned() as pin:
        for first in range(0, len(rows), _AT_ONCE):
            numbers = range(first, min(first + _AT_ONCE, len(rows)))
            if together:
                in_step(numbers, work, answer)
            else:
                for number in numbers:
                    work(number, functools.partial(alone, number))
            say(numbers.stop)
    return best


class _EnoughError(Exception):
    """A row has used up its queries."""


def _one_row(
    space: Space, is_wrong: Callable[[Array], Array], row: int, norm: str, max_iter: int, max_queries: int
) -> Array:
    from art.attacks.evasion import HopSkipJump
    from art.estimators.classification import BlackBoxClassifier

    start = space.start[row]
    free = ~np.isnan(start)
    best, nearest, asked = start, np.inf, 0

    def predict(shifts: Array) -> Array:
        nonlocal best, nearest, asked
        asked += len(shifts)
        if asked > max_queries:
            raise _EnoughError
        rows = np.full(len(shifts), row)
        values = space.snap(start + np.asarray(shifts, dtype=float) * space.scale, rows)
        wrong = is_wrong(values)
        distance = np.where(wrong, space.distance(values, rows, norm), np.inf)
        if distance.min() < nearest:
            best, nearest = values[distance.argmin()], distance.min()
        # Two columns, whatever the number of classes: still right, or fooled.
        return np.eye(2, dtype=np.float32)[wrong.astype(int)]

    if not free.any():
        return start
    low = np.where(free, (space.low - start) / space.scale, -1.0)
    high = np.where(free, (space.high - start) / space.scale, 1.0)
    classifier = BlackBoxClassifier(
        predict, (len(start),), 2, clip_values=(low.astype(np.float32), high.astype(np.float32))
    )
    ball = np.inf if norm == "inf" else 2
    attack = HopSkipJump(classifier, norm=ball, max_iter=max_iter, max_eval=1000, init_eval=20, verbose=False)
    with contextlib.suppress(_EnoughError), np.errstate(all="ignore"):
        attack.generate(x=np.zeros((1, len(start)), dtype=np.float32), y=np.array([0]))
    return best


@contextlib.contextmanager
def _pinned() -> Iterator[Callable[[int, int], None]]:
    """Give ART's HopSkipJump random numbers of our own, in each thread: it makes a RandomState without a seed."""
    from art.attacks.evasion import hop_skip_jump

    class Random(np.random.RandomState):
        def RandomState(self) -> Random:  # noqa: N802 - stands in for numpy.random
            return self

    own = threading.local()

    class Numpy:
        def __getattr__(self, name: str) -> Any:
            return own.random if name == "random" else getattr(np, name)

    def pin(seed: int, row: int) -> None:
        own.random = Random(np.random.SeedSequence([seed, row]).generate_state(1)[0])

    before = hop_skip_jump.np
    hop_skip_jump.np = Numpy()
    try:
        yield pin
    finally:
        hop_skip_jump.np = before


def noise_draws(space: Space, rows: Array, norm: str, eps: float, seed: int, draws: int) -> Iterator[Array]:
    """Give ``draws`` random changes of the rows: uniform in the cube for ``inf``, on the sphere for ``2``."""
    random = np.random.default_rng([seed, 2, NORMS.index(norm)])
    shape = (len(rows), len(space.columns))
    for _ in range(draws):
        if norm == "inf":
            shift = random.uniform(-eps, eps, shape)
        else:
            direction = random.standard_normal(shape)
            shift = eps * direction / np.linalg.norm(direction, axis=1, keepdims=True)
        yield space.start[rows] + shift * space.scale
