from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.problems import GatepostError
from gatepost.report.interface import Style
from gatepost.report.registry import FORMATS, load, names
from gatepost.verdict import Verdict

MODULE = """
name = "slack"
def render(verdict, style):
    return f"slack says {verdict.decision}"
"""


@pytest.fixture
def other_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Install a package that offers formats, the way pip lays it out."""
    info = tmp_path / "gatepost_slack-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: gatepost-slack\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[gatepost.reports]\nslack = gatepost_slack\nbroken = gatepost_slack_nowhere\n"
        "empty = gatepost_slack:name\njson = gatepost_slack\n"
    )
    (tmp_path / "gatepost_slack.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["text", "json", "junit", "sarif"])
def test_a_format_is_found_by_its_name(name: str) -> None:
    assert name in names()
    assert load(name).name == name


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("sarfi", "did you mean `sarif`?"),
        ("Text", "did you mean `text`?"),
        ("pdf", "known: text, json, junit, sarif"),
    ],
)
def test_an_unknown_format_says_what_there_is(name: str, advice: str) -> None:
    with pytest.raises(GatepostError) as caught:
        load(name)
    [problem] = caught.value.problems
    assert problem.what == f"there is no report format `{name}`"
    assert problem.advice.startswith(advice)


def test_other_packages_bring_formats(other_package: Path) -> None:
    assert names() == [*FORMATS, "broken", "empty", "slack"]
    assert load("slack").render(Verdict("warn", 0, ""), Style()) == "slack says warn"


def test_a_built_in_format_cannot_be_replaced(other_package: Path) -> None:
    assert load("json").name == "json"


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("broken", "cannot be loaded: No module named 'gatepost_slack_nowhere'"),
        ("empty", "has no render(verdict, style)"),
    ],
)
def test_a_broken_format_is_a_message_not_a_traceback(other_package: Path, name: str, what: str) -> None:
    with pytest.raises(GatepostError) as caught:
        load(name)
    [problem] = caught.value.problems
    assert problem.what == f"the report format `{name}` of gatepost-slack {what}"
    assert problem.advice == "update or remove gatepost-slack"
