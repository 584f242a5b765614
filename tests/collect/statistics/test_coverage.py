"""The simulations of benchmarks/coverage.py, with fewer runs: what docs/explanation/numbers.md says of intervals."""

from __future__ import annotations

import math
import runpy
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
RUNS = 500
FLOOR = 0.93
COVERAGE = runpy.run_path(str(Path(__file__).parents[3] / "benchmarks" / "coverage.py"))
SETTINGS = [setting for name in ("areas", "classes", "clusters") for setting in COVERAGE[name]()]


@pytest.mark.parametrize("setting", [one for one in SETTINGS if "spread 3" not in one[0]], ids=lambda one: one[0])
def test_intervals_hold_the_truth(setting: Any) -> None:
    noise = 3 * math.sqrt(FLOOR * (1 - FLOOR) / RUNS)
    found = COVERAGE["covered"](setting, RUNS)
    assert {name: share for name, (share, _) in found.items() if share < FLOOR - noise} == {}
    assert {name: number for name, (_, number) in found.items() if number < RUNS} == {}
