from __future__ import annotations

import pytest

from gatepost.problems import GatepostError, Place, Problem, did_you_mean, format_problem


@pytest.mark.parametrize(
    ("problem", "shown"),
    [
        (Problem("nothing known"), "error: nothing known"),
        (Problem("bad", advice="do this"), "error: bad\n  do this"),
        (Problem("bad", Place("a.yaml"), "do this"), "error: bad\n  a.yaml\n  do this"),
        (
            Problem("bad", Place("a.yaml", 17, 5, 17, 8), "did you mean `x`?", "key: abc"),
            "error: bad\n  a.yaml:17:5\n    17 | key: abc\n       |     ^^^ did you mean `x`?",
        ),
        (
            Problem("tab", Place("a.yaml", 1, 2, 1, 3), "", "\tx"),
            "error: tab\n  a.yaml:1:2\n     1 | \tx\n       | \t^",
        ),
        (
            Problem("several lines", Place("a.yaml", 2, 3, 4, 1), "", "ab cd  "),
            "error: several lines\n  a.yaml:2:3\n     2 | ab cd  \n       |   ^^^",
        ),
        (
            Problem("\x1b]0;x\x07\n::error::y", Place("a\x1b.yaml", 1, 3, 1, 4), "\n::z", "\x1b漢x\ty\u2028"),
            "error: \\x1b]0;x\\x07 ::error::y\n  a\\x1b.yaml:1:3\n     1 | \\x1b漢x\ty \n       |       ^  ::z",
        ),
        (Problem("x", advice="::error::y"), "error: x\n  \\x3a:error::y"),
    ],
)
def test_a_problem_shows_its_line_and_a_caret(problem: Problem, shown: str) -> None:
    assert format_problem(problem) == shown


def test_did_you_mean_names_the_nearest_or_nothing() -> None:
    assert did_you_mean("impact_ratoi", ["impact_ratio", "n"]) == "did you mean `impact_ratio`?"
    assert did_you_mean("zzz", ["impact_ratio"]) == ""


def test_a_suggestion_is_not_looked_for_without_end() -> None:
    assert did_you_mean("impact_ratoi", ["impact_ratio"], told=21) == ""
    assert did_you_mean("x" * 100_000, ["x" * 99_999]) == ""
    assert did_you_mean("name", (f"other{n}" for n in iter(int, 1))) == ""  # an endless list


def test_an_error_needs_a_problem() -> None:
    with pytest.raises(ValueError, match="needs a problem"):
        GatepostError()


def test_an_error_says_all_its_problems() -> None:
    assert str(GatepostError(Problem("one"), Problem("two"))) == "one; two"


def test_a_long_source_line_is_cut_around_the_caret() -> None:
    line = "a" * 50_000 + "bcd" + "e" * 50_000
    shown = format_problem(Problem("x", Place("a", 1, 50_001, 1, 50_004), "advice", line)).split("\n")
    assert shown[2] == "     1 | ..." + "a" * 77 + "bcd" + "e" * 74 + "..."
    assert shown[3] == "       | " + " " * 80 + "^^^ advice"


def test_a_long_marked_part_is_cut() -> None:
    shown = format_problem(Problem("x", Place("a", 1, 1), "", "b" * 50_000)).split("\n")
    assert shown[2:] == ["     1 | " + "b" * 157 + "...", "       | " + "^" * 160]


def test_a_long_text_is_cut() -> None:
    assert format_problem(Problem("x" * 100_000, advice="y" * 100_000)) == (
        f"error: {'x' * 2000}...\n  {'y' * 2000}..."
    )
