"""The Markdown report, whole, for some verdicts, and what a renderer makes of it."""

from __future__ import annotations

import dataclasses
import html
import re

import pytest
from markdown_it import MarkdownIt

from gatepost.problems import Place
from gatepost.report import markdown
from gatepost.report.interface import Style
from gatepost.report.markdown_text import code, escaped
from gatepost.verdict import Counts, Result, Verdict

FOUND = Result("p/r", "T", "fail", "high", "block", message="Too low.", location=Place("a.md", 1), fingerprint="f")

SHOWN = {
    "pass": r"""
<!-- gatepost: credit-risk -->

## PASS credit-risk 7

5 pass
""",
    "block": r"""
<!-- gatepost: credit-risk -->

## BLOCKED credit-risk 7

1 fail, 1 missing, 1 warning, 1 waived, 3 pass, 1 skip, 2 excluded

### Impact ratio 0.7102 (0.5987 to 0.8312) is below 0.8.

**high** `fairness/impact-ratio` `age_group=under_25`, `MODEL_CARD.md:14:3`

- `g.impact_ratio.value >= params.min_impact_ratio` is `false` (short by 0.0898)
  - `g.impact_ratio.value` is `0.7102`
  - `params.min_impact_ratio` is `0.8`

Fix: Look at the rejections of this group; see docs for remedies, or ask for a waiver.

Supports: eu-ai-act/10.2.f, nist-ai-rmf/measure-2.11

### Missing: evidence.documentation.limitations is not there.

**medium** `documentation/limitations`, `MODEL_CARD.md:6`

Fix: Add `limitations:` to MODEL\_CARD.md, after line 6.

### Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.

**warn** `robustness/evasion` `hopskipjump, l2 <= 0.5`, `docs/évasion notes.yaml:22:5`

<details><summary>Waivers (3)</summary>

- `reproducibility/clean-tree` until 2027-01-31 by risk-officer@example.com (W-2026-014): Remediation under way
- `W-2025-001` expired, and covers nothing
- `W-2026-020` matches nothing

</details>

<details><summary>Skipped (1)</summary>

- `oversight/can-stop`: `when` is false

</details>
""",
    "warn": r"""
<!-- gatepost: credit-risk -->

## WARN credit-risk 7

1 warning, 4 info

### Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.

**warn** `robustness/evasion` `hopskipjump, l2 <= 0.5`, `docs/évasion notes.yaml:22:5`

### Robust accuracy 0.41 (0.3441 to 0.4793) is below 0.5.

**info** `robustness/noise` `pgd`

And 3 more of `robustness/noise`, which are only counted.
""",
    "failed source": r"""
<!-- gatepost: credit-risk -->

## ERROR credit-risk 7

1 pass

- **error**: The collector robustness (evasion) failed: the model took over 2 GiB. (`g.yaml:22:5`)

- **note**: The collector drift failed: no reference data. (`g.yaml:9`) It is not required; rules that read what it fills are missing.
""",
    "evil": r"""
<!-- gatepost: bx/b ]] a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next & "q" 'r' -->

## BLOCKED &lt;b&gt;x&lt;/b&gt; \]\]&gt; a\|b \[c\](http:<i></i>//d) \\x1b\[31mred\\x1b\[0m \\x00\\x9b \\u202eend next &amp; "q" 'r' 7

1 fail, 1 waived, 1 skip

### &lt;b&gt;x&lt;/b&gt; \]\]&gt; a\|b \[c\](http:<i></i>//d) \\x1b\[31mred\\x1b\[0m \\x00\\x9b \\u202eend next &amp; "q" 'r'.

**high** `fairness/impact-ratio` `<b>x</b> ]]> a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next & "q" 'r'`, `a b/\x1b[2J%]]>:x.md:2`

- `x == '<b>x</b> ]]> a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next & "q" 'r''` is `false` (&lt;b&gt;x&lt;/b&gt; \]\]&gt; a\|b \[c\](http:<i></i>//d) \\x1b\[31mred\\x1b\[0m \\x00\\x9b \\u202eend next &amp; "q" 'r')
  - `x` is `<b>x</b> ]]> a|b [c](http://d) \x1b[31mred\x1b[0m \x00\x9b \u202eend next & "q" 'r'`

Fix: &lt;b&gt;x&lt;/b&gt; \]\]&gt; a\|b \[c\](http:<i></i>//d) \\x1b\[31mred\\x1b\[0m \\x00\\x9b \\u202eend next &amp; "q" 'r'

Supports: &lt;b&gt;x&lt;/b&gt; \]\]&gt; a\|b \[c\](http:<i></i>//d) \\x1b\[31mred\\x1b\[0m \\x00\\x9b \\u202eend next &amp; "q" 'r'

<details><summary>Waivers (1)</summary>

- `reproducibility/clean-tree` &lt;b&gt;x&lt;/b&gt; \]\]&gt; a\|b \[c\](http:<i></i>//d) \\x1b\[31mred\\x1b\[0m \\x00\\x9b \\u202eend next &amp; "q" 'r': &lt;b&gt;x&lt;/b&gt; \]\]&gt; a\|b \[c\](http:<i></i>//d) \\x1b\[31mred\\x1b\[0m \\x00\\x9b \\u202eend next &amp; "q" 'r'

</details>

<details><summary>Skipped (1)</summary>

- `oversight/can-stop`: &lt;b&gt;x&lt;/b&gt; \]\]&gt; a\|b \[c\](http:<i></i>//d) \\x1b\[31mred\\x1b\[0m \\x00\\x9b \\u202eend next &amp; "q" 'r'

</details>
""",
}


