"""The decision for jobs that follow: a word and numbers, and nothing of the evidence."""

from __future__ import annotations

import re

import pytest

from gatepost.report import dotenv
from gatepost.report.interface import Style
from gatepost.verdict import Verdict

SHOWN = {
    "pass": "gatepost_decision=pass\ngatepost_exit_code=0\ngatepost_blocked=0\ngatepost_warned=0\n",
    "block": "gatepost_decision=block\ngatepost_exit_code=1\ngatepost_blocked=2\ngatepost_warned=1\n",
    "warn": "gatepost_decision=warn\ngatepost_exit_code=0\ngatepost_blocked=0\ngatepost_warned=1\n",
    "rule error": "gatepost_decision=error\ngatepost_exit_code=2\ngatepost_blocked=2\ngatepost_warned=0\n",
    "problems": "gatepost_decision=error\ngatepost_exit_code=2\ngatepost_blocked=0\ngatepost_warned=0\n",
}


@pytest.mark.parametrize("which", SHOWN)
def test_the_whole_report(which: str, verdicts: dict[str, Verdict]) -> None:
    assert dotenv.render(verdicts[which], Style()) == SHOWN[which]


def test_no_word_of_evidence_gets_in(named_verdict: tuple[str, Verdict]) -> None:
    lines = dotenv.render(named_verdict[1], Style()).splitlines()
    assert all(re.fullmatch(r"gatepost_[a-z_]+=[a-z0-9]+", line) for line in lines)
