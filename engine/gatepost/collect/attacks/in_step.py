"""Runs many small searches at once, so that what they ask of a model is asked together.

A model behind a DataFrame pipeline takes as long for one row as for a hundred. HopSkipJump asks about one point at
a time; a hundred of them, each in its thread, ask about a hundred.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["in_step"]

Ask = Callable[[Any], Any]


def in_step(
    numbers: Sequence[int], work: Callable[[int, Ask], None], answer: Callable[[list[tuple[int, Any]]], list[Any]]
) -> None:
    """Call ``work(number, ask)`` for each of the (different) numbers, each in a thread.

    ``ask(question)`` waits until every thread that still works has asked, or ended; then ``answer`` is called, in
    this thread, with all (number, question) in the order of the numbers, and gives the answers in the same order.
    What a thread does so depends on nothing but its own answers.

    Raises:
        Exception: the first, by number, that a work or the answer raised.
    """
    asked: queue.SimpleQueue[tuple[int, bool, Any]] = queue.SimpleQueue()
    replies: dict[int, queue.SimpleQueue[Any]] = {number: queue.SimpleQueue() for number in numbers}
    failures: dict[int, BaseException] = {}

    def thread(number: int) -> None:
        def ask(question: Any) -> Any:
            asked.put((number, False, question))
            reply = replies[number].get()
            if isinstance(reply, BaseException):
                raise reply
            return reply

        try:
            work(number, ask)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            failures[number] = error
        asked.put((number, True, None))

    for number in numbers:
        threading.Thread(target=thread, args=(number,), daemon=True).start()
    working, waiting = len(numbers), dict[int, Any]()
    while working:
        number, ended, question = asked.get()
        if ended:
            working -= 1
        else:
            waiting[number] = question
        if waiting and len(waiting) == working:
            for which, reply in _answers(sorted(waiting.items()), answer):
                replies[which].put(reply)
            waiting.clear()
    if failures:
        raise failures[min(failures)]


def _answers(questions: list[tuple[int, Any]], answer: Callable[..., list[Any]]) -> list[tuple[int, Any]]:
    try:
        found = answer(questions)
    except Exception as error:  # noqa: BLE001 - each thread raises it, and so ends
        found = [error] * len(questions)
    return [(number, reply) for (number, _question), reply in zip(questions, found, strict=True)]
