"""What must hold for any rule and any evidence."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gatepost.verdict import Verdict

Judge = Callable[..., Verdict]

METRIC = st.fixed_dictionaries({"value": st.floats(0, 1)}, optional={"low": st.floats(0, 1), "n": st.just(1)}).map(
    lambda metric: {**metric, "low": min(metric["low"], metric["value"])} if "low" in metric else metric
)
EVIDENCE = st.fixed_dictionaries(
    {},
    optional={
        "performance": st.fixed_dictionaries(
            {}, optional={"n": st.integers(0, 200), "metrics": st.dictionaries(st.sampled_from("abc"), METRIC)}
        ),
        "fairness": st.fixed_dictionaries(
            {},
            optional={
                "groups": st.lists(
                    st.fixed_dictionaries(
                        {"attribute": st.just("a"), "group": st.sampled_from("xyz")},
                        optional={"n": st.integers(1, 99), "impact_ratio": METRIC},
                    ),
                    max_size=3,
                )
            },
        ),
        "model": st.fixed_dictionaries({}, optional={"framework": st.sampled_from(["s", "t"])}),
        "training": st.fixed_dictionaries(
            {}, optional={"git": st.fixed_dictionaries({}, optional={"dirty": st.booleans()})}
        ),
    },
)
ATOMS = st.sampled_from(
    [
        "evidence.performance.n > 50",
        "evidence.performance.metrics.a.value >= 0.5",
        'evidence.performance.metrics["b"].low < 0.5',
        'evidence.model.framework == "s"',
        "evidence.training.git.dirty",
        "evidence.fairness.groups.all(g, g.n > 10)",
        "evidence.fairness.groups.exists(g, g.impact_ratio.value > 0.5)",
        "evidence.fairness.groups.filter(g, g.n > 5).all(h, h.impact_ratio.value > 0.1)",
        "evidence.fairness.groups[0].n > 10",
        "evidence.fairness.groups.size() > 1",
        "evidence.performance.metrics.a.value / evidence.performance.metrics.b.value > 1.0",
        "evidence.fairness.groups.map(g, g.n).size() == 2",
    ]
)


def combined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} && {})".format, inner, inner),
        st.builds("({} || {})".format, inner, inner),
        st.builds("!({})".format, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
    )


EXPRESSIONS = st.recursive(ATOMS, combined, max_leaves=4)
SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def without_one_field(data: Any) -> Iterator[Any]:
    """Give the data with each of its fields taken away in turn."""
    if isinstance(data, dict):
        for key in data:
            yield {other: value for other, value in data.items() if other != key}
            for changed in without_one_field(data[key]):
                yield {**data, key: changed}
    elif isinstance(data, list):
        for index, value in enumerate(data):
            for changed in without_one_field(value):
                yield [*data[:index], changed, *data[index + 1 :]]


def readable(evidence: Any) -> bool:
    """Tell whether the schema still accepts it: an entry of a list needs its name."""
    groups = evidence.get("fairness", {}).get("groups", [])
    metrics = evidence.get("performance", {}).get("metrics", {}).values()
    with_ratio = [group["impact_ratio"] for group in groups if "impact_ratio" in group]
    return all({"attribute", "group"} <= set(g) for g in groups) and all(
        "value" in m for m in (*metrics, *with_ratio)
    )


def outcome(judge: Judge, rule: str, evidence: Any) -> str:
    return judge([rule], evidence).results[0].outcome


@SETTINGS
@given(EXPRESSIONS, EVIDENCE)
def test_taking_evidence_away_never_turns_anything_into_pass_or_skip(
    judge: Judge, expression: str, evidence: Any
) -> None:
    rule = f"require: '{expression}'"
    before = outcome(judge, rule, evidence)
    for less in without_one_field(evidence):
        if readable(less) and outcome(judge, rule, less) in ("pass", "skip"):
            assert before == "pass", less


@SETTINGS
@given(EXPRESSIONS, EXPRESSIONS, EVIDENCE)
def test_the_order_of_the_parts_of_an_or_does_not_matter(judge: Judge, a: str, b: str, evidence: Any) -> None:
    one, other = (outcome(judge, f"require: '{x} || {y}'", evidence) for x, y in ((a, b), (b, a)))
    assert one == other


@SETTINGS
@given(EXPRESSIONS, EXPRESSIONS, EVIDENCE)
def test_judging_never_raises_and_gives_every_item_an_outcome(
    judge: Judge, require: str, where: str, evidence: Any
) -> None:
    before = copy.deepcopy(evidence)
    rules = [
        f"require: '{require}', when: '{where}'",
        f"for_each: {{x: evidence.fairness.groups}}, where: '{where}', require: '{require}'",
    ]
    verdict = judge(rules, evidence)
    counts = verdict.counts
    judged = counts.passed + counts.fail + counts.missing + counts.error + counts.skip
    assert judged == sum(result.items + result.hidden for result in verdict.results)
    assert {result.rule for result in verdict.results} == {"p/r", "p/r1"}
    assert evidence == before
    assert Verdict.from_json(verdict.to_json()) == verdict


WAIVER = """waivers:
  - {id: W, rules: [p/r], subject: credit, items: [x], reason: R, approved_by: a, expires: 2027-01-01}
"""


@SETTINGS
@given(EXPRESSIONS, EVIDENCE)
def test_a_waiver_changes_only_the_findings_it_names(judge: Judge, require: str, evidence: Any) -> None:
    rules = [
        f"for_each: {{z: evidence.fairness.groups}}, item: '{{z.group}}', require: '{require}'",
        f"require: '{require}'",
    ]
    plain = judge(rules, evidence).results
    waived = judge(rules, evidence, waivers=WAIVER).results
    # What is waived is listed after what is not, so the order may change.
    named = [r for r in plain if (r.rule, r.item, r.outcome) == ("p/r", "x", "fail")]
    assert [(r.item, r.message, r.explanation) for r in waived if r.outcome == "waived"] == [
        (r.item, r.message, r.explanation) for r in named
    ]
    assert [r for r in waived if r.outcome != "waived"] == [r for r in plain if r not in named]
