"""``gatepost init``: a first configuration for the project in a folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatepost.cli.output import ask, print_out, relayed
from gatepost.problems import GatepostError, Place
from gatepost.text import harmless

if TYPE_CHECKING:
    from gatepost.starting.looking import Found, RegisteredModel
    from gatepost.starting.writing import Chosen

__all__ = ["init"]


@click.command()
@click.option("--dir", "directory", default=".", metavar="DIR", help="The folder of the project (.).")
@click.option("--yes", "-y", is_flag=True, help="Ask nothing: take what is found.")
def init(directory: str, yes: bool) -> int:
    """Look into the folder and write a gatepost.yaml, a first policy with its test, a model card, and a CI job.

    What is there already is left as it is.
    """
    from gatepost.files import write_whole
    from gatepost.starting.looking import look
    from gatepost.starting.writing import extras, files

    folder = Path(directory)
    if not folder.is_dir():
        raise GatepostError.of(f"there is no folder {directory}", Place(directory), "name one with --dir DIR")
    if not yes and not sys.stdin.isatty():
        raise GatepostError.of("init asks questions, and nobody is at a terminal", advice="gatepost init --yes")
    with relayed():
        found = look(folder, os.environ)
    _say(found)
    chosen = _taken(found) if yes else _asked(found)
    print_out()
    later: list[str] = []
    for file in files(folder, found, chosen):
        if (folder / file.path).exists() or (folder / file.path).is_symlink():
            print_out(f"kept   {harmless(file.path)}, which was there")
            continue
        write_whole(folder / file.path, file.content)
        print_out(f"wrote  {harmless(file.path)}")
        later += [f"  {file.path}: {file.then}"] if file.then else []
    _next(folder, extras(found, chosen), later)
    return 0


def _say(found: Found) -> None:
    several = f", {len(found.models)} models" if len(found.models) > 1 else ""
    lines = [
        ("model card", found.card or "none yet"),
        ("git", "a repository" if found.git else "no repository with a commit"),
        ("MLflow", (found.tracking_uri and _shown(found.tracking_uri) + several) or "none"),
        ("data", ", ".join(found.data[:3]) + (f" and {len(found.data) - 3} more" if len(found.data) > 3 else "")),
        ("suites", ", ".join(found.suites[:3])),
        ("DVC", "there; no collector reads it yet" if found.dvc else ""),
        ("CI", found.ci),
    ]
    for label, text in lines:
        print_out(f"found  {label:<11} {harmless(text) or 'none'}")


def _shown(uri: str) -> str:
    from gatepost.secrets import without_credentials

    return without_credentials(uri)


def _taken(found: Found) -> Chosen:
    from gatepost.starting.writing import Chosen

    model = found.models[0] if len(found.models) == 1 else None
    return Chosen(model.name if model else found.name, "high", "binary", found.ci, model)


def _asked(found: Found) -> Chosen:
    from gatepost.evidence.subject import words_of
    from gatepost.starting.writing import CI, Chosen

    print_out()
    default = _taken(found)
    model = default.model or _asked_model(found.models)
    name = ask("Name of the model", model.name if model else default.name)
    tier = ask("Risk tier", default.risk_tier, words_of("risk_tier"))
    task = ask("Task", default.task, words_of("task"))
    ci = ask("CI", default.ci or "none", [*CI, "none"])
    return Chosen(name, tier, task, ci, model)


def _asked_model(models: tuple[RegisteredModel, ...]) -> RegisteredModel | None:
    if not models:
        return None
    names = {model.name: model for model in models}
    return names[ask("Which model of MLflow", choices=list(names))]


def _next(folder: Path, extras: list[str], later: list[str]) -> None:
    from gatepost.cli.installed import lacking

    needed = [extra for extra in extras if lacking(extra)]
    commands = [f"cd {folder}"] if folder != Path() else []
    commands += [f"pip install 'gatepost[{','.join(needed)}]'"] if needed else []
    commands += ["gatepost policy test policies/", "gatepost run"]
    print_out("\nNext:")
    for command in commands:
        print_out(f"  {harmless(command)}")
    for line in later:
        print_out(line)
