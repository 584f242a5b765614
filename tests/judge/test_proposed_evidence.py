from __future__ import annotations

from typing import Any

import pytest

from gatepost.evidence.document import Evidence, from_data
from gatepost.judge.proposed import beside_proposed
from gatepost.judge.proposed_evidence import proposed_evidence
from gatepost.problems import Place
from gatepost.verdict import ProposedEvidence, Verdict


def evidence(locations: dict[str, Any] | None = None, **sections: Any) -> Evidence:
    data = {"schema": "gatepost.evidence/1", "subject": {"name": "m"}, "evidence": sections}
    return from_data(data | ({"locations": locations} if locations else {}), "e.json")


def changes(before: Evidence, after: Evidence) -> list[tuple[str, str, str, str]]:
    return [(one.section, one.pointer, one.what, one.entry) for one in proposed_evidence(before, after)]


A, B = {"by": "ann", "version": "1"}, {"by": "bob", "version": "1"}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ({}, {"approvals": [A]}, [("approvals", "/evidence/approvals/0", "added", "by: ann, version: 1")]),
        ({"approvals": [A]}, {}, [("approvals", "/evidence/approvals/0", "removed", "by: ann, version: 1")]),
        ({"approvals": [A, B]}, {"approvals": [B, A]}, []),
        ({"approvals": [A]}, {"approvals": [A, A]}, [("approvals", "/evidence/approvals/1", "added", "by: ann, version: 1")]),
        (
            {"approvals": [A, B]},
            {"approvals": [B, {**A, "version": "2"}]},
            [("approvals", "/evidence/approvals/1", "changed", "by: ann, version: 2 (was version: 1)")],
        ),
        (
            {"risk": {"register": [{"id": "R1", "residual": "high"}]}},
            {"risk": {"register": [{"id": "R1", "residual": "high", "accepted_by": "me"}]}},
            [("risk", "/evidence/risk/register/0", "changed", "id: R1, residual: high, accepted_by: me (was accepted_by: absent)")],
        ),
        (
            {"oversight": {"can_stop": False}},
            {"oversight": {"can_stop": True, "interpretation": "x\x1b[31m\n" + "y" * 300}},
            [
                ("oversight", "/evidence/oversight/can_stop", "changed", "true (was false)"),
                ("oversight", "/evidence/oversight/interpretation", "added", "x\\x1b[31m " + "y" * 190 + " ..."),
            ],
        ),
        (
            {},
            {"more": {"eu": {"assessments": [{"kind": "DPIA"}]}}},
            [("more.eu.assessments", "/evidence/more/eu/assessments/0", "added", "kind: DPIA")],
        ),
        ({"logging": {"enabled": False}}, {"logging": {"enabled": True}}, []),  # not governed
    ],
)  # fmt: skip
def test_what_is_proposed(before: dict[str, Any], after: dict[str, Any], found: list[Any]) -> None:
    assert changes(evidence(**before), evidence(**after)) == found


def test_a_place_is_that_of_the_entry_or_of_its_list() -> None:
    places = {
        "/evidence/approvals": {"path": "a.yaml", "line": 1},
        "/evidence/approvals/0": {"path": "a.yaml", "line": 2},
    }
    found = proposed_evidence(evidence(), evidence(places, approvals=[A, B]))
    assert [one.location for one in found] == [Place("a.yaml", 2), Place("a.yaml", 1)]


def test_a_long_list_is_cut_and_counted() -> None:
    many = [ProposedEvidence("approvals", f"/evidence/approvals/{n}", "added", "x") for n in range(1203)]
    passed, blocked = Verdict("pass", 0, "now"), Verdict("block", 1, "now")
    verdict = beside_proposed(blocked, "main", "c" * 40, evidence=many, proposed=passed)
    assert verdict.trusted is not None
    assert len(verdict.trusted.proposed_evidence) == 50
    assert "(approvals: 1203 added)" in verdict.reasons[0]
    assert Verdict.from_json(verdict.to_json()) == verdict
    # What is taken away weighs too: the model would not pass once this is merged.
    assert beside_proposed(passed, "main", "c" * 40, evidence=many, proposed=blocked).decision == "warn"
