"""Explanations: each part with its value, what decided, and where it came from."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest

from gatepost.evidence.document import Evidence, from_data
from gatepost.judge.explanation import Explanation, explain_rule
from gatepost.judge.trace import Traced
from gatepost.located_yaml import parse
from gatepost.policy.model import InForce, PolicySet
from gatepost.policy.params import resolve
from gatepost.policy.reading import read_policy
from gatepost.problems import GatepostError

NOW = datetime.datetime(2026, 6, 1, 12, 0, 0, 1, tzinfo=datetime.UTC)
HEAD = """policy: p
version: 1.0.0
title: T
owner: o
params: {least: {type: number, default: 0.8}}
"""
GROUPS = [
    {"attribute": "sex", "group": "f", "n": 40, "selection_rate": {"value": 0.7}, "source": "fair"},
    {"attribute": "sex", "group": "m", "n": 60, "selection_rate": {"value": 0.9}, "source": "fair"},
    {"attribute": "sex", "group": "x", "n": 2, "selection_rate": {"value": 0.1}, "source": "fair"},
]
SOURCES = [
    {"name": "other", "collector": "fairness", "status": "ok", "sections": ["fairness"]},
    {
        "name": "fair",
        "collector": "fairness",
        "status": "ok",
        "sections": ["fairness"],
        "uri": "d.csv",
        "digest": "sha256:" + "ab" * 32,
        "location": {"path": "gatepost.yaml", "line": 7},
    },
]


def policies(rule: str, head: str = "") -> PolicySet:
    text = f"{HEAD}{head}rules:\n  - {{id: r, title: T, severity: high, enforcement: block, message: m, {rule}}}\n"
    policy = read_policy(parse(text, "p.yaml"))
    rules = tuple(InForce(rule, rule.enforcement, "p.yaml") for rule in policy.rules)
    return PolicySet((policy,), rules, resolve({"p": policy}, ["p"], ()))


def document(evidence: dict[str, Any], **more: Any) -> Evidence:
    data = {"schema": "gatepost.evidence/1", "subject": {"name": "s"}, "evidence": evidence, **more}
    return from_data(data, "evidence.json")


def explain(
    rule: str, evidence: dict[str, Any], *, item: str | None = None, head: str = "", **more: Any
) -> Explanation:
    return explain_rule(policies(rule, head), "p/r", document(evidence, **more), now=NOW, item=item)


def tree(found: Explanation, key: str = "require") -> list[str]:
    def rows(part: Traced, depth: int) -> Iterator[str]:
        mark = ">" if part.decided else " "
        notes = f"  [{part.note}]" if part.note else ""
        yield f"{mark}{'  ' * depth}{part.expression} = {part.value}{notes}"
        for inner in part.parts:
            yield from rows(inner, depth + 1)

    return list(rows(dict(found.parts)[key], 0))


def test_a_comparison_shows_its_sides_and_its_margin() -> None:
    found = explain("require: evidence.performance.n >= 100", {"performance": {"n": 71}})
    assert tree(found) == [
        ">evidence.performance.n >= 100 = false  [short by 29]",
        ">  evidence.performance.n = 71",
    ]
    assert (found.result.outcome, found.counts["fail"]) == ("fail", 1)


@pytest.mark.parametrize(
    ("source", "rows"),
    [
        (
            "1 < 2 && 4 < 3",
            [">1 < 2 && 4 < 3 = false", "   1 < 2 = true", ">  4 < 3 = false  [over by 1]"],
        ),
        (
            "4 < 3 || 1 < 2",
            [">4 < 3 || 1 < 2 = true", "   4 < 3 = false  [over by 1]", ">  1 < 2 = true"],
        ),
        ("1 < 2 && 2 < 3", [">1 < 2 && 2 < 3 = true", ">  1 < 2 = true", ">  2 < 3 = true"]),
        (
            "1 > 2 ? false : 2 > 1",
            [">1 > 2 ? false : 2 > 1 = true", ">  1 > 2 = false  [short by 1]", ">  2 > 1 = true"],
        ),
        ("!(2 > 1)", [">!(2 > 1) = false", ">  2 > 1 = true"]),
    ],
)
def test_what_decided_is_marked(source: str, rows: list[str]) -> None:
    assert tree(explain(f'require: "{source}"', {"performance": {"n": 1}})) == rows


def test_the_items_that_made_all_false_are_shown() -> None:
    found = explain("require: 'evidence.fairness.groups.all(g, g.n >= 40)'", {"fairness": {"groups": GROUPS}})
    assert tree(found) == [
        ">evidence.fairness.groups.all(g, g.n >= 40) = false",
        ">  evidence.fairness.groups = 3 items",
        ">  g = evidence.fairness.groups[2] (sex=x) = false",
        ">    g.n >= 40 = false  [short by 38]",
        ">      g.n = 2",
    ]


def test_where_nothing_decides_the_first_items_stand_for_all() -> None:
    groups = [{"attribute": "a", "group": str(n), "n": n} for n in range(1, 9)]
    rows = tree(explain("require: 'evidence.fairness.groups.all(g, g.n > 0)'", {"fairness": {"groups": groups}}))
    assert rows[2] == "   g = evidence.fairness.groups[0] (a=0) = true".replace("a=0", "a=1")
    assert rows[-1] == "   and 3 more items = "
    assert len(rows) == 2 + 5 * 3 + 1


def test_a_let_is_opened() -> None:
    rows = tree(explain("require: many, let: {many: evidence.performance.n > 5}", {"performance": {"n": 3}}))
    assert rows == [
        ">many = false",
        ">  evidence.performance.n > 5 = false  [short by 2]",
        ">    evidence.performance.n = 3",
    ]


def test_values_say_where_they_came_from() -> None:
    found = explain(
        "for_each: {g: evidence.fairness.groups}, item: '{g.group}', require: g.selection_rate.value >= params.least",
        {"fairness": {"groups": GROUPS}},
        sources=SOURCES,
        item="f",
    )
    (_, require) = found.parts[0]
    assert [(part.expression, part.value, part.origin) for part in require.parts] == [
        ("g.selection_rate.value", "0.7", "from fair, d.csv, sha256 abababababab, gatepost.yaml:7"),
        ("params.least", "0.8", "from p.yaml:5"),
    ]
    assert require.note == "short by 0.1"


def test_a_fact_of_a_file_is_found_on_its_line() -> None:
    found = explain(
        "require: evidence.documentation.owner == 'me'",
        {"documentation": {"owner": "you"}},
        locations={"/evidence/documentation/owner": {"path": "MODEL_CARD.md", "line": 3}},
    )
    assert found.parts[0][1].parts[0].origin == "from MODEL_CARD.md:3"
    assert found.parts[0][1].parts[0].value == '"you"'


RULE = "for_each: {g: evidence.fairness.groups}, item: '{g.group}', where: g.n > 10, require: g.n > 50"


def test_the_item_that_counts_most_is_chosen() -> None:
    found = explain(RULE, {"fairness": {"groups": GROUPS}})
    assert (found.result.item, found.result.outcome) == ("f", "fail")
    assert ({k: v for k, v in found.counts.items() if v}, found.excluded) == ({"fail": 1, "pass": 1}, 1)


def test_it_explains_the_item_that_the_reports_list_first() -> None:
    groups = [{"group": "a", "n": 49}, {"group": "b"}, {"group": "c", "n": 1}]
    rule = "for_each: {g: evidence.fairness.groups}, item: '{g.group}', require: g.n > 50"
    assert explain(rule, {"fairness": {"groups": groups}}).result.item == "c"


def test_a_passing_item_and_one_that_where_left_out_can_be_named() -> None:
    assert tree(explain(RULE, {"fairness": {"groups": GROUPS}}, item="m")) == [">g.n > 50 = true", ">  g.n = 60"]
    found = explain(RULE, {"fairness": {"groups": GROUPS}}, item="x")
    assert (found.result.outcome, found.result.reason) == ("skip", "left out by `where`")
    assert [key for key, _ in found.parts] == ["where"]
    assert tree(found, "where") == [">g.n > 10 = false  [short by 8]", ">  g.n = 2"]


def test_a_rule_that_is_skipped_shows_why() -> None:
    found = explain("when: subject.name == 'other', require: 1 > 0", {"performance": {"n": 1}})
    assert found.result.outcome == "skip"
    assert [key for key, _ in found.parts] == ["when"]
    assert tree(found, "when") == ['>subject.name == "other" = false'.replace('"', "'"), '>  subject.name = "s"']


def test_a_missing_field_says_what_is_there_instead_and_who_fills_it() -> None:
    found = explain(
        "require: evidence.fairness.label == 'y'",
        {"fairness": {"dataset": "d", "groups": GROUPS}},
        sources=SOURCES,
    )
    (field,) = found.missing
    assert (field.path, field.instead, field.collectors) == (
        "evidence.fairness.label",
        "dataset, groups",
        ("fairness", "file"),
    )
    assert [source["name"] for source in field.ran] == ["other", "fair"]
    assert field.meaning
    assert tree(found) == [">evidence.fairness.label == 'y' = missing", ">  evidence.fairness.label = missing"]


def test_a_missing_section_and_an_empty_list_are_told() -> None:
    (field,) = explain(RULE, {"performance": {"n": 1}}).missing
    assert (field.path, field.instead) == ("evidence.fairness", "performance")
    found = explain(
        "for_each: {g: evidence.fairness.groups}, where: g.n > 99, require: g.n > 1", {"fairness": {"groups": GROUPS}}
    )
    assert (found.missing[0].path, found.missing[0].instead) == ("evidence.fairness.groups", "an empty list")


def test_an_error_stands_on_the_part_that_has_it() -> None:
    found = explain("require: 1.0 / evidence.training.params.d > 2.0", {"training": {"params": {"d": 0.0}}})
    assert found.result.outcome == "error"
    assert tree(found)[0].startswith(">1.0 / evidence.training.params.d > 2.0 = ")


def test_an_unknown_rule_or_item_is_refused_with_advice() -> None:
    with pytest.raises(GatepostError) as error:
        explain_rule(policies("require: 1 > 0"), "p/R", document({"performance": {"n": 1}}), now=NOW)
    assert error.value.problems[0].advice == "did you mean `p/r`?"
    with pytest.raises(GatepostError) as error:
        explain(RULE, {"fairness": {"groups": GROUPS}}, item="q")
    assert (str(error.value), error.value.problems[0].advice) == ("p/r has no item `q`", "items: f, m, x")
