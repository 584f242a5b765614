"""The cells of a CSV file are read alike by what measures and by what asks a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from gatepost.collect.models.loading import read_table
from gatepost.collect.tabular.csv_cells import read_with_duckdb


def by_duckdb(path: Path) -> list[Any]:
    connection = duckdb.connect()
    table = read_with_duckdb(connection, [str(path)])
    return [row[0] for row in connection.execute(f"SELECT x FROM {table} ORDER BY i").fetchall()]


def by_pandas(path: Path) -> list[Any]:
    return [None if value != value else value for value in read_table(path)["x"].tolist()]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["NA", "None", "x", ""], ["NA", "None", "x", None]),
        (["NA", "None", "null", ""], ["NA", "None", "null", None]),
        (["1", "NA", "2", ""], [1, None, 2, None]),
        (["1.5", "None", "n/a", "-2e3"], [1.5, None, None, -2000]),
        (["1", "x", "NA"], ["1", "x", "NA"]),
        (["yes", "no", "yes"], ["yes", "no", "yes"]),
        (["T", "F", "T"], ["T", "F", "T"]),
        (["true", "False", "TRUE"], [True, False, True]),
        (["true", "NA", "false", ""], [True, None, False, None]),
        (["true", "yes"], ["true", "yes"]),
        (["good", "good ", " good"], ["good", "good ", " good"]),
        (["1", "2", "3"], [1, 2, 3]),
        (['"NA"', '"a ""b"""', "''"], ["NA", 'a "b"', "''"]),
    ],
)
def test_a_cell_means_the_same_either_way(tmp_path: Path, cells: list[str], values: list[Any]) -> None:
    path = tmp_path / "t.csv"
    path.write_text("i,x\n" + "".join(f"{number},{cell}\n" for number, cell in enumerate(cells)))
    assert by_duckdb(path) == values
    assert by_pandas(path) == values


def test_words_far_down_and_odd_names(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('i,x,"a ""q\'"\n' + "".join(f"{n},{n},yes\n" for n in range(3000)) + "3000,NA,no\n")
    assert by_duckdb(path)[-1] is None
    assert by_pandas(path)[-1] is None
    text = tmp_path / "u.csv"
    text.write_text("i,x\n" + "".join(f"{n},{n}\n" for n in range(3000)) + "3000,NA\n3001,word\n")
    assert by_duckdb(text)[-2:] == by_pandas(text)[-2:] == ["NA", "word"]


def test_several_files_are_one_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\nyes,1\n")
    (tmp_path / "b.csv").write_text("y\nNA\n")
    connection = duckdb.connect()
    table = read_with_duckdb(connection, [str(tmp_path / "a.csv"), str(tmp_path / "b.csv")])
    assert set(connection.execute(f"FROM {table}").fetchall()) == {("yes", 1), (None, None)}
