"""Annotations: nothing from outside starts another command."""

from __future__ import annotations

from gatepost.problems import Place
from gatepost.report.workflow_commands import annotation


def test_an_annotation_names_its_place() -> None:
    line = annotation("error", Place("a,b: c.yaml", 3, 5, 3, 9), "GP-L003 no field", "50 % of it\n::error::x")
    assert line == (
        "::error file=a%2Cb%3A c.yaml,line=3,endLine=3,col=5,endColumn=9,title=GP-L003 no field"
        "::50 %25 of it%0A::error::x"
    )


def test_a_place_of_several_lines_has_no_end_column_and_none_has_no_file() -> None:
    assert (
        annotation("warning", Place("a", 3, 5, 4, 9), "t", "m")
        == "::warning file=a,line=3,endLine=4,col=5,title=t::m"
    )
    assert annotation("notice", None, "t", "m") == "::notice title=t::m"
