"""The collectors on engines other than DuckDB: a local Spark, and a PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from gatepost.collect.interface import Collector, Context
from gatepost.collect.sources import drift, fairness, leakage, performance

COLUMNS = {"label": "y", "prediction": "y_hat", "score": "score"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    generator = np.random.default_rng(0)
    n = 2000
    frame = pd.DataFrame({"y": generator.integers(0, 2, n), "sex": generator.choice(["f", "m", None], n)})
    frame["weight"], frame["person"] = generator.uniform(0.5, 2, n), np.arange(n) // 3
    frame["score"] = np.clip(0.5 * frame["y"] + 0.5 * generator.random(n), 0.01, 0.99)
    frame["y_hat"] = (frame["score"] > 0.5).astype(int)
    found = tmp_path_factory.mktemp("tables")
    frame.to_parquet(found / "old.parquet")
    frame.sample(1000, random_state=1).assign(score=lambda f: f["score"] ** 2).to_parquet(found / "new.parquet")
    return found


def collected(collector: Any, folder: Path, options: dict[str, Any]) -> Any:
    one: Collector = collector
    return one.collect(options, Context(folder=folder, repository=folder)).sections


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Say where two sections differ by more than the order of a sum can make them."""
    if path.rpartition("/")[2] in ("dataset", "reference", "current", "train", "test") and isinstance(one, str):
        return []
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [found for key in one for found in differences(one[key], other[key], f"{path}/{key}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [found for place, (a, b) in pairs for found in differences(a, b, f"{path}/{place}")]
    if isinstance(one, float) and isinstance(other, float):
        return [] if one == pytest.approx(other, rel=1e-9) else [f"{path}: {one} {other}"]
    return [] if one == other else [f"{path}: {one} {other}"]


@pytest.fixture(scope="module")
def spark(folder: Path) -> Iterator[dict[str, dict[str, str]]]:
    pytest.importorskip("pyspark", reason="pip install 'gatepost[spark]' brings Spark")
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java 17")
    with pytest.MonkeyPatch.context() as patch:
        # Else Spark leaves a folder where the tests are run.
        patch.setenv("PYSPARK_SUBMIT_ARGS", f"--conf spark.sql.warehouse.dir={folder}/warehouse pyspark-shell")
        yield {
            name: {"data": "pyspark://", "query": f"SELECT * FROM parquet.`{folder}/{name}.parquet`"}
            for name in ("old", "new")
        }


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.xdist_group("spark")
@pytest.mark.parametrize(
    ("collector", "options"),
    [
        (fairness, {**COLUMNS, "attributes": ["sex"]}),
        (fairness, {**COLUMNS, "attributes": ["sex"], "weight": "weight", "cluster": "person"}),
        (performance, {**COLUMNS, "slices": ["sex"], "thresholds": [0.3]}),
        (performance, {"label": "y", "prediction": "y_hat", "task": "multiclass"}),
        (performance, {"label": "y", "score": "score", "task": "ranking", "qid": "person"}),
    ],
)
def test_spark_says_what_duckdb_says(
    folder: Path, spark: dict[str, dict[str, str]], collector: Any, options: dict[str, Any]
) -> None:
    own = collected(collector, folder, {"data": "old.parquet", **options})
    assert differences(own, collected(collector, folder, {**spark["old"], **options})) == []


@pytest.mark.slow
@pytest.mark.spark
@pytest.mark.xdist_group("spark")
@pytest.mark.parametrize(
    ("collector", "sides", "options"),
    [
        (drift, ("reference", "current"), {"columns": ["score", "sex", "y"]}),
        (leakage, ("train", "test"), {"label": "y", "exclude": ["person", "weight"]}),
    ],
)
def test_spark_compares_tables_as_duckdb_does(
    folder: Path, spark: dict[str, dict[str, str]], collector: Any, sides: tuple[str, str], options: dict[str, Any]
) -> None:
    own = collected(collector, folder, {**dict(zip(sides, ("old.parquet", "new.parquet"), strict=True)), **options})
    there = {}
    for side, name in zip(sides, ("old", "new"), strict=True):
        there |= {side: spark[name]["data"], f"{side}_query": spark[name]["query"]}
    assert differences(own, collected(collector, folder, {**there, **options})) == []


@pytest.fixture(scope="module")
def postgres(folder: Path) -> Iterator[str]:
    """Start a server of its own in a folder of its own, and copy the table into it."""
    sqlalchemy = pytest.importorskip("sqlalchemy")
    pytest.importorskip("psycopg", reason="pip install psycopg brings the driver")
    initdb = shutil.which("initdb") or next(iter(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb"))), None)
    if initdb is None:
        pytest.skip("there is no PostgreSQL")
    # A server refuses to run as root, and a socket's path has to be short.
    home = Path(tempfile.mkdtemp(prefix="pg"))
    user = {"user": "nobody"} if os.geteuid() == 0 else {}
    if user:
        shutil.chown(home, "nobody")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Path(initdb).with_name("postgres")
    subprocess.run(
        [initdb, "-D", home / "data", "-U", "tester", "-A", "trust"],
        check=True,
        capture_output=True,
        cwd=home,
        **user,
    )
    command = [server, "-D", home / "data", "-p", str(port), "-k", home, "-c", "listen_addresses=127.0.0.1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=home, **user)
    url = f"postgresql+psycopg://tester@127.0.0.1:{port}/postgres"
    engine = sqlalchemy.create_engine(url)
    try:
        for _ in range(100):
            try:
                engine.connect().close()
                break
            except sqlalchemy.exc.OperationalError:
                subprocess.run(["sleep", "0.1"], check=True)
        pd.read_parquet(folder / "old.parquet").to_sql("decisions", engine, index=False)
        yield url
    finally:
        engine.dispose()
        process.terminate()
        process.wait(timeout=30)
        shutil.rmtree(home, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.systems
@pytest.mark.xdist_group("postgres")
def test_a_server_is_read_and_never_cached(folder: Path, postgres: str) -> None:
    options = {**COLUMNS, "attributes": ["sex"]}
    own = collected(fairness, folder, {"data": "old.parquet", **options})
    there = {"data": postgres, "query": "SELECT * FROM decisions", **options}
    assert differences(own, collected(fairness, folder, there)) == []
    fingerprint = fairness.fingerprint(there, Context(folder=folder, repository=folder))
    assert not fingerprint.cacheable
    assert "may change at any time" in fingerprint.reason
