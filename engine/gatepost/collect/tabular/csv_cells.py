"""What the cells of a CSV file mean, the same for DuckDB (which measures) and pandas (for models).

An empty cell is a missing value. ``NA``, ``None`` and the like are missing in a column whose other cells are all
numbers or all truth values, and texts in any other, where they may name a country or a group of people. Truth values
are ``true`` and ``false`` in any case; ``yes``, ``no``, ``T`` and ``F`` are texts.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["read_with_duckdb", "read_with_pandas"]

_MISSING = frozenset(
    ("#N/A", "#NA", "-NaN", "-nan", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null")
)
_TRUTH = ("true", "false")
_AT_ONCE = 200
_FIRST = 100
_TABLE = "rows_of_csv"


def read_with_duckdb(connection: Any, paths: list[str], *, one_file: bool = False) -> str:
    """Keep the rows of CSV files in a table of a DuckDB connection, and return its name.

    Types are told from all rows. The folders above ``one_file`` are not columns (``year=2026/``).
    """
    # Kept by the engine, for each question would read the text again; types are told once, for DuckDB 2.0 now and
    # then tells others the second time of a table of 10,000 columns.
    _create(connection, paths, [], one_file)
    truth = [name for name, kind in _types(connection) if kind == "BOOLEAN"]
    if truth:  # DuckDB takes `yes` and `T` for true
        _create(connection, paths, truth, one_file)
    for names in _parts(_candidates(connection), _AT_ONCE):
        for name, kind in _hidden_types(connection, names).items():
            column = _name(name)
            value = f"CASE WHEN {column} IN ({_words(_MISSING)}) THEN NULL ELSE CAST({column} AS {kind}) END"
            connection.execute(f"ALTER TABLE {_TABLE} ALTER {column} TYPE {kind} USING {value}")
    return _TABLE


def _create(connection: Any, paths: list[str], texts: list[str], one_file: bool) -> None:
    options = ["header = true", "sample_size = -1", "union_by_name = true"]
    if one_file:
        options.append("hive_partitioning = false")
    if texts:
        types = ", ".join(f"{_text(name)}: 'VARCHAR'" for name in texts)
        options.append(f"types = {{{types}}}")
    reading = f"read_csv(?, {', '.join(options)})"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {_TABLE} AS FROM {reading}", [paths])


def _types(connection: Any) -> list[tuple[str, str]]:
    rows = connection.execute(f"DESCRIBE {_TABLE}").fetchall()
    return [(str(row[0]), str(row[1])) for row in rows]


def _candidates(connection: Any) -> list[str]:
    """Return the text columns whose first rows hold no other text; to count in all columns would take minutes."""
    # Types by the answer that has the values: asked for apart, they have been those of other columns in a wide table.
    answer = connection.execute(f"FROM {_TABLE} LIMIT {_FIRST}")
    kinds = [(str(column[0]), str(column[1])) for column in answer.description]
    columns = zip(kinds, zip(*answer.fetchall(), strict=True), strict=False)
    return [name for (name, kind), values in columns if kind == "VARCHAR" and not any(map(_is_text, values))]


def _is_text(value: str | None) -> bool:
    if value is None or value in _MISSING or value.lower() in _TRUTH:
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False


def _hidden_types(connection: Any, names: list[str]) -> dict[str, str]:
    """Return the type of the text columns that hold only truth values, or only numbers, beside words for missing."""
    asked = []
    for name in names:
        column = _name(name)
        rest = f"FILTER ({column} IS NOT NULL AND {column} NOT IN ({_words(_MISSING)}))"
        asked += [
            f"count(*) {rest}",
            f"count(*) FILTER ({column} IN ({_words(_MISSING)}))",
            f"bool_and(lower({column}) IN ({_words(_TRUTH)})) {rest}",
            f"bool_and(TRY_CAST({column} AS DOUBLE) IS NOT NULL) {rest}",
        ]
    (answers,) = connection.execute(f"FROM {_TABLE} SELECT {', '.join(asked)}").fetchall()
    found = {}
    for name, (values, words, truth, numbers) in zip(names, _parts(answers, 4), strict=True):
        if values and truth:
            found[name] = "BOOLEAN"
        elif values and words and numbers:
            found[name] = "DOUBLE"
    return found


def _parts(values: Any, size: int) -> list[Any]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def _name(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _words(values: Any) -> str:
    return ", ".join(_text(value) for value in sorted(values))


def read_with_pandas(path: Path) -> Any:
    """Return the rows of a CSV file as a frame."""
    import pandas

    frame = pandas.read_csv(path, keep_default_na=False, na_values=[""], low_memory=False)
    for place in range(len(frame.columns)):
        column = frame.iloc[:, place]
        words = column.isin(_MISSING)
        if not words.any():  # as in every column of numbers
            continue
        rest = column[~words].dropna()
        numbers = pandas.to_numeric(rest, errors="coerce")
        truth = rest.str.lower()
        if len(rest) and truth.isin(_TRUTH).all():
            frame.isetitem(place, (truth == "true").astype(object).reindex(frame.index))
        elif len(rest) and numbers.notna().all():
            frame.isetitem(place, numbers.astype(float).reindex(frame.index))
    return frame
