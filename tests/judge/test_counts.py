"""A list that was cut does not turn its rule to pass."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gatepost.cel.interface import Engine
from gatepost.evidence.document import from_data, parse
from gatepost.judge.judging import Judge
from gatepost.policy.loading import load_policies
from gatepost.policy.shipped import policies_folder
from gatepost.problems import GatepostError
from gatepost.verdict import Verdict

SOURCES = [{"name": "fairness", "collector": "fairness", "version": "99", "status": "ok", "sections": ["fairness"]}]
GOOD, BAD = {"group": "a", "n": 100}, {"group": "b", "n": 3}
EACH = "for_each: {g: evidence.fairness.groups}, item: '{g.group}', require: g.n > 10"


def outcomes(verdict: Verdict) -> list[str]:
    return [result.outcome for result in verdict.results]


@pytest.mark.parametrize(
    "rule",
    [
        EACH,
        "require: 'evidence.fairness.groups.all(g, g.n > 10)'",
        "require: '!evidence.fairness.groups.exists(g, g.n <= 10)'",
        "require: 'evidence.fairness.groups.filter(g, g.n <= 10).size() == 0', allow_empty: true",
        "require: evidence.fairness.groups.size() < 3",
        "when: evidence.fairness.groups.size() < 3, require: evidence.fairness.n > 10",
    ],
)
def test_a_rule_over_a_list_without_its_count_is_missing(judge: Callable[..., Verdict], rule: str) -> None:
    counted = {"fairness": {"n": 100, "groups": [GOOD], "group_count": 1}}
    assert outcomes(judge(rule, counted, sources=SOURCES)) == ["pass"]
    without = {"fairness": {"n": 100, "groups": [GOOD]}}
    assert outcomes(judge(rule, without)) == ["pass"]  # written by hand
    (result,) = judge(rule, without, sources=SOURCES).results
    assert result.outcome == "missing"
    assert result.message == (
        "Missing: evidence.fairness.group_count is not there. Without it, nothing shows that `groups` is complete."
    )
    assert result.fix == "Collect the evidence again, and judge it as it was written."
    assert result.reads == ("/evidence/fairness/group_count",)


def test_a_rule_that_reads_another_part_of_the_section_is_judged(judge: Callable[..., Verdict]) -> None:
    without = {"fairness": {"n": 100, "groups": [GOOD]}}
    assert outcomes(judge("require: evidence.fairness.n > 10", without, sources=SOURCES)) == ["pass"]


def test_a_list_without_entries_and_count_is_not_an_empty_list(judge: Callable[..., Verdict]) -> None:
    cut = {"fairness": {"groups": []}}
    assert outcomes(judge(f"{EACH}, allow_empty: true", cut, sources=SOURCES)) == ["missing"]


def test_a_second_set_of_sections(judge: Callable[..., Verdict]) -> None:
    sources = [{**SOURCES[0], "sections": ["more.stress.fairness"]}]
    rule = EACH.replace("evidence.fairness", "evidence.more.stress.fairness")
    found = judge(rule, {"more": {"stress": {"fairness": {"groups": [GOOD]}}}}, sources=sources)
    assert outcomes(found) == ["missing"]


def test_an_entry_that_was_deleted_is_an_error() -> None:
    whole = {"fairness": {"groups": [GOOD, BAD], "group_count": 2}}
    document = {"schema": "gatepost.evidence/1", "subject": {"name": "m"}, "evidence": whole}
    from_data(document, "e.json")
    whole["fairness"]["groups"].pop()  # type: ignore[attr-defined]
    with pytest.raises(GatepostError, match="group_count is 2, and `groups` has 1 entry"):
        from_data(document, "e.json")


def fairness(engine: Engine) -> Judge:
    return Judge(load_policies([str(policies_folder() / "rules" / "fairness.yaml")]), engine)


def test_evidence_of_gatepost_0_1_is_judged_without_counts(engine: Engine) -> None:
    text = Path(__file__).with_name("evidence-0.1.json").read_text()
    judge, now = fairness(engine), datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
    counts = judge.judge(parse(text, "e.json"), now=now).counts
    assert (counts.missing, counts.error) == (0, 0)
    assert counts.passed > 0
    today: dict[str, Any] = json.loads(text)
    today["sources"][0]["version"] = "3"
    assert judge.judge(from_data(today, "e.json"), now=now).counts.missing > 0
