"""The champion: what gatepost.yaml asks for, asked of the model that is in use today."""

from __future__ import annotations

from dataclasses import replace

from gatepost.config import Config, Entry
from gatepost.located_yaml import Pointer
from gatepost.problems import GatepostError, Place

__all__ = ["champion", "is_model", "paired"]


def is_model(baseline: str | None) -> bool:
    """Tell whether a baseline names a model of a registry rather than a file of evidence."""
    return baseline is not None and baseline.startswith(("models:/", "runs:/"))


def champion(config: Config) -> Config:
    """Give the configuration that collects the champion's evidence: of the sources that name a model, with its name.

    Other sources say nothing of the champion: columns of predictions, checks of the data, approvals.

    Raises:
        GatepostError: no source names a model, or several are named, so that it is not told which one it replaces.
    """
    entries = [entry for entry in config.entries if "model" in entry.options]
    models = sorted({entry.options["model"] for entry in entries})
    if len(models) != 1:
        named = f"sources name several models ({', '.join(models)})" if models else "no source names a model"
        what = f"the baseline {config.baseline} cannot be collected: {named}"
        advice = "collect its evidence to a file by a gatepost.yaml of its own, and name that"
        raise GatepostError.of(what, config.baseline_place, advice)
    return replace(config, entries=tuple(_instead(entry, config) for entry in entries))


def paired(config: Config) -> Config:
    """Give the configuration whose sources compare the model with the champion on the same rows, where they can."""
    if not is_model(config.baseline):
        return config
    return replace(config, entries=tuple(_beside(entry, str(config.baseline)) for entry in config.entries))


def _instead(entry: Entry, config: Config) -> Entry:
    options = {key: value for key, value in entry.options.items() if not key.startswith("baseline")}

    def place(option: Pointer) -> Place:
        return config.baseline_place if option == ("model",) else entry.option_place(option)

    options["model"] = config.baseline
    return replace(entry, name=f"baseline-{entry.name}", options=options, option_place=place)


def _beside(entry: Entry, baseline: str) -> Entry:
    can = "baseline" in entry.collector.options.get("properties", {}) and "model" in entry.options
    if not can or any(key.startswith("baseline") for key in entry.options):
        return entry
    return replace(entry, options={**entry.options, "baseline": baseline})
