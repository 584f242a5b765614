"""A wheel in a fresh environment behaves like the checkout."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    # hatchling is among the tools for development, so that nothing is fetched.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_wheel_and_the_sdist_hold_what_they_need(built: Path) -> None:
    wheel = set(zipfile.ZipFile(next(built.glob("*.whl"))).namelist())
    assert {
        "gatepost/policies/rules/fairness.yaml",
        "gatepost/policies/profiles/baseline.yaml",
        "gatepost/policies/controls/eu-ai-act.yaml",
        "gatepost/examples/credit-risk/data/german_credit.csv",
        "gatepost/evidence/schema/fairness.json",
        "gatepost/policy/schema/policy.json",
        "gatepost/report/html/page.html.j2",
        "gatepost/py.typed",
    } <= wheel
    assert not [name for name in wheel if "mlflow.db" in name or "__pycache__" in name or name.startswith("tests")]
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "engine/gatepost/policies/rules/fairness.yaml", "tests/test_files.py", "LICENSE"} <= names


def test_the_demo_runs_from_an_installed_wheel(built: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=False)
    python = tmp_path / "env" / "bin" / "python"
    wheel = next(built.glob("*.whl"))
    # The libraries are those of this environment; only Gatepost itself is the wheel's.
    target = next((tmp_path / "env" / "lib").glob("python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(target)
    here = next(path for path in sys.path if path.endswith("site-packages"))
    (target / "libraries.pth").write_text(f"{here}\n")
    where = subprocess.run(
        [python, "-c", "import gatepost; print(gatepost.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(tmp_path) in where.stdout
    done = subprocess.run(
        [python, "-m", "gatepost", "demo"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "BLOCKED  credit-risk 1" in done.stdout
    assert (tmp_path / "gatepost-demo" / "gatepost.sarif").exists()


def test_without_extras_it_says_what_to_install(built: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "env", with_pip=False)
    python, wheel = tmp_path / "env" / "bin" / "python", next(built.glob("*.whl"))
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, wheel]
    if subprocess.run(install, capture_output=True, text=True, check=False).returncode:
        pytest.skip("the core's packages cannot be installed: no registry is reached")
    (tmp_path / "project").mkdir()

    def gatepost(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [python, "-m", "gatepost", *arguments]
        return subprocess.run(command, cwd=tmp_path / "project", capture_output=True, text=True, check=False)

    begun = gatepost("init", "--yes")
    assert "  pip install 'gatepost[model-card]'\n  gatepost policy test policies/\n" in begun.stdout
    assert gatepost("policy", "test", "policies").returncode == 0
    told = gatepost("doctor")
    found = [" ".join(line.split()) for line in told.stdout.splitlines()]
    assert told.returncode == 2
    assert "lacks mlflow pip install 'gatepost[mlflow]' (mlflow, packaging, scikit-learn)" in found
    assert "ok git" in found
    assert found[-1] == "lacks model_card pip install 'gatepost[model-card]'"
    run = gatepost("run", "--report", "html=report.html")
    assert (run.returncode, "pip install 'gatepost[model-card]'" in run.stderr) == (2, True)
    assert "ERROR" in (tmp_path / "project" / "report.html").read_text()
