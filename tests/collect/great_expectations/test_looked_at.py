"""How many values an expectation looked at, decided the same way for runs and imports."""

from __future__ import annotations

from typing import Any

import pytest

from gatepost.collect.great_expectations.looked_at import known_counts, looked_at

BETWEEN, NOT_NULL = "expect_column_values_to_be_between", "expect_column_values_to_not_be_null"
UNIQUE, MEAN = "expect_column_unique_value_count_to_be_between", "expect_column_mean_to_be_between"
UNKNOWN = "the result does not tell whether it looked at any value"
AGE = {"column": "age"}
EMPTY = known_counts([(BETWEEN, AGE, {"element_count": 0, "missing_count": 0})])
NULLS = known_counts([(NOT_NULL, AGE, {"element_count": 5.0, "unexpected_count": 5.0})])
SOME = known_counts([(NOT_NULL, AGE, {"element_count": 5, "unexpected_count": 2})])
NOTHING = known_counts([])


@pytest.mark.parametrize(
    ("kind", "kwargs", "result", "known", "expected"),
    [
        (BETWEEN, AGE, {"element_count": 96.0, "missing_count": 6.0}, NOTHING, (90, "")),
        (BETWEEN, AGE, {"element_count": 96, "missing_count": None}, NOTHING, (96, "")),
        (BETWEEN, AGE, {}, NOTHING, (None, UNKNOWN)),
        # an empty table: nothing but its own shape was looked at, whatever was observed
        (UNIQUE, {"column": "sex"}, {"observed_value": 0}, EMPTY, (0, "")),
        ("unexpected_rows_expectation", {}, {"observed_value": 0}, EMPTY, (0, "")),
        ("expect_column_values_to_be_of_type", {"column": "sex"}, {"observed_value": "TEXT"}, EMPTY, (0, "")),
        ("expect_table_row_count_to_be_between", {}, {"observed_value": 0}, EMPTY, (None, "")),
        ("expect_column_to_exist", AGE, {}, EMPTY, (None, "")),
        # a column of nulls
        (UNIQUE, AGE, {"observed_value": 0}, NULLS, (0, "")),
        (MEAN, AGE, {"observed_value": None}, NULLS, (0, "")),
        ("expect_column_proportion_of_non_null_values_to_be_between", AGE, {"observed_value": 0.0}, NULLS, (5, "")),
        (
            "expect_column_pair_cramers_phi_value_to_be_less_than",
            {"column_A": "age", "column_B": "b"},
            {},
            NULLS,
            (0, ""),
        ),
        # nothing is known but what was observed
        (UNIQUE, AGE, {"observed_value": 0}, NOTHING, (None, UNKNOWN)),
        (UNIQUE, AGE, {"observed_value": 3}, NOTHING, (None, "")),
        (MEAN, AGE, {"observed_value": 0.0}, NOTHING, (None, "")),
        (MEAN, AGE, {"observed_value": "nan"}, NOTHING, (None, "")),
        ("expect_column_sum_to_be_between", AGE, {"observed_value": 0}, NOTHING, (None, UNKNOWN)),
        ("expect_column_distinct_values_to_be_in_set", AGE, {"observed_value": []}, NOTHING, (None, UNKNOWN)),
        ("expect_column_values_to_be_of_type", AGE, {"observed_value": "int64"}, NOTHING, (None, UNKNOWN)),
        ("unexpected_rows_expectation", {}, {"observed_value": 0}, NOTHING, (None, UNKNOWN)),
        ("unexpected_rows_expectation", {}, {"observed_value": 0}, SOME, (None, "")),
        ("expect_own_thing", AGE, {"observed_value": 7}, NOTHING, (None, UNKNOWN)),
        ("expect_own_thing", AGE, {"observed_value": 7}, SOME, (3, "")),
        # another row condition is another set of rows
        (UNIQUE, {**AGE, "row_condition": "a > 1"}, {"observed_value": 0}, SOME, (None, UNKNOWN)),
    ],
)
def test_what_was_looked_at(
    kind: str, kwargs: Any, result: Any, known: Any, expected: tuple[int | None, str]
) -> None:
    assert looked_at(kind, kwargs, result, known) == expected
