"""What an entry reads, resolved in the gate's own process: files, databases, models, and what must be fetched.

An option whose schema says ``"x-input": KIND`` names such an input. An entry with one is collected in the child
process, which may read the files listed here and nothing else of the repository.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatepost.collect.digests import resolved_tree
from gatepost.collect.interface import Collector, Context, Option
from gatepost.collect.tabular import location
from gatepost.collect.work_folder import work_folder

__all__ = ["Inputs", "input_options", "readable", "resolve_inputs"]


@dataclass(frozen=True, slots=True)
class Inputs:
    """``paths`` by kind and by what the option says; ``files``, without links; whether a server must be reached."""

    paths: Mapping[str, tuple[Path, ...]]
    files: tuple[Path, ...]
    server: bool


def input_options(collector: Collector, options: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the kind of each option of an entry that names an input: ``table``, ``model``, ``file``, ``demand``."""
    properties = collector.options.get("properties", {})
    return {key: properties[key]["x-input"] for key in options if "x-input" in properties.get(key, ())}


def resolve_inputs(collector: Collector, options: Mapping[str, Any], context: Context) -> Inputs:
    """Find all inputs of an entry; models and data sets that lie elsewhere are downloaded.

    Raises:
        CollectorError: an input is not there, or lies outside of what may be read.
    """
    found: dict[str, tuple[Path, ...]] = {}
    server = False
    # Models last: they may take a download, and a misspelt file should not cost that time.
    for option, kind in sorted(input_options(collector, options).items(), key=lambda named: named[1] == "model"):
        written = str(options[option])
        paths = tuple(_paths(kind, written, options.get("tracking_uri"), context, (option,)))
        found[f"{kind} {written}"] = paths
        server = server or (kind == "table" and not paths)
    return Inputs(found, readable(context, *(path for paths in found.values() for path in paths)), server)


def readable(context: Context, *paths: Path) -> tuple[Path, ...]:
    """Return files and folders without links, and what the links in the folders lead to (as DVC makes them).

    Raises:
        CollectorError: one leads outside of what may be read.
    """
    # Checked already: by the process that started this one, at the download, or on being written from the ref.
    checked = (work_folder(), *filter(None, [context.trusted]))
    found: dict[Path, None] = {}
    for path in paths:
        own = context.in_child or any(path.is_relative_to(folder) for folder in checked)
        found |= dict.fromkeys(resolved_tree(path) if own else context.check_tree(path))
    return tuple(found)


def _paths(kind: str, written: str, tracking_uri: str | None, context: Context, option: Option) -> list[Path]:
    if kind == "table":
        return location.table_files(written, context, option, tracking_uri)
    if kind == "model":
        from gatepost.collect.models.reference import resolve  # MLflow's modules: only where a model is named

        return [resolve(written, tracking_uri, context, option)]
    return [context.demand(written, option) if kind == "demand" else context.path(written, option)]
