from __future__ import annotations

import json

import pytest

from gatepost.cel.unparse import unparse
from gatepost.evidence.custom import Custom
from gatepost.located_yaml import parse
from gatepost.policy.model import Expression
from gatepost.policy.reading import read_policy, read_profile
from gatepost.problems import GatepostError

HEAD = """policy: fairness
version: 1.0.0
title: Group fairness
owner: risk@example.com
params:
  limit: {type: number, default: 0.8, minimum: 0, maximum: 1}
"""
RULE = """rules:
  - id: impact-ratio
    title: A title
    severity: high
    enforcement: block
    message: "below {params.limit}"
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(GatepostError) as caught:
        read_policy(parse(text, "p.yaml"))
    return [f"{problem.place}: {problem.what} | {problem.advice}" for problem in caught.value.problems]


def test_a_policy_is_read_whole() -> None:
    policy = read_policy(
        parse(
            HEAD
            + RULE
            + """    for_each: {g: evidence.fairness.groups}
    item: "{g.attribute}={g.group}"
    let: {ratio: g.impact_ratio.high}
    where: g.n >= 30
    require: ratio >= params.limit
    controls: [eu-ai-act/10.2.f]
    waivable: false
    effective_from: 2026-01-01
""",
            "p.yaml",
        )
    )
    (rule,) = policy.rules
    assert (policy.name, policy.version, rule.name) == ("fairness", "1.0.0", "fairness/impact-ratio")
    assert rule.for_each is not None
    assert rule.for_each.path == ("evidence", "fairness", "groups")
    assert not rule.waivable
    assert str(rule.effective_from) == "2026-01-01"
    assert isinstance(rule.message.parts[1], Expression)
    assert unparse(rule.require.tree) == "g.impact_ratio.high >= params.limit"
    assert unparse(rule.require.written) == "ratio >= params.limit"


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        (
            "require: evidence.fairness.grups[0].n > 1",
            "p.yaml:13:32: unknown field `grups` in evidence.fairness | did you mean `groups`?",
        ),
        ("require: params.limt > 0.5", "p.yaml:13:21: unknown field `limt` in params | did you mean `limit`?"),
        (
            "require: evidence.fairness.groups[0].n >",
            "p.yaml:13:45: the expression ends where a value is expected | ",
        ),
        (
            "require: evidence.performance.n",
            "p.yaml:13:14: `evidence.performance.n` is a whole number, and true or false is needed | "
            "compare it with something",
        ),
        (
            "require: evidence.performance.metrics['auc'] > 0.5",
            "p.yaml:13:14: `evidence.performance.metrics['auc']` is a metric with its interval | "
            "did you mean `.value`, `.low` or `.high`?",
        ),
        (
            "require: evidence.model.framework > 3",
            "p.yaml:13:14: `evidence.model.framework` is a string and `3` is a whole number: they do not compare | ",
        ),
        (
            "require: '!has(evidence.model.framework)'",
            "p.yaml:13:16: this tests for absence, so that the rule could pass when evidence is deleted | "
            "say `optional_evidence: true` on the rule if that is meant",
        ),
        ("requires: true", "p.yaml:13:5: unknown key `requires` | did you mean `require`?"),
        (
            "require: true\n    for_each: {g: evidence.performance.n}",
            "p.yaml:14:19: `evidence.performance.n` is a whole number, and for_each needs a list or a map | "
            "name a list like evidence.fairness.groups",
        ),
        (
            "require: true\n    for_each: {subject: evidence.fairness.groups}",
            "p.yaml:14:16: the name `subject` is taken | use another name",
        ),
        ("require: true\n    where: 'true'", "p.yaml:14:5: `where` needs `for_each` | use `when` to skip a rule"),
        ("require: true\n    effective_from: 2026-02-30", "p.yaml:14:21: 2026-02-30 is no date of the calendar | "),
        ("require: true\n    fix: 'see {g.n}'", "p.yaml:14:16: unknown name `g` | "),
        (
            "require: true\n    fix: 'see {params.limit'",
            "p.yaml:14:15: this `{` is not closed | write `{{` for a brace",
        ),
    ],
)
def test_a_mistake_has_file_line_and_column(line: str, mistake: str) -> None:
    assert any(found.startswith(mistake) for found in mistakes(f"{HEAD}{RULE}    {line}\n")), mistakes(
        f"{HEAD}{RULE}    {line}\n"
    )


def test_all_mistakes_are_told_at_once() -> None:
    text = f"{HEAD}{RULE}    require: evidence.x == 1\n" + RULE.removeprefix("rules:\n") + "    require: nothing\n"
    found = mistakes(text)
    assert len(found) == 3
    assert any("two rules are called `impact-ratio`" in text for text in found)


def test_a_default_out_of_its_range_is_a_mistake() -> None:
    text = HEAD.replace("default: 0.8", "default: 1.8") + RULE + "    require: 'true'\n"
    assert mistakes(text) == ["p.yaml:6:34: the default of param `limit` is 1.8 and must be at most 1 | "]


def test_a_let_may_use_the_ones_before_it_and_hides_nothing() -> None:
    lets = "    let: {a: params.limit, b: a * 2.0, params: '1'}\n    require: b > 1.0\n"
    assert mistakes(HEAD + RULE + lets) == ["p.yaml:13:40: the name `params` is taken | use another name"]


def test_a_let_that_tests_for_absence_is_noticed_where_it_is_used() -> None:
    lets = "    let: {known: has(evidence.model.framework)}\n    require: known || true\n"
    assert len(mistakes(HEAD + RULE + lets)) == 1
    read_policy(parse(HEAD + RULE + lets + "    optional_evidence: true\n", "p.yaml"))


def test_a_profile_must_select_something() -> None:
    with pytest.raises(GatepostError, match="`select` must not be empty"):
        read_profile(parse("profile: x\nversion: 1.0.0\ntitle: X\nselect: []\n", "p.yaml"))


@pytest.mark.parametrize(
    ("param", "said"),
    [
        ('{type: string, pattern: "["}', '"[" is not a "regex"'),
        ("{type: array, items: {type: objec}}", "this is not a valid JSON Schema"),
        ("{type: array, items: {$ref: '#/$defs/x'}}", "`#/$defs/x` leads to no schema"),
        ("{type: array, items: {$ref: 5}}", "this is not a valid JSON Schema"),
        ("{type: array, items: {properties: 5}}", "this is not a valid JSON Schema"),
        ("{type: string, minLength: -1}", "must be at least 0"),
        ("{type: array, maxItems: -1}", "must be at least 0"),
    ],
)
def test_a_param_whose_schema_is_not_valid_is_a_mistake_at_its_place(param: str, said: str) -> None:
    (mistake,) = mistakes(HEAD.replace("  limit:", f"  wrong: {param}\n  limit:") + RULE + "    require: 1 < 2\n")
    assert mistake.startswith("p.yaml:6:")
    assert said in mistake
    (mistake,) = mistakes(
        HEAD.replace("  limit:", f"  wrong: {param[:-1]}, default: [x]}}\n  limit:") + RULE + "    require: 1 < 2\n"
    )
    assert said in mistake


def test_items_that_refer_to_the_param_itself_are_read() -> None:
    param = "{type: array, default: [[], [[]]], items: {$ref: '#'}}"
    assert read_policy(parse(HEAD + f"  deep: {param}\n" + RULE + "    require: 1 < 2\n", "p.yaml")).params["deep"]


CUSTOM = Custom(
    {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "tree": {"$ref": "#/$defs/tree"},
            "lists": {"$ref": "#/$defs/lists"},
            "open": True,
            "level": {"type": "string", "enum": ["low", 5]},
        },
        "$defs": {
            "tree": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "left": {"$ref": "#/$defs/tree"},
                    "right": {"$ref": "#/$defs/tree"},
                    "n": {"type": "integer"},
                },
            },
            "lists": {"type": "array", "items": {"$ref": "#/$defs/lists"}},
        },
    }
)


@pytest.mark.parametrize(
    ("require", "said"),
    [
        ("evidence.custom.tree.left.right.left.n >= 1", ""),
        ("evidence.custom.tree.left.rigth.n >= 1", "did you mean `right`?"),
        ("evidence.custom.lists[0][0][0].all(x, x == [])", ""),
        ("evidence.custom.open.anything == 5", ""),
        ('evidence.custom.level == "low"', ""),
    ],
)
def test_a_schema_of_ones_own_that_refers_to_itself(require: str, said: str) -> None:
    rule = RULE + f"    optional_evidence: true\n    require: '{require}'\n"
    if not said:
        assert read_policy(parse(HEAD + rule, "p.yaml"), CUSTOM).rules
        return
    with pytest.raises(GatepostError) as caught:
        read_policy(parse(HEAD + rule, "p.yaml"), CUSTOM)
    assert said in caught.value.problems[0].advice


@pytest.mark.parametrize(
    ("lets", "require", "said"),
    [
        (
            {f"v{n}": f"v{n - 1} + v{n - 1}" if n else "1" for n in range(24)},
            "v23 > 1",
            "more than 100,000 characters",
        ),
        ({f"v{n}": f"v{n - 1} + 1 + 1" if n else "1" for n in range(150)}, "v149 > 1", "deeper than 200 levels"),
        ({}, " + ".join(["1"] * 4_000) + " > 1", "deeper than 200 levels"),
        ({}, "evidence.custom" + ".a" * 4_000 + " == 1", "deeper than 200 levels"),
        ({}, "evidence.custom" + "[0]" * 4_000 + " == 1", "deeper than 200 levels"),
        ({}, "lists.range(1000000000).size() > 1", "`lists.range(1000000000)` could have more than 5,000,000"),
        ({}, '"aaaaaaaaaa"' + '.replace("a", "aaaaaaaaaa")' * 9 + ' != ""', "could have more than 5,000,000"),
        ({}, "[1, 2].all(a, " * 25 + "true" + ")" * 25, "could take more than 1,000,000 rounds"),
    ],
)
def test_what_multiplies_without_end_is_refused_when_it_is_read(
    lets: dict[str, str], require: str, said: str
) -> None:
    for number in range(require.count("all(a")):
        require = require.replace("all(a,", f"all(a{number},", 1)
    rule = RULE + (f"    let: {json.dumps(lets)}\n" if lets else "") + f"    require: {json.dumps(require)}\n"
    (mistake,) = mistakes(HEAD + rule)
    assert said in mistake


def test_names_within_an_expression_do_not_multiply_either() -> None:
    bound = "x22"
    for number in reversed(range(1, 23)):
        bound = f"cel.bind(x{number}, x{number - 1} + x{number - 1}, {bound})"
    (mistake,) = mistakes(HEAD + RULE + f"    require: cel.bind(x0, 1, {bound}) > 1\n")
    assert "more than 100,000 characters" in mistake


def test_a_template_without_end_is_refused() -> None:
    (mistake,) = mistakes(HEAD + RULE.replace("below", "{params.limit}" * 5_000) + "    require: 1 < 2\n")
    assert "more than 20,000 characters" in mistake


def test_more_names_than_anybody_follows_are_refused() -> None:
    lets = json.dumps({f"v{n}": "1" for n in range(201)})
    (mistake,) = mistakes(HEAD + f"let: {lets}\n" + RULE + "    require: 1 < 2\n")
    assert "`let` has more than 200 entries" in mistake
