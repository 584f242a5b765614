"""The commands on a small project."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import junitparser
import pytest

Run = Callable[..., Any]
BLOCKED = """BLOCKED  credit               1 missing

high  docs/owner                                               MODEL_CARD.md:3:1
      Missing: evidence.documentation.owner is not there.
      fix   Add `owner:` to MODEL_CARD.md, after line 3.

reports  gatepost.xml
explain  gatepost explain docs/owner
"""


def test_a_project_that_passes_is_quiet(gatepost: Run, project: Path) -> None:
    done = gatepost("run", cwd=project)
    assert (done.returncode, done.stdout) == (0, "PASS  credit                  1 pass\n\nreports  gatepost.xml\n")
    assert done.stderr.startswith("collect  model_card           MODEL_CARD.md")
    left = project / ".gatepost"
    verdict = json.loads((left / "verdict.json").read_text())
    assert verdict["decision"] == "pass"
    digest = f"sha256:{hashlib.sha256((left / 'evidence.json').read_bytes()).hexdigest()}"
    assert verdict["evidence"]["digest"] == digest
    assert (left / ".gitignore").read_text() == "*\n"


def test_a_blocked_project_says_where_and_what(gatepost: Run, project: Path) -> None:
    (project / "MODEL_CARD.md").write_text("---\nlicense: mit\ncontact: me\n---\n# A model\n")
    done = gatepost("run", cwd=project)
    assert done.returncode == 1
    assert done.stdout == BLOCKED
    report = junitparser.JUnitXml.fromfile(str(project / "gatepost.xml"))
    assert (report.tests, report.failures) == (1, 1)


def test_judging_is_a_pure_function(gatepost: Run, project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    gatepost("run", cwd=project)
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "a b ü"
    elsewhere.mkdir()
    for name in (".gatepost/evidence.json", "policies/docs.yaml"):
        (elsewhere / name).parent.mkdir(exist_ok=True)
        (elsewhere / name).write_bytes((project / name).read_bytes())
    arguments = ["judge", ".gatepost/evidence.json", "--policies", "policies", "--now", "2126-06-01T12:00:00Z"]
    reports = ["--report", "json=v.json", "--report", "sarif=v.sarif", "--report", "junit=v.xml"]
    first = gatepost(*arguments, *reports, cwd=project, env={"PYTHONHASHSEED": "1", "TZ": "UTC"})
    second = gatepost(
        *arguments, *reports, cwd=elsewhere, env={"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    )
    assert (first.returncode, first.stdout) == (0, second.stdout)
    for name in ("v.json", "v.sarif", "v.xml"):
        assert (project / name).read_bytes() == (elsewhere / name).read_bytes()


def test_any_report_can_be_made_again_from_the_verdict(gatepost: Run, project: Path) -> None:
    done = gatepost("run", "--param", "docs.least=9", "--report", "text=a.txt", cwd=project)
    again = gatepost("report", ".gatepost/verdict.json", "--report", "junit=again.xml", cwd=project)
    assert again.returncode == done.returncode == 0
    assert (project / "again.xml").read_bytes() == (project / "gatepost.xml").read_bytes()
    assert (project / "a.txt").read_text() in again.stdout


def test_standard_output_can_be_claimed(gatepost: Run, project: Path) -> None:
    done = gatepost("run", "--report", "json=-", cwd=project)
    assert json.loads(done.stdout)["decision"] == "pass"


def test_collect_leaves_evidence_and_gives_its_digest(gatepost: Run, project: Path) -> None:
    done = gatepost("collect", "-o", "e.json", cwd=project)
    digest = hashlib.sha256((project / "e.json").read_bytes()).hexdigest()
    assert (done.returncode, done.stdout) == (0, f"e.json  sha256:{digest}\n")


def test_a_warning_exits_with_0_and_with_1_where_that_is_asked_for(gatepost: Run, project: Path) -> None:
    policy = project / "policies" / "docs.yaml"
    policy.write_text(policy.read_text().replace("enforcement: block", "enforcement: warn"))
    arguments = ["run", "--param", "docs.least=9"]
    (project / "MODEL_CARD.md").write_text("---\nowner: me\n---\n")
    assert gatepost(*arguments, cwd=project).returncode == 0
    strict = gatepost(*arguments, "--fail-on", "warn", cwd=project)
    assert strict.returncode == 1
    assert strict.stdout.startswith("WARN  credit                  1 warning\n")


def test_the_version(gatepost: Run, project: Path) -> None:
    from gatepost import __version__

    for arguments in (["--version"], ["--debug", "--version"]):
        assert gatepost(*arguments, cwd=project).stdout == f"gatepost {__version__}\n"


def test_help_names_every_command(gatepost: Run, project: Path) -> None:
    from gatepost.cli.registry import COMMANDS

    shown = gatepost("--help", cwd=project).stdout
    for name in COMMANDS:
        assert f"  {name} " in shown
        assert gatepost(name, "--help", cwd=project).returncode == 0


def test_ctrl_c_exits_with_130_and_leaves_no_half_written_file(project: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        config = (project / "gatepost.yaml").read_text()
        entry = f"  - mlflow: {{model: models:/m/1, tracking_uri: 'http://127.0.0.1:{port}'}}\n"
        (project / "gatepost.yaml").write_text(config.replace("policies:", f"{entry}policies:"))
        (project / "gatepost.xml").write_text("old")
        process = subprocess.Popen(
            [sys.executable, "-m", "gatepost", "run"], cwd=project, stderr=subprocess.PIPE, text=True
        )
        connection, _ = silent.accept()  # the collector waits for an answer that never comes
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
        connection.close()
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert "not judged" in (project / "gatepost.xml").read_text()  # what stood there was of an earlier run
    assert sorted(path.name for path in (project / ".gatepost").iterdir()) == [".gitignore"]


def _computed(process: subprocess.Popen[str]) -> float:
    """Give the seconds that a process has computed."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks the kernel how far the process is")
