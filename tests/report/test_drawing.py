from __future__ import annotations

import pytest

from gatepost.report.drawing import draw
from gatepost.verdict import Step


def steps(expression: str, note: str, *parts: tuple[str, str]) -> tuple[Step, ...]:
    found = [Step(part, expression.index(part), value) for part, value in parts]
    return (Step(expression, 0, "false", note), *found)


DRAWN = {
    "values stand under their parts, the note at the right": (
        steps("g.tpr >= params.least", "short by 0.1", ("g.tpr", "0.7"), ("params.least", "0.8")),
        60,
        """
g.tpr >= params.least
|        |
0.7      0.8   short by 0.1
""",
    ),
    "a note without room stands below": (
        steps("g.tpr >= params.least", "short by 0.1", ("g.tpr", "0.7"), ("params.least", "0.8")),
        22,
        """
g.tpr >= params.least
|        |
0.7      0.8
short by 0.1
""",
    ),
    "a value too long for its place goes deeper, under a line": (
        steps("a == b || c", "", ("a", '"a long name"'), ("b", '"other"'), ("c", "false")),
        60,
        """
a == b || c
|    |    |
|    |    false
|    "other"
"a long name"
""",
    ),
    "values that only touch do not share a row": (
        steps("a < b", "", ("a", "1234"), ("b", "5")),
        60,
        """
a < b
|   |
|   5
1234
""",
    ),
    "too wide for a drawing": (
        steps(
            "evidence.x.value >= params.least", "short by 0.1", ("evidence.x.value", "0.7"), ("params.least", "0.8")
        ),
        24,
        """
evidence.x.value >=
params.least
  evidence.x.value is
    0.7
  params.least is 0.8
  short by 0.1
""",
    ),
    "nothing to mark": (
        steps("false", "never true"),
        40,
        """
false
  never true
""",
    ),
    "an expression with an escape is not drawn, for its offsets would be wrong": (
        steps("x == '\x1b' && y", "", ("y", "false\n")),
        40,
        r"""
x == '\x1b' && y
  y is false
""",
    ),
}


@pytest.mark.parametrize("name", DRAWN)
def test_an_explanation_is_drawn_so(name: str) -> None:
    explanation, width, drawn = DRAWN[name]
    assert draw(explanation, width) == drawn.strip("\n").split("\n")


def test_without_steps_nothing_is_drawn() -> None:
    assert draw((), 80) == []
