"""The JUnit report, whole, for each verdict, and what those who read it rely on."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase

from gatepost.problems import Place
from gatepost.report import junit
from gatepost.report.interface import Style
from gatepost.verdict import Result, Verdict

SHOWN = {
    "pass": """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" failures="0" errors="0">
  <testsuite errors="0" failures="0" name="fairness" skipped="0" tests="1" time="0">
    <testcase name="impact-ratio" classname="fairness" />
  </testsuite>
  <testsuite errors="0" failures="0" name="model" skipped="0" tests="1" time="0">
    <testcase name="signature" classname="model" />
  </testsuite>
</testsuites>
""",
    "block": """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="7" failures="2" errors="0">
  <testsuite errors="0" failures="0" name="robustness" skipped="1" tests="1" time="0">
    <testcase name="evasion [hopskipjump, l2 &lt;= 0.5]" classname="robustness" file="docs/évasion notes.yaml" line="22">
      <skipped type="skipped" message="warning: Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.">warning: Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.
at docs/évasion notes.yaml:22:5</skipped>
    </testcase>
  </testsuite>
  <testsuite errors="0" failures="1" name="documentation" skipped="0" tests="2" time="0">
    <testcase name="limitations" classname="documentation" file="MODEL_CARD.md" line="6">
      <failure type="missing" message="Missing: evidence.documentation.limitations is not there.">Missing: evidence.documentation.limitations is not there.
fix: Add `limitations:` to MODEL_CARD.md, after line 6.
at MODEL_CARD.md:6</failure>
    </testcase>
    <testcase name="owner" classname="documentation" />
  </testsuite>
  <testsuite errors="0" failures="0" name="reproducibility" skipped="1" tests="1" time="0">
    <testcase name="clean-tree" classname="reproducibility">
      <skipped type="skipped" message="waived until 2027-01-31 by risk-officer@example.com (W-2026-014): Remediation under way">waived until 2027-01-31 by risk-officer@example.com (W-2026-014): Remediation under way
The working tree had changes.</skipped>
    </testcase>
  </testsuite>
  <testsuite errors="0" failures="0" name="oversight" skipped="1" tests="1" time="0">
    <testcase name="can-stop" classname="oversight">
      <skipped type="skipped" message="`when` is false">`when` is false</skipped>
    </testcase>
  </testsuite>
  <testsuite errors="0" failures="1" name="fairness" skipped="0" tests="2" time="0">
    <testcase name="impact-ratio [age_group=under_25]" classname="fairness" file="MODEL_CARD.md" line="14">
      <failure type="fail" message="Impact ratio 0.7102 (0.5987 to 0.8312) is below 0.8.">Impact ratio 0.7102 (0.5987 to 0.8312) is below 0.8.
g.impact_ratio.value &gt;= params.min_impact_ratio is false (short by 0.0898)
  g.impact_ratio.value is 0.7102
  params.min_impact_ratio is 0.8
fix: Look at the rejections of this group; see docs for remedies, or ask for a waiver.
why: eu-ai-act/10.2.f, nist-ai-rmf/measure-2.11
at MODEL_CARD.md:14:3</failure>
    </testcase>
    <testcase name="impact-ratio" classname="fairness" />
  </testsuite>
</testsuites>
""",
    "warn": """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" failures="0" errors="0">
  <testsuite errors="0" failures="0" name="robustness" skipped="2" tests="2" time="0">
    <testcase name="noise [pgd]" classname="robustness">
      <skipped type="skipped" message="information: Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.">information: Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.
and 3 more of robustness/noise, which are only counted</skipped>
    </testcase>
    <testcase name="evasion [hopskipjump, l2 &lt;= 0.5]" classname="robustness" file="docs/évasion notes.yaml" line="22">
      <skipped type="skipped" message="warning: Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.">warning: Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.
at docs/évasion notes.yaml:22:5</skipped>
    </testcase>
  </testsuite>
</testsuites>
""",
    "not enforced": """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" failures="0" errors="0">
  <testsuite errors="0" failures="0" name="gatepost" skipped="1" tests="1" time="0">
    <testcase name="judgement" classname="gatepost">
      <skipped type="skipped" message="warning: Nothing is enforced: no rule in force blocks or warns.">warning: Nothing is enforced: no rule in force blocks or warns.</skipped>
    </testcase>
  </testsuite>
  <testsuite errors="0" failures="0" name="model" skipped="0" tests="1" time="0">
    <testcase name="signature" classname="model" />
  </testsuite>
