"""Results of Great Expectations that contradict themselves."""

from __future__ import annotations

from typing import Any

import pytest

from gatepost.collect.great_expectations.agreement import disagreement_of_entry, disagreement_of_totals

BETWEEN, MEAN = "expect_column_values_to_be_between", "expect_column_mean_to_be_between"
ROWS = "expect_table_row_count_to_equal"


@pytest.mark.parametrize(
    ("kind", "kwargs", "success", "result", "what"),
    [
        (BETWEEN, {}, True, {"element_count": 10, "unexpected_count": 0}, ""),
        (BETWEEN, {}, False, {"element_count": 10, "unexpected_count": 1.0}, ""),
        (BETWEEN, {"mostly": 0.9}, True, {"element_count": 10, "unexpected_count": 1}, ""),
        (BETWEEN, {"mostly": {"$PARAMETER": "m"}}, True, {"element_count": 10, "unexpected_count": 1}, ""),
        (BETWEEN, {}, True, {"element_count": 10, "missing_count": 10, "unexpected_count": 0}, ""),
        (BETWEEN, {}, True, {}, ""),
        ("expect_own_thing", {}, True, {"element_count": 10, "unexpected_count": 9}, ""),
        (
            BETWEEN,
            {},
            True,
            {"element_count": 10, "unexpected_count": 1},
            "`success` is true, yet 1 of 10 values are unexpected, and `mostly` is 1",
        ),
        (
            "expect_own_thing",
            {"mostly": 0.95},
            True,
            {"element_count": 10, "unexpected_count": 1},
            "`success` is true, yet 1 of 10 values are unexpected, and `mostly` is 0.95",
        ),
        (
            BETWEEN,
            {},
            False,
            {"element_count": 10, "unexpected_count": 0},
            "`success` is false, yet 0 of 10 values are unexpected, and `mostly` is 1",
        ),
        (
            BETWEEN,
            {"mostly": 0.5},
            False,
            {"element_count": 10, "unexpected_count": 1},
            "`success` is false, yet 1 of 10 values are unexpected, and `mostly` is 0.5",
        ),
        (
            BETWEEN,
            {},
            True,
            {"element_count": 10, "missing_count": 11},
            "`missing_count` is 11, more than `element_count`, 10",
        ),
        (
            BETWEEN,
            {},
            False,
            {"element_count": 10, "missing_count": 5, "unexpected_count": 6},
            "`unexpected_count` is 6, and 5 values were looked at",
        ),
        (
            BETWEEN,
            {},
            False,
            {"element_count": 10, "unexpected_count": 5, "unexpected_percent": 0.0},
            "`unexpected_percent` is 0, and 5 of 10 is 50 %",
        ),
        (MEAN, {"min_value": 3, "max_value": 5}, True, {"observed_value": 4.0}, ""),
        (MEAN, {"min_value": 3}, False, {"observed_value": 2.0}, ""),
        (MEAN, {"min_value": 3, "strict_min": True}, False, {"observed_value": 3}, ""),
        (MEAN, {"min_value": "2020-01-01"}, True, {"observed_value": 4.0}, ""),
        (MEAN, {}, True, {"observed_value": 4.0}, ""),
        (
            MEAN,
            {"min_value": 3, "max_value": 5},
            True,
            {"observed_value": 9.0},
            "`success` is true, yet 9 was observed, which is outside of its limits",
        ),
        (
            MEAN,
            {"max_value": 5},
            False,
            {"observed_value": 1.0},
            "`success` is false, yet 1 was observed, which is within its limits",
        ),
        (ROWS, {"value": 5}, True, {"observed_value": 5}, ""),
        (
            ROWS,
            {"value": 5},
            True,
            {"observed_value": 4},
            "`success` is true, yet 4 was observed, which is outside of its limits",
        ),
    ],
)
def test_an_entry(kind: str, kwargs: Any, success: bool, result: Any, what: str) -> None:
    assert disagreement_of_entry(kind, kwargs, success, result) == what


def totals(evaluated: float, successful: float, unsuccessful: float, percent: float | None) -> dict[str, Any]:
    return {
        "evaluated_expectations": evaluated,
        "successful_expectations": successful,
        "unsuccessful_expectations": unsuccessful,
        "success_percent": percent,
    }


@pytest.mark.parametrize(
    ("whole", "what"),
    [
        ({}, ""),
        ({"success": False, "statistics": totals(2.0, 1.0, 1.0, 50.0)}, ""),
        ({"success": True}, "`success` is true, yet 1 of the 2 expectations in it failed"),
        ({"statistics": totals(3, 1, 1, 50)}, "`evaluated_expectations` is 3, and the file has 2"),
        ({"statistics": totals(2, 2, 1, 50)}, "`successful_expectations` is 2, and the file has 1"),
        ({"statistics": totals(2, 1, 0, 50)}, "`unsuccessful_expectations` is 0, and the file has 1"),
        (
            {"statistics": totals(2, 1, 1, 100)},
            "`success_percent` is 100, and 50 % of the expectations in the file succeeded",
        ),
    ],
)
def test_totals(whole: dict[str, Any], what: str) -> None:
    assert disagreement_of_totals(whole, [True, False], "expectations") == what


def test_a_failure_of_which_no_entry_is_left() -> None:
    assert disagreement_of_totals({"success": False}, [True], "expectations") == (
        "`success` is false, yet 0 of the 1 expectations in it failed"
    )
