"""Asking Evidently for the drift of two tables that fit into memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gatepost.collect.evidently_results import drift_entries
from gatepost.collect.interface import CollectorError
from gatepost.collect.tabular.binning import number
from gatepost.collect.tabular.opening import Opened

__all__ = ["MAX_CELLS", "evidently_entries"]

MAX_CELLS = 50_000_000


def evidently_entries(
    reference: Opened, current: Opened, numbers: Sequence[str], categories: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Have Evidently choose the method of each column and call it drifted or not.

    Raises:
        CollectorError: Evidently is not installed, cannot compare the tables, or they are too large for memory.
    """
    try:
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataDriftPreset
    except ImportError as error:
        advice = "pip install 'gatepost[evidently]'"
        raise CollectorError(f"a library is not there: {error}", option=("engine",), advice=advice) from error
    names = [*numbers, *categories]
    with reference.reading():
        rows = sum(int(table.table.count().to_pyarrow().as_py()) for table in (reference, current))
    if rows * len(names) > MAX_CELLS:
        what = f"{rows} rows of {len(names)} columns are too many for Evidently, which needs them in memory"
        raise CollectorError(what, option=("engine",), advice="leave `engine` out, or take a sample by a query")
    definition = DataDefinition(numerical_columns=list(numbers), categorical_columns=list(categories))
    try:
        tables = [_frame(table, numbers, categories) for table in (current, reference)]
        datasets = [Dataset.from_pandas(table, definition) for table in tables]
        snapshot = Report([DataDriftPreset(columns=names)]).run(*datasets)
        return {entry["column"]: entry for entry in drift_entries(snapshot.dict()["metrics"])}
    except CollectorError:
        raise
    except Exception as error:  # whatever it raises is about these tables
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise CollectorError(f"Evidently cannot compare the tables: {reason}", option=("engine",)) from error


def _frame(opened: Opened, numbers: Sequence[str], categories: Sequence[str]) -> Any:
    columns = {name: number(opened.table, name) for name in numbers}
    columns |= {name: opened.table[name].cast("string") for name in categories}
    with opened.reading():
        return opened.table.select(**columns).to_pyarrow().to_pandas()
