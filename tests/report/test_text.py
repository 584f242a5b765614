"""The terminal's report, whole, for each verdict; what must hold for all of them stands at the end."""

from __future__ import annotations

import dataclasses
import re

import pytest

from gatepost.report import text
from gatepost.report.interface import Style
from gatepost.text import harmless
from gatepost.verdict import Counts, Result, Verdict

SHOWN = {
    ("pass", 80): """\
PASS  credit-risk 7           5 pass
""",
    ("block", 80): """\
BLOCKED  credit-risk 7  1 fail, 1 missing, 1 warning, 1 waived, 3 pass, 1 skip,
         2 excluded

high    fairness/impact-ratio   age_group=under_25            MODEL_CARD.md:14:3
        Impact ratio 0.7102 (0.5987 to 0.8312) is below 0.8.
        g.impact_ratio.value >= params.min_impact_ratio
        |                       |
        0.7102                  0.8   short by 0.0898
        fix   Look at the rejections of this group; see docs for remedies, or
              ask for a waiver.
        why   eu-ai-act/10.2.f, nist-ai-rmf/measure-2.11

medium  documentation/limitations                                MODEL_CARD.md:6
        Missing: evidence.documentation.limitations is not there.
        fix   Add `limitations:` to MODEL_CARD.md, after line 6.

warn    robustness/evasion      hopskipjump, l2 <= 0.5
        docs/évasion notes.yaml:22:5
        Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.

waived until 2027-01-31  reproducibility/clean-tree, W-2026-014 by
        risk-officer@example.com: Remediation under way
waiver expired on 2025-12-31  W-2025-001 by risk-officer@example.com
waiver without use  W-2026-020: it matches nothing

skipped  oversight/can-stop: `when` is false
""",
    ("warn", 80): """\
WARN  credit-risk 7           1 warning, 4 info

warn  robustness/evasion      hopskipjump, l2 <= 0.5
      docs/évasion notes.yaml:22:5
      Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.

info  robustness/noise        pgd
      Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.
      and 3 more of robustness/noise, which are only counted (--max-findings)
""",
    ("not enforced", 80): """\
WARN  credit-risk 7           1 pass
      Nothing is enforced: no rule in force blocks or warns.
""",
    ("rule error", 80): """\
ERROR  credit-risk 7          1 error, 1 fail

error  performance/ratio                                         evidence.json:1
       The rule itself is at fault: division by zero
       fix   Mend the rule at policies/performance.yaml:9:5; until then nothing
             can be said.

high   fairness/impact-ratio   age_group=under_25             MODEL_CARD.md:14:3
       Impact ratio 0.7102 (0.5987 to 0.8312) is below 0.8.
       g.impact_ratio.value >= params.min_impact_ratio
       |                       |
       0.7102                  0.8   short by 0.0898
       fix   Look at the rejections of this group; see docs for remedies, or ask
             for a waiver.
       why   eu-ai-act/10.2.f, nist-ai-rmf/measure-2.11
""",
    ("failed source", 80): """\
ERROR  credit-risk 7          1 pass

error  source evasion                                                g.yaml:22:5
       The collector robustness (evasion) failed: the model took over 2 GiB.

info   source drift                                                     g.yaml:9
       The collector drift failed: no reference data.
       It is not required; rules that read what it fills are missing.
""",
    ("nothing", 80): """\
ERROR  credit-risk 7
      No rule is in force, so nothing was judged.
""",
    ("evil", 80): r"""
BLOCKED  <b>x</b> ]]> a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend
         next & "q" 'r' 7  1 fail, 1 waived, 1 skip

high  fairness/impact-ratio   <b>x</b> ]]> a|b [c](http://d) \x1b[31mred\x1b[0m
      \x00\x9b \u202eend next & "q" 'r'                   a b/\x1b[2J%]]>:x.md:2
      <b>x</b> ]]> a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next
      & "q" 'r'
      x == '<b>x</b> ]]> a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend
      next & "q" 'r''
        x is <b>x</b> ]]> a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b
          \u202eend next & "q" 'r'
        <b>x</b> ]]> a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend
          next & "q" 'r'
      fix   <b>x</b> ]]> a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend
            next & "q" 'r'
      why   <b>x</b> ]]> a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend
            next & "q" 'r'

waived  reproducibility/clean-tree, <b>x</b> ]]> a|b [c](http://d)
      \x1b[31mred\x1b[0m \x00\x9b \u202eend next & "q" 'r': <b>x</b> ]]> a|b
      [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next & "q" 'r'

skipped  oversight/can-stop: <b>x</b> ]]> a|b [c](http://d) \x1b[31mred\x1b[0m
      \x00\x9b \u202eend next & "q" 'r'
""",
    ("problems", 80): r"""
error: unknown field `impact_ratoi` in evidence.fairness.groups[]
  policies/fairness.yaml:17:16
    17 |     require: g.impact_ratoi.value >= params.min_impact_ratio
       |                ^^^^^^^^^^^^ did you mean `impact_ratio`?
error: there is no profile `basline` \x1b[31m
  did you mean `baseline`?
Nothing was judged. (exit 2)
""",
    ("block", 40): """\
BLOCKED  credit-risk 7  1 fail, 1
         missing, 1 warning, 1 waived, 3
         pass, 1 skip, 2 excluded

high    fairness/impact-ratio
        age_group=under_25
        MODEL_CARD.md:14:3
        Impact ratio 0.7102 (0.5987 to
        0.8312) is below 0.8.
        g.impact_ratio.value >=
        params.min_impact_ratio
          g.impact_ratio.value is 0.7102
          params.min_impact_ratio is 0.8
          short by 0.0898
        fix   Look at the rejections of
              this group; see docs for
              remedies, or ask for a
              waiver.
        why   eu-ai-act/10.2.f,
              nist-ai-rmf/measure-2.11

medium  documentation/limitations
        MODEL_CARD.md:6
        Missing: evidence.documentation.
        limitations is not there.
        fix   Add `limitations:` to
              MODEL_CARD.md, after line
              6.

warn    robustness/evasion
        hopskipjump, l2 <= 0.5
        docs/évasion notes.yaml:22:5
        Robust accuracy 0.41 (0.3441 to
        0.4793) is below 0.5.

waived until 2027-01-31
        reproducibility/clean-tree,
        W-2026-014 by
        risk-officer@example.com:
        Remediation under way
waiver expired on 2025-12-31  W-2025-001
        by risk-officer@example.com
waiver without use  W-2026-020: it
        matches nothing

skipped  oversight/can-stop: `when` is
        false
""",
    ("failed source", 40): """\
ERROR  credit-risk 7          1 pass

error  source evasion        g.yaml:22:5
       The collector robustness
       (evasion) failed: the model took
       over 2 GiB.

info   source drift             g.yaml:9
       The collector drift failed: no
       reference data.
       It is not required; rules that
       read what it fills are missing.
""",
}


