"""Collecting in the child process: which entries go there, and what reaches them."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import joblib
import pytest

from gatepost.collect.inputs import input_options, resolve_inputs
from gatepost.collect.interface import Collected, CollectorError, Context
from gatepost.collect.isolation.collecting import collect
from gatepost.collect.registry import BUILT_IN, Registry
from gatepost.collect.sources import great_expectations, performance
from gatepost.problems import Place

HARMLESS = {"mlflow", "git", "model_card", "file", "evidently"}
"""Collectors that parse files or ask a server, and evaluate nothing."""


@pytest.fixture
def context(tmp_path: Path) -> Context:
    (tmp_path / "data.csv").write_text("x,y,p\n" + "1,1,1\n2,0,1\n3,0,0\n" * 20)
    return Context(folder=tmp_path, repository=tmp_path, timeout_seconds=120)


def test_every_collector_that_opens_tables_models_or_suites_names_its_inputs() -> None:
    registry = Registry()
    for name in BUILT_IN:
        collector = registry.get(name)
        assert collector is not None
        named = {key for key, schema in collector.options["properties"].items() if "x-input" in schema}
        assert bool(named) != (name in HARMLESS), name
        for key in ("data", "model", "baseline", "reference", "current", "train", "test", "suite"):
            described = collector.options["properties"].get(key, {}).get("description", "")
            if name not in HARMLESS and described and (name, key) != ("fairness", "reference"):
                assert key in named, f"{name}.{key} is read, and must be resolved before the child runs"


def test_a_collector_with_an_input_runs_in_a_process_without_the_secrets_of_the_job(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI_SECRET_TOKEN", "s3cr3t-value")
    with duckdb.connect(str(context.folder / "t.duckdb")) as database:
        database.execute("CREATE TABLE t AS SELECT i % 2 AS y, i % 3 % 2 AS p FROM range(90) r(i)")
    options = {"data": "duckdb:///t.duckdb", "query": "SELECT * FROM t", "label": "y", "prediction": "p"}
    found = collect(performance, options, context)
    assert found.sections["performance"]["n"] == 90
    assert "duckdb" not in {module.partition(".")[0] for module in _loaded_by_a_fresh_gate(context.folder)}


def _loaded_by_a_fresh_gate(folder: Path) -> set[str]:
    """Return the modules that the gate's own process has imported after it measured a table."""
    import subprocess
    import sys

    code = """if True:
        import json, sys
        from pathlib import Path
        from gatepost.collect.interface import Context
        from gatepost.collect.isolation.collecting import collect
        from gatepost.collect.sources import performance
        folder = Path(sys.argv[1])
        collect(performance, {"data": "data.csv", "label": "y", "prediction": "p"}, Context(folder, folder))
        print(json.dumps(sorted(sys.modules)))
    """
    answer = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    return set(json.loads(answer.stdout))


def test_the_gate_itself_imports_none_of_the_libraries_that_read_tables(context: Context) -> None:
    loaded = {module.partition(".")[0] for module in _loaded_by_a_fresh_gate(context.folder)}
    assert not loaded & {"duckdb", "ibis", "pandas", "pyarrow", "sklearn", "great_expectations"}


def test_inputs_are_resolved_before_the_child_runs(context: Context) -> None:
    (context.folder / "link.csv").symlink_to("data.csv")
    options = {"data": "*.csv", "label": "y", "model": "m.joblib"}
    (context.folder / "m.joblib").write_bytes(b"\x80\x04N.")
    inputs = resolve_inputs(performance, options, context)
    assert [path.name for path in inputs.paths["table *.csv"]] == ["data.csv", "link.csv"]
    assert {path.name for path in inputs.files} == {"data.csv"}  # the model predicts in a child of its own
    assert not inputs.server
    server = {**options, "data": "postgresql://user@127.0.0.1:1/db"}
    assert resolve_inputs(performance, server, context).server


