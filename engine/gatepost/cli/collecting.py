"""Collecting for the commands that do it: the configuration, progress, and the evidence file."""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass, replace
from pathlib import Path

import click

from gatepost.cli.collect_options import cache_folder
from gatepost.cli.progress import TerminalProgress
from gatepost.collect.cache import Cache
from gatepost.collect.champion import champion, is_model, paired
from gatepost.collect.running import Collection, collect
from gatepost.config import Config, load
from gatepost.evidence.document import canonical
from gatepost.files import write_whole
from gatepost.git.deciding import root_of
from gatepost.problems import GatepostError, Problem, format_problem

__all__ = ["CollectOptions", "baseline_to", "collect_to", "load_config"]


def load_config(path: str, repository: str | None = None) -> Config:
    """Read a gatepost.yaml with the environment of this process; ``repository`` is the value of ``--repository``."""
    return load(Path(path), os.environ, repository=root_of(Path(path).parent, repository))


@dataclass(frozen=True, slots=True)
class CollectOptions:
    """What the command line says about collecting."""

    quiet: bool = False
    jobs: int | None = None
    no_cache: bool = False
    data_roots: tuple[str, ...] = ()


def collect_to(config: Config, target: Path, options: CollectOptions) -> Collection:
    """Collect, write the evidence file, and say what failed."""
    collection = _collect(paired(config), target, options)
    _say(collection.problems)
    return collection


def baseline_to(config: Config, target: Path, options: CollectOptions) -> str | None:
    """Collect the champion's evidence, where gatepost.yaml names a model as baseline, and give its file.

    Raises:
        GatepostError: a source that is required gave nothing of the champion, which would be no empty baseline.
    """
    if not is_model(config.baseline):
        return None
    collection = _collect(champion(config), target, options)
    if collection.required:
        what = f"the baseline {config.baseline} cannot be collected"
        advice = "see above; for a first model leave `baseline` out"
        raise GatepostError(*collection.required, Problem(what, config.baseline_place, advice))
    _say(collection.problems)
    return str(target)


def _collect(config: Config, target: Path, options: CollectOptions) -> Collection:
    debug = bool(click.get_current_context().find_root().params.get("debug"))
    roots = (root if "://" in root else str(Path(root).resolve()) for root in options.data_roots)
    collection = collect(
        replace(config, data_roots=(*config.data_roots, *roots)),
        now=lambda: datetime.datetime.now(datetime.UTC),
        progress=TerminalProgress(options.quiet),
        cache=None if options.no_cache else Cache(cache_folder(config.path)),
        jobs=options.jobs,
        debug=debug,
    )
    write_whole(target, canonical(collection.evidence.data))
    return collection


def _say(problems: tuple[Problem, ...]) -> None:
    for problem in problems:
        click.echo(format_problem(problem), err=True)