@pytest.mark.parametrize(("name", "width"), SHOWN)
def test_a_verdict_reads_so(name: str, width: int, verdicts: dict[str, Verdict]) -> None:
    assert text.render(verdicts[name], Style(width)) == SHOWN[name, width].removeprefix("\n")


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_lines_stay_within_the_width_and_nothing_is_cut(named_verdict: tuple[str, Verdict], width: int) -> None:
    name, verdict = named_verdict
    shown = text.render(verdict, Style(width))
    if verdict.problems:
        return  # a source line and its caret are shown as they are
    assert max(map(len, shown.splitlines())) <= width
    everything = re.sub(r"\s", "", shown)
    for result in verdict.results:
        if result.outcome in ("error", "fail", "missing"):
            place = str(result.location) if result.location else ""
            for part in (result.rule, result.item or "", result.message, result.fix, *result.controls, place):
                assert re.sub(r"\s", "", harmless(part)) in everything, (name, part)


def test_colour_only_repeats_what_a_word_says(named_verdict: tuple[str, Verdict]) -> None:
    _, verdict = named_verdict
    coloured = text.render(verdict, Style(80, colour=True))
    assert re.sub(r"\x1b\[\d+m", "", coloured) == text.render(verdict, Style(80))


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("pass", "\x1b[32mPASS\x1b[0m  credit-risk 7"),
        ("warn", "\x1b[33mWARN\x1b[0m  "),
        ("block", "\x1b[31mBLOCKED\x1b[0m  "),
        ("rule error", "\x1b[31mERROR\x1b[0m  "),
    ],
)
def test_the_decision_is_coloured(name: str, start: str, verdicts: dict[str, Verdict]) -> None:
    assert text.render(verdicts[name], Style(80, colour=True)).startswith(start)


def test_a_severity_is_coloured_where_its_finding_begins(verdicts: dict[str, Verdict]) -> None:
    shown = text.render(verdicts["block"], Style(80, colour=True))
    assert "\n\x1b[31mhigh\x1b[0m    fairness/impact-ratio" in shown
    assert "\n\x1b[33mwarn\x1b[0m    robustness/evasion" in shown


def test_a_waiver_that_the_verdict_does_not_list_is_told_all_the_same() -> None:
    result = Result("p/r", "T", "waived", "low", "block", reason="waived: later", waiver="W-1", hidden=2)
    shown = text.render(Verdict("pass", 0, "", subject={"name": "s"}, results=(result,)), Style())
    assert shown.split("\n\n")[1].splitlines() == [
        "waived  p/r, W-1: waived: later",
        "      and 2 more of p/r, which are only counted (--max-findings)",
    ]


def test_skipped_rules_of_one_reason_share_a_line() -> None:
    skips = [Result(f"p/{name}", "T", "skip", "low", "block", reason=why) for name, why in ("ax", "bx", "bx", "cy")]
    shown = text.render(Verdict("pass", 0, "", subject={"name": "s"}, results=tuple(skips)), Style())
    assert shown.split("\n\n")[1].splitlines() == ["skipped  p/a, p/b (2 items): x", "skipped  p/c: y"]


def test_a_reason_is_a_note_unless_the_message_says_it() -> None:
    later = Result("p/r", "T", "fail", "low", "info", message="m", reason="in force from 2027-01-01")
    said = dataclasses.replace(later, message="m: in force from 2027-01-01")
    shown = text.render(Verdict("pass", 0, "", subject={"name": "s"}, results=(later, said)), Style())
    assert shown.count("in force from 2027-01-01") == 2
    assert "      note  in force from 2027-01-01\n" in shown


def test_hidden_findings_are_counted_where_they_belong() -> None:
    results = tuple(
        Result(f"p/{level}", "T", "fail", "low", level, message="m", hidden=2) for level in ("block", "warn", "info")
    )
    verdict = Verdict("block", 1, "", subject={"name": "s"}, counts=Counts(fail=9, missing=1), results=results)
    shown = text.render(verdict, Style()).splitlines()[0]
    assert shown == "BLOCKED  s                    3 fail, 1 missing, 3 warnings, 3 info"
