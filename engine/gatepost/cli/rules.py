"""What a run judges by: gatepost.yaml, policies, waivers and the baseline's file, with what the command line adds."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from gatepost.cli.configured import from_here
from gatepost.cli.judging import cli_params, load_waivers
from gatepost.cli.output import hide
from gatepost.collect.champion import is_model
from gatepost.collect.inputs import input_options
from gatepost.config import Config, load
from gatepost.policy.loading import load_policies
from gatepost.policy.model import PolicySet, Waiver

__all__ = ["Given", "Rules", "load_rules", "take_demands"]


@dataclass(frozen=True, slots=True)
class Given:
    """What the command line says: policies and params are added, waivers and baseline stand in place."""

    config: str
    policies: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    waivers: str | None = None
    baseline: str | None = None
    repository: Path | None = None
    """The root of the repository, where it is not the nearest one."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What was read. ``baseline`` is a file of evidence; a model that is the baseline stands in ``config``."""

    config: Config
    policies: PolicySet
    waivers: tuple[Waiver, ...]
    baseline: str | None


def load_rules(given: Given, where: Callable[[str], Path] = Path) -> Rules:
    """Read the rules; ``where`` gives the file that is read for a path.

    Raises:
        GatepostError: with all mistakes of the first file that has some.
    """
    folder = Path(given.config).parent
    file = where(given.config)
    elsewhere = file if file != Path(given.config) else None
    config = load(Path(given.config), os.environ, read_from=elsewhere, repository=given.repository)
    hide(config.known)
    sources = [from_here(source, folder, where) for source in config.policies]
    assigned = [*config.params, *cli_params(given.params)]
    policies = load_policies([*sources, *given.policies], params=assigned, where=where, custom=config.evidence_schema)
    waivers = given.waivers or (from_here(config.waivers, folder) if config.waivers else None)
    baseline = given.baseline
    if baseline is not None:
        config = replace(config, baseline=None)
    elif config.baseline is not None and not is_model(config.baseline):
        baseline = from_here(config.baseline, folder)
    return Rules(config, policies, load_waivers(waivers, policies, where), baseline)


def take_demands(config: Config, where: Callable[[str], Path], folder: Path) -> tuple[Config, tuple[str, ...]]:
    """Have what the sources demand (a suite of checks) below ``folder``, where the collectors look for it.

    Gives the configuration that says so, and the paths of these files from the root of the repository.
    """
    taken: list[str] = []
    for entry in config.entries:
        for key in (key for key, kind in input_options(entry.collector, entry.options).items() if kind == "demand"):
            path = Path(os.path.relpath(os.path.normpath(config.folder / entry.options[key]), config.repository))
            found, target = where(str(config.repository / path)), folder / path
            taken.append(path.as_posix())
            if found.is_file() and found != target:  # made by the job, so not of the ref
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(found, target)
    return replace(config, trusted=folder), tuple(taken)
