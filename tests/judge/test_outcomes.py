"""The table of outcomes: what is pass, fail, missing, error and skip."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from gatepost.verdict import Verdict

Judge = Callable[..., Verdict]


def metric(value: float) -> dict[str, Any]:
    return {"value": value, "low": value - 0.1, "high": value + 0.1, "n": 100}


EVIDENCE: dict[str, Any] = {
    "model": {"framework": "sklearn", "tags": {"team": "risk"}},
    "performance": {"n": 100, "metrics": {"accuracy": metric(0.75)}},
    "fairness": {
        "groups": [
            {"attribute": "sex", "group": "f", "n": 100, "impact_ratio": metric(0.7)},
            {"attribute": "sex", "group": "m", "n": 200, "impact_ratio": metric(1.0)},
            {"attribute": "sex", "group": "x", "n": 2},
        ]
    },
    "robustness": {"attacks": []},
    "data": {"checks": [{"id": "c1", "tool": "t", "status": "pass"}, {"id": "c2", "tool": "t", "status": "fail"}]},
    "custom": {"word": "high", "number": 3},
}


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        # pass and fail
        ("require: evidence.performance.metrics.accuracy.value >= 0.75", "pass"),
        ("require: evidence.performance.metrics.accuracy.value > 0.75", "fail"),
        ("require: evidence.performance.n >= 100", "pass"),
        ("require: evidence.performance.metrics.accuracy.value < 1", "pass"),
        # missing: a field that is absent, wherever it is read
        ("require: evidence.performance.metrics.auc.value > 0.5", "missing"),
        ("require: evidence.documentation.owner != ''", "missing"),
        ("require: subject.version == '7'", "missing"),
        ("require: baseline.performance.n > 1", "missing"),
        ("require: 'evidence.data.checks[5].id == \"c\"'", "missing"),
        ("require: 'true', when: evidence.documentation.owner != ''", "missing"),
        ('require: \'evidence.model.tags["owner"] == "x"\'', "missing"),
        ("require: 'evidence.performance.metrics[subject.name].value > 0.1'", "missing"),
        ("for_each: {g: evidence.drift.columns}, require: g.drifted == false", "missing"),
        ("for_each: {g: evidence.fairness.groups}, where: g.tpr.n > 1, require: g.n > 1", "missing"),
        ("for_each: {g: evidence.fairness.groups}, where: g.n > 1000, require: g.n > 1", "missing"),
        ("for_each: {a: evidence.robustness.attacks}, require: a.n > 1", "missing"),
        # missing: the order of the parts does not matter
        ("require: evidence.documentation.owner != '' || evidence.performance.n > 100", "missing"),
        ("require: evidence.performance.n > 100 || evidence.documentation.owner != ''", "missing"),
        ("require: evidence.documentation.owner != '' && evidence.performance.n == 100", "missing"),
        # a boolean although something is absent: the value could not have mattered
        ("require: evidence.documentation.owner != '' || evidence.performance.n == 100", "pass"),
        ("require: evidence.performance.n == 100 || evidence.documentation.owner != ''", "pass"),
        ("require: evidence.documentation.owner != '' && evidence.performance.n == 1", "fail"),
        # a macro over an empty list
        ("require: 'evidence.robustness.attacks.all(a, a.n > 1)'", "missing"),
        ("require: 'evidence.robustness.attacks.exists(a, a.n > 1)'", "missing"),
        ("require: 'evidence.robustness.attacks.all(a, a.n > 1)', allow_empty: true", "pass"),
        ('require: \'evidence.data.checks.filter(c, c.id == "c9").all(c, c.status == "pass")\'', "missing"),
        ('require: \'evidence.data.checks.filter(c, c.id == "c1").all(c, c.status == "pass")\'', "pass"),
        ("require: 'evidence.performance.n == 100 || evidence.robustness.attacks.all(a, a.n > 1)'", "pass"),
        ("require: 'evidence.performance.n == 1 || evidence.robustness.attacks.all(a, a.n > 1)'", "missing"),
        ("for_each: {a: evidence.robustness.attacks}, require: a.n > 1, allow_empty: true", "pass"),
        # macros over lists that are there
        ("require: 'evidence.data.checks.all(c, c.status == \"pass\")'", "fail"),
        ("require: 'evidence.data.checks.exists(c, c.status == \"pass\")'", "pass"),
        ("require: 'evidence.data.checks.all(c, c.severity == \"info\")'", "missing"),
        ("require: 'evidence.fairness.groups.all(g, g.impact_ratio.value > 0.1)'", "missing"),
        # error: the rule itself is at fault
        ("require: evidence.custom.word > 3", "error"),
        ("require: evidence.custom.number", "error"),
        ("require: evidence.custom.number && true", "error"),
        ("require: evidence.performance.metrics.accuracy.value / 0.0 > 0.1", "error"),
        ("require: evidence.performance.n / 0 > 1", "error"),
        ("require: 'true', when: evidence.custom.word > 3", "error"),
        ("for_each: {g: evidence.fairness.groups}, item: '{g.attribute}', require: g.n > 1", "error"),
        ("for_each: {g: evidence.custom.word}, require: 'true'", "error"),
        # skip
        ("require: 'false', when: evidence.performance.n == 1", "skip"),
        # a test for absence, which the rule says
        ("require: '!has(evidence.documentation)', optional_evidence: true", "pass"),
        ("require: 'has(evidence.documentation)', optional_evidence: true", "fail"),
        ("require: 'has(evidence.documentation.owner)', optional_evidence: true", "missing"),
    ],
)
def test_a_rule_comes_out_as_the_table_says(judge: Judge, rule: str, outcome: str) -> None:
    # A rule that is not judged at all would hide behind one that is.
    verdict = judge([rule, "require: evidence.performance.n == 100"], EVIDENCE)
    outcomes = {result.outcome for result in verdict.results if result.rule == "p/r"}
    order = ("error", "missing", "fail", "pass", "skip")
    assert next(name for name in order if name in outcomes) == outcome


def test_each_item_has_its_own_outcome(judge: Judge) -> None:
    rule = (
        "for_each: {g: evidence.fairness.groups}, item: '{g.attribute}={g.group}', "
        "require: g.impact_ratio.value >= 0.8"
    )
    verdict = judge(rule, EVIDENCE)
    assert [(r.item, r.outcome, r.items) for r in verdict.results] == [
        ("sex=f", "fail", 1),
        ("sex=x", "missing", 1),
        ("sex=m", "pass", 1),
    ]
    assert (verdict.counts.passed, verdict.counts.fail, verdict.counts.missing) == (1, 1, 1)


def test_items_that_where_leaves_out_are_counted(judge: Judge) -> None:
    verdict = judge("for_each: {g: evidence.fairness.groups}, where: g.n >= 30, require: g.n > 1", EVIDENCE)
    (result,) = verdict.results
    assert (result.outcome, result.items, result.excluded) == ("pass", 2, 1)
    assert verdict.counts.excluded == 1


def test_a_map_gives_its_keys_in_sorted_order(judge: Judge) -> None:
    evidence = {"performance": {"metrics": {"b": metric(0.5), "a": metric(0.5)}}}
    rule = (
        "for_each: {m: evidence.performance.metrics}, item: '{m}', "
        "require: 'evidence.performance.metrics[m].value > 1'"
    )
    assert [result.item for result in judge(rule, evidence).results] == ["a", "b"]


def test_applies_to_skips_makes_missing_or_error(judge: Judge) -> None:
    rules = ["require: evidence.performance.n == 100"]
    high = "applies_to: subject.risk_tier == 'high'\n"
    assert judge(rules, EVIDENCE, head=high, subject={"risk_tier": "low"}).results[0].outcome == "skip"
    assert judge(rules, EVIDENCE, head=high, subject={"risk_tier": "high"}).results[0].outcome == "pass"
    assert judge(rules, EVIDENCE, head=high).results[0].outcome == "missing"
    limited = judge(rules, EVIDENCE, head=high, subject={"risk_tier": "limited"}).results[0]
    assert limited.reason == "`applies_to` is false: subject.risk_tier is \"limited\" (subject.risk_tier == 'high')"
    wrong = "applies_to: evidence.custom.word > 3\n"
    assert judge(rules, EVIDENCE, head=wrong).results[0].outcome == "error"


def test_a_word_that_nobody_knows_is_missing_and_never_skips(judge: Judge) -> None:
    rules = ["require: evidence.performance.n == 100"]
    for condition in ("subject.risk_tier == 'high'", "subject.risk_tier != 'high'"):
        verdict = judge(rules, EVIDENCE, head=f"applies_to: {condition}\n", subject={"risk_tier": "hihg"})
        (result,) = verdict.results
        assert (verdict.decision, result.outcome) == ("block", "missing")
        assert result.message.startswith("subject.risk_tier: `hihg` is not one of unacceptable, high, ")
        assert result.message.endswith("did you mean `high`?")
    verdict = judge(
        rules, EVIDENCE, head="applies_to: subject.task == 'binary'\n", subject={"task": "classification"}
    )
    assert verdict.results[0].outcome == "missing"


def test_a_skip_shows_what_was_compared(judge: Judge) -> None:
    rule = "require: 'true', when: 'subject.name == \"credit\" && rows > 200.5'"
    assert judge([rule], EVIDENCE, head="let: {rows: evidence.performance.n}\n").results[0].reason == (
        '`when` is false: evidence.performance.n is 100 (subject.name == "credit" && rows > 200.5)'
    )


@pytest.mark.parametrize(
    ("require", "message", "shown"),
    [
        ("g.value >= 0.8", "{g.value} is below 0.8", "0.79999999 is below 0.8"),
        ("g.value >= params.least", "{g.value} is too small", "0.79999999 is too small"),
        ("g.value >= 0.8", "{g.value} is below 80 %", "0.79999999 is below 80 %"),
        ("g.value > 1 || g.low > 0.8", "{g.value} is bad", "0.79999999 is bad"),
    ],
)
def test_a_message_never_contradicts_its_numbers(judge: Judge, require: str, message: str, shown: str) -> None:
    evidence = {"performance": {"metrics": {"a": {"value": 0.79999999, "low": 0.5, "high": 0.9}}}}
    rule = f"let: {{g: evidence.performance.metrics.a}}, require: '{require}', message: '{message}'"
    head = "params: {least: {type: number, default: 0.8}}\n"
    (result,) = judge([rule], evidence, head=head).results
    assert result.message == shown


def test_the_baseline_is_compared_by_the_counts_of_both(judge: Judge) -> None:
    rule = "require: evidence.performance.metrics.accuracy.difference_from_baseline >= -0.1"
    own, theirs = ({"performance": {"metrics": {"accuracy": {"value": v, "n": 10}}}} for v in (0.7, 0.8))
    assert judge([rule], own, baseline=theirs).decision == "pass"
    assert judge([rule], own).results[0].outcome == "missing"


def test_a_failed_filler_makes_what_reads_its_section_missing(judge: Judge) -> None:
    source = {
        "name": "performance",
        "collector": "performance",
        "version": "1",
        "sections": ["performance"],
        "status": "failed",
        "required": False,
        "error": "no such file",
        "started_at": "2026-05-31T00:00:00Z",
        "seconds": 0.1,
        "cached": False,
    }
    rules = ["require: evidence.performance.n == 100", "require: evidence.model.framework == 'sklearn'"]
    verdict = judge(rules, EVIDENCE, sources=[source])
    assert [result.outcome for result in verdict.results] == ["missing", "pass"]
    assert "the source performance failed: no such file" in verdict.results[0].message.lower()
    assert verdict.exit_code == 1
    required = judge(rules, EVIDENCE, sources=[{**source, "required": True}])
    assert (required.decision, required.exit_code) == ("error", 2)


HUGE = {"custom": {"long": "x" * 100_000, "n": 1_000_000_000, "many": ["w"] * 3_000}}


@pytest.mark.parametrize(
    "require",
    [
        "lists.range(evidence.custom.n).size() > 1",
        'evidence.custom.long.replace("x", evidence.custom.long) != ""',
        "evidence.custom.many.join(evidence.custom.long) != ''",
    ],
)
def test_a_value_without_end_is_an_error_of_its_rule_only(judge: Judge, require: str) -> None:
    verdict = judge([f"optional_evidence: true, require: {json.dumps(require)}", "require: 1 < 2"], HUGE)
    assert [result.outcome for result in verdict.results] == ["error", "pass"]
    assert "could have more than 5,000,000 characters or entries" in verdict.results[0].message


def test_a_message_is_cut_where_it_is_longer_than_anybody_reads(judge: Judge) -> None:
    (result,) = judge("require: 1 > 2, fix: '" + "{evidence.custom.long}" * 500 + "'", HUGE).results
    assert (result.outcome, result.fix) == ("fail", "x" * 20_000 + "...")


def test_a_value_that_cannot_be_shown_is_unknown(judge: Judge) -> None:
    (result,) = judge("require: 1 > 2, fix: '{type(1)} {optional.none()} {[1].first()} {null}'", {}).results
    assert (result.outcome, result.fix.endswith("? ? null")) == ("fail", True)