</testsuites>
""",
    "failed source": """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="0" errors="1">
  <testsuite errors="1" failures="0" name="gatepost" skipped="1" tests="2" time="0">
    <testcase name="source evasion" classname="gatepost" file="g.yaml" line="22">
      <error type="error" message="The collector robustness (evasion) failed: the model took over 2 GiB.">The collector robustness (evasion) failed: the model took over 2 GiB.
  g.yaml:22:5</error>
    </testcase>
    <testcase name="source drift" classname="gatepost" file="g.yaml" line="9">
      <skipped type="skipped" message="information: The collector drift failed: no reference data.">information: The collector drift failed: no reference data.
  g.yaml:9
  It is not required; rules that read what it fills are missing.</skipped>
    </testcase>
  </testsuite>
  <testsuite errors="0" failures="0" name="model" skipped="0" tests="1" time="0">
    <testcase name="signature" classname="model" />
  </testsuite>
</testsuites>
""",
    "nothing": """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="1" failures="0" errors="1">
  <testsuite errors="1" failures="0" name="gatepost" skipped="0" tests="1" time="0">
    <testcase name="judgement" classname="gatepost">
      <error type="error" message="No rule is in force, so nothing was judged.">No rule is in force, so nothing was judged.</error>
    </testcase>
  </testsuite>
</testsuites>
""",
    "evil": r"""
<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" errors="0">
  <testsuite errors="0" failures="1" name="fairness" skipped="0" tests="1" time="0">
    <testcase name="impact-ratio [&lt;b&gt;x&lt;/b&gt; ]]&gt; a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next &amp; &quot;q&quot; 'r']" classname="fairness" file="a b/\x1b[2J%]]&gt;:x.md" line="2">
      <failure type="fail" message="&lt;b&gt;x&lt;/b&gt; ]]&gt; a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next &amp; &quot;q&quot; 'r'">&lt;b&gt;x&lt;/b&gt; ]]&gt; a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next &amp; "q" 'r'
x == '&lt;b&gt;x&lt;/b&gt; ]]&gt; a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next &amp; "q" 'r'' is false (&lt;b&gt;x&lt;/b&gt; ]]&gt; a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next &amp; "q" 'r')
  x is &lt;b&gt;x&lt;/b&gt; ]]&gt; a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next &amp; "q" 'r'
fix: &lt;b&gt;x&lt;/b&gt; ]]&gt; a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next &amp; "q" 'r'
why: &lt;b&gt;x&lt;/b&gt; ]]&gt; a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next &amp; "q" 'r'
at a b/\x1b[2J%]]&gt;:x.md:2</failure>
    </testcase>
  </testsuite>
  <testsuite errors="0" failures="0" name="reproducibility" skipped="1" tests="1" time="0">
    <testcase name="clean-tree" classname="reproducibility">
      <skipped type="skipped" message="&lt;b&gt;x&lt;/b&gt; ]]&gt; a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next &amp; &quot;q&quot; 'r': &lt;b&gt;x&lt;/b&gt; ]]&gt; a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next &amp; &quot;q&quot; 'r'">&lt;b&gt;x&lt;/b&gt; ]]&gt; a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next &amp; "q" 'r': &lt;b&gt;x&lt;/b&gt; ]]&gt; a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next &amp; "q" 'r'
The working tree had changes.</skipped>
    </testcase>
  </testsuite>
  <testsuite errors="0" failures="0" name="oversight" skipped="1" tests="1" time="0">
    <testcase name="can-stop" classname="oversight">
      <skipped type="skipped" message="&lt;b&gt;x&lt;/b&gt; ]]&gt; a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next &amp; &quot;q&quot; 'r'">&lt;b&gt;x&lt;/b&gt; ]]&gt; a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next &amp; "q" 'r'</skipped>
    </testcase>
  </testsuite>
</testsuites>
""",
    "problems": r"""
