"""A merge request does not approve itself: approvals, risks and the like count as the trusted ref has them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.conftest import clean_environment

Run = Callable[..., Any]
PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "approvals.md"
OWN = '- {by: me@example.com, role: risk-officer, at: 2026-02-01, version: "2"}\n'
NOW = ["--now", "2126-06-01T00:00:00Z"]


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.email=a@example.com", "-c", "user.name=a"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "change", "--allow-empty")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Write the files of the page about approvals, commit them as main, and return the checkout of main."""
    folder = tmp_path / "checkout"
    for name, text in re.findall(r"`([\w./]+)`:\n\n```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(tmp_path, "init", "-q", "-b", "main", str(folder))
    commit(folder)
    return folder


def released(repository: Path, config: str | None = None, **files: str) -> None:
    """Add files and another `collect` to main, and begin the release."""
    if config is not None:
        text = (repository / "gatepost.yaml").read_text()
        (repository / "gatepost.yaml").write_text(
            re.sub("collect:\n.*?\npolicies", f"{config}policies", text, flags=re.S)
        )
    for name, content in files.items():
        (repository / f"{name}.yaml").write_text(content)
    commit(repository)
    git(repository, "switch", "-qc", "release")


def judged(gatepost: Run, repository: Path, *options: str, code: int = 1) -> dict[str, Any]:
    done = gatepost("run", "-q", "--trusted-ref", "main", *NOW, *options, cwd=repository)
    assert done.returncode == code, done.stderr + done.stdout
    verdict: dict[str, Any] = json.loads((repository / ".gatepost" / "verdict.json").read_text())
    return verdict


def proposed(verdict: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["section"], one["what"]) for one in verdict["trusted"].get("proposed_evidence", [])]


