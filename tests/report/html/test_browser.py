"""The HTML report in a real browser: nothing of the evidence runs, and people with and without a mouse can use it."""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gatepost.evidence.document import from_data
from gatepost.report.html import render
from gatepost.report.interface import Style
from gatepost.verdict import Result, Verdict

pytestmark = [pytest.mark.slow, pytest.mark.browser]
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-component-update", "--disable-sync"]
HOSTILE = "<script>window.owned = 1</script><img src='http://127.0.0.1:9/x' onerror='window.owned = 2'>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("there is no Chromium: .ci/run installs it")
    with playwright.sync_playwright() as running:
        found = running.chromium.launch(executable_path=chromium, args=QUIET)
        yield found
        found.close()


Open = Callable[..., Any]
Verdicts = dict[str, Verdict]


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open the page of a verdict; a dialog, a request or a fault of the script fails the test."""
    faults: list[str] = []
    contexts: list[Any] = []

    def open_page(verdict: Verdict, evidence: Any = None, **options: Any) -> Any:
        path = tmp_path / "report.html"
        path.write_text(render(verdict, Style(), evidence), "utf-8")
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **options})
        contexts.append(context)
        page = context.new_page()
        page.on("dialog", lambda dialog: faults.append(f"dialog {dialog.message}"))
        page.on("pageerror", lambda error: faults.append(f"script {error}"))
        page.on("request", lambda r: None if r.url == path.as_uri() else faults.append(f"request {r.url}"))
        page.goto(path.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def impact(verdicts: Verdicts) -> Result:
    return next(one for one in verdicts["block"].results if one.rule == "fairness/impact-ratio")


def sections(text: str = "group") -> dict[str, Any]:
    ratio = {"value": 0.7, "low": 0.6, "high": 0.8, "n": 100}
    groups = [
        {"attribute": "sex", "group": f"{text}{n}", "n": 100, "selection_rate": ratio, "impact_ratio": ratio}
        for n in range(3)
    ]
    attack = {
        "name": text,
        "norm": "inf",
        "eps": 0.1,
        "units": "sd",
        "robust_accuracy": ratio,
        "clean_accuracy": ratio,
    }
    return {
        "documentation": {"owner": text, "intended_use": text},
        "fairness": {"groups": groups},
        "robustness": {"attacks": [attack]},
        "drift": {"columns": [{"column": text, "psi": 0.3}]},
    }


def evidence(text: str = "group") -> Any:
    return from_data(
        {"schema": "gatepost.evidence/1", "subject": {"name": text}, "evidence": sections(text), "sources": []}, "e"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["block", "evil", "problems", "pass"])
def test_axe_finds_nothing(opened: Open, verdicts: Verdicts, name: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = opened(verdicts[name], evidence(), color_scheme=scheme)
    found = axe.run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_markup_in_evidence_does_not_run(opened: Open, verdicts: Verdicts) -> None:
    evil = dataclasses.replace(
        impact(verdicts), item=HOSTILE, message=HOSTILE, fix=HOSTILE, controls=(HOSTILE,), title=HOSTILE
    )
    verdict = dataclasses.replace(
        verdicts["evil"], results=(evil, *verdicts["evil"].results), subject={"name": HOSTILE}
    )
    page = opened(verdict, evidence(HOSTILE))
    page.wait_for_timeout(200)
    assert page.evaluate("window.owned") is None
    assert page.evaluate("document.images.length + document.scripts.length") == 1
    assert HOSTILE in page.inner_text("#findings")
    assert HOSTILE in page.inner_text("#evidence")
    # Even where a script came into the page, the page's own rule keeps it from running.
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.owned = 3'}))")
    assert page.evaluate("window.owned") is None


def test_tables_sort_and_findings_filter_by_keyboard(opened: Open, verdicts: Verdicts) -> None:
    page = opened(verdicts["block"])
    column = page.locator("#rules-table tbody tr > :nth-child(1) code")
    before = column.all_inner_texts()
    button = page.locator("#rules-table thead button").first
    button.focus()
    page.keyboard.press("Enter")
    assert column.all_inner_texts() == sorted(before)
    assert page.get_attribute("#rules-table th", "aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert column.all_inner_texts() == sorted(before, reverse=True)
    page.locator("#findings input[type=search]").focus()
    page.keyboard.type("hopskipjump")
    assert page.locator(".finding:visible").count() == 1
    assert page.inner_text("#findings .shown") == "1 of 3 shown"
    page.locator("#findings input[type=search]").fill("")
    page.get_by_label("warn (1)").focus()
    page.keyboard.press("Space")
    assert page.locator(".finding:visible").count() == 2


def test_without_a_script_all_is_there(opened: Open, verdicts: Verdicts) -> None:
    page = opened(verdicts["block"], evidence(), java_script_enabled=False)
    assert page.locator(".finding:visible").count() == 3
    assert page.locator(".filter:visible").count() == 0
    assert page.locator("#rules-table tbody tr:visible").count() > 3


def test_it_fits_a_telephone_and_prints(opened: Open, verdicts: Verdicts, tmp_path: Path) -> None:
    page = opened(verdicts["evil"], evidence("a-very-long-name-" * 12), viewport={"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.emulate_media(media="print")
    assert (
        page.evaluate(
            "dispatchEvent(new Event('beforeprint')), document.querySelectorAll('details:not([open])').length"
        )
        == 0
    )
    assert page.pdf(path=tmp_path / "report.pdf").startswith(b"%PDF")


def test_ten_thousand_findings_open_and_filter(opened: Open, verdicts: Verdicts) -> None:
    many = tuple(dataclasses.replace(impact(verdicts), item=f"group={number}") for number in range(10_000))
    page = opened(dataclasses.replace(verdicts["block"], results=many))
    assert page.locator(".finding").count() == 10_000
    page.fill("#findings input[type=search]", "group=9999")
    assert page.locator(".finding:not([hidden])").count() == 1
    assert page.locator(".finding:visible").inner_text().startswith("Impact ratio 0.7102")
