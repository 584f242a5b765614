from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from typing import Any

from gatepost.evidence.document import Evidence, from_data
from gatepost.report.html import render
from gatepost.report.interface import Style
from gatepost.verdict import Verdict

VOID = {"meta", "input", "br", "line", "circle", "path", "polyline"}


class Outline(HTMLParser):
    """Checks that elements close as they opened, and keeps what is asked of."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)


def outline(text: str) -> Outline:
    parser = Outline()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return parser


def evidence(**sections: Any) -> Evidence:
    source = {
        "name": "card",
        "collector": "model_card",
        "status": "ok",
        "sections": ["documentation"],
        "uri": "CARD.md",
    }
    data = {"schema": "gatepost.evidence/1", "subject": {"name": "m"}, "evidence": sections, "sources": [source]}
    return from_data(data, "evidence.json")


def test_every_verdict_is_a_whole_page_that_calls_nobody(named_verdict: tuple[str, Verdict]) -> None:
    page = outline(render(named_verdict[1], Style()))
    for tag, attributes in page.found:
        assert tag not in ("img", "link", "iframe", "object", "base", "form")
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("src", "href", "xlink:href", "action"):
            assert attributes.get(name, "#").startswith("#")  # type: ignore[union-attr]
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {f"#{one}" for one in ids} >= {a["href"] for tag, a in page.found if tag == "a"}


def test_the_browser_is_told_to_run_nothing_but_this_script(verdicts: dict[str, Verdict]) -> None:
    text = render(verdicts["evil"], Style())
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.S)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} &#39;sha256-{digest}&#39;" in policy
    assert "default-src &#39;none&#39;" in policy


def test_the_decision_comes_first_and_findings_are_ranked(verdicts: dict[str, Verdict]) -> None:
    page = outline(render(verdicts["block"], Style()))
    assert page.texts["title"] == ["BLOCKED credit-risk 7"]
    assert "".join(page.texts["span"]).startswith("BLOCKED")
    headings = [text for text in page.texts["h3"] if text.strip()]
    assert headings[0] == "Impact ratio 0.7102 (0.5987 to 0.8312) is below 0.8."
    kinds = [attributes["data-kind"] for tag, attributes in page.found if tag == "article"]
    assert kinds == ["high", "medium", "warn"]
    text = render(verdicts["block"], Style())
    assert "2027-01-31 by risk-officer@example.com (W-2026-014): Remediation under way" in text
    assert "W-2025-001 of risk-officer@example.com expired on 2025-12-31" in text
    assert "Add <code>limitations:</code> to MODEL_CARD.md" in text


def test_evidence_stays_text(verdicts: dict[str, Verdict]) -> None:
    hostile = "</script><script>alert(1)</script><img src=x onerror=alert(1)> ``` `"
    group = {"attribute": hostile, "group": hostile, "n": 3, "selection_rate": {"value": 0.5}}
    sections = {"documentation": {"owner": hostile}, "fairness": {"groups": [group]}}
    text = render(verdicts["evil"], Style(), evidence(**sections))
    page = outline(text)
    assert "<img" not in text
    assert len([tag for tag, _ in page.found if tag == "script"]) == 1
    assert any("</script><script>alert(1)" in part for part in page.texts["td"])


def test_evidence_is_told_by_section_with_its_source(verdicts: dict[str, Verdict]) -> None:
    text = render(verdicts["block"], Style(), evidence(documentation={"owner": "somebody"}))
    assert "<h3>documentation</h3>" in text
    assert "from card, <code>CARD.md</code>" in text
    assert '<tr><th scope="row">owner</th><td>somebody</td>' in text
    assert "was not beside this verdict" in render(verdicts["block"], Style())


def test_what_could_not_be_judged_says_why(verdicts: dict[str, Verdict]) -> None:
    text = render(verdicts["problems"], Style())
    assert "<strong>error</strong> unknown field" in text
    assert "No rule found anything" not in text
    assert "No rule found anything to act on." in render(verdicts["pass"], Style())
