"""The verdicts that every format is tried on; each test file holds what its format makes of them, whole."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from gatepost.problems import GatepostError, Place, Problem
from gatepost.verdict import Counts, Engine, Result, Source, Step, Verdict, WaiverState

COMPARED = (
    Step("g.impact_ratio.value >= params.min_impact_ratio", 0, "false", "short by 0.0898"),
    Step("g.impact_ratio.value", 0, "0.7102"),
    Step("params.min_impact_ratio", 24, "0.8"),
)
EVIL = "<b>x</b> ]]> a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend\nnext & \"q\" 'r'"


def _pass(rule: str, items: int = 1, **more: Any) -> Result:
    return Result(rule, f"Title of {rule}", "pass", "high", "block", items=items, fingerprint=f"p-{rule}", **more)


IMPACT = Result(
    "fairness/impact-ratio",
    "Every group is selected at 80 % or more of the rate of the most selected group",
    "fail",
    "high",
    "block",
    item="age_group=under_25",
    message="Impact ratio 0.7102 (0.5987 to 0.8312) is below 0.8.",
    fix="Look at the rejections of this group; see docs for remedies, or ask for a waiver.",
    controls=("eu-ai-act/10.2.f", "nist-ai-rmf/measure-2.11"),
    explanation=COMPARED,
    reads=("/evidence/fairness/groups/0/impact_ratio/value",),
    location=Place("MODEL_CARD.md", 14, 3, 14, 9),
    fingerprint="f1",
)
MISSING = Result(
    "documentation/limitations",
    "The limitations are written down",
    "missing",
    "medium",
    "block",
    message="Missing: evidence.documentation.limitations is not there.",
    fix="Add `limitations:` to MODEL_CARD.md, after line 6.",
    reads=("/evidence/documentation/limitations",),
    location=Place("MODEL_CARD.md", 6),
    fingerprint="f2",
)
WARNED = Result(
    "robustness/evasion",
    "The model keeps its accuracy under attack",
    "fail",
    "high",
    "warn",
    item="hopskipjump, l2 <= 0.5",
    message="Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.",
    location=Place("docs/évasion notes.yaml", 22, 5),
    fingerprint="f3",
)
INFORMED = dataclasses.replace(
    WARNED, rule="robustness/noise", item="pgd", enforcement="info", hidden=3, location=None, fingerprint="f4"
)
WAIVED = Result(
    "reproducibility/clean-tree",
    "The model was trained from a clean tree",
    "waived",
    "low",
    "block",
    message="The working tree had changes.",
    reason="waived: Remediation under way",
    waiver="W-2026-014",
    fingerprint="f5",
)
SKIPPED = Result(
    "oversight/can-stop", "Somebody can stop it", "skip", "high", "block", reason="`when` is false", fingerprint="f6"
)
RULE_ERROR = Result(
    "performance/ratio",
    "The ratio is high",
    "error",
    "low",
    "info",
    message="The rule itself is at fault: division by zero",
    fix="Mend the rule at policies/performance.yaml:9:5; until then nothing can be said.",
    location=Place("evidence.json", 1),
    fingerprint="f7",
)

VERDICTS: dict[str, Verdict] = {}


def _add(name: str, decision: str, results: tuple[Result, ...], counts: Counts, **more: Any) -> None:
    exit_code = {"pass": 0, "warn": 0, "block": 1, "error": 2}[decision]
    VERDICTS[name] = Verdict(
        decision,  # type: ignore[arg-type]
        exit_code,
        "2026-11-24T12:00:00Z",
        **{"subject": {"name": "credit-risk", "version": "7"}, **more},
        evidence={"digest": "sha256:00ff", "path": ".gatepost/evidence.json"},
        engine=Engine("cel-expr-python", "0.1.3"),
        counts=counts,
        results=results,
    )


_add("pass", "pass", (_pass("fairness/impact-ratio", 4), _pass("model/signature")), Counts(passed=5))
_add(
    "block",
    "block",
    (WARNED, MISSING, _pass("documentation/owner"), WAIVED, SKIPPED, IMPACT, _pass("fairness/impact-ratio", 2)),
    Counts(passed=3, fail=2, missing=1, skip=1, waived=1, excluded=2),
    waivers=(
        WaiverState("W-2026-014", "used", "risk-officer@example.com", "2027-01-31", "Remediation under way"),
        WaiverState("W-2025-001", "expired", "risk-officer@example.com", "2025-12-31", "Old"),
        WaiverState("W-2026-020", "unused", "risk-officer@example.com", "2027-06-30", "Early"),
    ),
)
_add("warn", "warn", (INFORMED, WARNED), Counts(fail=5))
_add(
    "not enforced",
    "warn",
    (dataclasses.replace(_pass("model/signature"), enforcement="info"),),
    Counts(passed=1),
    reasons=("nothing is enforced: no rule in force blocks or warns",),
)
_add("rule error", "error", (IMPACT, RULE_ERROR), Counts(fail=1, error=1))
_add(
    "failed source",
    "error",
    (_pass("model/signature"),),
    Counts(passed=1),
    sources=(
        Source("git", "git", "ok"),
        Source("drift", "drift", "failed", required=False, error="no reference data", location=Place("g.yaml", 9)),
        Source("evasion", "robustness", "failed", error="the model took over 2 GiB", location=Place("g.yaml", 22, 5)),
    ),
    reasons=("the source evasion failed: the model took over 2 GiB",),
)
_add("nothing", "error", (), Counts(), reasons=("no rule is in force, so nothing was judged",))
_add(
    "evil",
    "block",
    (
        dataclasses.replace(
            IMPACT,
            title=EVIL,
            item=EVIL,
            message=EVIL,
            fix=EVIL,
            controls=(EVIL,),
            location=Place("a b/\x1b[2J%]]>:x.md", 2),
            explanation=(Step(f"x == '{EVIL}'", 0, "false", EVIL), Step("x", 0, EVIL)),
        ),
        dataclasses.replace(WAIVED, reason=EVIL, waiver=EVIL),
        dataclasses.replace(SKIPPED, reason=EVIL),
    ),
    Counts(fail=1, waived=1, skip=1),
    subject={"name": EVIL, "version": "7"},
)
VERDICTS["problems"] = Verdict.of_problems(
    GatepostError(
        Problem(
            "unknown field `impact_ratoi` in evidence.fairness.groups[]",
            Place("policies/fairness.yaml", 17, 16, 17, 28),
            "did you mean `impact_ratio`?",
            "    require: g.impact_ratoi.value >= params.min_impact_ratio",
        ),
        Problem("there is no profile `basline` \x1b[31m", advice="did you mean `baseline`?"),
    )
)


@pytest.fixture(scope="session", params=list(VERDICTS))
def named_verdict(request: pytest.FixtureRequest) -> tuple[str, Verdict]:
    """One after the other, each verdict with its name."""
    return request.param, VERDICTS[request.param]


@pytest.fixture(scope="session")
def verdicts() -> dict[str, Verdict]:
    return VERDICTS
