"""Every command, on content that tries to steer the terminal or to start a command of the CI system."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatepost.cli.registry import COMMANDS, LazyGroup

from .conftest import POLICY, clean_environment

BAD = "\x1b]0;PWN\x07\n::error::x\r\n  ::warning::y\u2028::notice::z\x85##[error]w\u202e\x9b1m##vso[task.complete]\u200b"
YAML = json.dumps(BAD)
# A word that wrapping moves to the start of a line.
LONG = "a" * 70 + " " + "::error::moved " * 30

COLOUR = re.compile(r"\x1b\[(?:0|1|2|3[1-6])m|\r\x1b\[K")
COMMAND = re.compile(r"^\s*::|##[A-Za-z]*\[", re.MULTILINE)

CONFIG = """subject: {name: credit, location: CARD.md}
collect:
  - model_card: {path: CARD.md}
  - file: {path: facts.yaml, section: custom}
policies: [policies/]
waivers: waivers.yaml
"""
CARD = f"""---
license: {YAML}
owner: {YAML}
{YAML}: 1
---
# {LONG}

## Intended use

{BAD}

{LONG}
"""
FACTS = f"""{YAML}: {YAML}
long: {json.dumps(LONG)}
list: [{{name: {YAML}, value: 1}}, {{name: {json.dumps(LONG)}, value: 2}}]
"""
RULES = (
    POLICY.replace("title: The model has an owner", f"title: {json.dumps(LONG + BAD)}")
    + f"""\
    description: {json.dumps(BAD + LONG)}
    fix: {json.dumps(LONG)}
  - id: each
    title: {YAML}
    severity: high
    enforcement: block
    for_each: {{e: evidence.custom.list}}
    require: e.value > 5.0 || e.name == {YAML}
    message: "{{e.name}} is {{e.value}}"
"""
)
WAIVERS = f"""waivers:
  - {{id: {YAML}, rules: [docs/owner], subject: credit, reason: {json.dumps(LONG)}, approved_by: {YAML}, expires: 2099-01-01}}
"""
TESTS = f"""tests:
  - name: {YAML}
    evidence: {{documentation: {{owner: a}}}}
    expect: {{docs/owner: missing}}
