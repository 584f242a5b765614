"""How often 95 % intervals hold the truth, by simulation: ``python benchmarks/coverage.py [RUNS]``.

Prints a row per measure and setting: the share of simulated data sets whose interval holds the true value.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from scipy.stats import norm

from gatepost.collect.statistics.confusion_matrix import class_means
from gatepost.collect.statistics.means import area_metric, area_under_curve
from gatepost.collect.statistics.proportions import proportion
from gatepost.collect.statistics.shift import shift
from gatepost.collect.tabular.rates import balanced_accuracy, f1
from gatepost.collect.tabular.totals import Totals

SEED = 20261126
Metrics = dict[str, dict[str, Any]]
Setting = tuple[str, dict[str, float], Callable[[np.random.Generator], Metrics]]


def areas() -> Iterator[Setting]:
    """Yield ROC areas of normal scores: ``spread`` is the standard deviation of positive scores over the other."""
    for truth in (0.6, 0.8, 0.95, 0.99):
        for positive, negative in ((3, 200), (5, 200), (15, 200), (10, 2000), (10, 10), (50, 50)):
            for spread in (1.0, 3.0):
                name = f"area {truth}, {positive} positive, {negative} negative, spread {spread:g}"
                yield name, {"roc_auc": truth}, _area(truth, positive, negative, spread)


def _area(truth: float, positive: int, negative: int, spread: float) -> Callable[[np.random.Generator], Metrics]:
    shift = math.hypot(1, spread) * float(norm.ppf(truth))

    def draw(generator: np.random.Generator) -> Metrics:
        score = np.concatenate([generator.normal(shift, spread, positive), generator.normal(0, 1, negative)])
        is_positive = np.arange(len(score)) < positive
        order = np.argsort(score, kind="stable")
        area = area_under_curve(is_positive[order], score[order])
        assert area is not None
        return {"roc_auc": area_metric(area)}

    return draw


def classes() -> Iterator[Setting]:
    """Yield classifiers of several classes, one of which is rare."""
    for shares in ((0.5, 0.3, 0.15, 0.05), (0.6, 0.38, 0.02), (0.49, 0.49, 0.01, 0.01)):
        for n in (200, 1000):
            for right in (0.6, 0.9):
                truth = _classes_truth(np.array(shares), right)
                yield f"classes {shares}, n {n}, {right} right", truth, _classes(np.array(shares), n, right)


def _matrix(shares: Any, right: float) -> Any:
    """Return the probability of each cell: true class by row, predicted class by column."""
    wrong = (1 - right) / (len(shares) - 1)
    return shares[:, None] * np.where(np.eye(len(shares), dtype=bool), right, wrong)


def _classes_truth(shares: Any, right: float) -> dict[str, float]:
    cells = _matrix(shares, right)
    return {name: metric["value"] for name, metric in class_means(cells, None, 1).items()}


def _classes(shares: Any, n: int, right: float) -> Callable[[np.random.Generator], Metrics]:
    cells = _matrix(shares, right)

    def draw(generator: np.random.Generator) -> Metrics:
        counts = generator.multinomial(n, cells.ravel()).reshape(cells.shape).astype(float)
        return class_means(counts, counts, n)

    return draw


def clusters() -> Iterator[Setting]:
    """Yield binary classifiers on clusters of rows whose errors depend on each other (``icc``)."""
    for icc in (0.1, 0.3):
        for number, size in ((60, 5), (100, 10)):
            truth = {"f1": 0.6 * 0.8 / (0.6 * 0.8 + 0.5 * 0.2), "balanced_accuracy": 0.8}
            yield f"{number} clusters of {size}, icc {icc}", truth, _clusters(number, size, icc)


def _clusters(number: int, size: int, icc: float) -> Callable[[np.random.Generator], Metrics]:
    # Being right is beta-binomial within a cluster, with mean 0.8 and the given intra-cluster correlation.
    scale = 1 / icc - 1

    def draw(generator: np.random.Generator) -> Metrics:
        truth = generator.random((number, size)) < 0.6
        right = generator.random((number, size)) < generator.beta(0.8 * scale, 0.2 * scale, (number, 1))
        cells = {"tp": truth & right, "fp": ~truth & ~right, "fn": truth & ~right, "tn": ~truth & right}
        sums = {name: cell.sum(axis=1).astype(float) for name, cell in cells.items()}
        pairs = combinations_with_replacement(sums, 2)
        group = Totals(
            number * size,
            number,
            {name: int(one.sum()) for name, one in sums.items()},
            {name: float(one.sum()) for name, one in sums.items()},
            {(one, other): float((sums[one] * sums[other]).sum()) for one, other in pairs},
        )
        found = {"f1": proportion(f1(group)), "balanced_accuracy": proportion(balanced_accuracy(group))}
        return {name: metric for name, metric in found.items() if metric is not None}

    return draw


def drift() -> Iterator[tuple[str, Callable[[np.random.Generator], bool]]]:
    """Yield pairs of tables without drift: whether none of their columns is beyond what chance gives."""
    for old, new in ((300, 300), (5000, 500)):
        for columns in (1, 13, 100):
            for name, shares in _shares().items():
                if columns * len(shares) <= 2000:
                    yield f"{columns} columns of {name}, {old} against {new} rows", _drift(old, new, columns, shares)


def _shares() -> dict[str, Any]:
    found = {
        "11 bins": np.ones(11),
        "2 bins, one of 0.2 %": np.array([0.998, 0.002]),
        "100 categories, most of them rare": 1 / np.arange(1.0, 101),
        "1000 categories": np.ones(1000),
        "1000 categories, most of them rare": 1 / np.arange(1.0, 1001),
    }
    return {name: weights / weights.sum() for name, weights in found.items()}


def _drift(old: int, new: int, columns: int, shares: Any) -> Callable[[np.random.Generator], bool]:
    def draw(generator: np.random.Generator) -> bool:
        for _ in range(columns):
            moved = shift(generator.multinomial(old, shares), generator.multinomial(new, shares), columns)
            if moved.psi > moved.psi_null95:
                return False
        return True

    return draw


def covered(setting: Setting, runs: int) -> dict[str, tuple[float, int]]:
    """Return by metric the share of runs whose interval holds the truth, of those that have an interval."""
    _, truth, draw = setting
    generator = np.random.default_rng(SEED)
    held = {name: [] for name in truth}  # type: dict[str, list[bool]]
    for _ in range(runs):
        for name, metric in draw(generator).items():
            if "low" in metric:
                held[name].append(metric["low"] <= truth[name] <= metric["high"])
    return {name: (float(np.mean(found)), len(found)) for name, found in held.items()}


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    for settings in (areas, classes, clusters):
        for setting in settings():
            for name, (share, number) in covered(setting, runs).items():
                print(f"{name:18} {share:.3f} of {number:5}  {setting[0]}", flush=True)
    for name, quiet in drift():
        generator = np.random.default_rng(SEED)
        share = float(np.mean([quiet(generator) for _ in range(max(1, runs // 5))]))
        print(f"{'no false drift':18} {share:.3f} of {runs // 5:5}  {name}", flush=True)


if __name__ == "__main__":
    main()
