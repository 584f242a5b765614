"""Collecting for the commands that do it: the configuration, progress, and the evidence file."""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass, replace
from pathlib import Path

import click

from gatepost.cli.output import hide, message, relayed, show_problems
from gatepost.cli.progress import TerminalProgress
from gatepost.collect.cache import Cache
from gatepost.collect.cache_secret import VARIABLE, cache_secret
from gatepost.collect.champion import champion, is_model, paired
from gatepost.collect.running import Collection, collect
from gatepost.config import Config, load
from gatepost.evidence.document import Evidence
from gatepost.git.deciding import root_of
from gatepost.paths import OutsideError, data_root
from gatepost.problems import GatepostError, Problem
from gatepost.state import State

__all__ = ["CollectOptions", "baseline_to", "collect_to", "load_config", "open_cache"]


def load_config(path: str, repository: str | None = None) -> Config:
    """Read a gatepost.yaml with the environment of this process; ``repository`` is the value of ``--repository``."""
    config = load(Path(path), os.environ, repository=root_of(Path(path).parent, repository))
    hide(config.known)
    return config


@dataclass(frozen=True, slots=True)
class CollectOptions:
    """What the command line says about collecting."""

    state: State
    quiet: bool = False
    jobs: int | None = None
    cache: Cache | None = None
    data_roots: tuple[str, ...] = ()


def open_cache(state: State, *, no_cache: bool = False, trusted_ref: bool = False) -> Cache | None:
    """Return the cache of a configuration; None with ``no_cache``, or if its key cannot be stored.

    The key that the environment may hold is removed from it in any case, before anything else is started.

    Raises:
        GatepostError: the key in the environment is too short to be a secret.
    """
    if no_cache:
        os.environ.pop(VARIABLE, None)
        return None
    secret = cache_secret(os.environ, trusted_ref=trusted_ref, checkout=state.checkout)
    if secret is None:
        place = "$XDG_STATE_HOME/gatepost or ~/.local/state/gatepost, outside of the checkout"
        message(f"cache    off: no private key can be kept in {place}; or set {VARIABLE}")
        return None
    return Cache(state.cache, secret, state.checkout)


def collect_to(config: Config, target: Path, options: CollectOptions) -> Collection:
    """Collect, write the evidence file, and say what failed."""
    collection = _collect(paired(config), target, options)
    show_problems(collection.problems)
    return collection


def baseline_to(config: Config, target: Path, options: CollectOptions) -> Evidence | None:
    """Collect the champion's evidence, where gatepost.yaml names a model as baseline, and return it.

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
    show_problems(collection.problems)
    return collection.evidence


def _collect(config: Config, target: Path, options: CollectOptions) -> Collection:
    debug = bool(click.get_current_context().find_root().params.get("debug"))
    try:
        roots = [data_root(root, Path.cwd(), config.repository) for root in options.data_roots]
    except OutsideError as error:
        raise GatepostError.of(f"--data-root: {error.what}", advice=error.advice) from error
    with relayed():
        collection = collect(
            replace(config, data_roots=(*config.data_roots, *roots)),
            now=lambda: datetime.datetime.now(datetime.UTC),
            progress=TerminalProgress(options.quiet),
            cache=options.cache,
            jobs=options.jobs,
            debug=debug,
        )
    options.state.write(target, collection.evidence.content)
    return collection
