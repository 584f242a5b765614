from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest

from gatepost.judge.decision import decide
from gatepost.verdict import Counts, Verdict

Judge = Callable[..., Verdict]
EVIDENCE = {"performance": {"n": 100}, "custom": {"word": "x"}}
PASS, FAIL = "require: evidence.performance.n == 100", "require: evidence.performance.n == 1"
MISSING, ERROR = "require: evidence.model.run_id == 'x'", "require: evidence.custom.word > 3"
SKIP = "require: 'true', when: evidence.performance.n == 1"


@pytest.mark.parametrize(
    ("rules", "enforcement", "decision", "exit_code", "reasons"),
    [
        ([PASS], "block", "pass", 0, ()),
        ([PASS, FAIL], "block", "block", 1, ()),
        ([PASS, MISSING], "block", "block", 1, ()),
        ([PASS, FAIL], "warn", "warn", 0, ()),
        ([PASS, MISSING], "warn", "warn", 0, ()),
        ([PASS, FAIL], "info", "warn", 0, ("nothing is enforced: no rule in force blocks or warns",)),
        ([PASS, ERROR], "info", "error", 2, ("nothing is enforced: no rule in force blocks or warns",)),
        ([PASS, FAIL, ERROR], "block", "error", 2, ()),
        ([PASS, SKIP], "block", "pass", 0, ()),
        ([SKIP], "block", "error", 2, ("every rule was skipped, so nothing was judged",)),
    ],
)
def test_the_worst_outcome_decides(
    judge: Judge, rules: list[str], enforcement: str, decision: str, exit_code: int, reasons: tuple[str, ...]
) -> None:
    verdict = judge(rules, EVIDENCE, enforcement=enforcement)
    assert (verdict.decision, verdict.exit_code, verdict.reasons) == (decision, exit_code, reasons)


BLOCKS = "nothing is enforced: every rule that blocks was skipped"
EITHER = "nothing is enforced: every rule that blocks or warns was skipped"


@pytest.mark.parametrize(
    ("effects", "decision", "reasons"),
    [
        ({("skip", "block"), ("pass", "warn")}, "warn", (BLOCKS,)),
        ({("skip", "block"), ("pass", "info")}, "warn", (BLOCKS,)),
        ({("skip", "warn"), ("pass", "info")}, "warn", (EITHER,)),
        ({("skip", "block"), ("error", "warn")}, "error", (BLOCKS,)),
        ({("skip", "block"), ("waived", "block")}, "pass", ()),
        ({("skip", "block"), ("pass", "block")}, "pass", ()),
        ({("skip", "block"), ("fail", "block")}, "block", ()),
        ({("pass", "warn")}, "pass", ()),
    ],
)
def test_nothing_is_enforced_where_every_rule_that_blocks_is_skipped(
    effects: set[tuple[str, str]], decision: str, reasons: tuple[str, ...]
) -> None:
    assert (decide(effects, Counts(passed=1), ())[0], decide(effects, Counts(passed=1), ())[2]) == (decision, reasons)


def test_a_rule_informs_only_before_its_day(judge: Judge) -> None:
    head = "effective_from: 2026-06-02\n"
    before = judge([FAIL], EVIDENCE, head=head)
    assert (before.decision, before.results[0].enforcement, before.results[0].outcome) == ("warn", "info", "fail")
    assert before.results[0].reason == "in force from 2026-06-02"
    day = datetime.datetime(2026, 6, 2, tzinfo=datetime.UTC)
    assert judge([FAIL], EVIDENCE, head=head, now=day).decision == "block"


def test_the_day_is_that_of_utc(judge: Judge) -> None:
    head = "effective_from: 2026-06-02\n"
    zone = datetime.timezone(datetime.timedelta(hours=-5))
    assert judge([FAIL], EVIDENCE, head=head, now=datetime.datetime(2026, 6, 1, 20, tzinfo=zone)).decision == "block"


WAIVER = """waivers:
  - {{id: W, rules: [p/r], subject: credit, reason: R, approved_by: a@example.com, expires: {expires}}}
"""


@pytest.mark.parametrize(
    ("expires", "decision", "state"), [("2026-06-01", "pass", "used"), ("2026-05-31", "block", "expired")]
)
def test_the_last_day_of_a_waiver_counts(judge: Judge, expires: str, decision: str, state: str) -> None:
    verdict = judge([FAIL, PASS], EVIDENCE, waivers=WAIVER.format(expires=expires))
    assert (verdict.decision, verdict.waivers[0].state) == (decision, state)
    assert verdict.results[0].waiver == ("W" if state == "used" else None)


def test_a_waiver_that_matches_nothing_is_unused(judge: Judge) -> None:
    verdict = judge([PASS], EVIDENCE, waivers=WAIVER.format(expires="2027-01-01"))
    assert verdict.waivers[0].state == "unused"


def test_a_limit_hides_no_finding_behind_a_waiver(judge: Judge) -> None:
    evidence = {"fairness": {"groups": [{"attribute": "a", "group": g, "n": 1} for g in ("w", "x", "y")]}}
    waiver = WAIVER.format(expires="2027-01-01").replace("subject: credit,", "subject: credit, items: [w],")
    rule = "for_each: {g: evidence.fairness.groups}, item: '{g.group}', require: g.n > 8"
    verdict = judge(rule, evidence, waivers=waiver, max_findings=1)
    assert (verdict.decision, verdict.exit_code) == ("block", 1)
    assert [(result.item, result.outcome, result.hidden) for result in verdict.results] == [("x", "fail", 1)]
    assert (verdict.counts.fail, verdict.counts.waived) == (2, 1)


def test_the_rest_of_many_findings_is_a_number(judge: Judge) -> None:
    evidence = {"fairness": {"groups": [{"attribute": "a", "group": str(n), "n": n} for n in range(10)]}}
    verdict = judge("for_each: {g: evidence.fairness.groups}, require: g.n > 8", evidence, max_findings=3)
    assert [result.outcome for result in verdict.results] == ["fail", "fail", "fail", "pass"]
    assert verdict.results[2].hidden == 6
    assert verdict.counts.fail == 9
