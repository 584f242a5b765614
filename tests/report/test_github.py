"""GitHub's annotations, whole, for some verdicts, and what GitHub would drop."""

from __future__ import annotations

import dataclasses

import pytest

from gatepost.problems import Place
from gatepost.report import github
from gatepost.report.interface import Style
from gatepost.verdict import Counts, Result, Verdict

FOUND = Result("p/r", "T", "fail", "high", "block", message="Too low.", location=Place("a.md", 1), fingerprint="f")

SHOWN = {
    "pass": r"""
gatepost: pass, 5 pass
""",
    "block": r"""
::error file=MODEL_CARD.md,line=14,endLine=14,col=3,endColumn=9,title=fairness/impact-ratio%2C high::Impact ratio 0.7102 (0.5987 to 0.8312) is below 0.8.%0AItem: age_group=under_25.%0Ag.impact_ratio.value >= params.min_impact_ratio is false (short by 0.0898).%0Ag.impact_ratio.value is 0.7102.%0Aparams.min_impact_ratio is 0.8.%0AFix: Look at the rejections of this group; see docs for remedies, or ask for a waiver.%0ASupports eu-ai-act/10.2.f, nist-ai-rmf/measure-2.11.
::error file=MODEL_CARD.md,line=6,title=documentation/limitations%2C medium::Missing: evidence.documentation.limitations is not there.%0AFix: Add `limitations:` to MODEL_CARD.md, after line 6.
::warning file=docs/évasion notes.yaml,line=22,col=5,title=robustness/evasion%2C high::Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.%0AItem: hopskipjump, l2 <= 0.5.
gatepost: block, 1 fail, 1 missing, 1 warning, 1 waived, 3 pass, 1 skip, 2 excluded
""",
    "warn": r"""
::warning file=docs/évasion notes.yaml,line=22,col=5,title=robustness/evasion%2C high::Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.%0AItem: hopskipjump, l2 <= 0.5.
::notice title=robustness/noise%2C high::Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.%0AItem: pgd.%0AAnd 3 more of robustness/noise, which are only counted.
gatepost: warn, 1 warning, 4 info
""",
    "failed source": r"""
::error file=g.yaml,line=22,col=5,title=gatepost/gate::The collector robustness (evasion) failed: the model took over 2 GiB.
::notice file=g.yaml,line=9,title=gatepost/gate::The collector drift failed: no reference data.%0AIt is not required; rules that read what it fills are missing.
gatepost: error, 1 pass
""",
    "problems": r"""
::error file=policies/fairness.yaml,line=17,endLine=17,col=16,endColumn=28,title=gatepost/gate::unknown field `impact_ratoi` in evidence.fairness.groups[].%0Adid you mean `impact_ratio`?
::error title=gatepost/gate::there is no profile `basline` \x1b[31m.%0Adid you mean `baseline`?
gatepost: error, nothing was judged
""",
}


@pytest.mark.parametrize("which", SHOWN)
def test_the_whole_report(which: str, verdicts: dict[str, Verdict]) -> None:
    assert "\n" + github.render(verdicts[which], Style()) == SHOWN[which]


def of(results: list[Result]) -> list[str]:
    verdict = Verdict("block", 1, "", results=tuple(results), counts=Counts(fail=len(results)))
    return github.render(verdict, Style()).splitlines()


def test_what_github_would_drop_is_counted_instead() -> None:
    errors = [dataclasses.replace(FOUND, item=str(number)) for number in range(25)]
    warnings = [dataclasses.replace(FOUND, item=str(number), enforcement="warn") for number in range(10)]
    lines = of([*errors, *warnings])
    assert sum(line.startswith("::error") for line in lines) == 10
    assert lines[9] == (
        "::error title=gatepost::16 more findings of this kind are not shown here; the other reports have them all."
    )
    assert sum(line.startswith("::warning") for line in lines) == 10
    assert not any("more findings" in line for line in lines[10:])


def test_a_message_of_a_megabyte_is_cut_and_says_so() -> None:
    line = of([dataclasses.replace(FOUND, message="x" * 1_000_000)])[0]
    assert len(line) < 5_000
    assert line.endswith("(cut; the reports have it whole)")


@pytest.mark.parametrize("path", ["/etc/passwd", "../other/a.md"])
def test_a_place_outside_of_the_repository_has_no_file(path: str) -> None:
    line = of([dataclasses.replace(FOUND, location=Place(path, 3))])[0]
    assert line.startswith("::error title=p/r%2C high::Too low.")


def test_no_line_of_evidence_starts_a_command() -> None:
    message = "x\n::error::mine\r::set-output name=a::b"
    lines = of([dataclasses.replace(FOUND, message=message, item="a\n::add-mask::b", fix="\n::stop-commands::t")])
    assert len(lines) == 2
    assert lines[0].startswith("::error file=a.md,line=1,title=")
