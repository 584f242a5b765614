"""The documentation says what is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gatepost.cli.registry import COMMANDS
from gatepost.collect.registry import Registry
from gatepost.located_yaml import parse
from gatepost.policy.reading import read_policy
from gatepost.report.registry import names

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])


@pytest.mark.parametrize("name", Registry().names())
def test_every_option_of_a_collector_is_on_its_page(name: str) -> None:
    collector = Registry().get(name)
    assert collector is not None
    page = (ROOT / "docs" / "reference" / "configuration.md").read_text("utf-8")
    part = re.search(rf"### `{name}`\n(.*?)(\n### |\Z)", page, re.DOTALL)
    assert part
    written = set(re.findall(r"^\| `(\w+)`", part[1], re.MULTILINE))
    assert written == set(collector.options["properties"])
    if collector.extra:
        assert f"`{collector.extra}`" in part[1]


def test_every_command_and_format_is_named() -> None:
    page = (ROOT / "docs" / "reference" / "configuration.md").read_text("utf-8")
    assert all(f"`gatepost {name}" in page for name in COMMANDS)
    assert all(f"`{name}`" in page for name in names())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_policy_of_the_reference_is_one() -> None:
    page = (ROOT / "docs" / "reference" / "policies.md").read_text("utf-8")
    text = re.search(r"```yaml\n(policy: .*?)```", page, re.DOTALL)
    assert text
    assert read_policy(parse(text[1], "p.yaml")).rules[0].name == "fairness/impact-ratio"


def test_the_threat_model_names_tests_that_exist() -> None:
    page = (ROOT / "docs" / "explanation" / "threat-model.md").read_text("utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)
    assert len(named) > 25
    for file, test in named:
        assert f"def {test}(" in (ROOT / file).read_text("utf-8"), f"{file}::{test}"
