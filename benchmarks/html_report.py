"""How long a page with 10,000 findings takes to write and to open in Chromium."""

from __future__ import annotations

import dataclasses
import statistics
import tempfile
import time
from pathlib import Path

from gatepost.problems import Place
from gatepost.report.html import render
from gatepost.report.interface import Style
from gatepost.verdict import Counts, Result, Step, Verdict

CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
ONE = Result(
    "fairness/impact-ratio",
    "Every group is selected at 80 % or more of the rate of the most selected group",
    "fail",
    "high",
    "block",
    item="age_group=under_25",
    message="Impact ratio 0.7102 (0.5987 to 0.8312) is below 0.8.",
    fix="Look at the rejections of this group; see docs for remedies, or ask for a waiver.",
    controls=("eu-ai-act/10.2.f", "nist-ai-rmf/measure-2.11"),
    explanation=(
        Step("g.impact_ratio.value >= params.min_impact_ratio", 0, "false", "short by 0.0898"),
        Step("g.impact_ratio.value", 0, "0.7102"),
        Step("params.min_impact_ratio", 24, "0.8"),
    ),
    location=Place("MODEL_CARD.md", 14, 3, 14, 9),
    fingerprint="f1",
)


def main() -> None:
    found = tuple(dataclasses.replace(ONE, item=f"group={n}", rule=f"fairness/rule-{n % 100}") for n in range(10_000))
    verdict = Verdict(
        "block", 1, "2026-01-01T00:00:00Z", {"name": "big"}, counts=Counts(fail=len(found)), results=found
    )
    begun = time.perf_counter()
    text = render(verdict, Style())
    print(f"written in {time.perf_counter() - begun:.2f} s, {len(text) / 1e6:.1f} MB")
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder, "report.html")
        path.write_text(text, "utf-8")
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        opened, filtered = [], []
        for _ in range(5):
            page = browser.new_page()
            page.goto(path.as_uri(), wait_until="load")
            # To the first frame that was painted after loading: what a person waits for.
            page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
            opened.append(page.evaluate("() => performance.now()") / 1000)
            begun = time.perf_counter()
            page.fill("#findings input[type=search]", "group=77")
            page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
            filtered.append(time.perf_counter() - begun)
            page.close()
        half = statistics.median
        print(f"opened in {half(opened):.2f} s, filtered in {half(filtered):.2f} s (medians of 5)")
        browser.close()


if __name__ == "__main__":
    main()
