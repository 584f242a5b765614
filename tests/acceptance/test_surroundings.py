"""The command where things are not as on the desk of those who wrote it."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import junitparser
import pytest

from gatepost.report.registry import FORMATS

Run = Callable[..., Any]
ODD = "sp ace 'q' \"d\" ünï % #1 [x](y)\nnext `b` | $z"


def blocked(project: Path) -> Path:
    card = project / "MODEL_CARD.md"
    card.write_bytes(re.sub(rb"owner: someone@example.com\r?\n", b"", card.read_bytes()))
    return project


def requests(*names: str) -> list[str]:
    return [part for name in names or FORMATS for part in ("--report", f"{name}=out/{name}")]


def test_a_path_of_spaces_quotes_letters_and_lines(gatepost: Run, project: Path, tmp_path: Path) -> None:
    odd = tmp_path / ODD
    odd.mkdir()
    for name in ("policies", "MODEL_CARD.md", "gatepost.yaml"):
        (project / name).rename(odd / name)
    blocked(odd)
    done = gatepost("run", "--quiet", *requests(), cwd=odd)
    assert done.returncode == 1, done.stderr
    out = {name: (odd / "out" / name).read_text("utf-8") for name in FORMATS}
    located = f"{ODD}/MODEL_CARD.md"
    assert json.loads(out["json"])["results"][0]["location"]["path"] == located
    (found,) = json.loads(out["sarif"])["runs"][0]["results"]
    uri = found["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri) == located
    assert not any(character in uri for character in " \"'\n[]#|`")
    (issue,) = json.loads(out["codequality"])
    assert issue["location"]["path"] == located.replace("\n", " ")
    (annotation, summary) = out["github"].splitlines()
    assert annotation.startswith("::error file=sp ace 'q' \"d\" ünï %25 #1 [x](y) next")
    assert summary == "gatepost: block, 1 missing"
    (case,) = junitparser.JUnitXml.fromfile(str(odd / "out" / "junit"))
    assert [one.name for one in case] == ["owner"]
    assert "<code>" not in out["markdown"].replace("`", "")


def test_without_git_and_with_a_detached_head(gatepost: Run, project: Path) -> None:
    shutil.rmtree(project / ".git")
    assert gatepost("run", "--quiet", cwd=project).returncode == 0
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "x"], ["checkout", "-q", "--detach"]):
        subprocess.run([*git, *command], cwd=project, check=True)
    (project / "gatepost.yaml").write_text(
        (project / "gatepost.yaml").read_text().replace("collect:\n", "collect:\n  - git: {}\n")
    )
    assert gatepost("run", "--quiet", cwd=project).returncode == 0
    evidence = json.loads((project / ".gatepost" / "evidence.json").read_text())
    assert len(evidence["evidence"]["training"]["git"]["commit"]) == 40


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_windows_line_ends(gatepost: Run, project: Path, bom: bytes) -> None:
    before = gatepost("run", cwd=project)
    for path in (project / "gatepost.yaml", project / "MODEL_CARD.md", project / "policies" / "docs.yaml"):
        path.write_bytes(bom + path.read_bytes().replace(b"\n", b"\r\n"))
    after = gatepost("run", cwd=project)
    assert (after.returncode, after.stdout) == (0, before.stdout), after.stderr
    blocked(project)
    shown = gatepost("run", "--report", "sarif=out.sarif", cwd=project)
    assert "MODEL_CARD.md:2:1" in shown.stdout
    assert "\r" not in shown.stdout + (project / "out.sarif").read_text()


PLACES = ["deleted.md", "../outside.md", "/etc/passwd", "model.pkl", "a\x1b[31m]]>::error::|`b`.md", ""]


@pytest.mark.parametrize("path", PLACES)
def test_a_finding_in_a_file_that_is_gone_outside_or_no_text(gatepost: Run, project: Path, path: str) -> None:
    (project / "model.pkl").write_bytes(bytes(range(256)))
    place = {"path": path or "x", "line": 3}
    document = {
        "schema": "gatepost.evidence/1",
        "subject": {"name": "credit"},
        "evidence": {"documentation": {"owner": "]]> ::error::x | `y` \x00 \u2028 <b>"}},
        "locations": {"/evidence/documentation/owner": place},
    }
    (project / "evidence.json").write_text(json.dumps(document))
    policies = ["--policies", "policies/", "--param", "docs.least=9"]
    text = (project / "policies" / "docs.yaml").read_text().replace("owner.size() >=", "owner.size() - 99 >=")
    (project / "policies" / "docs.yaml").write_text(text)
    done = gatepost("judge", "evidence.json", *policies, "--quiet", *requests(), cwd=project)
    assert done.returncode == 1, done.stderr
    out = {name: (project / "out" / name).read_text("utf-8") for name in FORMATS}
    outside = path.startswith(("/", "../"))
    assert json.loads(out["codequality"])[0]["location"]["path"] == ("gatepost.yaml" if outside else _shown(path))
    (line, _) = out["github"].splitlines()
    assert ("file=" in line) != outside
    assert len(list(junitparser.JUnitXml.fromfile(str(project / "out" / "junit")))) == 1
    for name, text in out.items():
        if name not in ("json", "sarif", "codequality"):
            assert "\x1b" not in text and "\u2028" not in text, name
    assert "\n::error::x" not in out["github"] + out["text"] + out["markdown"]


def _shown(path: str) -> str:
    return path.replace("\x1b", "\\x1b") or "x"


def test_a_terminal_of_forty_columns_without_colour(project: Path) -> None:
    blocked(project)
    above, below = pty.openpty()
    environment = {**os.environ, "COLUMNS": "40", "NO_COLOR": "1", "TERM": "xterm"}
    command = [sys.executable, "-m", "gatepost", "run"]
    running = subprocess.Popen(command, cwd=project, env=environment, stdout=below, stderr=subprocess.DEVNULL)
    os.close(below)
    shown = b""
    try:
        while part := os.read(above, 4096):
            shown += part
    except OSError:  # how a terminal says that its program has ended
        pass
    assert running.wait() == 1
    lines = shown.decode().replace("\r\n", "\n").splitlines()
    assert "BLOCKED" in lines[0]
    assert max(map(len, lines)) <= 40
    assert "\x1b" not in "".join(lines)


def test_a_folder_that_cannot_be_written(project: Path) -> None:
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        pytest.skip("a file system can be made read-only by root only")
    script = (
        f'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && cd "$0" && exec {sys.executable} -m gatepost run'
    )
    done = subprocess.run(["unshare", "-m", "sh", "-c", script, project], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "cannot write .gatepost/" in done.stderr
    assert "Read-only file system" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_stops_early_loses_no_file(project: Path) -> None:
    blocked(project)
    command = f"{sys.executable} -m gatepost run --report html=- --report sarif=out.sarif; echo $? > code"
    done = subprocess.run(
        f"({command}) | head -c 1", shell=True, cwd=project, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert (project / "code").read_text().strip() in ("1", "2")  # 2 where the pipe was closed before the end
    assert json.loads((project / "out.sarif").read_text())["runs"][0]["results"]
    assert (project / ".gatepost" / "verdict.json").is_file()


def test_a_finding_keeps_its_name_when_lines_move_above_it(gatepost: Run, project: Path) -> None:
    blocked(project)

    def names() -> tuple[list[Any], list[Any], list[Any], int]:
        gatepost("run", "--quiet", *requests("sarif", "codequality", "junit"), cwd=project)
        results = json.loads((project / "out" / "sarif").read_text())["runs"][0]["results"]
        issues = json.loads((project / "out" / "codequality").read_text())
        cases = [
            (case.classname, case.name)
            for suite in junitparser.JUnitXml.fromfile(str(project / "out" / "junit"))
            for case in suite
        ]
        line = results[0]["locations"][0]["physicalLocation"]["region"]["startLine"]
        found = [(one["ruleId"], one["partialFingerprints"]) for one in results]
        return found, [one["fingerprint"] for one in issues], cases, line

    before = names()
    card = project / "MODEL_CARD.md"
    card.write_text(card.read_text().replace("license: mit\n", "license: mit\ntags: [a]\nlanguage: en\n"))
    policy = project / "policies" / "docs.yaml"
    policy.write_text("# A comment\n# more\n" + policy.read_text().replace("version: 1.0.0", "version: 2.0.0"))
    after = names()
    assert after[:3] == before[:3]
    assert after[3] == before[3] + 2
