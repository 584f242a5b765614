from __future__ import annotations

import itertools

import pytest

from gatepost.ranking import is_blocking, ranked
from gatepost.verdict import Result, Step

IN_ORDER = [
    Result("b/x", "T", "error", "low", "info"),
    Result("b/x", "T", "fail", "critical", "block"),
    Result("a/x", "T", "fail", "high", "block"),
    Result("b/x", "T", "fail", "high", "block"),
    Result("a/x", "T", "missing", "critical", "block"),
    Result("a/x", "T", "fail", "critical", "warn"),
    Result("a/x", "T", "missing", "medium", "info"),
    Result("a/x", "T", "missing", "low", "info"),
]


def test_what_decides_most_comes_first() -> None:
    for results in itertools.islice(itertools.permutations(IN_ORDER), 0, None, 997):
        assert ranked(results) == IN_ORDER


def test_the_items_of_a_rule_stay_in_their_order() -> None:
    items = [Result("a/x", "T", "fail", "low", "block", item=item) for item in "cab"]
    assert [result.item for result in ranked(items)] == ["c", "a", "b"]


def test_what_is_further_beyond_its_limit_comes_first() -> None:
    def found(rule: str, margin: float, severity: str = "high") -> Result:
        return Result(
            rule, "T", "fail", severity, "block", explanation=(Step("x", 0, "false", "", margin), Step("y", 0, "1"))
        )

    near, far, grave = found("a/x", 0.1), found("b/x", 0.4), found("c/x", 0.01, "critical")
    assert ranked([near, far, grave]) == [grave, far, near]


@pytest.mark.parametrize(
    ("outcome", "enforcement", "blocks"),
    [
        ("fail", "block", True),
        ("missing", "block", True),
        ("error", "info", True),
        ("fail", "warn", False),
        ("missing", "info", False),
        ("waived", "block", False),
        ("skip", "block", False),
        ("pass", "block", False),
    ],
)
def test_what_blocks(outcome: str, enforcement: str, blocks: bool) -> None:
    assert is_blocking(Result("a/x", "T", outcome, "low", enforcement)) == blocks  # type: ignore[arg-type]
