"""Whole-process times of the commands that people wait for: `python benchmarks/startup.py [--runs 9] [--demo DIR]`.

Each command runs once without counting (it fills the file cache and writes byte code), then RUNS times; the median
counts. With --demo the evidence of that demonstration is judged by all shipped rules; else one is made.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
GATEPOST = str(Path(sys.executable).parent / "gatepost")


def measure(command: list[str], cwd: Path, runs: int, codes: tuple[int, ...]) -> list[float]:
    """Give the seconds of each run of a command."""
    seconds = []
    for _ in range(runs + 1):
        begun = time.perf_counter()
        done = subprocess.run(command, cwd=cwd, env=ENVIRONMENT, capture_output=True, check=False)
        seconds.append(time.perf_counter() - begun)
        if done.returncode not in codes:
            sys.exit(f"{' '.join(command)} exits with {done.returncode}:\n{done.stderr.decode()}")
    return seconds[1:]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--demo", type=Path)
    options = parser.parse_args()
    folder = options.demo or Path(tempfile.mkdtemp()) / "demo"
    if options.demo is None:
        measure([GATEPOST, "demo", "--dir", str(folder)], Path.cwd(), 0, (0,))
    judge = [GATEPOST, "judge", ".gatepost/evidence.json", "--policies", "profile/baseline"]
    reports = ["--report", "junit=.gatepost/b.xml", "--report", "sarif=.gatepost/b.sarif"]
    rows = [
        ("python -c pass", [sys.executable, "-c", "pass"], options.runs, (0,)),
        ("gatepost --version", [GATEPOST, "--version"], options.runs, (0,)),
        ("gatepost judge, all shipped rules", judge, options.runs, (1,)),
        ("the same, JUnit and SARIF", [*judge, *reports], options.runs, (1,)),
        ("gatepost run of the demo", [GATEPOST, "run"], 3, (1,)),
    ]
    print(f"{'command':<36} {'median':>8} {'min':>8} {'max':>8}  seconds")
    for name, command, runs, codes in rows:
        found = measure(command, folder, runs, codes)
        print(f"{name:<36} {statistics.median(found):8.3f} {min(found):8.3f} {max(found):8.3f}  {len(found)} runs")


if __name__ == "__main__":
    main()