def test_an_input_that_is_not_there_is_told_at_its_option(context: Context) -> None:
    for options, option in (
        ({"data": "dat.csv", "label": "y", "prediction": "p"}, ("data",)),
        ({"data": "data.csv", "label": "y", "model": "none.joblib"}, ("model",)),
    ):
        with pytest.raises(CollectorError) as caught:
            collect(performance, options, context)
        assert caught.value.option == option


def test_a_result_that_was_made_elsewhere_needs_no_child() -> None:
    assert input_options(great_expectations, {"result": "r.json"}) == {}
    assert input_options(great_expectations, {"data": "d.csv", "suite": "s.json"}) == {
        "data": "file",
        "suite": "demand",
    }


def test_what_is_collected_and_the_context_survive_the_pipe(tmp_path: Path) -> None:
    found = Collected(
        {"data": {"checks": [{"id": "a"}]}}, {"version": "7"}, {"/data": Place("a.yaml", 3, 1)}, "u", "d", ("n",)
    )
    assert Collected.from_data(json.loads(json.dumps(found.to_data()))) == found
    context = Context(
        tmp_path, tmp_path, {"name": "m"}, trusted=tmp_path / "t", data_roots=("/mnt",), trusted_types=("a.B",)
    )
    again = Context.from_data({**json.loads(json.dumps(context.to_data())), "inputs": {"table x": ["/x"]}})
    assert (again.folder, again.trusted, again.data_roots) == (context.folder, context.trusted, context.data_roots)
    assert again.trusted_types == ("a.B",)
    assert again.inputs == {"table x": (Path("/x"),)}


CONDITIONS = [
    "@pd.io.common.os.system('touch {marker}') == 0",
    "x.map(@__import__)",
    "@self.__class__.__init__.__globals__",
]


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_suite_cannot_run_code(context: Context, tmp_path: Path, condition: str) -> None:
    marker = tmp_path / "marker"
    kwargs: dict[str, Any] = {"column": "x", "condition_parser": "pandas"}
    kwargs["row_condition"] = condition.format(marker=marker)
    expectations = [{"type": "expect_column_values_to_not_be_null", "kwargs": kwargs}]
    (tmp_path / "s.json").write_text(json.dumps({"name": "s", "expectations": expectations}, indent=1))
    with pytest.raises(CollectorError, match=r"s\.json:\d+: .*row condition is not a comparison"):
        collect(great_expectations, {"data": "data.csv", "suite": "s.json"}, context)
    assert not marker.exists()


def test_a_teams_own_class_predicts_and_the_notes_say_whose_code_ran(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = context.folder / "src"
    package.mkdir()
    (package / "our_parts.py").write_text(
        "class Threshold:\n    classes_ = [0, 1]\n    def predict(self, X):\n        return (X['x'] > 1.5).astype(int)\n"
    )
    monkeypatch.syspath_prepend(str(package))
    monkeypatch.setenv("GATEPOST_PYTHONPATH", str(package))
    model = importlib.import_module("our_parts").Threshold()
    joblib.dump(model, context.folder / "m.joblib")
    options = {"data": "rows.csv", "label": "y", "model": "m.joblib"}
    (context.folder / "rows.csv").write_text("x,y\n" + "1,0\n2,1\n" * 30)
    with pytest.raises(CollectorError, match=r"our_parts\.Threshold is not a class of a known library") as caught:
        collect(performance, options, context)
    assert "trusted_types: [our_parts.Threshold]" in caught.value.advice
    found = collect(performance, options, replace(context, trusted_types=("our_parts.Threshold",)))
    assert found.sections["performance"]["metrics"]["accuracy"]["value"] == 1
    assert any("ran our_parts.Threshold (trusted_types), whose code is in the repository" in n for n in found.notes)
    assert any(note.startswith("isolated:") for note in found.notes)


def test_a_misspelt_column_is_told_before_the_model_is_loaded(context: Context) -> None:
    (context.folder / "m.joblib").write_bytes(b"this is no model")
    options = {"data": "data.csv", "label": "y", "model": "m.joblib", "slices": ["x", "z"]}
    with pytest.raises(CollectorError, match="the data has no column `z`") as caught:
        collect(performance, options, context)
    assert caught.value.option == ("slices", 1)
