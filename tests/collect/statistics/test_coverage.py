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


@pytest.mark.parametrize("setting", [*COVERAGE["losses"](), *COVERAGE["errors"]()], ids=lambda one: one[0])
def test_skewed_losses_have_an_interval_that_holds_the_truth_or_none(setting: Any) -> None:
    found = COVERAGE["covered"](setting, RUNS)
    # Which data have an interval depends on the data, so that what counts is how often one is given and wrong.
    most = 0.083 if "lognormal 1 errors, n 50" in setting[0] else 1 - FLOOR
    noise = 3 * math.sqrt(most * (1 - most) / RUNS)
    wrong = {name: (1 - share) * number / RUNS for name, (share, number) in found.items() if number}
    assert {name: share for name, share in wrong.items() if share > most + noise} == {}
    # Squares without a variance hardly ever have one; those of normal errors nearly always, from 200 rows on.
    if "t3 errors" in setting[0]:
        assert found["rmse"][1] < 0.2 * RUNS
    if setting[0] in ("normal errors, n 200", "normal errors, n 500", "normal errors, n 2000"):
        assert min(found[name][1] for name in ("rmse", "r2")) > 0.9 * RUNS
