"""What follows from the results of a verdict, of this version and of 0.1."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from gatepost.judge.consistency import check_verdict
from gatepost.judge.decision import decide
from gatepost.verdict import Counts, GatepostEntry, Result, Source, Trusted, Verdict


def result(outcome: str, enforcement: str = "block", **more: Any) -> Result:
    return Result("p/r", "T", outcome, "high", enforcement, **more)  # type: ignore[arg-type]


def verdict(decision: str, *results: Result, **more: Any) -> Verdict:
    names = {"pass": "passed"}
    numbers: dict[str, int] = {}
    for one in results:
        numbers[names.get(one.outcome, one.outcome)] = numbers.get(names.get(one.outcome, one.outcome), 0) + 1
    code = {"pass": 0, "warn": 0, "block": 1, "error": 2}[decision]
    made = Verdict(decision, code, "2026-01-01T00:00:00Z", counts=Counts(**numbers), results=results)  # type: ignore[arg-type]
    return dataclasses.replace(made, gatepost=GatepostEntry(version="0.2.0"), **more)


def state(found: Verdict) -> str:
    return next(check.state for check in check_verdict(found) if check.what == "decision")


KNOWN = result("fail", "info", reason="known from base.json, and not enforced")
CHANGED = Trusted("main", "c", ("x.yaml",), "block")


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (verdict("pass", result("pass")), "ok"),
        (verdict("block", result("fail")), "ok"),
        (verdict("pass", result("fail")), "inconsistent"),
        (verdict("warn", result("missing", "warn")), "ok"),
        (verdict("pass", result("missing", "warn")), "inconsistent"),
        (verdict("warn", result("pass", "info")), "ok"),
        (verdict("pass", result("pass", "info")), "inconsistent"),
        (verdict("error", result("error", "info")), "ok"),
        (verdict("warn", result("error", "info")), "inconsistent"),
        (verdict("error", result("skip")), "ok"),
        (verdict("pass", result("skip")), "inconsistent"),
        (verdict("error"), "ok"),
        (verdict("pass"), "inconsistent"),
        (verdict("pass", result("pass"), sources=(Source("s", "c", "failed", error="e"),)), "inconsistent"),
        (verdict("pass", result("pass"), sources=(Source("s", "c", "failed", required=False),)), "ok"),
        # A finding that is known from an earlier verdict weighs as much as a pass.
        (verdict("pass", KNOWN), "ok"),
        (verdict("pass", dataclasses.replace(KNOWN, reason="")), "inconsistent"),
        # What a merge request changes of the rules makes a warning of a pass, and nothing else.
        (verdict("warn", result("pass"), trusted=CHANGED), "ok"),
        (verdict("pass", result("pass"), trusted=CHANGED), "inconsistent"),
        (verdict("warn", result("pass"), trusted=Trusted("main", "c")), "inconsistent"),
        (verdict("warn", result("fail"), trusted=CHANGED), "inconsistent"),
    ],
)
def test_the_decision_follows_from_the_results(found: Verdict, wanted: str) -> None:
    assert state(found) == wanted


def test_a_verdict_of_0_1_may_pass_where_all_that_blocks_was_skipped() -> None:
    old = verdict("pass", result("skip"), result("pass", "warn"))
    assert state(dataclasses.replace(old, gatepost=None)) == "ok"
    effects = {("skip", "block"), ("pass", "warn")}
    assert state(dataclasses.replace(old, decision=decide(effects, old.counts, ())[0])) == "ok"
