"""The demonstration, and the commands of the documentation, run in it one after the other."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import junitparser
import pytest

Run = Callable[..., Any]
ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.xdist_group("demo")]


@pytest.fixture(scope="module")
def demo(gatepost: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    folder = tmp_path_factory.mktemp("demo") / "with space"
    return folder, gatepost("demo", "--dir", str(folder), cwd=folder.parent)


def test_it_works_and_says_what_it_did(demo: tuple[Path, Any]) -> None:
    _, done = demo
    assert done.returncode == 0, done.stderr
    assert "registered models:/credit-risk/1 as @candidate" in done.stdout
    assert "BLOCKED  credit-risk 1" in done.stdout
    assert "`gatepost run` exits with 1" in done.stdout
    assert "Traceback" not in done.stderr


def test_what_the_readme_shows_is_what_it_prints(demo: tuple[Path, Any]) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    (shown,) = re.findall(r"```\n(BLOCKED  credit-risk 1.*?)```", text, re.DOTALL)
    assert [part for part in shown.split("...\n") if part not in demo[1].stdout] == []


def test_the_page_draws_what_was_measured(demo: tuple[Path, Any]) -> None:
    page = (demo[0] / "gatepost.html").read_text("utf-8")
    for title in (
        "Selection rate by group",
        "Impact ratio by group",
        "Accuracy under attack, norm inf",
        "Metrics of the model",
    ):
        assert f">{title}</figcaption>" in page
    assert "Limit: at least 0.8" in page


def test_it_finds_something_real(demo: tuple[Path, Any]) -> None:
    folder, _ = demo
    verdict = json.loads((folder / ".gatepost" / "verdict.json").read_text())
    by_outcome: dict[str, set[str]] = {}
    for result in verdict["results"]:
        by_outcome.setdefault(result["outcome"], set()).add(result["rule"])
    assert by_outcome["missing"] == {"documentation/limitations"}
    assert by_outcome["waived"] == {"fairness/impact-ratio"}
    assert "error" not in by_outcome
    assert verdict["counts"]["pass"] > 40
    assert {source["name"]: source["status"] for source in verdict["sources"]} == dict.fromkeys(
        [
            "mlflow",
            "git",
            "model_card",
            "great_expectations",
            "performance",
            "fairness",
            "robustness",
            "file",
        ],
        "ok",
    )


def test_findings_stand_where_they_can_be_fixed(demo: tuple[Path, Any]) -> None:
    folder, _ = demo
    verdict = json.loads((folder / ".gatepost" / "verdict.json").read_text())
    places = {result["rule"]: result["location"] for result in verdict["results"] if result["outcome"] != "pass"}
    card = (folder / "MODEL_CARD.md").read_text().splitlines()
    line = places["documentation/limitations"]["line"]
    assert card[line] == "---"  # the field goes after this line, at the end of the front matter
    suite = places["data-quality/other-checks"]
    assert suite["path"] == "expectations/applicants.json"
    assert '"type"' in "".join((folder / suite["path"]).read_text().splitlines()[suite["line"] - 1 :][:3])
    sarif = json.loads((folder / "gatepost.sarif").read_text())
    uris = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in sarif["runs"][0]["results"]}
    assert {"MODEL_CARD.md", "expectations/applicants.json"} <= uris
    assert all((folder / uri).exists() for uri in uris)
    report = junitparser.JUnitXml.fromfile(str(folder / "gatepost.xml"))
    assert report.failures == 1


def test_the_numbers_of_the_attacks_repeat(demo: tuple[Path, Any]) -> None:
    folder, _ = demo
    evidence = json.loads((folder / ".gatepost" / "evidence.json").read_text())["evidence"]
    attacks = {(a["name"], a["eps"]): a for a in evidence["robustness"]["attacks"]}
    assert {name for name, _ in attacks} == {"pgd", "hopskipjump"}
    assert attacks[("pgd", 0.25)]["robust_accuracy"]["value"] < attacks[("pgd", 0.25)]["clean_accuracy"]["value"]


def test_a_second_run_computes_nothing(demo: tuple[Path, Any], gatepost: Run, tmp_path: Path) -> None:
    folder, _ = demo
    first = json.loads((folder / ".gatepost" / "evidence.json").read_text())
    again = gatepost("collect", "-o", str(tmp_path / "e.json"), cwd=folder)
    second = json.loads((tmp_path / "e.json").read_text())
    assert all(source["cached"] for source in second["sources"]), again.stderr
    assert again.stderr.count("  cached\n") == len(second["sources"])
    assert {key: second[key] for key in ("evidence", "subject", "locations")} == {
        key: first[key] for key in ("evidence", "subject", "locations")
    }


def test_a_change_recomputes_what_reads_it(demo: tuple[Path, Any], gatepost: Run, tmp_path: Path) -> None:
    folder = shutil.copytree(demo[0], tmp_path / "demo")
    config = (folder / "gatepost.yaml").read_text()
    start, end = config.index("  - performance:"), config.index("  - file:")
    mlflow = config.index("  - mlflow:"), config.index("  - git:")
    (folder / "gatepost.yaml").write_text(config[: mlflow[0]] + config[mlflow[1] : start] + config[end:])

    def recomputed(*more: str) -> set[str]:
        gatepost("run", "--policies", "own.yaml", *more, cwd=folder)
        sources = json.loads((folder / ".gatepost" / "evidence.json").read_text())["sources"]
        return {source["name"] for source in sources if not source["cached"]}

    head = "policy: own\nversion: 1.0.0\ntitle: Own\nowner: me\nrules:\n"
    rules = "  - {id: seed, enforcement: block, message: x, title: a seed, severity: low, require: evidence.training.seed >= 0}\n"
    (folder / "own.yaml").write_text(head + rules)
    recomputed()
    assert recomputed() == set()
    (folder / "own.yaml").write_text(head + rules.replace("0", "1"))
    assert recomputed() <= {"git"}  # which tells whether files differ from the commit
    card = folder / "MODEL_CARD.md"
    card.write_text(card.read_text() + "\nMore.\n")
    assert recomputed() - {"git"} == {"model_card"}
    assert recomputed("--no-cache") >= {"model_card", "great_expectations", "file"}


def copied(source: Path, folder: Path) -> Path:
    """Copy the demonstration; MLflow stores where a model lies as an absolute path, which moves with it."""
    shutil.copytree(source, folder)
    with sqlite3.connect(folder / "mlflow.db") as store:
        for table, column in (("logged_models", "artifact_location"), ("model_versions", "storage_location")):
            for old, new in ((str(source), str(folder)), (source.as_uri(), folder.as_uri())):
                store.execute(f"UPDATE {table} SET {column} = replace({column}, ?, ?)", (old, new))
    store.close()
    return folder


def shell_blocks(path: Path) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", path.read_text("utf-8"), re.DOTALL)


def commands(block: str) -> list[tuple[str, int]]:
    """Give the commands of a block with the exit code that their comment promises."""
    found: list[tuple[str, int]] = []
    lines = iter(block.splitlines())
    for line in lines:
        command = line
        if "<<'EOF'" in line:
            while (line := next(lines)) != "EOF":
                command += f"\n{line}"
            command += "\nEOF"
        if command.strip():
            promised = re.search(r"# exits with (\d+)", command)
            found.append((command, int(promised[1]) if promised else 0))
    return found


def run_page(page: Path, folder: Path) -> Path:
    """Run every command of a page, one after the other; give the folder in which they end."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "MLFLOW_DISABLE_TELEMETRY": "true"}
    ran = 0
    for block in shell_blocks(page):
        for command, promised in commands(block):
            if command.startswith("cd "):
                folder = folder / command.removeprefix("cd ")
                continue
            done = subprocess.run(
                ["sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == promised, f"{command}\n{done.stdout}\n{done.stderr}"
            ran += 1
    assert ran
    return folder


@pytest.mark.slow
def test_every_command_of_the_tutorial_works(tmp_path: Path) -> None:
    folder = run_page(ROOT / "docs" / "tutorial.md", tmp_path)
    assert (folder / "policies" / "young.test.yaml").exists()


@pytest.mark.parametrize(
    "page",
    [
        "how-to/cache.md",
        "how-to/explain.md",
        "how-to/test-policies.md",
        "reference/lint.md",
        "reference/evidence.md",
        "reference/cel-engines.md",
    ],
)
def test_every_command_of_a_page_works_in_the_demonstration(
    demo: tuple[Path, Any], page: str, tmp_path: Path
) -> None:
    folder = copied(demo[0], tmp_path / "demo")
    shutil.copytree(ROOT / "policies" / "rules", folder / "policies", dirs_exist_ok=True)
    run_page(ROOT / "docs" / page, folder)


def test_every_command_for_beginners_works_in_an_empty_folder(tmp_path: Path) -> None:
    run_page(ROOT / "docs" / "how-to" / "begin.md", tmp_path)


def test_the_error_in_the_tutorial_is_the_real_one(gatepost: Run, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "tutorial.md").read_text("utf-8")
    policy = re.search(r"policies/young.yaml <<'EOF'\n(.*?)EOF", text, re.DOTALL)
    shown = re.search(r"```\n(error: unknown field.*?)```", text, re.DOTALL)
    assert policy
    assert shown
    typo = policy[1].replace("g.accuracy.value >=", "g.acuracy.value >=").replace("policy: young", "policy: typo")
    (tmp_path / ".gatepost").mkdir()
    (tmp_path / ".gatepost" / "typo.yaml").write_text(typo)
    evidence = '{"schema": "gatepost.evidence/1", "subject": {"name": "x"}, "evidence": {}}'
    (tmp_path / "e.json").write_text(evidence)
    done = gatepost("judge", "e.json", "--policies", ".gatepost/typo.yaml", cwd=tmp_path)
    assert done.stderr == shown[1]


def test_the_policy_of_the_readme_works(gatepost: Run, tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    policy = re.search(r"```yaml\n(policy: release.*?)```", text, re.DOTALL)
    assert policy
    (tmp_path / "p.yaml").write_text(policy[1])
    metric = '{"value": 0.75, "low": 0.65, "high": 0.85, "n": 100}'
    evidence = f'"evidence": {{"performance": {{"metrics": {{"accuracy": {metric}}}}}}}'
    (tmp_path / "e.json").write_text(f'{{"schema": "gatepost.evidence/1", "subject": {{"name": "x"}}, {evidence}}}')
    done = gatepost("judge", "e.json", "--policies", "p.yaml", cwd=tmp_path)
    assert done.returncode == 1
    assert "Accuracy 0.75 is not shown to reach 0.7" in done.stdout
