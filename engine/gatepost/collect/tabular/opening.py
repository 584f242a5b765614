"""Opening a table with the engine that it needs: DuckDB, or what Ibis reaches where the data is."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from gatepost.collect.interface import CollectorError, Context, Option
from gatepost.collect.tabular import location
from gatepost.collect.tabular.csv_cells import read_with_duckdb
from gatepost.collect.work_folder import work_folder
from gatepost.secrets import redacted, without_credentials

__all__ = ["Opened", "ask_together", "narrowed", "open_table"]

_DISTRIBUTED = ("athena", "bigquery", "clickhouse", "databricks", "impala", "pyspark", "snowflake", "trino")
"""Engines that compute where the data is, by the URLs of Ibis; other databases are read into DuckDB."""

_CHUNK = 100_000


@dataclass(frozen=True, slots=True)
class Opened:
    """An Ibis table, and how it is called; what goes wrong while it is read is said with its name."""

    table: Any
    name: str
    context: Context

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Say in a line why the table cannot be read.

        Raises:
            CollectorError: the engine failed.
        """
        with _said(self.name, ("data",)):
            yield


@contextlib.contextmanager
def open_table(
    data: str | list[Path],
    context: Context,
    *,
    query: str | None = None,
    name: str = "",
    option: Option = ("data",),
) -> Iterator[Opened]:
    """Open files or a database until the end of the block.

    Args:
        data: what the option says, or files that are known already.
        context: where relative paths start.
        query: SQL; files are the table ``data`` in it. Required for a database.
        name: how the table is called; what ``data`` says, without credentials, where it is not given.
        option: the option to blame.

    Raises:
        CollectorError: it cannot be opened, has no rows, or the query fails.
    """
    try:
        import ibis
        import pandas  # noqa: F401 - answers arrive by it
    except ImportError as error:
        advice = "pip install 'gatepost[fairness]'"
        raise CollectorError(f"a library is not there: {error}", advice=advice) from error
    ibis.options.interactive = False
    named = name or location.shown_name(str(data))
    with contextlib.ExitStack() as stack:
        with _said(named, ("query",) if query else option):
            table = _table(data, context, query, option, stack)
            empty = table.limit(1).count().execute() == 0
        if empty:
            raise CollectorError(f"{named} has no rows", option=option)
        yield Opened(table, named, context)


def ask_together(tables: Mapping[str, Opened], sql: str) -> dict[str, Any]:
    """Ask a question of tables that may lie in several engines; the answer is one row.

    The rows are copied into one DuckDB first, piece by piece, which joins them out of core.

    Raises:
        CollectorError: a table cannot be read.
    """
    with contextlib.ExitStack() as stack:
        connection = _duckdb(stack, next(iter(tables.values())).context)
        for name, opened in tables.items():
            with opened.reading():
                _kept(connection, _pieces(opened.table), name)
        asked = connection.con.execute(sql)
        names = [column[0] for column in asked.description]
        return dict(zip(names, asked.fetchone(), strict=True))


def narrowed(table: Any) -> Any:
    """Give the selected columns of a table as one of their own, so that no question names all columns again.

    Of a table of 10,000 columns each question would cost seconds before it is asked.
    """
    backend = table.get_backend()
    if backend.name != "duckdb":
        return table
    backend.con.execute(f"CREATE OR REPLACE TEMP VIEW columns_needed AS {table.compile()}")
    return backend.table("columns_needed")


def _pieces(table: Any) -> Any:
    """Give the rows of a table as a reader of Arrow batches."""
    backend = table.get_backend()
    if backend.name == "duckdb":
        # Ibis 12 asks DuckDB 2 for them by a name that is gone.
        return backend.con.sql(table.compile()).fetch_record_batch(_CHUNK)
    return table.to_pyarrow_batches()


def _table(
    data: str | list[Path], context: Context, query: str | None, option: Option, stack: contextlib.ExitStack
) -> Any:
    if isinstance(data, str) and location.is_database(data):
        if not query:
            raise CollectorError(
                f"{without_credentials(data)} is a database: `query` is needed",
                option=option,
                advice="query: SELECT ...",
            )
        return _database(data, query, context, option, stack)
    found = location.files(data, context, option) if isinstance(data, str) else data
    paths = _without_patterns(found)
    # The folders of a data set may be columns (`year=2026/`); those on the way to a file that is named are not.
    named = isinstance(data, str) and (context.folder / data).is_file()
    connection = _duckdb(stack, context, paths)
    kind = found[0].suffix.lower()
    if kind in (".parquet", ".pq"):
        hive = {"hive_partitioning": False} if named else {}
        table = connection.read_parquet(paths, union_by_name=True, **hive)
    elif kind in (".csv", ".tsv"):
        table = connection.table(read_with_duckdb(connection.con, paths, one_file=named))
    else:
        import pyarrow.dataset

        table = _kept(connection, pyarrow.dataset.dataset(paths, format="ipc").to_table())
    if query:
        connection.con.execute(f"CREATE VIEW data AS {table.compile()}")
        return _queried(connection, query)
    return table


def _without_patterns(files: Sequence[Path]) -> list[str]:
    """Return names by which DuckDB opens these files: where one would be a pattern to it, links without its signs."""
    names = [str(file.absolute()) for file in files]
    if not any(location.is_pattern(name) for name in names):
        return names
    folder = Path(tempfile.mkdtemp(dir=work_folder(), prefix="tables-"))
    links = [folder / str(number) / location.plain(name).lstrip("/") for number, name in enumerate(names)]
    for link, name in zip(links, names, strict=True):
        link.parent.mkdir(parents=True)
        link.symlink_to(name)
    return [str(link) for link in links]


