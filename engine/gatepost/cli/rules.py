"""What a run judges by: gatepost.yaml, policies, waivers and the baseline's file, with what the command line adds."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gatepost.cli.configured import from_here
from gatepost.cli.judging import cli_params, load_waivers
from gatepost.cli.output import hide
from gatepost.collect.champion import is_model
from gatepost.collect.inputs import governed_options, input_options
from gatepost.config import Config, load
from gatepost.paths import inside_repository
from gatepost.policy.loading import load_policies
from gatepost.policy.model import PolicySet, WaiverFile

if TYPE_CHECKING:
    from gatepost.cli.trusted_sources import TrustedSources

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
    waivers: WaiverFile
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
    policies = load_policies([*sources, *given.policies], params=assigned, where=where, custom=config.custom)
    waivers = given.waivers or (from_here(config.waivers, folder) if config.waivers else None)
    baseline = given.baseline
    if baseline is not None:
        config = replace(config, baseline=None)
    elif config.baseline is not None and not is_model(config.baseline):
        baseline = from_here(config.baseline, folder)
    return Rules(config, policies, load_waivers(waivers, policies, where), baseline)


def take_demands(config: Config, sources: TrustedSources) -> tuple[Config, tuple[str, ...]]:
    """Write what the sources read at the trusted ref to where the collectors look for it.

    These are what is demanded (a suite of checks), which the job may also make itself, and files of governed sections
    (approvals), which count as the ref has them. Returns the configuration that names the folder, and the paths of
    what is demanded from the root of the repository.
    """
    folder, taken = sources.tree.folder, list[str]()
    for entry in config.entries:
        for key in governed_options(entry.collector, entry.options):
            inside = inside_repository(entry.options[key], config.folder, config.repository)
            if inside is not None:
                sources.tree.take(inside)
        for key in (key for key, kind in input_options(entry.collector, entry.options).items() if kind == "demand"):
            inside = inside_repository(entry.options[key], config.folder, config.repository)
            if inside is None:
                continue
            found, target = sources(str(config.repository / inside)), folder / inside
            taken.append(inside)
            if found.is_file() and found != target:  # made by the job, so not of the ref
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(found, target)
    return replace(config, trusted=folder), tuple(taken)