@pytest.mark.parametrize("which", SHOWN)
def test_the_whole_report(which: str, verdicts: dict[str, Verdict]) -> None:
    assert "\n" + markdown.render(verdicts[which], Style()) == SHOWN[which]


def rendered(text: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)


@pytest.mark.parametrize(
    "text",
    [
        "<b>x</b> <script>alert(1)</script> <!-- --> &lt;",
        "[c](http://d) ![i](http://e) <http://f> www.evil.example https://evil.example",
        "*a* _b_ __c__ ~~d~~ `e` ``f`` | g | \\* {x} # h",
        "@someone #12 !34 $5 %milestone ~label &epic a@b.example 50 % of it",
    ],
)
def test_text_stays_text(text: str) -> None:
    page = rendered(f"start {escaped(text)}")
    assert html.unescape(re.sub(r"</?(p|i)>", "", page)).rstrip() == f"start {text}"
    assert not re.search(r"(?<![A-Za-z0-9])[@#!$~][A-Za-z0-9]", re.sub(r"&\w+;|&#\d+;", " ", page))
    assert (
        rendered(code(text)) == f"<p><code>{html.escape(text, quote=False).replace(chr(34), '&quot;')}</code></p>\n"
    )


def test_nothing_of_evidence_becomes_an_element(verdicts: dict[str, Verdict]) -> None:
    page = rendered(markdown.render(verdicts["evil"], Style()))
    elements = set(re.findall(r"<(/?[a-z]+\d?)", re.sub(r"<!--.*?-->", "", page)))
    assert elements <= {
        f"{end}{one}"
        for one in ("h2", "h3", "p", "strong", "code", "ul", "li", "i", "details", "summary")
        for end in ("", "/")
    }


def test_thousands_of_findings_fit_and_the_rest_is_counted() -> None:
    results = tuple(dataclasses.replace(FOUND, item=str(number)) for number in range(25_000))
    text = markdown.render(Verdict("block", 1, "", results=results, counts=Counts(fail=25_000)), Style())
    assert len(text) <= 65_536
    shown = text.count("### ")
    assert f"And {25_000 - shown} more findings, which are left out here" in text
    assert shown > 100


def test_a_long_message_and_a_strange_name_do_no_harm() -> None:
    result = dataclasses.replace(FOUND, message="x" * 1_000_000)
    verdict = Verdict("block", 1, "", {"name": "a --> <b>"}, results=(result,), counts=Counts(fail=1))
    text = markdown.render(verdict, Style())
    assert len(text) < 10_000
    assert text.startswith("<!-- gatepost: a - b -->\n")
    assert text.startswith(markdown.marker(verdict))