def _kept(connection: Any, rows: Any, name: str = "rows_kept", *, more: bool = False) -> Any:
    """Keep a frame, an Arrow table or a reader of one in DuckDB; ``more`` rows are added to what is there."""
    connection.con.register("incoming", rows)
    into = "INSERT INTO memory.main.{} FROM incoming" if more else "CREATE TABLE memory.main.{} AS FROM incoming"
    connection.con.execute(into.format(name))
    connection.con.unregister("incoming")
    return connection.table(name)


def _queried(connection: Any, query: str) -> Any:
    """Keep the rows of a query, for each question would ask it again, and might get other rows."""
    connection.con.execute(f"CREATE TABLE memory.main.rows_of_query AS ({query.strip().rstrip(';')})")
    connection.con.execute("USE memory")
    return connection.table("rows_of_query")


def _duckdb(stack: contextlib.ExitStack, context: Context, paths: Sequence[str] = ()) -> Any:
    """Connect to an empty DuckDB that may open these files and nothing else.

    A view or a macro of a database, and a query, are code: without this they could read any file that this process
    may read, load an extension, or open a connection.
    """
    import ibis

    connection = ibis.duckdb.connect()
    stack.callback(connection.disconnect)
    settings: dict[str, str | bool | list[str]] = {
        "temp_directory": str(work_folder() / f"duckdb-{threading.get_ident()}"),
        "memory_limit": f"{context.memory_bytes * 3 // 4 // 1024**2}MiB",  # beyond it, DuckDB spills to the disk
        "preserve_insertion_order": False,
        "enable_progress_bar": False,
        "python_enable_replacements": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allowed_paths": list(paths),
        "enable_external_access": False,
        "lock_configuration": True,
    }
    for name, value in settings.items():
        connection.con.execute(f"SET {name} = {_literal(value)}")
    return connection


def _literal(value: str | bool | list[str]) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return str(value).lower() if isinstance(value, bool) else "'" + value.replace("'", "''") + "'"


def _database(data: str, query: str, context: Context, option: Option, stack: contextlib.ExitStack) -> Any:
    import ibis

    scheme = urlsplit(data).scheme.lower()
    file = location.database_file(data, context, option)
    if scheme in _DISTRIBUTED:
        return ibis.connect(data).sql(query)
    if scheme == "duckdb":
        assert file is not None
        connection = _duckdb(stack, context, [str(file), f"{file}.wal"])
        connection.con.execute(f"ATTACH {_literal(str(file))} AS source_database (READ_ONLY)")
        connection.con.execute("USE source_database")
        return _queried(connection, query)
    import sqlalchemy

    if file is None:
        engine = sqlalchemy.create_engine(data)
    else:
        engine = sqlalchemy.create_engine("sqlite://", creator=lambda: _sqlite(location.files_of(file)))
    return _through_sqlalchemy(engine, query, _duckdb(stack, context))


def _sqlite(files: Sequence[Path]) -> sqlite3.Connection:
    """Open an SQLite database so that nothing is written beside it, with what its write-ahead log has."""
    file = files[0]
    if len(files) > 1:
        folder = Path(tempfile.mkdtemp(dir=work_folder(), prefix="sqlite-"))
        for one in files:
            shutil.copy(one, folder)
        file = folder / file.name
    how = "mode=ro&immutable=1" if len(files) == 1 else "mode=rw"
    connection = sqlite3.connect(f"file:{quote(str(file))}?{how}", uri=True, check_same_thread=False)
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection


def _through_sqlalchemy(engine: Any, query: str, connection: Any) -> Any:
    """Copy the rows of a query into DuckDB, piece by piece."""
    import pandas as pd
    import sqlalchemy

    table = None
    try:
        with engine.connect().execution_options(stream_results=True) as source:
            for frame in pd.read_sql_query(sqlalchemy.text(query), source, chunksize=_CHUNK):
                table = _kept(connection, frame, more=table is not None)
    finally:
        engine.dispose()
    if table is None:
        raise CollectorError("the query gives no rows", option=("query",))
    return table


@contextlib.contextmanager
def _said(named: str, option: Option) -> Iterator[None]:
    """Turn what an engine raises into one line; which exceptions those are depends on the engine."""
    try:
        yield
    except (CollectorError, MemoryError):
        raise
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        reason = redacted(lines[0] if lines else type(error).__name__)[:300]
        if "disabled by configuration" in reason:  # DuckDB's refusal of a file that `_duckdb` does not allow
            found = re.search('"([^"]*)"', reason)
            reads = f"another file ({found[1]})" if found else "more than its tables"
            what = f"{named} is not read: a view, a macro or the query reads {reads}"
            advice = "query the tables of the database, or `FROM data` for the files that `data` names"
            raise CollectorError(what, option=option, advice=advice) from error
        what = "the query fails" if option == ("query",) else f"{named} cannot be read"
        raise CollectorError(f"{what}: {_without_folders(reason)}", option=option) from error


def _without_folders(text: str) -> str:
    return re.sub(r"(?<![\w.])/(?:[^\s/'\"]+/)+", "", text)
