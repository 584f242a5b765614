"""Odd values in every option and argument of every command: a message and an exit code, never a fault of gatepost."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from gatepost.cli.main import gatepost as group
from gatepost.cli.main import run

LONG = "x" * 5_000
PATHS = {
    "empty": "",
    "space": " ",
    "long": LONG,
    "long path": "/".join(["x" * 250] * 30),
    "long yaml": f"{LONG}.yaml",
    "newline": "a\nb",
    "escape": "\x1b[31m\u202e",
    "surrogate": "caf\udce9.yaml",
    "dash": "-",
    "dot": ".",
    "outside": "../odd/x",
    "folder": "policies",
    "a file with a slash": "policies/docs.yaml/",
    "below a file": "policies/docs.yaml/x",
    "missing": "nowhere/at/all.json",
    "binary": "binary",
    "empty file": "empty",
    "pipe": "pipe",
    "device": "/dev/zero",
    "loop": "loop",
    "dangling": "dangling",
    "memory": "/proc/self/mem",
    "user": "~nobody/x",
    "address": "https://user:pass@host.invalid:99999/x?token=y",
    "half an address": "http://[::1",
    "pattern": "*[",
    "profile": "profile/../../x",
    "deep": "deep.yaml",
    "itself": "gatepost.yaml",
}
TEXTS = {
    "number": "-1",
    "zero": "0",
    "huge": "9" * 30,
    "digits": "9" * 5_000,
    "infinite": "1e999",
    "nan": "nan",
    "equals": "=",
    "key": "a=b",
    "no value": "docs.least=",
    "cut YAML": "docs.least=[",
    "deep YAML": "docs.least=" + "[" * 50_000,
    "tag": "docs.least=!!python/object:os.system x",
    "digits of a param": "docs.least=" + "9" * 5_000,
    "half a character": "docs.least=\udce9",
    "anchor": "docs.least=&a [*a]",
    "report to a folder": "json=policies",
    "report to a long path": f"json={LONG}",
    "report below a file": "json=policies/docs.yaml/x",
    "report to half a character": "json=a\udce9b",
    "year 1": "0001-01-01T00:00+14:00",
    "first second": "0001-01-01T00:00:00Z",
    "year 9999": "9999-12-31T23:59:59-14:00",
    "last second": "9999-12-31T23:59:59.999999Z",
    "week": "2026-W01-1",
    "leap day": "2026-02-29",
    "rule": f"docs/{LONG}",
    "pointer": "/proc/~2/" + "a/" * 3_000,
}
ODD = {**PATHS, **TEXTS}
FEW = ("empty", "long", "surrogate", "device", "loop", "deep", "digits", "digits of a param", "year 1")
EVIDENCE = (
    '{"schema": "gatepost.evidence/1", "subject": {"name": "m"}, "evidence": {"documentation": {"owner": "a@b"}}}'
)
# The arguments that a command must have; one of them is replaced where an argument is tried.
ARGUMENTS: dict[str, list[str]] = {
    "judge": ["evidence.json"],
    "report": [".gatepost/verdict.json"],
    "explain": ["docs/owner"],
    "evidence show": ["evidence.json"],
    "evidence validate": ["evidence.json"],
    "evidence diff": ["evidence.json", "evidence.json"],
    "evidence schema": ["documentation"],
    "policy fmt": ["policies"],
    "policy lint": ["policies"],
    "policy list": ["policies"],
    "policy test": ["policies"],
    "policy show": ["docs/owner"],
    "policy schema": ["policy"],
}
NEEDED: dict[str, list[str]] = {
    "judge": ["--policies", "policies"],
    "collect": ["--output", "-"],
    "init": ["--yes", "--dir", "new"],
}
TOO_SLOW = ("demo",)  # a valid folder starts the whole demonstration


def commands(here: click.Group, prefix: str = "") -> Iterator[tuple[str, click.Command]]:
    context = click.Context(here)
    for name in here.list_commands(context):
        command = here.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")
        elif command is not None and name not in TOO_SLOW:
            yield f"{prefix}{name}", command


def cases() -> Iterator[tuple[str, str]]:
    """Yield each command with each of its options that take a value, and with its arguments by their number."""
    for name, command in commands(group):
        for number in range(len([p for p in command.params if isinstance(p, click.Argument)])):
            yield name, str(number)
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.is_flag:
                yield name, max(parameter.opts, key=len)


def command_line(command: str, place: str, value: str) -> list[str]:
    arguments, needed = list(ARGUMENTS.get(command, ())), list(NEEDED.get(command, ()))
    if place.isdecimal():
        arguments[int(place) : int(place) + 1] = [value]
        return [*command.split(), *needed, "--", *arguments]
    if place in needed:
        del needed[needed.index(place) : needed.index(place) + 2]
    return [*command.split(), *needed, f"{place}={value}", *arguments]


@pytest.fixture
def odd_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(project)
    (project / "evidence.json").write_text(EVIDENCE)
    (project / "binary").write_bytes(bytes(range(256)) * 10)
    (project / "deep.yaml").write_text("- " * 100_000)
    (project / "empty").touch()
    os.mkfifo(project / "pipe")
    (project / "loop").symlink_to("loop")
    (project / "dangling").symlink_to("nowhere")
    yield project


class TooSlowError(BaseException):
    pass


@pytest.fixture
def patience() -> Iterator[None]:
    def too_slow(*_: Any) -> None:
        raise TooSlowError

    before = signal.signal(signal.SIGALRM, too_slow)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def complaint(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> str:
    """Run the command; say what is wrong with how it took an odd value, if anything."""
    signal.alarm(60)
    try:
        code: object = run(arguments)
    except SystemExit as leaving:
        code = leaving.code
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    except TooSlowError:
        return "takes longer than a minute"
    finally:
        signal.alarm(0)
        printed = "".join(capfd.readouterr())
    if "fault of gatepost" in printed or "Traceback" in printed:
        return printed[-300:]
    return "" if code in (0, 1, 2) else f"exit code {code}"


@pytest.mark.parametrize("values", [FEW, pytest.param(tuple(ODD), marks=pytest.mark.slow)], ids=["few", "all"])
@pytest.mark.parametrize(("command", "place"), list(cases()))
@pytest.mark.usefixtures("patience")
def test_an_odd_value_is_told(
    command: str, place: str, values: tuple[str, ...], odd_project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if command in ("report", "explain"):
        assert run(["run", "--quiet"]) == 0
    complaints = {}
    for name in values:
        found = complaint(command_line(command, place, ODD[name]), capfd)
        if found:
            complaints[name] = found
    assert complaints == {}


SETTINGS = {
    "policies": "policies: [VALUE]",
    "waivers": "policies: [policies/]\nwaivers: VALUE",
    "baseline": "policies: [policies/]\nbaseline: VALUE",
    "reports": "policies: [policies/]\nreports: [{json: VALUE}]",
    "a report's format": "policies: [policies/]\nreports: [{VALUE: x.json}]",
    "data_roots": "policies: [policies/]\ndata_roots: [VALUE]",
    "trusted_types": "policies: [policies/]\ntrusted_types: [VALUE]",
    "a param": "policies: [policies/]\nparams: {docs.least: VALUE}",
    "a param's name": "policies: [policies/]\nparams: {VALUE: 1}",
    "a reference": "policies: [policies/]\nevidence_schema: {$ref: VALUE}",
    "a pattern": "policies: [policies/]\nevidence_schema: {type: string, pattern: VALUE, format: VALUE}",
}
SUBJECTS = {"subject": "{name: VALUE, version: VALUE, uri: VALUE}", "location": "{name: m, location: VALUE}"}
ENTRIES = {
    "a card": "model_card: {path: VALUE}",
    "a file": "file: {path: VALUE, section: risk}",
    "git": "git: {path: VALUE}",
    "a source's name": "name: VALUE\n    git: {}",
    "as": "as: VALUE\n    git: {}",
}
WRITTEN = {
    **ODD,
    "null": "a\0b",
    "half a character": "a\ud800b",
    "variable": "${HOME",
    "brackets": "[",
    "group": "(?<",
}


FEW_WRITTEN = ("empty", "long", "device", "loop", "digits", "null", "half a character", "variable", "brackets")


@pytest.mark.parametrize(
    "values", [FEW_WRITTEN, pytest.param(tuple(WRITTEN), marks=pytest.mark.slow)], ids=["few", "all"]
)
@pytest.mark.parametrize("key", [*SETTINGS, *SUBJECTS, *ENTRIES])
@pytest.mark.usefixtures("patience")
def test_an_odd_value_in_the_configuration_is_told(
    key: str, values: tuple[str, ...], odd_project: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = (
        f"subject: {SUBJECTS.get(key, '{name: m}')}\ncollect:\n  - {ENTRIES.get(key, 'model_card: {}')}\n"
        f"{SETTINGS.get(key, 'policies: [policies/]')}\n"
    )
    complaints = {}
    for name in values:
        (odd_project / "gatepost.yaml").write_text(text.replace("VALUE", json.dumps(WRITTEN[name])))
        found = complaint(["run", "--no-cache"], capfd)
        if found:
            complaints[name] = found
    assert complaints == {}


def test_a_folder_whose_name_is_not_utf_8_is_told(
    odd_project: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = odd_project / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    for name in ("gatepost.yaml", "MODEL_CARD.md", "policies"):
        (odd_project / name).rename(folder / name)
    monkeypatch.chdir(folder)
    assert run(["run"]) == 2
    assert "is not UTF-8, and evidence names it" in capfd.readouterr().err
