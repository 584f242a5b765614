"""What an entry reads, resolved in the gate's own process: files, databases, models, and what must be fetched.

An option whose schema says ``"x-input": KIND`` names such an input, and one with ``"x-column"`` a column of a table.
An entry with an input is collected in the child process, which may read the files listed here and nothing else of
the repository.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gatepost.collect.digests import resolved_tree
from gatepost.collect.interface import Collector, Context, Option
from gatepost.collect.tabular import location
from gatepost.collect.work_folder import work_folder
from gatepost.evidence.schema import GOVERNED

__all__ = ["Inputs", "governed_options", "input_options", "predictions_of", "readable", "resolve_inputs"]


_STORED = ("models:/", "runs:/", "mlflow:")


@dataclass(frozen=True, slots=True)
class Inputs:
    """``paths`` by kind and by what the option says; ``files``, without links; whether a server must be reached.

    ``stored`` are local files whose place MLflow told; ``notes`` are what models that predicted gave to note.
    """

    paths: Mapping[str, tuple[Path, ...]]
    files: tuple[Path, ...]
    server: bool
    stored: tuple[Path, ...] = ()
    notes: tuple[str, ...] = ()


def input_options(collector: Collector, options: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the kind of each option of an entry that names an input.

    ``table``: files, a database, or a data set of MLflow; ``file``: one file; ``demand``: a file of the trusted ref;
    ``model``: a model that the child loads; ``predictor``: one that predicts the tables in a child of its own.
    """
    properties = collector.options.get("properties", {})
    return {key: properties[key]["x-input"] for key in options if "x-input" in properties.get(key, ())}


def governed_options(collector: Collector, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the options of an entry that name a file of governed sections, which the trusted ref supplies."""
    sections = (options["section"],) if "section" in options else collector.sections
    properties = collector.options.get("properties", {})
    named = (key for key in options if properties.get(key, {}).get("x-governed"))
    return tuple(named) if not set(GOVERNED).isdisjoint(sections) else ()


def resolve_inputs(collector: Collector, options: Mapping[str, Any], context: Context) -> Inputs:
    """Find all inputs of an entry; what lies elsewhere is downloaded, and models predict the tables.

    Raises:
        CollectorError: an input is not there, or lies outside of what may be read; a model cannot predict.
    """
    found: dict[str, tuple[Path, ...]] = {}
    server = False
    kinds = input_options(collector, options)
    # Models last: they may take a download, and a misspelt file should not cost that time.
    for option, kind in sorted(kinds.items(), key=lambda named: named[1] in ("model", "predictor")):
        written = str(options[option])
        paths = tuple(_paths(kind, written, options.get("tracking_uri"), context, (option,)))
        found[f"{'model' if kind == 'predictor' else kind} {written}"] = paths
        server = server or (kind == "table" and not paths)
    predictors = {f"model {options[option]}" for option, kind in kinds.items() if kind == "predictor"}
    predictions, notes = _predictions(collector, options, replace(context, inputs=found))
    found |= predictions
    files = readable(context, *(path for key, paths in found.items() if key not in predictors for path in paths))
    named = (path for key, paths in found.items() if key.partition(" ")[2].startswith(_STORED) for path in paths)
    stored = tuple(path for path in named if not path.is_relative_to(work_folder()))
    return Inputs(found, files, server, stored, notes)


def readable(context: Context, *paths: Path) -> tuple[Path, ...]:
    """Return files and folders without links, and what the links in the folders lead to (as DVC makes them).

    Raises:
        CollectorError: one leads outside of what may be read.
    """
    # Downloaded, or written from the ref: checked already.
    checked = (work_folder(), *filter(None, [context.trusted]))
    found: dict[Path, None] = {}
    for path in paths:
        own = any(path.is_relative_to(folder) for folder in checked)
        found |= dict.fromkeys(resolved_tree(path) if own else context.check_tree(path))
    return tuple(found)


def predictions_of(model: str, data: Path) -> str:
    """Return the key in ``Context.inputs`` of what a model predicts for a file."""
    return f"predictions {model} {data}"


def _paths(kind: str, written: str, tracking_uri: str | None, context: Context, option: Option) -> list[Path]:
    if kind == "table":
        return location.table_files(written, context, option, tracking_uri)
    if kind in ("model", "predictor"):
        from gatepost.collect.models.reference import resolve  # MLflow's modules: only where a model is named

        return [resolve(written, tracking_uri, context, option)]
    return [context.demand(written, option) if kind == "demand" else context.path(written, option)]


def _predictions(
    collector: Collector, options: Mapping[str, Any], context: Context
) -> tuple[dict[str, tuple[Path, ...]], tuple[str, ...]]:
    """Have each model predict each table that is one file; of others the collector says why it cannot.

    Returns the predictions by their keys, and the notes on the models.
    """
    kinds = input_options(collector, options)
    models = [str(options[option]) for option, kind in kinds.items() if kind == "predictor"]
    if not models or "prediction" in options or any(key.endswith("query") for key in options):
        return {}, ()
    from gatepost.collect.models.prediction import predict, prediction_notes

    notes: dict[str, None] = {}
    found: dict[str, tuple[Path, ...]] = {}
    columns = tuple(_columns(collector, options))
    for option in (option for option, kind in kinds.items() if kind == "table"):
        written = str(options[option])
        paths = context.inputs[f"table {written}"]
        if len(paths) != 1 or location.is_database(written):
            continue
        for model in models:
            predicted = predict(model, paths[0], options.get("label"), context, options.get("tracking_uri"), columns)
            found[predictions_of(model, paths[0])] = (predicted,)
            notes |= dict.fromkeys(prediction_notes(predicted))
    return found, tuple(notes)


def _columns(collector: Collector, options: Mapping[str, Any]) -> Iterator[tuple[str, Option]]:
    """Return the columns that the options name, each with its option."""
    properties = collector.options.get("properties", {})
    for key, value in options.items():
        schema = properties.get(key, {})
        if schema.get("x-column"):
            yield str(value), (key,)
        elif schema.get("items", {}).get("x-column"):
            yield from ((str(column), (key, number)) for number, column in enumerate(value))
