"""What `gatepost doctor` says of a machine and a project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_project_that_has_all_is_well(gatepost: Run, project: Path) -> None:
    done = gatepost("doctor", cwd=project)
    assert done.returncode == 0, done.stdout
    found = lines(done.stdout)
    assert found[0].startswith("gatepost ")
    assert "ok fairness" in found
    assert found[-1] == "ok model_card MODEL_CARD.md"


def test_what_a_source_lacks_is_said_and_nothing_is_collected(gatepost: Run, project: Path) -> None:
    (project / "MODEL_CARD.md").rename(project / "CARD.md")
    done = gatepost("doctor", cwd=project)
    assert done.returncode == 2
    assert lines(done.stdout)[-1].startswith("lacks model_card no such file: MODEL_CARD.md")
    assert not (project / ".gatepost").exists()


def test_a_mistake_in_the_rules_is_said(gatepost: Run, project: Path) -> None:
    config = project / "gatepost.yaml"
    config.write_text(config.read_text().replace("policies: [", "policies: [nowhere.yaml, "))
    done = gatepost("doctor", cwd=project)
    assert done.returncode == 2
    assert "no policies at nowhere.yaml" in done.stdout


def test_without_a_configuration_it_says_what_could_be_used(gatepost: Run, tmp_path: Path) -> None:
    done = gatepost("doctor", cwd=tmp_path)
    assert done.returncode == 0
    assert lines(done.stdout)[-1] == "there is no gatepost.yaml: `gatepost init` writes one"


def test_a_configuration_that_is_named_and_not_there_is_no_success(gatepost: Run, project: Path) -> None:
    done = gatepost("doctor", "--config", "gatepst.yaml", cwd=project)
    assert done.returncode == 2
    assert lines(done.stdout)[-1].startswith("lacks gatepst.yaml there is no gatepst.yaml")
