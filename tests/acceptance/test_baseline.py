"""A model against the champion of a registry, by the commands that a user types."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

REGISTER = """
import mlflow, numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression

generator = np.random.default_rng(0)
frame = pd.DataFrame(generator.normal(size=(400, 2)), columns=["x", "z"])
frame["y"] = (frame["x"] + frame["z"] + generator.normal(size=400) > 0).astype(int)
frame.to_parquet("d.parquet")
mlflow.set_tracking_uri("sqlite:///mlflow.db")
mlflow.set_experiment("e")
for alias, features in (("candidate", ["x", "z"]), ("champion", ["x"])):
    with mlflow.start_run():
        model = LogisticRegression().fit(frame[features], frame["y"])
        info = mlflow.sklearn.log_model(model, name="m", input_example=frame[features].head(2))
        mlflow.log_input(mlflow.data.from_pandas(frame, source="d.parquet", name="holdout"))
        version = mlflow.register_model(info.model_uri, "credit").version
    mlflow.MlflowClient().set_registered_model_alias("credit", alias, version)
"""

CONFIG = """
subject: {name: credit}
collect:
  - performance: {data: d.parquet, label: y, model: models:/credit@candidate, tracking_uri: "sqlite:///mlflow.db"}
  - performance: {data: d.parquet, label: y, prediction: y}
    as: columns
policies: [profile/champion, own.yaml]
baseline: models:/credit@champion
"""

OWN = """
policy: own
version: 1.0.0
title: Own
owner: me@example.com
rules:
  - id: better
    title: Better than the champion
    severity: high
    enforcement: block
    require: evidence.performance.metrics.roc_auc.value > baseline.performance.metrics.roc_auc.value
    message: "{evidence.performance.metrics.roc_auc.value} after {baseline.performance.metrics.roc_auc.value}"
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("registry")
    subprocess.run([sys.executable, "-c", REGISTER], cwd=folder, check=True, capture_output=True)
    (folder / "gatepost.yaml").write_text(CONFIG)
    (folder / "own.yaml").write_text(OWN)
    return folder


def run_with(registry: Path, gatepost: Run, config: str) -> Any:
    """Run with another gatepost.yaml, and put the first one back."""
    (registry / "gatepost.yaml").write_text(config)
    try:
        return gatepost("run", cwd=registry)
    finally:
        (registry / "gatepost.yaml").write_text(CONFIG)


@pytest.mark.xdist_group("baseline")
def test_the_champion_is_collected_and_compared_on_the_same_rows(registry: Path, gatepost: Run) -> None:
    result = gatepost("run", cwd=registry)
    assert result.returncode == 0, result.stdout + result.stderr
    champion = json.loads((registry / ".gatepost" / "baseline.json").read_text())
    assert [source["name"] for source in champion["sources"]] == ["baseline-performance"]
    evidence = json.loads((registry / ".gatepost" / "evidence.json").read_text())["evidence"]
    own, other = evidence["performance"], champion["evidence"]["performance"]
    for name in ("accuracy", "roc_auc"):
        assert own["versus_baseline"][name]["difference"] == pytest.approx(
            own["metrics"][name]["value"] - other["metrics"][name]["value"]
        )
    assert "versus_baseline" not in evidence["more"]["columns"]["performance"]
    verdict = json.loads((registry / ".gatepost" / "verdict.json").read_text())
    assert verdict["baseline"]["digest"]


@pytest.mark.xdist_group("baseline")
def test_the_cache_holds_the_champion_too_and_explain_reads_it(registry: Path, gatepost: Run) -> None:
    gatepost("run", cwd=registry)
    assert gatepost("run", cwd=registry).stderr.count("  cached\n") == 3
    explained = gatepost("explain", "own/better", cwd=registry)
    assert explained.returncode == 0
    assert "baseline.performance.metrics.roc_auc.value" in explained.stdout
    assert "of the baseline" in explained.stdout


@pytest.mark.xdist_group("baseline")
def test_a_misspelt_champion_is_no_empty_baseline(registry: Path, gatepost: Run) -> None:
    result = run_with(registry, gatepost, CONFIG.replace("@champion", "@champoin"))
    assert result.returncode == 2
    assert "  gatepost.yaml:8:11\n     8 | baseline: models:/credit@champoin\n" in result.stderr
    assert "the baseline models:/credit@champoin cannot be collected" in result.stderr
    assert "for a first model leave `baseline` out" in result.stderr


@pytest.mark.xdist_group("baseline")
def test_a_data_set_of_mlflow_is_found_by_name(registry: Path, gatepost: Run) -> None:
    config = registry / "dataset.yaml"
    start, end = CONFIG.index("  - performance: {data: d.parquet, label: y, prediction"), CONFIG.index("policies:")
    written = (CONFIG[:start] + CONFIG[end:]).replace("d.parquet", "mlflow:holdout")
    config.write_text(written)
    found = gatepost("collect", "--config", "dataset.yaml", "-o", "dataset.json", cwd=registry)
    assert found.returncode == 0, found.stderr
    evidence = json.loads((registry / "dataset.json").read_text())["evidence"]["performance"]
    assert (evidence["dataset"], evidence["n"]) == ("mlflow:holdout", 400)
    config.write_text(written.replace("mlflow:holdout", "mlflow:holdot"))
    refused = gatepost("collect", "--config", "dataset.yaml", "-o", "dataset.json", cwd=registry)
    assert refused.returncode == 2
    assert "no run of MLflow logged a data set `holdot`" in refused.stderr
    assert "did you mean `holdout`?" in refused.stderr


@pytest.mark.xdist_group("baseline")
def test_a_champion_of_several_models_is_refused(registry: Path, gatepost: Run) -> None:
    result = run_with(registry, gatepost, CONFIG.replace("prediction: y", "model: other.joblib"))
    assert result.returncode == 2
    assert "sources name several models (models:/credit@candidate, other.joblib)" in result.stderr
