"""Jobs that do in the child what collectors and models do."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any


def tables(csv: str, parquet: str) -> list[int]:
    """Read the same rows with pandas, pyarrow and DuckDB, and with DuckDB what does not fit into its memory."""
    import duckdb
    import pandas
    import pyarrow.parquet

    found = [
        len(pandas.read_csv(csv)),
        len(pandas.read_parquet(parquet)),
        pyarrow.parquet.read_table(parquet).num_rows,
    ]
    with duckdb.connect() as connection:
        connection.execute("set memory_limit = '50MB'; set threads = 2; set temp_directory = 'spilled'")
        for path in (csv, parquet):
            found.append(
                connection.execute(
                    "select count(*) from read_csv(?)" if path == csv else "select count(*) from read_parquet(?)",
                    [path],
                ).fetchone()[0]
            )
        query = (
            "select count(*) from (select range as a, hash(range)::varchar as b from range(2000000) order by b, a)"
        )
        assert connection.execute(query).fetchone()[0] == 2000000
    return found


def ibis_counts(parquet: str) -> int:
    import ibis

    return int(ibis.duckdb.connect().read_parquet(parquet).count().execute())


def expectations(csv: str) -> bool:
    import great_expectations as gx
    import pandas

    context = gx.get_context(mode="ephemeral")
    batch = context.data_sources.add_pandas("p").add_dataframe_asset("d").add_batch_definition_whole_dataframe("b")
    batch = batch.get_batch(batch_parameters={"dataframe": pandas.read_csv(csv)})
    return bool(batch.validate(gx.expectations.ExpectColumnValuesToNotBeNull(column="x")).success)


def many_jobs(rows: int) -> list[float]:
    """Fit what would use several processes or threads."""
    import numpy
    from joblib import Parallel, delayed
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import cross_val_score

    data = numpy.random.default_rng(0).random((rows, 3))
    forest = RandomForestClassifier(10, n_jobs=2, random_state=0).fit(data, data[:, 0] > 0.5)
    scores = cross_val_score(RandomForestClassifier(5, random_state=0), data, data[:, 0] > 0.5, n_jobs=2, cv=3)
    squares = Parallel(n_jobs=2)(delayed(pow)(number, 2) for number in range(4))
    return [float(forest.score(data, data[:, 0] > 0.5)), float(scores.min()), float(sum(squares))]


def attack(rows: int) -> list[int]:
    import numpy
    from art.attacks.evasion import HopSkipJump
    from art.estimators.classification import SklearnClassifier
    from sklearn.linear_model import LogisticRegression

    data = numpy.random.default_rng(0).random((rows, 3))
    model = LogisticRegression().fit(data, data[:, 0] > 0.5)
    found = HopSkipJump(SklearnClassifier(model), max_iter=2, max_eval=20, init_eval=5, verbose=False).generate(
        data[:5]
    )
    return list(found.shape)


def pyfunc(model: str) -> list[int]:
    from mlflow import pyfunc
    from pandas import DataFrame

    return [int(value) for value in pyfunc.load_model(model).predict(DataFrame({"x": [0.0, 1.0]}))]


def skops(model: str) -> list[int]:
    from skops.io import load

    return [int(value) for value in load(model).predict([[0.0], [1.0]])]


def boosted(rows: int, library: str) -> float:
    import importlib

    import numpy

    data = numpy.random.default_rng(0).random((rows, 3))
    kind = {"xgboost": "XGBClassifier", "lightgbm": "LGBMClassifier"}[library]
    model = getattr(importlib.import_module(library), kind)(n_estimators=5)
    return float(model.fit(data, (data[:, 0] > 0.5).astype(int)).score(data, (data[:, 0] > 0.5).astype(int)))


def picture() -> int:
    """Draw, which writes caches to the home folder."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    pyplot.plot([1, 2])
    pyplot.savefig("picture.png")
    return Path("picture.png").stat().st_size


def system() -> dict[str, Any]:
    """Use what the standard library takes from the system."""
    import asyncio
    import concurrent.futures
    import getpass
    import locale
    import multiprocessing
    import platform
    import shutil
    import ssl
    import tempfile
    import uuid
    import zoneinfo

    Path("a").write_text("x")
    shutil.copy2("a", "b")
    with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile() as file:
        file.write(Path(folder).name.encode())
    receive, send = multiprocessing.Pipe()
    send.send("word")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        threads = sum(pool.map(abs, range(3)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        locale.setlocale(locale.LC_ALL, "")
    return {
        "certificates": bool(ssl.create_default_context()),
        "zone": str(zoneinfo.ZoneInfo("Europe/Zurich")),
        "user": bool(getpass.getuser()),
        "platform": platform.system(),
        "identifier": len(str(uuid.uuid1())),
        "asynchronous": asyncio.run(asyncio.sleep(0, "done")),
        "pipe": receive.recv(),
        "threads": threads,
        "copied": Path("b").read_text(),
        "python": subprocess.check_output([sys.executable, "-c", "print(1)"], text=True),
        "shell": subprocess.check_output("echo a | cat", shell=True, text=True),
    }


def user_module() -> str:
    import team_module

    return str(team_module.WORD)


def look_up() -> None:
    import urllib.request

    urllib.request.urlopen("http://127.0.0.1:9/")


def lock() -> None:
    import multiprocessing

    multiprocessing.Lock()


def open_file(path: str) -> str:
    return Path(path).read_text()


def tasks_of_processes() -> None:
    from concurrent.futures import ProcessPoolExecutor

    ProcessPoolExecutor(2)