"""

# What each command is run with. A new command is added here: see test_no_command_is_left_out.
INVOCATIONS: dict[str, list[list[str]]] = {
    "init": [["--yes", "--dir", BAD], ["--yes"]],
    "run": [
        ["--no-cache"],
        ["--no-cache", "--report", "github=-"],
        ["--no-cache", "--report", "markdown=-"],
        ["--no-cache", "--report", "json=-"],
        ["--no-cache", "--report", "junit=-"],
        ["--no-cache", "--report", "html=-"],
        ["--no-cache", "--config", BAD],
        ["--no-cache", "--param", BAD],
        ["--no-cache", "--now", BAD],
        ["--no-cache", "--report", BAD],
        ["--no-cache", "--trusted-ref", "x" + BAD.replace("\n", "")],
        [f"--{BAD}"],
        ["--max-findings", BAD],
    ],
    "collect": [["-o", "ev.json", "--no-cache"], ["-o", BAD, "--no-cache"]],
    "judge": [["hand.json", "--policies", "policies"], ["bad.json", "--policies", "policies"], [BAD]],
    "report": [[], ["bad.json"], [BAD], ["--report", "sarif=-"]],
    "explain": [
        ["docs/owner"],
        ["docs/each"],
        ["docs/each", "--item", BAD],
        [BAD],
        ["docs/each", "--format", "json"],
    ],
    "policy list": [[], ["policies", "--format", "json"], [BAD]],
    "policy show": [["docs/owner"], [BAD]],
    "policy test": [["policies"], ["policies", "--coverage", "--mutate"], [BAD]],
    "policy lint": [
        ["policies"],
        ["broken"],
        ["broken", "--format", "github"],
        ["broken", "--format", "json"],
        [BAD],
    ],
    "policy fmt": [["policies", "--check", "--diff"], ["broken", "--check"], [BAD]],
    "policy schema": [["policy"], [BAD]],
    "evidence schema": [[], [BAD]],
    "evidence show": [
        [],
        ["hand.json", "--all"],
        ["hand.json", "--pointer", "/evidence/custom"],
        ["bad.json"],
        [BAD],
    ],
    "evidence diff": [
        ["hand.json", "other.json"],
        ["hand.json", "other.json", "--format", "json"],
        ["bad.json", BAD],
    ],
    "evidence validate": [["hand.json", "bad.json", BAD]],
    "verify": [[], ["bad.json"], [BAD], ["--policies", BAD], ["--format", "json"]],
    "cache show": [[], ["--config", BAD]],
    "cache prune": [[], ["--days", BAD]],
    "doctor": [[], ["--config", BAD]],
    "demo": [["--dir", "policies"], ["--dir", "there" + BAD]],
}


def _commands(prefix: str = "", group: LazyGroup | None = None) -> Iterator[str]:
    from importlib import import_module

    for name, (target, _) in (COMMANDS if group is None else group.lazy).items():
        module, _, attribute = target.partition(":")
        command = getattr(import_module(module), attribute)
        yield from _commands(f"{prefix}{name} ", command) if isinstance(command, LazyGroup) else [prefix + name]


def test_no_command_is_left_out() -> None:
    assert set(INVOCATIONS) >= set(_commands())


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    (folder / ".git").mkdir()
    (folder / "policies").mkdir()
    (folder / "broken" / "d\x1b]0;PWN\x07").mkdir(parents=True)
    texts = {
        "gatepost.yaml": CONFIG,
        "CARD.md": CARD,
        "facts.yaml": FACTS,
        "waivers.yaml": WAIVERS,
        "policies/docs.yaml": RULES,
        "policies/docs.test.yaml": TESTS,
        "broken/d\x1b]0;PWN\x07/p.yaml": f"policy: {YAML}\n{YAML}: [",
        "broken/q.yaml": RULES.replace("policy: docs", f"policy: {YAML}"),
    }
    for path, text in texts.items():
        (folder / path).write_text(text)
    hand = {
        "schema": "gatepost.evidence/1",
        "subject": {"name": f"m{BAD}", "version": LONG},
        "evidence": {"custom": {f"k{BAD}": BAD, "long": LONG, "list": [{"name": BAD, "value": 1}]}},
    }
    (folder / "hand.json").write_text(json.dumps(hand))
    hand["evidence"]["custom"] = {"other": LONG + BAD}
    (folder / "other.json").write_text(json.dumps(hand))
    (folder / "bad.json").write_text(json.dumps({**hand, "evidence": {f"bad{BAD}": 1}, "schema": "x" + BAD}))
    (folder / ("there" + BAD)).mkdir()
    (folder / ("there" + BAD) / "file").touch()
    _at_terminal(folder, ["run", "--no-cache"])
    return folder


def _at_terminal(cwd: Path, arguments: list[str]) -> str:
    """Run a command with all its streams at a terminal, and return what the terminal gets."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "gatepost", *arguments]
    environment = clean_environment(TERM="xterm", COLUMNS="80")
    with subprocess.Popen(command, cwd=cwd, env=environment, stdin=slave, stdout=slave, stderr=slave):
        os.close(slave)
        read = b""
        try:
            while chunk := os.read(master, 65536):
                read += chunk
        except OSError:  # the other end is closed
            pass
    os.close(master)
    return read.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("command", INVOCATIONS)
def test_nothing_from_a_file_steers_the_terminal_or_the_ci_system(hostile: Path, command: str) -> None:
    outputs = []
    for arguments in INVOCATIONS[command]:
        shown = COLOUR.sub("", _at_terminal(hostile, [*command.split(), *arguments]))
        outputs.append(shown)
        assert shown.strip(), arguments
        strange = sorted({repr(c) for c in shown if not c.isprintable() and c not in "\n\t"})
        assert not strange, (arguments, strange)
        commands = [line for line in shown.split("\n") if COMMAND.search(line)]
        if "github" in " ".join(arguments):
            commands = [line for line in commands if not re.match(r"::(error|warning|notice) (file|title)=", line)]
        assert not commands, (arguments, commands[:3])
        assert "fault of gatepost" not in shown, (arguments, shown)
    # The first ones read the files, and show what is in them.
    assert command in ("doctor", "collect", "policy schema", "evidence schema") or "PWN" in "".join(outputs)
    assert command not in ("run", "judge", "explain", "evidence show") or "PWN" in outputs[0]


def test_what_a_library_or_its_process_prints_is_shown_harmless(tmp_path: Path) -> None:
    code = f"""
import os, subprocess, sys
from gatepost.cli import output
with output.relayed():
    bad = {BAD!r}
    print(bad)
    print("from a library " + bad, file=sys.stderr)
    os.write(1, bad.encode("utf-8", "surrogateescape"))
    subprocess.run(["printf", "%s", "from a process " + bad])
    os.write(2, b"cut " + b"x" * 100_000)
output.print_out("the report")
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "the report\n"), done.stderr
    assert "from a library \\x1b]0;PWN\\x07" in done.stderr
    assert "from a process \\x1b]0;PWN\\x07" in done.stderr
    assert not COMMAND.search(done.stderr)
    assert all(line.startswith("output   ") for line in done.stderr.splitlines())
