"""What an earlier run left never passes for a report of a run that did not end."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

REPORTS = {"json": "v.json", "junit": "out/j.xml", "sarif": "s.sarif", "html": "h.html", "markdown": "m.md"}
OPTIONS = [part for form, path in REPORTS.items() for part in ("--report", f"{form}={path}")]


def left(project: Path) -> list[Path]:
    return [project / path for path in (*REPORTS.values(), "gatepost.xml", ".gatepost/verdict.json")]


def not_judged(path: Path, said: str = "not judged") -> bool:
    text = path.read_text()
    if path.suffix == ".json":
        verdict = json.loads(text)
        return (verdict["decision"], verdict["exit_code"], verdict["results"]) == ("error", 2, [])
    return "not judged" in text or said in text


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("options", [[], OPTIONS], ids=["listed", "requested"])
def test_a_run_that_is_killed_leaves_no_report_of_an_earlier_run(
    gatepost: Run, project: Path, sent: signal.Signals, options: list[str]
) -> None:
    assert gatepost("run", *OPTIONS, cwd=project).returncode == 0
    if options:
        (project / ".gatepost" / "state.json").unlink()  # what is requested needs no list
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = (project / "gatepost.yaml").read_text()
        entry = f"  - mlflow: {{model: models:/m/1, tracking_uri: 'http://127.0.0.1:{silent.getsockname()[1]}'}}\n"
        (project / "gatepost.yaml").write_text(config.replace("policies:", f"{entry}policies:"))
        command = [sys.executable, "-m", "gatepost", "run", *options]
        process = subprocess.Popen(command, cwd=project, stderr=subprocess.DEVNULL)
        connection, _ = silent.accept()  # the collector waits for an answer that never comes
        process.send_signal(sent)
        process.communicate()
        connection.close()
    assert all(map(not_judged, left(project)))
    (project / "gatepost.yaml").write_text(config)
    assert gatepost("run", *OPTIONS, cwd=project).returncode == 0
    assert not any(map(not_judged, left(project)))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--report", "bogus=x"], "there is no report format `bogus`"),
        (["run", "--now", "soon"], "--now"),
        (["run", "--trusted-ref", "none"], "git"),
    ],
)
def test_a_run_that_cannot_start_leaves_none_either(
    gatepost: Run, project: Path, arguments: list[str], said: str
) -> None:
    gatepost("run", *OPTIONS, cwd=project)
    done = gatepost(*arguments, cwd=project)
    assert (done.returncode, said in done.stderr) == (2, True)
    assert all(not_judged(path, said) for path in left(project))


def test_without_its_configuration_a_run_leaves_none_either(gatepost: Run, project: Path) -> None:
    gatepost("run", *OPTIONS, cwd=project)
    (project / "gatepost.yaml").unlink()
    assert gatepost("run", cwd=project).returncode == 2
    assert all(map(not_judged, left(project)))


def test_what_is_needed_of_the_past_is_read_before(gatepost: Run, project: Path) -> None:
    (project / "MODEL_CARD.md").write_text("---\nlicense: mit\n---\n# A model\n")
    assert gatepost("run", "--report", "json=base.json", cwd=project).returncode == 1
    for base in ("base.json", ".gatepost/verdict.json"):
        done = gatepost("run", "--new-only", base, "--report", "json=base.json", cwd=project)
        assert (done.returncode, "known from" in done.stdout) == (0, True), done.stderr
    for _ in range(2):  # it stays where it is, though an earlier run wrote it
        assert gatepost("run", "--new-only", "base.json", cwd=project).returncode == 0
    done = gatepost("report", "base.json", "--report", "json=base.json", cwd=project)
    assert "known from" in done.stdout
    assert not not_judged(project / "base.json")


def listed(project: Path, *reports: dict[str, Any]) -> None:
    data = {"schema": "gatepost.state/1", "reports": list(reports)}
    (project / ".gatepost").mkdir(exist_ok=True)
    (project / ".gatepost" / "state.json").write_text(json.dumps(data))


def test_only_files_of_the_checkout_are_replaced(
    gatepost: Run, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "kept"
    outside.write_text("old")
    (project / "folder").mkdir()
    (project / "link").symlink_to(outside)
    (project / "linked").symlink_to(outside.parent)
    (project / ".git" / "config").write_text("old")
    os.mkfifo(project / "pipe")
    paths = ["folder", "link", "linked/kept", ".git/config", "pipe", "gone", "gone/too", "gatepost.yaml/x"]
    listed(project, *({"format": "json", "path": path} for path in paths), {"format": "odd", "path": "odd.txt"})
    (project / "odd.txt").write_text("PASS")
    done = gatepost("run", "-q", cwd=project)
    assert done.returncode == 0, done.stderr
    for path in ("folder", "link", "linked", ".git/config", "pipe"):
        assert path in done.stderr
    assert "warning: " in done.stderr
    assert "gone" not in done.stderr
    assert outside.read_text() == (project / ".git" / "config").read_text() == "old"
    assert (project / "folder").is_dir()
    assert "not judged" in (project / "odd.txt").read_text()  # its format is not known any more
    assert not (project / "gone").exists()


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[" * 100_000,
        '{"schema": "x", "reports": []}',
        '{"schema": "gatepost.state/1", "reports": [{"format": "json", "path": "../up"}]}',
        '{"schema": "gatepost.state/1", "reports": [{"format": "json", "path": "/tmp/up"}]}',
        '{"schema": "gatepost.state/1", "reports": [{"format": "json", "path": "a/../../up"}]}',
        '{"schema": "gatepost.state/1", "reports": [{"format": ["json"], "path": "x"}]}',
    ],
)
def test_a_list_that_no_run_wrote_is_not_used(gatepost: Run, project: Path, content: str) -> None:
    (project.parent / "up").write_text("old")
    (project / ".gatepost").mkdir()
    (project / ".gatepost" / "state.json").write_text(content)
    done = gatepost("run", "-q", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "warning: .gatepost/state.json is not a list of reports that a run left" in done.stderr
    assert (project.parent / "up").read_text() == "old"
    assert "warning" not in gatepost("run", "-q", cwd=project).stderr


def test_nothing_is_created_before_it_is_judged(gatepost: Run, project: Path) -> None:
    """A report that git does not know would make the checkout dirty, which is evidence."""
    (project / ".git").rmdir()
    config = (project / "gatepost.yaml").read_text().replace("policies:", "  - git: {fields: [dirty]}\npolicies:", 1)
    (project / "gatepost.yaml").write_text(config)
    for command in ("init -q", "add -A", "-c user.name=a -c user.email=a@example.com commit -qm x"):
        subprocess.run(["git", *command.split()], cwd=project, check=True)
    gatepost("run", "--report", "json=new.json", cwd=project)
    evidence = json.loads((project / ".gatepost" / "evidence.json").read_text())
    assert evidence["evidence"]["training"]["git"]["dirty"] is False


def test_judge_replaces_what_is_requested_and_nothing_else(gatepost: Run, project: Path) -> None:
    gatepost("run", *OPTIONS, cwd=project)
    os.mkfifo(project / "pipe")
    process = subprocess.Popen(
        [sys.executable, "-m", "gatepost", "judge", "pipe", "--policies", "policies", "--report", "junit=out/j.xml"],
        cwd=project,
        stderr=subprocess.DEVNULL,
    )
    with (project / "pipe").open("wb"):  # opened once the command reads it
        process.kill()
        process.communicate()
    assert not_judged(project / "out" / "j.xml")
    assert not not_judged(project / "v.json")
