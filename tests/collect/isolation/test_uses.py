"""What must go on working in the confined child: libraries, models, the user's own modules, links to data."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from gatepost.collect.inputs import readable
from gatepost.collect.interface import CollectorError, Context
from gatepost.collect.isolation import sandbox
from gatepost.collect.isolation.confinement import Confinement, confinement

HERE = Path(__file__).parent
Use = Callable[..., Any]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Use:
    monkeypatch.setenv("PYTHONPATH", str(HERE), prepend=os.pathsep)

    def use_it(name: str, reads: tuple[Path, ...] = (), **arguments: Any) -> Any:
        return sandbox.run(
            f"uses:{name}",
            arguments,
            timeout_seconds=900,
            memory_bytes=4 * 2**30,
            say=lambda _text: None,
            reads=reads,
        )

    return use_it


def need(*modules: str) -> None:
    for module in modules:
        if importlib.util.find_spec(module) is None:
            pytest.skip(f"{module} is not installed")


@pytest.fixture
def table(tmp_path: Path) -> tuple[Path, Path]:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"x": [1.0, 2.0, 3.0], "y": ["a", "b", "a"]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    return tmp_path / "t.csv", tmp_path / "t.parquet"


def test_tables_are_read_and_sorted_on_disk(use: Use, table: tuple[Path, Path]) -> None:
    need("duckdb", "pyarrow")
    assert use("tables", table, csv=str(table[0]), parquet=str(table[1])) == [3] * 5


def test_ibis_counts(use: Use, table: tuple[Path, Path]) -> None:
    need("ibis", "duckdb")
    assert use("ibis_counts", table, parquet=str(table[1])) == 3


def test_great_expectations_validates(use: Use, table: tuple[Path, Path]) -> None:
    need("great_expectations")
    assert use("expectations", table, csv=str(table[0])) is True


def test_models_that_ask_for_several_processes_work_in_one(use: Use) -> None:
    need("sklearn")
    forest, score, squares = use("many_jobs", rows=200)
    assert forest > 0.9
    assert score > 0.8
    assert squares == 14


def test_adversarial_attacks_run(use: Use) -> None:
    need("art", "sklearn")
    assert use("attack", rows=60) == [5, 3]


@pytest.mark.parametrize("library", ["xgboost", "lightgbm"])
def test_boosted_trees_fit(use: Use, library: str) -> None:
    need(library, "sklearn")
    assert use("boosted", rows=200, library=library) > 0.9


def test_models_of_mlflow_and_skops_are_loaded(use: Use, tmp_path: Path) -> None:
    need("mlflow", "skops", "sklearn")
    import mlflow.sklearn
    import skops.io
    from pandas import DataFrame
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=100).fit(DataFrame({"x": [0.0, 0.1, 0.9, 1.0]}), [0, 0, 1, 1])
    mlflow.sklearn.save_model(model, str(tmp_path / "model"), serialization_format="cloudpickle")
    skops.io.dump(model, tmp_path / "model.skops")
    assert use("pyfunc", (tmp_path / "model",), model=str(tmp_path / "model")) == [0, 1]
    assert use("skops", (tmp_path / "model.skops",), model=str(tmp_path / "model.skops")) == [0, 1]


def test_pictures_are_drawn(use: Use) -> None:
    need("matplotlib")
    assert use("picture") > 1000


def test_the_standard_library_finds_what_it_needs(use: Use) -> None:
    assert use("system") == {
        "certificates": True,
        "zone": "Europe/Zurich",
        "user": True,
        "platform": os.uname().sysname,
        "identifier": 36,
        "asynchronous": "done",
        "pipe": "word",
        "threads": 3,
        "copied": "x",
        "python": "1\n",
        "shell": "a\n",
    }


def test_the_users_modules_are_imported_also_from_a_repository(
    use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("secret")
    (tmp_path / "team_module").mkdir()
    (tmp_path / "team_module" / "__init__.py").write_text("from team_module.words import WORD")
    (tmp_path / "team_module" / "words.py").write_text("WORD = 'hello'")
    monkeypatch.chdir(tmp_path.parent)
    monkeypatch.setenv("PYTHONPATH", tmp_path.name, prepend=os.pathsep)  # relative, as in many CI files
    assert use("user_module") == "hello"
    if not confinement().lacking:
        with pytest.raises(CollectorError, match="Permission denied"):
            use("open_file", path=str(tmp_path / ".git" / "config"))


def test_a_link_in_a_repository_on_pythonpath_opens_nothing_else(
    use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if confinement().lacking:
        pytest.skip("nothing can be confined here")
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "key").write_text("secret")
    (tmp_path / "repository" / "link").symlink_to(tmp_path / "private")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "repository"), prepend=os.pathsep)
    with pytest.raises(CollectorError, match="Permission denied"):
        use("open_file", path=str(tmp_path / "private" / "key"))


def test_a_module_on_pythonpath_does_not_run_before_the_child_is_confined(
    use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if confinement().lacking:
        pytest.skip("nothing can be confined here")
    for name in ("json", "ctypes", "sitecustomize", "usercustomize", "gatepost"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    assert use("system")["pipe"] == "word"
    assert not (tmp_path / "ran").exists()


def test_links_into_a_cache_are_followed(use: Use, tmp_path: Path) -> None:
    cache, model = tmp_path / ".dvc" / "cache", tmp_path / "model"
    cache.mkdir(parents=True)
    model.mkdir()
    (cache / "ab").write_text("weights")
    (model / "weights").symlink_to("../.dvc/cache/ab")
    (tmp_path / "data.csv").symlink_to(cache / "ab")
    context = Context(tmp_path, tmp_path)
    allowed = readable(context, model, tmp_path / "data.csv")
    assert use("open_file", tuple(allowed), path=str(model / "weights")) == "weights"
    assert use("open_file", tuple(allowed), path=str(tmp_path / "data.csv")) == "weights"


def test_a_link_out_of_the_repository_is_refused_with_the_line_to_add(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "weights").write_text("x")
    (tmp_path / "repository" / "model").mkdir(parents=True)
    (tmp_path / "repository" / "model" / "weights").symlink_to(tmp_path / "elsewhere" / "weights")
    repository = tmp_path / "repository"
    with pytest.raises(CollectorError) as caught:
        readable(Context(repository, repository), repository / "model")
    assert f"data_roots: [{tmp_path / 'elsewhere'}]" in caught.value.advice
    rooted = Context(repository, repository, data_roots=(str(tmp_path / "elsewhere"),))
    assert readable(rooted, repository / "model")[1] == tmp_path / "elsewhere" / "weights"


@pytest.mark.parametrize(
    ("name", "arguments", "advice"),
    [
        ("look_up", {}, "network: true"),
        ("lock", {}, "set n_jobs of the model to 1"),
        ("open_file", {"path": "/etc/shadow"}, "reads only its inputs"),
    ],
)
def test_what_is_refused_comes_with_what_to_do(
    use: Use, name: str, arguments: Mapping[str, Any], advice: str
) -> None:
    if confinement().lacking:
        pytest.skip("nothing can be confined here")
    with pytest.raises(CollectorError) as caught:
        use(name, **arguments)
    assert advice in caught.value.advice


@pytest.mark.parametrize(
    ("found", "note"),
    [
        (Confinement(7, True), "isolated: no capabilities, Landlock 7, seccomp, no network"),
        (Confinement(0, True), "not isolated: this kernel has no Landlock (see SECURITY.md)"),
        (
            Confinement(2, False),
            "not isolated: this kernel has no Landlock of version 3 or later (it has 2) and this kernel has no seccomp"
            " filters (see SECURITY.md)",
        ),
    ],
)
def test_what_is_in_force_is_told(monkeypatch: pytest.MonkeyPatch, found: Confinement, note: str) -> None:
    monkeypatch.setattr(sandbox, "confinement", lambda: found)
    assert sandbox.isolation_note() == note
    arguments: Mapping[str, Any] = {"timeout_seconds": 60, "memory_bytes": 2**30, "say": print}
    if found.lacking:
        with pytest.raises(
            CollectorError, match="the child process cannot be isolated: this kernel has no Landlock"
        ) as e:
            sandbox.run("os:getpid", {}, **arguments, require_isolation=True)
        assert "require_isolation: false" in e.value.advice
    else:
        assert sandbox.run("os:getpid", {}, **arguments, require_isolation=True) > 0


def test_the_note_tells_of_the_network() -> None:
    assert Confinement(7, True).note(network=True).endswith("seccomp, network")


@pytest.mark.parametrize("landlock", [0, 3, 5])
def test_descendants_end_on_older_kernels_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, landlock: int) -> None:
    if confinement().lacking:
        pytest.skip("nothing can be confined here")
    older = f"from gatepost.collect.isolation import landlock; landlock.abi = lambda: {landlock}; "
    monkeypatch.setattr(sandbox, "_PROGRAM", sandbox._PROGRAM.replace("from gatepost", f"{older}from gatepost", 1))
    monkeypatch.setenv("PYTHONPATH", str(HERE), prepend=os.pathsep)
    arguments = {"marker": str(tmp_path / "pids")}
    sandbox.run(
        "attacks:leave_descendants",
        arguments,
        timeout_seconds=600,
        memory_bytes=2**30,
        say=lambda _text: None,
        writes=[tmp_path],
    )
    pids = [int(word) for word in (tmp_path / "pids").read_text().split()]
    assert len(pids) == 3
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]
