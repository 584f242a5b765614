"""Labels and groups that are one, written in several ways."""

from __future__ import annotations

import pytest

from gatepost.collect.interface import CollectorError
from gatepost.collect.spelling import check_labels, same_text, similar_groups


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("good", "good ", '"good" (90 rows) and "good " (10 rows)'),
        ("good", "\tgood", '"good" (90 rows) and "\\u0009good" (10 rows)'),
        ("good", "good\r", '"good" (90 rows) and "good\\u000d" (10 rows)'),
        ("very good", "very  good", '"very good" (90 rows) and "very  good" (10 rows)'),
        ("very good", "very\N{NO-BREAK SPACE}good", '"very good" (90 rows) and "very\\u00a0good" (10 rows)'),
        ("good", "go\N{ZERO WIDTH SPACE}od", '"good" (90 rows) and "go\\u200bod" (10 rows)'),
        ("good", "\N{BYTE ORDER MARK}good", '"good" (90 rows) and "\\ufeffgood" (10 rows)'),
        ("caf\u00e9", "cafe\u0301", '"café" (90 rows) and "cafe\\u0301" (10 rows)'),
        ("yes", "ｙｅｓ", '"yes" (90 rows) and "ｙｅｓ" (10 rows)'),
        ("good", "good.", '"good" (90 rows) and "good." (10 rows)'),
        ("1", "1.0", '"1" (90 rows) and "1.0" (10 rows)'),
        ("1", "01", '"1" (90 rows) and "01" (10 rows)'),
        ("0.5", "0.50", '"0.5" (90 rows) and "0.50" (10 rows)'),
    ],
)
def test_spellings_of_one_label_are_refused_with_their_rows(one: str, other: str, shown: str) -> None:
    counts = [{one: 60, "bad": 5}, {one: 30, other: 10}]
    with pytest.raises(CollectorError) as caught:
        check_labels(counts, {}, ("prediction",))
    assert caught.value.what.endswith(f": {shown}")
    assert caught.value.option == ("prediction",)
    assert "labels: exact" in caught.value.advice
    assert check_labels(counts, {"labels": "exact"}) == []


def test_labels_that_differ_otherwise_are_different() -> None:
    grades = [
        "A",
        "A+",
        "A-",
        "B",
        "-1",
        "1",
        "+1",
        "10",
        "1.5",
        "1-2",
        "1.2.0",
        "1.2",
        "good",
        "goods",
        ".",
        "",
    ]
    assert check_labels([dict.fromkeys(grades, 3)], {}) == []
    assert check_labels([{1: 3, 1.5: 2}], {}) == []


def test_case_is_noted() -> None:
    assert check_labels([{"Good": 1, "good": 97}], {}) == [
        'labels that differ only in case count as different: "good" (97 rows) and "Good" (1 row)'
    ]


def test_groups_are_noted_only() -> None:
    assert similar_groups("sex", {"female": 90, "Female ": 3, "male": 80, "(missing)": 2}) == [
        'groups of `sex` may be the same: "female" (90 rows) and "Female " (3 rows)'
    ]
    assert similar_groups("sex", {"female": 90, "male": 80}) == []
    many = {f"{name}{end}": 1 for name in "abcde" for end in ("", " ")}
    assert similar_groups("x", many)[0].endswith("; and 2 more")


@pytest.mark.parametrize("text", ["", ".", "é", "1.", "a.b", "-0"])
def test_what_is_left_of_a_text_has_itself_as_its_form(text: str) -> None:
    assert same_text(same_text(text)) == same_text(text)
