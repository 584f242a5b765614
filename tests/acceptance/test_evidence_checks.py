"""Evidence of another subject or another time is not judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
NOW = "2026-06-10T12:00:00Z"


@pytest.fixture
def evidence(project: Path) -> Callable[..., str]:
    """Write evidence with a subject and a time, and return its path."""

    def write(name: str = "credit", version: str | None = None, at: str | None = NOW, path: str = "e.json") -> str:
        subject = {"name": name} if version is None else {"name": name, "version": version}
        data = {"schema": "gatepost.evidence/1", "subject": subject, "evidence": {"documentation": {"owner": "me"}}}
        (project / path).write_text(json.dumps(data if at is None else {**data, "collected_at": at}))
        return path

    return write


def judge(gatepost: Run, project: Path, *options: str) -> tuple[int, str]:
    done = gatepost("judge", "e.json", "--policies", "policies", "--now", NOW, *options, cwd=project)
    return done.returncode, " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("subject", "options", "said"),
    [
        (("credit", "7"), [], ""),
        (("credit", "7"), ["--subject", "credit"], ""),
        (("credit", "7"), ["--subject", "credit@7"], ""),
        (("other", "7"), ["--subject", "other"], ""),
        (("other", "7"), ["--config", "other.yaml"], ""),
        (("credit", "7"), ["--subject", "credit@8"], "evidence of credit@7, and --subject names credit@8"),
        (("credit", None), ["--subject", "credit@7"], "evidence of credit, and --subject names credit@7"),
        (("other", "7"), ["--subject", "credit"], "evidence of other@7, and --subject names credit"),
        (("other", "7"), [], "evidence of other@7, and gatepost.yaml names credit"),
        (("other", "6"), ["--config", "other.yaml"], "evidence of other@6, and other.yaml names other@7"),
        (("a\x1b[31m", None), [], "evidence of a\\x1b[31m, and gatepost.yaml names credit"),
        (("credit", "7"), ["--config", "gone.yaml"], "there is no gone.yaml"),
    ],
)
def test_the_subject_is_the_one_that_is_expected(
    gatepost: Run,
    project: Path,
    evidence: Callable[..., str],
    subject: tuple[str, str | None],
    options: list[str],
    said: str,
) -> None:
    config = (project / "gatepost.yaml").read_text()
    (project / "other.yaml").write_text(config.replace("name: credit", 'name: other, version: "7"'))
    evidence(*subject)
    code, printed = judge(gatepost, project, *options)
    assert (code, said in printed) == (2 if said else 0, True), printed


def test_a_variable_that_is_not_set_is_not_compared(
    gatepost: Run, project: Path, evidence: Callable[..., str]
) -> None:
    config = (project / "gatepost.yaml").read_text()
    (project / "gatepost.yaml").write_text(config.replace("name: credit", "name: credit, version: '${VERSION}'"))
    evidence(version="7")
    arguments = ["judge", "e.json", "--policies", "policies", "--now", NOW]
    assert gatepost(*arguments, cwd=project).returncode == 0
    assert gatepost(*arguments, cwd=project, env={"VERSION": "7"}).returncode == 0
    done = gatepost(*arguments, cwd=project, env={"VERSION": "8"})
    assert (done.returncode, "gatepost.yaml names credit@8" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("at", "options", "said"),
    [
        ("2026-06-10T12:04:00Z", [], ""),  # the clocks of two machines differ a little
        ("2026-06-10T12:06:00Z", [], "e.json was collected at 2026-06-10T12:06:00Z, 6 minutes after now"),
        ("2026-06-12T12:00:00Z", [], "2 days after now (2026-06-10T12:00:00Z)"),
        ("2026-06-10T13:00:00Z", [], "1 hour after now"),
        ("2020-01-01T00:00:00Z", [], ""),
        (None, [], ""),
        ("2026-05-31T23:59:60Z", [], "`collected_at` is 2026-05-31T23:59:60Z"),
        ("2026-06-09T12:00:00Z", ["--max-age", "24h"], ""),
        (
            "2026-06-09T11:59:59Z",
            ["--max-age", "24h"],
            "collected 1 day ago, at 2026-06-09T11:59:59Z; --max-age allows",
        ),
        ("2026-06-01T12:00:00Z", ["--max-age", "7d"], "collected 9 days ago, at 2026-06-01T12:00:00Z"),
        ("2026-06-01T12:00:00Z", ["--max-age", "9d"], ""),
        ("2026-06-10T11:00:00Z", ["--max-age", "30m"], "--max-age allows 30 minutes"),
        (None, ["--max-age", "7d"], "e.json does not state when it was collected, which --max-age requires"),
        (NOW, ["--max-age", "7"], 'invalid --max-age value "7"'),
        (NOW, ["--max-age", "0d"], 'invalid --max-age value "0d"'),
        (NOW, ["--max-age", "1w"], 'invalid --max-age value "1w"'),
    ],
)
@pytest.mark.parametrize("which", ["evidence", "baseline"])
def test_the_time_fits(
    gatepost: Run,
    project: Path,
    evidence: Callable[..., str],
    at: str | None,
    options: list[str],
    said: str,
    which: str,
) -> None:
    evidence(at=at)
    if which == "baseline":
        (project / "e.json").rename(project / "b.json")
        evidence()
        options, said = [*options, "--baseline", "b.json"], said.replace("e.json", "b.json")
    code, printed = judge(gatepost, project, *options)
    assert (code, said in printed) == (2 if said else 0, True), printed


def test_a_run_can_be_judged_again_at_its_time(gatepost: Run, project: Path) -> None:
    assert gatepost("run", cwd=project).returncode == 0
    verdict = json.loads((project / ".gatepost" / "verdict.json").read_text())
    options = ["--policies", "policies", "--now", verdict["now"], "--report", "json=-"]
    again = gatepost("judge", ".gatepost/evidence.json", *options, cwd=project)
    assert again.returncode == 0, again.stderr
    for key in ("results", "counts", "now", "subject", "evidence"):
        assert json.loads(again.stdout)[key] == verdict[key]


def test_a_run_judges_what_it_collected_at_any_time_and_checks_the_baseline(
    gatepost: Run, project: Path, evidence: Callable[..., str]
) -> None:
    evidence(at="2026-06-01T12:00:00Z", path="b.json")
    arguments = ["run", "-q", "--now", NOW, "--baseline", "b.json"]
    assert gatepost(*arguments, "--max-age", "10d", "--subject", "credit", cwd=project).returncode == 0
    old = gatepost(*arguments, "--max-age", "8d", cwd=project)
    assert (old.returncode, "b.json was collected 9 days ago" in old.stderr) == (2, True)
    other = gatepost(*arguments, "--subject", "credit@2", cwd=project)
    assert (other.returncode, "evidence of credit, and --subject names credit@2" in other.stderr) == (2, True)
    evidence(at="2026-07-01T12:00:00Z", path="b.json")
    later = gatepost(*arguments, cwd=project)
    assert (later.returncode, "b.json was collected at 2026-07-01T12:00:00Z, 21 days after" in later.stderr) == (
        2,
        True,
    )
