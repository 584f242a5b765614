"""What a finding says: its message, its explanation, its place, its fingerprint."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatepost.verdict import Result, Verdict

Judge = Callable[..., Verdict]


def metric(value: float) -> dict[str, Any]:
    return {"value": value, "low": value - 0.1, "high": value + 0.1, "n": 100}


EVIDENCE: dict[str, Any] = {
    "documentation": {"owner": "a", "intended_use": "b"},
    "performance": {"n": 2**53 + 1, "metrics": {"accuracy": metric(0.79999)}},
    "robustness": {
        "attacks": [
            {"name": "pgd", "norm": "linf", "eps": 0.1, "status": "ok", "robust_accuracy": metric(0.9)},
            {"name": "pgd", "norm": "linf", "eps": 0.5, "status": "ok", "robust_accuracy": metric(0.37)},
        ]
    },
}


def finding(judge: Judge, rule: str, **options: Any) -> Result:
    result: Result = judge(rule.replace("; ", ", "), EVIDENCE, **options).results[0]
    assert result.outcome != "pass"
    return result


LIMIT = "params: {limit: {type: number, default: 0.8}, least: {type: integer, default: 9}}\n"


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("{evidence.performance.metrics.accuracy.value} is below {params.limit}", "0.79999 is below 0.8"),
        ("{evidence.performance.n}", "9007199254740993"),
        ("{evidence.performance.nothing_like_it.x}", None),
        ("{evidence.documentation.contact} {{x}} }", "? {x} }"),
        ("{evidence.robustness.attacks.size() + 1} {subject.name}", "3 credit"),
        ("{'{' + subject.name}", "{credit"),
    ],
)
def test_a_message_is_filled(judge: Judge, message: str, shown: str | None) -> None:
    rule = f'require: "false", fix: "{message}"'
    if shown is None:
        with pytest.raises(Exception, match="unknown field `nothing_like_it`"):
            finding(judge, rule, head=LIMIT)
        return
    assert finding(judge, rule, head=LIMIT).fix == shown


@pytest.mark.parametrize(
    ("require", "steps"),
    [
        (
            "evidence.performance.metrics.accuracy.value >= params.limit",
            [
                ("evidence.performance.metrics.accuracy.value >= params.limit", 0, "false", "short by 0.00001"),
                ("evidence.performance.metrics.accuracy.value", 0, "0.79999", ""),
                ("params.limit", 47, "0.8", ""),
            ],
        ),
        (
            'evidence.documentation.owner == "a" && !(evidence.performance.n > params.least)',
            [
                ("evidence.performance.n > params.least", 0, "true", ""),
                ("evidence.performance.n", 0, "9007199254740993", ""),
                ("params.least", 25, "9", ""),
            ],
        ),
        (
            "evidence.robustness.attacks.all(a, a.robust_accuracy.value >= 0.5)",
            [
                (
                    "a.robust_accuracy.value >= 0.5",
                    0,
                    "false",
                    "short by 0.13; a is evidence.robustness.attacks[1]",
                ),
                ("a.robust_accuracy.value", 0, "0.37", ""),
            ],
        ),
        (
            'evidence.documentation.owner == "x" || evidence.documentation.intended_use == "y"',
            [
                (
                    'evidence.documentation.owner == "x" || evidence.documentation.intended_use == "y"',
                    0,
                    "false",
                    "",
                ),
                ("evidence.documentation.owner", 0, "a", ""),
                ("evidence.documentation.intended_use", 39, "b", ""),
            ],
        ),
        (
            "evidence.performance.n > params.least ? accuracy > 0.9 : true",
            [("accuracy > 0.9", 0, "false", "short by 0.1"), ("accuracy", 0, "0.8", "")],
        ),
    ],
)
def test_an_explanation_shows_the_part_that_decided(judge: Judge, require: str, steps: list[Any]) -> None:
    let = "let: {accuracy: evidence.performance.metrics.accuracy.value}, "
    found = finding(judge, f"{let}require: '{require}'", head=LIMIT).explanation
    assert [(step.expression, step.offset, step.value, step.note) for step in found] == steps
    for step in found:
        assert found[0].expression[step.offset :].startswith(step.expression)


LOCATIONS = {
    "/evidence/documentation": {"path": "MODEL_CARD.md", "line": 6},
    "/evidence/documentation/owner": {"path": "MODEL_CARD.md", "line": 3, "column": 8},
}


@pytest.mark.parametrize(
    ("rule", "place", "pointer"),
    [
        ("require: evidence.documentation.owner == 'x'", "MODEL_CARD.md:3:8", "/evidence/documentation/owner"),
        (
            "require: evidence.documentation.limitations == 'x'",
            "MODEL_CARD.md:6",
            "/evidence/documentation/limitations",
        ),
        ("require: evidence.performance.n == 1", "docs/model.md:2", "/evidence/performance/n"),
        (
            "require: evidence.performance.n > 1 && evidence.documentation.owner == 'x'",
            "MODEL_CARD.md:3:8",
            "/evidence/documentation/owner",
        ),
    ],
)
def test_a_finding_stands_where_its_fact_stands(judge: Judge, rule: str, place: str, pointer: str) -> None:
    found = finding(judge, rule, subject={"location": "docs/model.md:2"}, locations=LOCATIONS)
    assert str(found.location) == place
    assert found.reads[0] == pointer


def test_a_finding_without_any_place_stands_at_the_evidence_file(judge: Judge) -> None:
    found = finding(judge, "require: evidence.performance.n == 1", evidence_path="out/e.json")
    assert str(found.location) == "out/e.json:1"


def test_a_fingerprint_does_not_say_where_the_evidence_file_lies(judge: Judge) -> None:
    found = {
        finding(judge, "require: evidence.performance.n == 1", evidence_path=path).fingerprint
        for path in ("e.json", "/a/e.json")
    }
    assert len(found) == 1


def test_a_missing_field_says_where_to_add_it(judge: Judge) -> None:
    found = finding(judge, "require: evidence.documentation.limitations == 'x'", locations=LOCATIONS)
    assert found.message == "Missing: evidence.documentation.limitations is not there."
    assert found.fix == "Add `limitations:` to MODEL_CARD.md, after line 6."


def test_a_missing_field_names_the_placeholder_in_its_place(judge: Judge) -> None:
    said = "the text at CARD.md:3 is a placeholder: `TODO`"
    notes = [
        f"documentation.limitations: {said}",
        "documentation.limitations_more: other",
        "documentation.owner: other",
    ]
    sources = [{"name": "card", "collector": "model_card", "status": "ok", "notes": notes}]
    rule = "require: evidence.documentation.limitations != ''"
    found = finding(judge, rule, sources=sources)
    assert found.reason == "The text at CARD.md:3 is a placeholder: `TODO`"
    (found,) = judge(rule, {}, sources=sources).results
    assert found.reason == "The text at CARD.md:3 is a placeholder: `TODO`"


def test_an_empty_section_names_the_field_that_the_rule_reads(judge: Judge) -> None:
    places = {"/evidence/documentation": {"path": "CARD.md", "line": 6}}
    rule = 'require: evidence.documentation.owner != ""'
    (found,) = judge(rule, {}, locations=places).results
    assert found.fix == "Add `owner:` to CARD.md, after line 6."
    places["/evidence/documentation/owner"] = {"path": "CARD.md", "line": 2}
    (found,) = judge(rule, {}, locations=places).results
    assert (found.fix, str(found.location)) == ("Fill in `owner:` in CARD.md, line 2.", "CARD.md:2")


def test_a_missing_section_names_its_collector(judge: Judge) -> None:
    found = finding(judge, "require: evidence.drift.share_drifted < 0.5")
    assert found.message == "Missing: evidence.drift is not there."
    assert "collector" in found.fix


def test_a_fingerprint_holds_no_value_line_version_or_time(judge: Judge) -> None:
    rule = "require: evidence.documentation.owner == 'x'"
    first = finding(judge, rule, subject={"version": "7"}, locations=LOCATIONS)
    moved = {key: {**place, "line": place["line"] + 40} for key, place in LOCATIONS.items()}
    second = finding(judge, rule, subject={"version": "8"}, locations=moved)
    assert first.fingerprint == second.fingerprint
    assert first.location != second.location
    other = finding(judge, rule.replace("owner", "intended_use"), subject={"location": "OTHER.md"})
    assert other.fingerprint != first.fingerprint


@pytest.mark.parametrize(
    ("require", "margin"),
    [
        ("evidence.performance.metrics.accuracy.value >= 1.0", 0.20001),
        ("evidence.performance.metrics.accuracy.value <= 0.2", 0.749997),
        ("evidence.documentation.owner == 'x'", 0.0),
        ("evidence.performance.metrics.accuracy.value < 0.0", 1.0),
    ],
)
def test_a_finding_says_how_far_it_is_beyond_its_limit(judge: Judge, require: str, margin: float) -> None:
    assert finding(judge, f'require: "{require}"').explanation[0].margin == pytest.approx(margin, abs=1e-5)


def test_a_missing_interval_says_why_there_is_none(judge: Judge) -> None:
    told = "a few rows decide it: its skewness is 0.45"
    metrics = {"rmse": {"value": 2.5, "n": 40, "no_interval_reason": told}}
    (found,) = judge(
        "require: evidence.performance.metrics.rmse.high < 3.0", {"performance": {"metrics": metrics}}
    ).results
    assert found.outcome == "missing"
    assert found.reason == "A few rows decide it: its skewness is 0.45"
    assert found.fix.startswith("See the note: measure on other or more rows")
    metrics["rmse"]["no_interval_reason"] = "A" * 100_000
    (found,) = judge(
        "require: evidence.performance.metrics.rmse.high < 3.0", {"performance": {"metrics": metrics}}
    ).results
    assert len(found.reason) == 500


def test_a_skip_shows_the_digits_that_tell_a_value_from_the_limit(judge: Judge) -> None:
    evidence = {"performance": {"metrics": {"accuracy": {"value": 0.7999999}}}}
    value = "evidence.performance.metrics.accuracy.value"
    (found,) = judge(f"when: {value} >= 0.8, require: {value} >= 0.8", evidence).results
    assert f"{value} is 0.7999999" in found.reason
