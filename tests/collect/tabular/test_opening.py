"""Opening tables: a database is code, so it reads its own tables and nothing else."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from pyarrow import feather

from gatepost.collect.interface import CollectorError, Context
from gatepost.collect.tabular import location
from gatepost.collect.tabular.opening import open_table


@pytest.fixture
def context(tmp_path: Path) -> Context:
    folder = tmp_path / "repository"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("x\nsalary-42\n")
    (folder / "other.csv").write_text("x\nother\n")
    return Context(folder=folder, repository=folder)


def values(context: Context, data: str, query: str | None = None) -> list[object]:
    with open_table(data, context, query=query) as opened:
        return sorted(opened.table.to_pyarrow()["x"].to_pylist())


HOSTILE = {
    "a view of a file": "CREATE VIEW t AS SELECT content AS x FROM read_text('{secret}')",
    "a view of a path": "CREATE VIEW t AS FROM '{secret}'",
    "a view of another file of the repository": "CREATE VIEW t AS FROM '{other}'",
    "a macro": "CREATE MACRO t() AS TABLE SELECT content AS x FROM read_text('{secret}')",
    "a scalar macro": "CREATE MACRO f() AS (SELECT content FROM read_text('{secret}')); "
    "CREATE VIEW t AS SELECT f() AS x",
    "a list of files": "CREATE VIEW t AS SELECT file AS x FROM glob('/etc/*')",
    "an address": "CREATE VIEW t AS FROM read_csv('http://127.0.0.1:9/x.csv')",
    "settings": "CREATE VIEW t AS SELECT name AS x FROM duckdb_secrets()",
}


@pytest.mark.parametrize("how", HOSTILE)
def test_a_view_or_macro_of_a_database_reads_no_file(context: Context, tmp_path: Path, how: str) -> None:
    names = {"secret": tmp_path / "secret.csv", "other": context.folder / "other.csv"}
    with duckdb.connect(str(context.folder / "t.duckdb")) as database:
        try:
            database.execute(HOSTILE[how].format(**names))
        except duckdb.Error as error:  # an address is looked at when the view is made
            pytest.skip(f"this DuckDB does not make it: {error}")
    called = "t()" if how == "a macro" else "t"
    with pytest.raises(CollectorError) as caught:
        values(context, "duckdb:///t.duckdb", f"SELECT x FROM {called}")
    assert "salary-42" not in caught.value.what


@pytest.mark.parametrize(
    "query",
    [
        "SELECT content AS x FROM read_text('/etc/hostname')",
        "FROM 'other.csv'",
        "FROM '{folder}/other.csv'",
        "SELECT x FROM data; COPY data TO '{folder}/made.csv'",
        "SELECT x FROM data; SET enable_external_access = true",
        "SELECT x FROM data; INSTALL httpfs",
    ],
)
def test_a_query_reads_the_files_that_data_names(context: Context, query: str) -> None:
    (context.folder / "data.csv").write_text("x\n1\n2\n")
    with pytest.raises(CollectorError):
        values(context, "data.csv", query.format(folder=context.folder))
    assert not (context.folder / "made.csv").exists()
    assert values(context, "data.csv", "SELECT x FROM data WHERE x > 1") == [2]


def test_tables_views_of_tables_and_the_log_of_a_database_are_read(context: Context) -> None:
    path = context.folder / "t.duckdb"
    database = duckdb.connect(str(path))
    database.execute("CREATE TABLE t AS SELECT 1 AS x; CREATE VIEW v AS SELECT x + 1 AS x FROM t")
    database.execute("CHECKPOINT; INSERT INTO t VALUES (5)")
    try:
        copied = context.folder / "copy.duckdb"
        for end in ("", ".wal"):  # as a job finds it whose database was not closed
            Path(f"{copied}{end}").write_bytes(Path(f"{path}{end}").read_bytes())
    finally:
        database.close()
    assert values(context, "duckdb:///copy.duckdb", "SELECT x FROM v") == [2, 6]
    assert values(context, "duckdb:///t.duckdb", "SELECT x FROM t") == [1, 5]


@pytest.mark.parametrize("log", [False, True])
def test_sqlite_is_read_where_nothing_can_be_written(context: Context, log: bool) -> None:
    path = context.folder / "t.db"
    database = sqlite3.connect(path)
    if log:
        database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE t (x)")
    database.execute("INSERT INTO t VALUES (1), (2)")
    database.commit()
    before = {file.name: file.read_bytes() for file in context.folder.iterdir()}
    os.chmod(context.folder, 0o500)  # noqa: PTH101
    try:
        assert values(context, "sqlite:///t.db", "SELECT x FROM t") == [1, 2]
        assert {file.name: file.read_bytes() for file in context.folder.iterdir()} == before
    finally:
        os.chmod(context.folder, 0o700)  # noqa: PTH101
        database.close()


def test_files_behind_links_are_read_by_the_name_of_the_link(context: Context) -> None:
    kept = context.folder / ".dvc" / "cache" / "files" / "md5" / "ab"
    kept.mkdir(parents=True)
    (kept / "cdef0123").write_text("x\n1\n2\n")
    (context.folder / "train.csv").symlink_to(".dvc/cache/files/md5/ab/cdef0123")
    assert values(context, "train.csv") == [1, 2]
    assert values(context, "tra*.csv") == [1, 2]


def test_a_glob_or_folder_does_not_follow_a_link_out(context: Context, tmp_path: Path) -> None:
    (context.folder / "data").mkdir()
    (context.folder / "data" / "a.csv").symlink_to(tmp_path / "secret.csv")
    for data in ("data/*.csv", "data/a.csv", "data", "**/a.csv"):
        with pytest.raises(CollectorError, match="lies outside the repository"):
            values(context, data)
    allowed = Context(folder=context.folder, repository=context.folder, data_roots=(str(tmp_path),))
    assert values(allowed, "data/*.csv") == ["salary-42"]


# Each name is a pattern or something else to one of the engines; `decoy` is what it would find then.
ODD_NAMES = {
    "[a]": "a",
    "*": "b",
    "?": "b",
    "[!x]": "y",
    "x[0-9]": "x1",
    "a[b": "ab",
    "**": "b",
    "it's": "its",
    "two\nlines": "two",
    "%20": " ",
    "~": "home",
    "{a,b}": "a",
    "s3:bucket": "bucket",
    "file:x": "x",
    "s3:/x": "x",
    "#x?y=1": "x",
    "back\\*slash": "backslash",
    "$HOME": "HOME",
    "é": "e",
    " ": "space",
    "sales.csv.gz": "sales.csv",
}


def _write(path: Path, value: str) -> None:
    frame = pd.DataFrame({"x": [value], "y": [1]})
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        path.write_bytes(frame.to_parquet())
    else:
        with path.open("wb") as stream:
            feather.write_feather(frame, stream)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".arrow"])
@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_file_is_read_by_its_very_name(context: Context, name: str, suffix: str) -> None:
    _write(context.folder / f"{ODD_NAMES[name]}{suffix}", "decoy")
    _write(context.folder / f"{name}{suffix}", "literal")
    assert values(context, f"{name}{suffix}") == ["literal"]
    assert list(location.fingerprint(f"{name}{suffix}", context).parts) == [f"{name}{suffix}"]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".arrow"])
@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_folder_is_read_by_its_very_name(context: Context, name: str, suffix: str) -> None:
    _write(context.folder / ODD_NAMES[name] / f"part{suffix}", "decoy")
    _write(context.folder / name / f"part{suffix}", "literal")
    for data in (name, f"{name}/part{suffix}", f"{name}/*{suffix}"):
        assert values(context, data) == ["literal"]
        assert list(location.fingerprint(data, context).parts) == [f"{name}/part{suffix}"]


def test_where_no_file_has_the_name_it_is_a_pattern(context: Context) -> None:
    for name in ("a", "b", "c", "[x]"):
        _write(context.folder / f"{name}.csv", name)
    assert values(context, "[ab].csv") == ["a", "b"]
    assert values(context, "*.csv") == sorted(["a", "b", "c", "[x]", "other"])
    assert values(context, "?.csv") == ["a", "b", "c"]
    assert values(context, "[[]x].csv") == ["[x]"]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_folder_on_the_way_to_a_file_is_no_column(context: Context, suffix: str) -> None:
    _write(context.folder / "x=forged" / f"a{suffix}", "kept")
    assert values(context, f"x=forged/a{suffix}") == ["kept"]
    for year in ("2025", "2026"):
        _write(context.folder / "data [1]" / f"year={year}" / f"a{suffix}", year)
    with open_table("data [1]", context) as opened:
        assert sorted(opened.table.to_pyarrow()["year"].to_pylist()) == [2025, 2026]
    with open_table(f"data [1]/year=2026/a{suffix}", context) as opened:
        assert "year" not in opened.table.columns


def test_a_database_is_opened_by_its_very_name(context: Context) -> None:
    for name, value in (("[a]", "literal"), ("a", "decoy")):
        with duckdb.connect(str(context.folder / f"{name}.db")) as database:
            database.execute(f"CREATE TABLE t AS SELECT '{value}' AS x")
        with closing(sqlite3.connect(context.folder / f"{name}.sqlite")) as store, store:
            store.execute(f"CREATE TABLE t AS SELECT '{value}' AS x")
    assert values(context, "duckdb:///[a].db", "SELECT * FROM t") == ["literal"]
    assert values(context, "sqlite:///[a].sqlite", "SELECT * FROM t") == ["literal"]


def test_a_repository_in_a_folder_of_an_odd_name(context: Context) -> None:
    inside = context.folder / "job[1] *"
    _write(inside / "a.csv", "literal")
    assert values(Context(folder=inside, repository=inside), "a.csv") == ["literal"]
    assert values(Context(folder=inside, repository=inside), "*.csv") == ["literal"]
