"""Only new findings are enforced: what is known is told by its fingerprint, and nothing else changes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gatepost.judge.known import only_new
from gatepost.problems import GatepostError
from gatepost.verdict import Counts, Result, Verdict

OLD = Result("p/old", "T", "fail", "high", "block", message="Old.", fingerprint="a")
NEW = Result("p/new", "T", "missing", "high", "block", message="New.", fingerprint="b")
SOFT = Result("p/soft", "T", "fail", "low", "warn", message="Soft.", fingerprint="c")
FINE = Result("p/fine", "T", "pass", "low", "block")


def verdict(*results: Result) -> Verdict:
    counts = Counts(
        passed=sum(one.outcome == "pass" for one in results), fail=sum(one.outcome == "fail" for one in results)
    )
    return Verdict("block", 1, "", {"name": "credit"}, counts=counts, results=results)


def test_a_known_finding_is_listed_and_not_enforced() -> None:
    found = only_new(verdict(OLD, FINE), verdict(OLD, FINE), "base.json")
    assert (found.decision, found.exit_code) == ("pass", 0)
    assert found.results[0] == replace(OLD, enforcement="info", reason="known from base.json, and not enforced")
    assert found.reasons == ("1 finding is known from base.json, and not enforced",)
    assert found.counts == verdict(OLD, FINE).counts


def test_a_new_finding_is_enforced_as_it_is() -> None:
    found = only_new(verdict(OLD, SOFT), verdict(OLD, replace(SOFT, outcome="pass", fingerprint="")), "base.json")
    assert (found.decision, found.exit_code) == ("warn", 0)
    blocked = only_new(verdict(OLD, NEW), verdict(OLD, replace(NEW, outcome="pass", fingerprint="")), "base.json")
    assert (blocked.decision, blocked.exit_code) == ("block", 1)
    assert blocked.results[1] == NEW


def test_nothing_known_leaves_the_verdict_as_it_is() -> None:
    now = verdict(replace(OLD, fingerprint="z"))
    assert only_new(now, verdict(OLD), "base.json") is now


def test_a_rule_at_fault_and_an_ended_waiver_are_never_known() -> None:
    fault = replace(OLD, outcome="error")
    assert only_new(verdict(fault), verdict(fault), "base.json") == verdict(fault)
    assert only_new(verdict(OLD), verdict(replace(OLD, outcome="waived")), "base.json").decision == "block"


@pytest.mark.parametrize(
    ("base", "what"),
    [
        (Verdict("error", 2, "", {"name": "credit"}), "the base verdict judged nothing"),
        (Verdict.of_problems(GatepostError.of("bad")), "the base verdict judged nothing"),
        (replace(verdict(OLD), subject={"name": "other"}), "the base verdict is of `other`, and this is `credit`"),
        (verdict(replace(OLD, hidden=3)), "leaves findings out"),
        (verdict(OLD, NEW), "rules of the base verdict are not in force any more: p/new"),
    ],
)
def test_a_base_that_does_not_fit_is_no_empty_base(base: Verdict, what: str) -> None:
    with pytest.raises(GatepostError, match=what):
        only_new(verdict(OLD, FINE), base, "base.json")
