from __future__ import annotations

import pytest

from gatepost.located_yaml import parse
from gatepost.policy.model import InForce, PolicySet, Waiver
from gatepost.policy.reading import read_policy
from gatepost.policy.waivers import match, read_waivers
from gatepost.problems import GatepostError

POLICY = read_policy(
    parse(
        """policy: p
version: 1.0.0
title: T
owner: o
rules:
  - id: each
    title: T
    severity: low
    enforcement: block
    for_each: {g: evidence.fairness.groups}
    item: "{g.group}"
    require: g.n > 1
    message: m
  - {id: one, title: T, severity: low, enforcement: block, require: evidence.performance.n > 1, message: m}
  - {id: strict, title: T, severity: low, enforcement: block, require: 'false', message: m, waivable: false}
""",
        "p.yaml",
    )
)
POLICIES = PolicySet((POLICY,), tuple(InForce(rule, "block", "") for rule in POLICY.rules), {"p": {}})
RULES = {rule.id: rule for rule in POLICY.rules}
WAIVER = """  - id: {id}
    rules: [{rule}]
    subject: credit
    reason: R
    approved_by: risk@example.com
    expires: {expires}
"""


def waivers(*lines: str, rule: str = "p/each", expires: str = "2027-01-31", id: str = "W-1") -> tuple[Waiver, ...]:
    text = WAIVER.format(rule=rule, expires=expires, id=id) + "".join(f"    {line}\n" for line in lines)
    return read_waivers(parse(f"waivers:\n{text}", "w.yaml"), POLICIES)


SUBJECT = {"name": "credit", "version": "7"}


@pytest.mark.parametrize(
    ("lines", "rule", "subject", "item", "outcome", "covers"),
    [
        ((), "each", SUBJECT, "f", "fail", True),
        ((), "each", SUBJECT, "f", "missing", False),
        ((), "each", SUBJECT, "f", "error", False),
        (("covers: [fail, missing]",), "each", SUBJECT, "f", "missing", True),
        (("covers: [missing]",), "each", SUBJECT, "f", "fail", False),
        ((), "one", SUBJECT, None, "fail", False),
        ((), "each", {"name": "other"}, "f", "fail", False),
        (("versions: ['7']",), "each", SUBJECT, "f", "fail", True),
        (("versions: ['8']",), "each", SUBJECT, "f", "fail", False),
        (("versions: ['7']",), "each", {"name": "credit"}, "f", "fail", False),
        (("items: [f]",), "each", SUBJECT, "f", "fail", True),
        (("items: [m]",), "each", SUBJECT, "f", "fail", False),
    ],
)
def test_a_waiver_covers_what_it_names(
    lines: tuple[str, ...], rule: str, subject: dict[str, str], item: str | None, outcome: str, covers: bool
) -> None:
    assert bool(match(waivers(*lines), RULES[rule], subject, item, outcome)) is covers


def test_a_rule_that_is_not_waivable_ignores_waivers() -> None:
    assert match(waivers(rule="p/strict"), RULES["strict"], SUBJECT, None, "fail") == ()


@pytest.mark.parametrize(
    ("lines", "rule", "expires", "message"),
    [
        ((), "p/eech", "2027-01-31", "no loaded policy has a rule `p/eech`"),
        ((), "p/*", "2027-01-31", "is not a rule's full name"),
        ((), "p/each", "soon", "is not a date like 2027-01-31"),
        ((), "p/each", "2027-02-30", "2027-02-30 is no date of the calendar"),
        (("items: [f]",), "p/one", "2027-01-31", "the items of p/one have no names"),
        (("approver: x",), "p/each", "2027-01-31", "unknown key `approver`"),
        (("covers: [error]",), "p/each", "2027-01-31", "which is none of: fail, missing"),
    ],
)
def test_a_mistake_in_a_waiver_is_an_error(lines: tuple[str, ...], rule: str, expires: str, message: str) -> None:
    with pytest.raises(GatepostError, match=message.replace("*", r"\*")):
        waivers(*lines, rule=rule, expires=expires)


@pytest.mark.parametrize("field", ["id", "subject", "reason", "approved_by", "ticket"])
@pytest.mark.parametrize("blank", ["\u00a0", "\u200b", "\u3164", "\u2800", "\u00ad", "&nbsp;"])
def test_blank_text_in_a_waiver_is_an_error_at_its_line(field: str, blank: str) -> None:
    text = "waivers:\n" + WAIVER.format(id="W", rule="p/each", expires="2027-01-31") + "    ticket: RISK-88\n"
    lines = [f'{line.partition(":")[0]}: "{blank}"' if f"{field}:" in line else line for line in text.splitlines()]
    with pytest.raises(GatepostError) as caught:
        read_waivers(parse("\n".join(lines), "w.yaml"), POLICIES)
    (problem,) = caught.value.problems
    assert problem.what == f"`waivers[0].{field}` is blank: it has no visible text"
    assert problem.place is not None and f"{field}:" in lines[(problem.place.line or 0) - 1]


@pytest.mark.parametrize(("field", "value"), [("reason", "To be completed by Ann"), ("approved_by", "TBD")])
def test_a_placeholder_neither_gives_a_reason_nor_approves(field: str, value: str) -> None:
    text = WAIVER.format(id="W", rule="p/each", expires="2027-01-31")
    text = "".join(f"    {field}: {value}\n" if f"{field}:" in line else f"{line}\n" for line in text.splitlines())
    with pytest.raises(GatepostError, match=f"`waivers.0..{field}` is a placeholder: `{value}`"):
        read_waivers(parse(f"waivers:\n{text}", "w.yaml"), POLICIES)


def test_two_waivers_of_one_id_and_an_empty_file_are_errors() -> None:
    twice = "waivers:\n" + WAIVER.format(id="W", rule="p/each", expires="2027-01-31") * 2
    with pytest.raises(GatepostError, match="two waivers have the id `W`"):
        read_waivers(parse(twice, "w.yaml"), POLICIES)
    with pytest.raises(GatepostError, match="must not be empty"):
        read_waivers(parse("waivers: []", "w.yaml"), POLICIES)


def test_of_many_waivers_for_unknown_rules_only_the_first_get_a_suggestion() -> None:
    entry = "  - {{id: W-{0}, rules: [p/each{0}], subject: credit, reason: r, approved_by: a, expires: 2027-01-31}}\n"
    with pytest.raises(GatepostError) as caught:
        read_waivers(parse("waivers:\n" + "".join(entry.format(n) for n in range(200)), "w.yaml"), POLICIES)
    suggested = [bool(problem.advice) for problem in caught.value.problems]
    assert (len(suggested), sum(suggested)) == (200, 21)