def test_the_page_about_approvals(gatepost: Run, repository: Path) -> None:
    page = PAGE.read_text("utf-8")
    (refused, counted) = re.findall(r"```bash\n(.*?)```", page, re.DOTALL)
    program = repository.parent / "bin" / "gatepost"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gatepost "$@"\n')
    program.chmod(0o755)
    names = {f"GIT_{role}_{key}": "a@example.com" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    environment = clean_environment(**names)
    environment["PATH"] = f"{program.parent}{os.pathsep}{environment['PATH']}"

    def run(block: str) -> Any:
        command = ["bash", "-ec", block]
        return subprocess.run(command, cwd=repository, env=environment, capture_output=True, text=True, check=False)

    first = run(refused)
    assert first.returncode == 1, first.stderr
    (shown,) = re.findall(r"```\n(BLOCKED.*?)```", page, re.DOTALL)
    assert first.stdout.startswith(shown)
    assert "proposed, does not count  approvals, added: " in first.stdout
    second = run(counted)
    assert (second.returncode, second.stdout[:4]) == (0, "PASS"), second.stderr


@pytest.mark.parametrize("tracked", [True, False])
@pytest.mark.parametrize(
    "config",
    [
        "collect:\n  - file: {path: approvals.yaml, section: approvals}\n",
        "collect:\n  - file: {path: ./x/../approvals.yaml, section: approvals}\n",
        "collect:\n  - file: {path: new.yaml, section: approvals}\n",
        "collect:\n  - file: {path: all.yaml}\n",
    ],
)
def test_what_a_merge_request_approves_does_not_count(
    gatepost: Run, repository: Path, config: str, tracked: bool
) -> None:
    released(repository, config, all="custom: {}\n")
    for name, text in (("approvals", OWN), ("new", OWN), ("all", f"approvals:\n{OWN}")):
        with (repository / f"{name}.yaml").open("a") as stream:
            stream.write(text)
    if tracked:
        commit(repository)
    for _ in range(2):  # the cache does not serve it either
        verdict = judged(gatepost, repository)
        assert verdict["trusted"]["proposed"] == "pass"
        assert proposed(verdict) == [("approvals", "added")]
        assert "me@example.com" in verdict["trusted"]["proposed_evidence"][0]["entry"]
    evidence = json.loads((repository / ".gatepost" / "evidence.json").read_text())
    assert "me@example.com" not in json.dumps(evidence)


MIXED = """risk: {register: [{id: R1, residual: high}]}
assessments: [{kind: DPIA, by: ann}]
access: {permissions: [{who: ci, may: read}]}
oversight: {can_stop: true}
approvals: [{by: officer@example.com, role: risk-officer, at: 2026-01-15, version: "2"}]
logging: {enabled: false}
"""


def test_each_governed_section_comes_from_the_ref_and_the_others_do_not(gatepost: Run, repository: Path) -> None:
    released(
        repository,
        "collect:\n  - file: {path: all.yaml}\n    as: eu\n  - file: {path: all.yaml}\n    name: all\n",
        all=MIXED,
    )
    assert "proposed" not in judged(gatepost, repository, code=0)["trusted"]
    changed = MIXED.replace("high}", "high, accepted_by: me}").replace("ann}", "me, independent: true}")
    changed = changed.replace("read}", "deploy}").replace("can_stop: true", "can_override: true")
    (repository / "all.yaml").write_text(changed.replace("enabled: false", "enabled: true"))
    commit(repository)
    reports = ["text=-", "html=r.html", "markdown=r.md", "junit=r.xml", "sarif=r.sarif", "github=r.txt"]
    verdict = judged(gatepost, repository, *(part for one in reports for part in ("--report", one)), code=0)
    sections = ["assessments", "risk", "access", "oversight", "oversight"]
    whats = ["changed", "changed", "changed", "added", "removed"]
    expected = list(zip(sections, whats, strict=True))
    assert proposed(verdict) == [*expected, *((f"more.eu.{section}", what) for section, what in expected)]
    evidence = json.loads((repository / ".gatepost" / "evidence.json").read_text())["evidence"]
    for found in (evidence, evidence["more"]["eu"]):
        assert found["risk"]["register"][0].keys() <= {"id", "residual", "source"}
        assert found["oversight"] == {"can_stop": True}
        assert found["logging"] == {"enabled": True}
    for name in ("r.html", "r.md", "r.xml", "r.sarif", "r.txt"):
        text = (repository / name).read_text().replace("\\", "")
        assert "accepted_by: me" in text, name
        assert "it counts once main has it" in text, name


def test_an_approval_that_is_removed_makes_a_pass_a_warning(gatepost: Run, repository: Path) -> None:
    released(repository, approvals=OWN)
    assert judged(gatepost, repository, code=0)["decision"] == "pass"
    (repository / "approvals.yaml").write_text("[]\n")
    verdict = judged(gatepost, repository, code=0)
    assert (verdict["decision"], verdict["trusted"]["proposed"]) == ("warn", "block")
    assert proposed(verdict) == [("approvals", "removed")]
    for broken in ("- {by: me, odd: 1}\n", None):
        (repository / "approvals.yaml").write_text(broken) if broken else (repository / "approvals.yaml").unlink()
        verdict = judged(gatepost, repository, code=0)
        assert (verdict["decision"], verdict["trusted"]["proposed"]) == ("warn", "error")
        assert "approvals.yaml" in verdict["trusted"]["problems"][0]["what"] + verdict["reasons"][0]


def test_a_link_in_the_place_of_the_file_does_not_count(gatepost: Run, repository: Path) -> None:
    released(repository)
    (repository.parent / "outside.yaml").write_text(OWN)
    (repository / "approvals.yaml").unlink()
    (repository / "approvals.yaml").symlink_to(repository.parent / "outside.yaml")
    commit(repository)
    verdict = judged(gatepost, repository, "--data-root", str(repository.parent / "elsewhere"))
    assert verdict["trusted"]["proposed"] == "error"
    git(repository, "switch", "-q", "--discard-changes", "main")
    inside = repository.parent / "link"
    inside.symlink_to(repository)  # a path that lies outside by its names, and leads into the checkout
    path = f"{inside}/approvals.yaml"
    git(repository, "branch", "-D", "release")
    released(repository, f"collect:\n  - file: {{path: {path}, section: approvals}}\n")
    (repository / "approvals.yaml").write_text(OWN)
    assert proposed(judged(gatepost, repository)) == [("approvals", "changed")]


def test_a_file_outside_of_the_checkout_counts_as_it_is(gatepost: Run, repository: Path) -> None:
    reviews = repository.parent / "reviews"
    reviews.mkdir()
    (reviews / "approvals.yaml").write_text(OWN)
    released(repository, f"collect:\n  - file: {{path: {reviews}/approvals.yaml, section: approvals}}\n")
    verdict = judged(gatepost, repository, "--data-root", str(reviews), code=0)
    assert verdict["trusted"].keys() == {"ref", "commit"}


def test_without_a_trusted_ref_the_file_counts(gatepost: Run, repository: Path) -> None:
    (repository / "approvals.yaml").write_text(OWN)
    assert gatepost("run", "-q", *NOW, cwd=repository).returncode == 0