@pytest.mark.parametrize("seconds", [0.5, 1.5, 3])
def test_ctrl_c_while_many_items_are_judged_and_written(project: Path, seconds: float) -> None:
    each = """
  - id: each
    title: Each
    severity: high
    enforcement: block
    for_each: {e: evidence.custom.items}
    require: e.value < 1
    message: "{e.name}"
"""
    items = [{"name": f"i{number}", "value": 2} for number in range(100_000)]
    evidence = {
        "schema": "gatepost.evidence/1",
        "subject": {"name": "credit"},
        "evidence": {"custom": {"items": items}},
    }
    (project / "ev.json").write_text(json.dumps(evidence))
    with (project / "policies" / "docs.yaml").open("a") as policy:
        policy.write(each)
    (project / "out.html").write_text("old")
    arguments = [
        "judge",
        "ev.json",
        "--policies",
        "policies",
        "--max-findings",
        "100000",
        "--report",
        "html=out.html",
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "gatepost", *arguments], cwd=project, stderr=subprocess.PIPE, text=True
    )
    while process.poll() is None and _computed(process) < seconds:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert said.strip() == "interrupted"
    text = (project / "out.html").read_text()
    assert text == "old" or text.rstrip().endswith("</html>")


SWALLOWING = """
import os, signal, sys, time
from gatepost.cli import main
import click

@click.command()
def stubborn():
    for _ in range({times}):
        try:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
        except KeyboardInterrupt:
            pass
    if {forever}:
        time.sleep(10000)
    raise SystemExit(0)

main.gatepost = stubborn
sys.exit(main.run([]))
"""


@pytest.mark.parametrize(("times", "forever"), [(1, False), (1, True), (2, True)])
def test_ctrl_c_exits_with_130_where_a_library_catches_it(times: int, forever: bool) -> None:
    program = SWALLOWING.format(times=times, forever=forever)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 130
    assert done.stderr == "\ninterrupted\n"


def test_a_reader_that_goes_away_is_no_traceback(project: Path) -> None:
    command = f"{sys.executable} -m gatepost run --quiet --report json=- | head -c 1 >/dev/null"
    done = subprocess.run(["sh", "-c", command], cwd=project, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr


def test_only_new_findings_are_enforced(gatepost: Run, project: Path) -> None:
    card = project / "MODEL_CARD.md"
    card.write_text(card.read_text().replace("owner: someone@example.com\n", "owner: ''\n"))
    assert gatepost("run", "--report", "json=base.json", cwd=project).returncode == 1
    card.write_text(card.read_text().replace("license: mit\n", "license: mit\nlanguage: en\n"))  # lines move
    known = gatepost("run", "--new-only", "base.json", cwd=project)
    assert known.returncode == 0, known.stdout
    assert "known from base.json, and not enforced" in known.stdout
    missing = gatepost("run", "--new-only", "none.json", cwd=project)
    assert missing.returncode == 2
    assert "cannot read none.json" in missing.stderr


def test_the_html_report_holds_the_evidence_that_the_verdict_names(gatepost: Run, project: Path) -> None:
    gatepost("run", "--report", "html=run.html", cwd=project)
    page = (project / "run.html").read_text()
    assert '<td>someone@example.com</td><td class="place">MODEL_CARD.md:3</td>' in page
    (project / "elsewhere").mkdir()
    shown = gatepost(
        "report", "../.gatepost/verdict.json", "-q", "--report", "html=again.html", cwd=project / "elsewhere"
    )
    assert shown.returncode == 0, shown.stderr
    assert (project / "elsewhere" / "again.html").read_text() == page
    # Evidence that was edited is not shown as if it had been judged.
    text = (project / ".gatepost" / "evidence.json").read_text()
    (project / ".gatepost" / "evidence.json").write_text(text.replace("someone@", "another@"))
    edited = gatepost("report", ".gatepost/verdict.json", "-q", "--report", "html=other.html", cwd=project)
    assert edited.returncode == 2
    assert "evidence: .gatepost/evidence.json changed" in (project / "other.html").read_text()
    assert "another@" not in (project / "other.html").read_text()
    # Without its evidence, the report says so.
    (project / ".gatepost" / "evidence.json").unlink()
    gatepost("report", ".gatepost/verdict.json", "-q", "--report", "html=other.html", cwd=project)
    assert "was not beside this verdict" in (project / "other.html").read_text()