<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="2" failures="0" errors="2">
  <testsuite errors="2" failures="0" name="gatepost" skipped="0" tests="2" time="0">
    <testcase name="problem 1" classname="gatepost" file="policies/fairness.yaml" line="17">
      <error type="error" message="unknown field `impact_ratoi` in evidence.fairness.groups[]">unknown field `impact_ratoi` in evidence.fairness.groups[]
  policies/fairness.yaml:17:16
    17 |     require: g.impact_ratoi.value &gt;= params.min_impact_ratio
       |                ^^^^^^^^^^^^ did you mean `impact_ratio`?</error>
    </testcase>
    <testcase name="problem 2" classname="gatepost">
      <error type="error" message="there is no profile `basline` \x1b[31m">there is no profile `basline` \x1b[31m
  did you mean `baseline`?</error>
    </testcase>
  </testsuite>
</testsuites>
""",
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_verdict_is_written_so(name: str, verdicts: dict[str, Verdict]) -> None:
    assert junit.render(verdicts[name], Style()) == SHOWN[name].removeprefix("\n")


def cases(verdict: Verdict) -> Iterator[TestCase]:
    for suite in JUnitXml.fromstring(junit.render(verdict, Style()).encode()):
        yield from suite


def of(result: Result) -> Verdict:
    return Verdict("block", 1, "", subject={"name": "s"}, results=(result,))


def test_a_gate_that_does_not_pass_is_never_green(named_verdict: tuple[str, Verdict]) -> None:
    _, verdict = named_verdict
    kinds = [type(kind) for case in cases(verdict) for kind in case.result]
    assert list(cases(verdict))
    assert (Error in kinds) == (verdict.decision == "error")
    assert (Error in kinds or Failure in kinds) == (verdict.decision in ("block", "error"))
    assert verdict.decision == "pass" or kinds


def test_what_a_suite_counts_is_what_it_holds(named_verdict: tuple[str, Verdict]) -> None:
    _, verdict = named_verdict
    root = ET.fromstring(junit.render(verdict, Style()))
    for element in (root, *root.iter("testsuite")):
        counted = {"tests": "testcase", "failures": "failure", "errors": "error", "skipped": "skipped"}
        for attribute, tag in counted.items():
            if attribute in element.attrib:
                assert int(element.attrib[attribute]) == len(list(element.iter(tag)))


def test_every_test_is_named_once_and_its_text_begins_with_the_message(
    named_verdict: tuple[str, Verdict],
) -> None:
    _, verdict = named_verdict
    found = list(cases(verdict))
    assert len({(case.classname, case.name) for case in found}) == len(found)
    for case in found:
        for kind in case.result:
            assert kind.message
            assert kind.text.split("\n")[0] == kind.message


def test_names_hold_no_value_version_line_or_time(verdicts: dict[str, Verdict]) -> None:
    before = verdicts["block"]
    later = dataclasses.replace(
        before,
        now="2027-01-01T00:00:00Z",
        subject={"name": "credit-risk", "version": "8"},
        results=tuple(
            dataclasses.replace(r, message=f"now 0.5 {r.message}", location=Place("MODEL_CARD.md", 99), items=r.items)
            for r in before.results
        ),
    )
    assert [(c.classname, c.name) for c in cases(before)] == [(c.classname, c.name) for c in cases(later)]


def test_the_same_name_twice_is_told_apart(verdicts: dict[str, Verdict]) -> None:
    result = next(r for r in verdicts["block"].results if r.outcome == "fail")
    same = [dataclasses.replace(result, item=item) for item in ("a\nb", "a b", None)]
    verdict = dataclasses.replace(of(result), results=tuple(same))
    assert [case.name for case in cases(verdict)] == ["evasion [a b]", "evasion [a b]'", "evasion"]


def test_many_of_one_name_are_told_apart_in_one_pass(verdicts: dict[str, Verdict]) -> None:
    result = next(r for r in verdicts["block"].results if r.outcome == "fail")
    items = [*["a"] * 3, "b", *["a"] * 20_000]
    verdict = dataclasses.replace(of(result), results=tuple(dataclasses.replace(result, item=i) for i in items))
    names = [case.name for case in cases(verdict)]  # minutes, where each is compared with all before it
    assert names[:4] == ["evasion [a]", "evasion [a]'", "evasion [a]''", "evasion [b]"]
    assert names[4:7] == ["evasion [a]'''", "evasion [a] #5", "evasion [a] #6"]
    assert len(set(names)) == len(items)


def test_a_finding_without_a_message_still_fails() -> None:
    verdict = of(Result("p/r", "The title", "fail", "high", "block"))
    [case] = cases(verdict)
    assert [(type(kind), kind.message) for kind in case.result] == [(Failure, "The title")]


@pytest.mark.parametrize(
    ("outcome", "enforcement", "kind"),
    [
        ("pass", "block", None),
        ("fail", "block", Failure),
        ("fail", "warn", Skipped),
        ("fail", "info", Skipped),
        ("missing", "block", Failure),
        ("missing", "warn", Skipped),
        ("error", "block", Error),
        ("error", "info", Error),
        ("skip", "block", Skipped),
        ("waived", "block", Skipped),
    ],
)
def test_each_outcome_has_its_element(outcome: str, enforcement: str, kind: type | None) -> None:
    verdict = of(Result("p/r", "T", outcome, "high", enforcement, message="m"))  # type: ignore[arg-type]
    [case] = cases(verdict)
    assert [type(element) for element in case.result] == ([kind] if kind else [])
