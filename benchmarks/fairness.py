"""Fairness of many rows: `python benchmarks/fairness.py [--rows 10000000] [--score] [--beside]`.

Makes a Parquet file and measures two attributes and their intersection, with all metrics and intervals, in a process
of its own. With --beside, fairlearn computes four metrics by ten groups on 1,000,000 such rows themselves.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

_SCORE = (
    ", greatest(0, least(1, (hash(i * 13 + 3) % 100 < 40)::INT * 0.2 + (hash(i * 19) % 1000003) / 1250004.0)) score"
)


def make(path: Path, rows: int, score: bool) -> None:
    """Write rows with two attributes, labels, predictions, and scores of a million different values."""
    import duckdb

    columns = f"""['female', 'male'][1 + (hash(i) % 2)::INT] sex,
        ['a', 'b', 'c', 'd', 'e'][1 + (hash(i * 7 + 1) % 5)::INT] race,
        (hash(i * 13 + 3) % 100 < 40)::INT y, (hash(i * 13 + 3) % 100 < 35 OR hash(i * 17) % 10 = 0)::INT y_hat
        {_SCORE if score else ""}"""
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT {columns} FROM range({rows}) t(i)) TO '{path}' (FORMAT parquet)")


def ours(path: Path, score: bool) -> None:
    """Measure with Gatepost, and print seconds and memory."""
    begun = time.perf_counter()
    import ibis  # noqa: F401
    import pandas  # noqa: F401

    from gatepost.collect.interface import Context
    from gatepost.collect.sources import fairness

    imported = time.perf_counter()
    options = {"data": path.name, "label": "y", "prediction": "y_hat", "attributes": ["sex", "race"]}
    more = {"score": "score"} if score else {}
    context = Context(folder=path.parent, repository=path.parent)
    fairness.collect({**options, **more, "intersections": True}, context)
    done = time.perf_counter()
    print(f"gatepost: {done - imported:.1f} s, {done - begun:.1f} s with imports, {_memory()} MB")


def beside(path: Path) -> None:
    """Measure with fairlearn on the rows, and print seconds and memory."""
    import pandas as pd
    from fairlearn import metrics

    frame = pd.read_parquet(path)
    rates = {
        "selection_rate": metrics.selection_rate,
        "tpr": metrics.true_positive_rate,
        "fpr": metrics.false_positive_rate,
        "fnr": metrics.false_negative_rate,
    }
    begun = time.perf_counter()
    features = frame[["sex", "race"]]
    _ = metrics.MetricFrame(
        metrics=rates, y_true=frame["y"], y_pred=frame["y_hat"], sensitive_features=features
    ).by_group
    print(f"fairlearn on rows: {time.perf_counter() - begun:.1f} s, {_memory()} MB")


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000


def main() -> None:
    """Make the rows, and measure each in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--score", action="store_true")
    parser.add_argument("--beside", action="store_true")
    parser.add_argument("--measure", choices=["ours", "beside"], help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure == "ours":
        ours(options.file, options.score)
        return
    if options.measure == "beside":
        beside(options.file)
        return
    with tempfile.TemporaryDirectory() as folder:
        for measure, rows in (("ours", options.rows), *([("beside", 1_000_000)] if options.beside else [])):
            path = Path(folder) / f"{measure}.parquet"
            make(path, rows, options.score)
            print(f"{rows} rows", flush=True)
            command = [sys.executable, __file__, "--measure", measure, "--file", str(path)]
            subprocess.run([*command, *(["--score"] if options.score else [])], check=True)


if __name__ == "__main__":
    main()
