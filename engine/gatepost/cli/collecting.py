"""Collecting for the commands that do it: the configuration, progress, and the evidence file."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import click

from gatepost.cli.collect_options import cache_folder
from gatepost.cli.progress import TerminalProgress
from gatepost.collect.cache import Cache
from gatepost.collect.running import Collection, collect
from gatepost.config import Config, load
from gatepost.evidence.document import canonical
from gatepost.files import write_whole
from gatepost.problems import format_problem

__all__ = ["collect_to", "load_config"]


def load_config(path: str) -> Config:
    """Read a gatepost.yaml with the environment of this process."""
    return load(Path(path), os.environ)


def collect_to(config: Config, target: Path, *, quiet: bool, jobs: int | None, no_cache: bool) -> Collection:
    """Collect, write the evidence file, and say what failed."""
    debug = bool(click.get_current_context().find_root().params.get("debug"))
    collection = collect(
        config,
        now=lambda: datetime.datetime.now(datetime.UTC),
        progress=TerminalProgress(quiet),
        cache=None if no_cache else Cache(cache_folder(config.path)),
        jobs=jobs,
        debug=debug,
    )
    write_whole(target, canonical(collection.evidence.data))
    for problem in collection.problems:
        click.echo(format_problem(problem), err=True)
    return collection
