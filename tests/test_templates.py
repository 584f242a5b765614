"""What the CI files must hold, whatever runs them: see `systems` for runs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
INIT = ROOT / "engine" / "gatepost" / "starting" / "templates"
FILES = [
    ROOT / ".gitlab-ci-template.yml",
    ROOT / "templates" / "gatepost.yml",
    ROOT / "action.yml",
    ROOT / "docs" / "how-to" / "jenkins.md",
    *(INIT / f"{name}.j2" for name in ("github", "gitlab", "jenkins")),
]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_nothing_is_installed_from_or_into_what_a_merge_request_can_write(file: Path) -> None:
    lines = [line for line in file.read_text("utf-8").splitlines() if " -m pip install" in line]
    assert lines
    for line in lines:
        assert "-I -m pip install" in line
        assert "--no-cache-dir" in line
    environments = re.findall(r"-m venv (?:--clear )?(\S+)", file.read_text("utf-8"))
    outside = ('"$gatepost_venv"', '"$RUNNER_TEMP/gatepost"', '"$WORKSPACE_TMP/gatepost"', '"$venv"')
    assert all(one in outside for one in environments), environments


@pytest.mark.parametrize("file", [*FILES[:2], INIT / "gitlab.j2"], ids=lambda file: file.name)
def test_no_cache_is_restored_on_gitlab(file: Path) -> None:
    """A cache archive can hold any file of the checkout, and the jobs of a merge request can make one."""
    text = re.sub(r"\{\{.*?\}\}|\$\[\[.*?\]\]", "x", file.read_text("utf-8"))
    job = list(list(yaml.safe_load_all(text))[-1].values())[-1]
    assert job["cache"] == []


@pytest.mark.parametrize("file", [FILES[3], INIT / "jenkins.j2"], ids=lambda file: file.name)
def test_jenkins_archives_nothing_through_a_link(file: Path) -> None:
    archived = re.findall(r"archiveArtifacts .*", file.read_text("utf-8"))
    assert archived
    assert all("followSymlinks: false" in line for line in archived)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_evidence_verdict_and_html_report_are_kept_also_where_the_job_fails(file: Path) -> None:
    text = file.read_text("utf-8")
    if file.suffix == ".md" or file.stem == "jenkins":
        always = text.count("post {\n    always {") + text.count("} finally {")
        kept = re.findall(r"archiveArtifacts artifacts: (.*)", text)
        assert len(kept) == always
    elif "upload-artifact" in text:
        kept = re.findall(r"if: always\(\).*?uses: actions/upload-artifact@.*?\Z", text, re.DOTALL)
    else:
        kept = re.findall(r"when: always\n    paths: (.*)", text)
        kept = [one.replace("gatepost-files/", "evidence.json verdict.json") for one in kept]
        assert 'cp -- "$evidence"' in text or ".gatepost/evidence.json" in text
    assert kept
    for one in kept:
        assert all(name in one for name in ("evidence.json", "verdict.json", "gatepost.html")), one


def test_the_template_and_the_component_are_the_same() -> None:
    assert FILES[0].read_text("utf-8") == FILES[1].read_text("utf-8")
