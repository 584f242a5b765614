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
from scipy.special import xlog1py, xlogy
from scipy.stats import beta, norm

from gatepost.collect.statistics.confusion_matrix import class_means
from gatepost.collect.statistics.means import area_metric, area_under_curve
from gatepost.collect.statistics.proportions import proportion
from gatepost.collect.statistics.shift import shift
from gatepost.collect.statistics.skewness import LEAST_OF_A_CLASS, Kind
from gatepost.collect.tabular.averages import Average, mean_of
from gatepost.collect.tabular.rates import balanced_accuracy, f1
from gatepost.collect.tabular.totals import Totals
from gatepost.collect.tasks.regression import r_squared

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


def losses() -> Iterator[Setting]:
    """Yield scores that are well calibrated: few positive rows, and scores that are sure of themselves or not."""
    for prevalence in (0.02, 0.1, 0.5):
        for n in (100, 200, 500, 2000):
            for sure in (2, 20):
                ends = (prevalence * sure, (1 - prevalence) * sure)
                yield f"prevalence {prevalence}, n {n}, beta {sure}", _losses_truth(*ends), _losses(*ends, n)


def _losses_truth(one: float, other: float) -> dict[str, float]:
    p = beta.ppf((np.arange(1_000_000) + 0.5) / 1_000_000, one, other)
    entropy = -(xlogy(p, p) + xlog1py(1 - p, -p))
    return {"brier": float((p * (1 - p)).mean()), "log_loss": float(entropy.mean())}


def _losses(one: float, other: float, n: int) -> Callable[[np.random.Generator], Metrics]:
    def draw(generator: np.random.Generator) -> Metrics:
        p = np.clip(generator.beta(one, other, n), 2.2e-16, 1 - 2.2e-16)
        positive = generator.random(n) < p
        loss = -np.where(positive, np.log(p), np.log1p(-p))
        if min(positive.sum(), n - positive.sum()) < LEAST_OF_A_CLASS:
            return {}
        return _means({"brier": ((p - positive) ** 2, "bounded"), "log_loss": (loss, "bounded")})

    return draw


def errors() -> Iterator[Setting]:
    """Yield regressions of normal truth, with errors from light tails to such that have no variance of squares."""
    cubed = math.exp(0.5) - math.exp(0.25)
    kinds: dict[str, tuple[Callable[[np.random.Generator, int], Any], float, float]] = {
        "normal": (lambda generator, n: generator.normal(size=n), 1.0, math.sqrt(2 / math.pi)),
        "laplace": (lambda generator, n: generator.laplace(size=n), 2.0, 1.0),
        "t5": (lambda generator, n: generator.standard_t(5, n), 5 / 3, 8 / (3 * math.pi) * math.sqrt(5) / 2),
        "t3": (lambda generator, n: generator.standard_t(3, n), 3.0, 2 * math.sqrt(3) / math.pi),
        "lognormal 0.5": (lambda generator, n: _lognormal(generator, n, 0.5), cubed, _lognormal_mae(0.5)),
        "lognormal 1": (lambda generator, n: _lognormal(generator, n, 1), math.e**2 - math.e, _lognormal_mae(1)),
    }
    for name, (error, square, mae) in kinds.items():
        for n in (50, 100, 200, 500, 2000):
            truth = {"mae": mae, "rmse": math.sqrt(square), "r2": 1 - square / 16, "mean_error": 0.0}
            yield f"{name} errors, n {n}", truth, _errors(error, n)


def _lognormal(generator: np.random.Generator, n: int, spread: float) -> Any:
    return np.exp(spread * generator.normal(size=n)) - math.exp(spread**2 / 2)


def _lognormal_mae(spread: float) -> float:
    """Return the mean distance of a lognormal value from its mean."""
    return 2 * math.exp(spread**2 / 2) * (2 * float(norm.cdf(spread / 2)) - 1)


def _errors(error: Callable[[np.random.Generator, int], Any], n: int) -> Callable[[np.random.Generator], Metrics]:
    def draw(generator: np.random.Generator) -> Metrics:
        e, y = error(generator, n), generator.normal(0, 4, n)
        found = _means({"mae": (np.abs(e), "unbounded"), "rmse": (e * e, "squared"), "mean_error": (e, "unbounded")})
        explained = r_squared(_sums({"e2": e * e, "y": y, "y2": y * y, "one": np.ones(n)}))
        return found | {"r2": explained} if explained is not None else found

    return draw


def _means(columns: dict[str, tuple[Any, Kind]]) -> Metrics:
    n = len(next(iter(columns.values()))[0])
    found = {}
    for name, (values, kind) in columns.items():
        sums = _sums({name: values, "one": np.ones(n)})
        found[name] = mean_of(sums, name, Average(None, kind, root=name == "rmse"))
    return found


def _sums(columns: dict[str, Any]) -> Totals:
    n = len(next(iter(columns.values())))
    products = {
        pair: float(math.prod(columns[one] for one in pair).sum())
        for pair in combinations_with_replacement(columns, 2)
    }
    cubes = {
        triple: float(math.prod(columns[one] for one in triple).sum())
        for triple in combinations_with_replacement(columns, 3)
    }
    return Totals(n, n, {}, {name: float(one.sum()) for name, one in columns.items()}, products, cubes)


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
    for settings in (areas, classes, clusters, losses, errors):
        for setting in settings():
            for name, (share, number) in covered(setting, runs).items():
                print(f"{name:18} {share:.3f} of {number:5}  {setting[0]}", flush=True)
    for name, quiet in drift():
        generator = np.random.default_rng(SEED)
        share = float(np.mean([quiet(generator) for _ in range(max(1, runs // 5))]))
        print(f"{'no false drift':18} {share:.3f} of {runs // 5:5}  {name}", flush=True)


if __name__ == "__main__":
    main()
