"""Searches that run together and ask together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gatepost.collect.attacks.in_step import in_step


def test_each_gets_its_own_answers_and_questions_come_together() -> None:
    asked: list[list[tuple[int, Any]]] = []
    found: dict[int, list[int]] = {}

    def work(number: int, ask: Callable[[Any], Any]) -> None:
        found[number] = [ask(number * 10 + turn) for turn in range(number)]

    def answer(questions: list[tuple[int, Any]]) -> list[Any]:
        asked.append(questions)
        return [question + 1000 for _, question in questions]

    in_step([3, 1, 2], work, answer)
    assert found == {1: [1010], 2: [1020, 1021], 3: [1030, 1031, 1032]}
    assert asked == [[(1, 10), (2, 20), (3, 30)], [(2, 21), (3, 31)], [(3, 32)]]


def test_the_first_failure_by_number_is_raised_after_all_ended() -> None:
    ended = []

    def work(number: int, ask: Callable[[Any], Any]) -> None:
        ask(number)
        if number in (1, 2):
            raise ValueError(f"number {number}")
        ask(number)
        ended.append(number)

    with pytest.raises(ValueError, match="number 1"):
        in_step(range(4), work, lambda questions: [None] * len(questions))
    assert sorted(ended) == [0, 3]


def test_a_failing_answer_ends_everybody() -> None:
    def answer(questions: list[tuple[int, Any]]) -> list[Any]:
        raise KeyError("no answer")

    with pytest.raises(KeyError, match="no answer"):
        in_step(range(3), lambda number, ask: ask(number), answer)


def test_nobody_to_work_is_fine() -> None:
    in_step([], lambda number, ask: ask(number), lambda questions: [])
