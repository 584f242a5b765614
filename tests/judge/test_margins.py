"""How close a rule that passed came to failing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatepost.judge import findings, margins
from gatepost.verdict import Margin, Verdict

Judge = Callable[..., Verdict]
METRICS = {
    "performance": {"n": 300, "metrics": {"accuracy": {"value": 0.9, "low": 0.8, "high": 0.95}}},
    "documentation": {"owner": "Ann"},
}
A = "evidence.performance.metrics.accuracy"


def groups(*values: float) -> dict[str, Any]:
    return {
        "fairness": {
            "groups": [
                {"attribute": "sex", "group": f"g{n}", "n": 10 + n, "impact_ratio": {"value": value, "low": 0.1}}
                for n, value in enumerate(values)
            ]
        }
    }


@pytest.mark.parametrize(
    ("require", "margin"),
    [
        (f"{A}.low >= 0.75", Margin(f"{A}.low >= 0.75", 0.8, 0.75, 0.0625)),
        (f"0.5 < {A}.low", Margin(f"0.5 < {A}.low", 0.5, 0.8, 0.375)),
        (f"{A}.low >= 0.8", Margin(f"{A}.low >= 0.8", 0.8, 0.8, 0.0)),
        # Of an `&&` the smallest, of an `||` the largest of the sides that are true.
        (f"{A}.low >= 0.4 && {A}.low >= 0.6", Margin(f"{A}.low >= 0.6", 0.8, 0.6, 0.25)),
        (f"{A}.low >= 0.4 || {A}.low >= 0.6", Margin(f"{A}.low >= 0.4", 0.8, 0.4, 0.5)),
        (f"{A}.low >= 0.9 || {A}.low >= 0.6", Margin(f"{A}.low >= 0.6", 0.8, 0.6, 0.25)),
        (f"!({A}.low < 0.6 || {A}.low < 0.2)", Margin(f"{A}.low < 0.6", 0.8, 0.6, 0.25)),
        # Whatever the numbers are, it passes by another condition.
        (f"evidence.performance.n == 300 || {A}.low >= 0.6", None),
        (f"evidence.performance.n == 1 || {A}.low >= 0.6", Margin(f"{A}.low >= 0.6", 0.8, 0.6, 0.25)),
        (f"{A}.value - {A}.low <= 0.2", Margin(f"{A}.value - {A}.low <= 0.2", 0.9 - 0.8, 0.2, 0.5)),
        (f"-{A}.low <= -0.4", Margin(f"-{A}.low <= -0.4", -0.8, -0.4, 0.5)),
        ("evidence.performance.n / 7 >= 42", None),  # CEL cuts the quotient of whole numbers
        ("evidence.performance.n >= 200", Margin("evidence.performance.n >= 200", 300, 200, 0.333333)),
        ("evidence.performance.n == 300", None),
        (f"double(string({A}.low)) >= 0.75", None),  # only an engine can tell
        (
            "evidence.documentation.owner.size() > 1",
            Margin("evidence.documentation.owner.size() > 1", 3, 1, 0.666667),
        ),
    ],
)
def test_the_comparison_that_decided(judge: Judge, require: str, margin: Margin | None) -> None:
    (result,) = judge(f'require: "{require}"', METRICS).results
    assert (result.outcome, result.margin) == ("pass", margin)


def test_of_many_items_the_closest_with_its_name(judge: Judge) -> None:
    rule = "for_each: {g: evidence.fairness.groups}, item: '{g.group}', where: 'g.n > 10', require: 'g.impact_ratio.value >= 0.8'"
    for values in ((0.81, 0.95, 0.85, 0.9), (0.81, 0.95, 0.85, 0.2)):
        passed = next(one for one in judge(rule, groups(*values)).results if one.outcome == "pass")
        assert passed.margin == Margin("g.impact_ratio.value >= 0.8", 0.85, 0.8, 0.058824, "g2")


def test_below_macros_with_the_place(judge: Judge) -> None:
    values = groups(0.9, 0.85, 0.95)
    everyone = judge("require: 'evidence.fairness.groups.all(g, g.impact_ratio.value >= 0.8)'", values).results[0]
    text = "evidence.fairness.groups[{}].impact_ratio.value >= 0.8"
    assert everyone.margin == Margin(text.format(1), 0.85, 0.8, 0.058824)
    someone = judge("require: 'evidence.fairness.groups.exists(g, g.impact_ratio.value >= 0.8)'", values).results[0]
    assert someone.margin == Margin(text.format(2), 0.95, 0.8, 0.157895)


def test_names_of_let_are_kept(judge: Judge) -> None:
    head = f"let: {{low: {A}.low}}\n"
    (result,) = judge("require: 'low >= 0.75'", METRICS, head=head).results
    assert result.margin == Margin("low >= 0.75", 0.8, 0.75, 0.0625)


def test_what_did_not_pass_has_none(judge: Judge) -> None:
    assert judge(f"require: '{A}.low >= 0.99'", METRICS).results[0].margin is None
    assert judge("require: 'evidence.performance.n > 1'", {}).results[0].margin is None
    assert judge(f"when: 'false', require: '{A}.low >= 0.5'", METRICS).results[0].margin is None


def test_each_item_is_looked_at_once(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    """The work is linear in the number of items."""
    seen: list[float] = []

    def counting(one: float, other: float) -> float:
        seen.append(one)
        return abs(one - other)

    monkeypatch.setattr(margins, "share_apart", counting)
    rule = "for_each: {g: evidence.fairness.groups}, item: '{g.group}', require: 'g.impact_ratio.value >= 0.8'"
    judge(rule, groups(*[0.9] * 2_000))
    assert len(seen) == 2_000


def test_the_rest_of_the_record(judge: Judge) -> None:
    waivers = (
        "waivers:\n- {id: W-1, rules: [p/r], subject: credit, reason: r, approved_by: a, "
        "expires: 2027-01-01, ticket: RISK-1}\n"
    )
    verdict = judge(f"require: '{A}.low >= 0.99'", METRICS, waivers=waivers)
    assert [(one.state, one.ticket, one.approved_by) for one in verdict.waivers] == [("used", "RISK-1", "a")]
    assert verdict.gatepost is not None
    assert findings.fingerprint("credit", "p/r", None, verdict.results[0].location, "evidence.json") == (
        verdict.results[0].fingerprint
    )
