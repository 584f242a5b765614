"""Whether intervals hold the truth as often as they say: weights and clusters that a plain interval gets wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatepost.collect.interface import Context
from gatepost.collect.sources import performance

pytestmark = pytest.mark.slow
RUNS = 80


def classified(generator: np.random.Generator, n: int) -> pd.DataFrame:
    y = generator.random(n) < 0.3
    score = 1 / (1 + np.exp(-(2 * y - 1 + generator.normal(size=n))))
    return pd.DataFrame({"y": y, "y_hat": score > 0.5, "score": score})


def plain(generator: np.random.Generator) -> pd.DataFrame:
    return classified(generator, 300)


def weighted(generator: np.random.Generator) -> pd.DataFrame:
    frame = classified(generator, 600)
    return frame.assign(w=generator.lognormal(0, 0.8, len(frame)))


def clustered(generator: np.random.Generator) -> pd.DataFrame:
    persons = classified(generator, 120)
    rows = persons.loc[persons.index.repeat(5)].reset_index(drop=True)
    changed = generator.random(len(rows)) < 0.3
    return rows.where(~pd.Series(changed), classified(generator, len(rows))).assign(person=np.arange(600) // 5)


def numbers(generator: np.random.Generator) -> pd.DataFrame:
    y = generator.normal(1e6, 10, 400)
    return pd.DataFrame({"y": y, "y_hat": y + generator.normal(0, 5, 400)})


def classes(generator: np.random.Generator) -> pd.DataFrame:
    y = generator.choice(4, size=300, p=[0.5, 0.3, 0.15, 0.05])
    wrong = generator.random(300) < 0.3
    return pd.DataFrame({"y": y, "y_hat": np.where(wrong, generator.integers(0, 4, 300), y)})


@pytest.mark.parametrize(
    ("make", "options", "names"),
    [
        (plain, {"score": "score"}, ("f1", "balanced_accuracy", "roc_auc", "brier", "slope")),
        (weighted, {"score": "score", "weight": "w"}, ("accuracy", "f1", "balanced_accuracy", "brier", "slope")),
        (clustered, {"cluster": "person"}, ("accuracy", "precision", "recall", "f1", "balanced_accuracy")),
        (numbers, {"task": "regression"}, ("mae", "rmse", "r2")),
        (classes, {"task": "multiclass"}, ("accuracy", "f1_macro", "f1_weighted", "balanced_accuracy")),
    ],
)
def test_intervals_hold_the_truth(
    tmp_path: Path,
    make: Callable[[np.random.Generator], pd.DataFrame],
    options: dict[str, Any],
    names: tuple[str, ...],
) -> None:
    generator = np.random.default_rng(2026)
    parts = [make(generator) for _ in range(RUNS)]
    truth = measured(tmp_path, pd.concat(parts), {k: v for k, v in options.items() if k != "cluster"})
    held = dict.fromkeys(names, 0)
    for part in parts:
        found = measured(tmp_path, part, options)
        for name in names:
            held[name] += found[name]["low"] <= truth[name]["value"] <= found[name]["high"]
    # 0.95, less what chance does to so few runs (3.7 standard errors).
    assert {name: count for name, count in held.items() if not 0.86 * RUNS <= count <= RUNS} == {}


def measured(folder: Path, frame: pd.DataFrame, options: dict[str, Any]) -> dict[str, Any]:
    frame.to_parquet(folder / "d.parquet")
    chosen = {"data": "d.parquet", "label": "y", "prediction": "y_hat", **options}
    section = performance.collect(chosen, Context(folder=folder, repository=folder)).sections["performance"]
    calibration = section.get("calibration", {})
    return section["metrics"] | {key: calibration[key] for key in ("slope",) if key in calibration}
