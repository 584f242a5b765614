"""Performance, drift and leakage of many rows: `python benchmarks/tables.py [--rows 10000000]`.

Makes two Parquet files with a score, and runs each collector in a process of its own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from fairness import make

_OPTIONS = {
    "performance": {"data": "a.parquet", "label": "y", "prediction": "y_hat", "score": "score", "slices": ["race"]},
    "drift": {"reference": "a.parquet", "current": "b.parquet"},
    "leakage": {"train": "a.parquet", "test": "b.parquet", "label": "y"},
}


def measure(name: str, folder: Path) -> None:
    """Run one collector, and print seconds and memory."""
    begun = time.perf_counter()
    import ibis  # noqa: F401
    import pandas  # noqa: F401

    from gatepost.collect.interface import Context

    imported = time.perf_counter()
    collector = import_module(f"gatepost.collect.sources.{name}")
    collector.collect(_OPTIONS[name], Context(folder=folder, repository=folder))
    done = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
    print(f"{name}: {done - imported:.1f} s, {done - begun:.1f} s with imports, {memory} MB")


def main() -> None:
    """Make the rows, and measure each collector."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--measure", nargs=2, metavar=("COLLECTOR", "FOLDER"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure[0], Path(arguments.measure[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder) / "a.parquet", arguments.rows, score=True)
        make(Path(folder) / "b.parquet", arguments.rows, score=True)
        for name in _OPTIONS:
            subprocess.run([sys.executable, __file__, "--measure", name, folder], check=True)


if __name__ == "__main__":
    main()
