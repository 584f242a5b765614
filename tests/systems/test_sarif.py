"""The SARIF report as its authors' own validator sees it, by the rules of the format and of GitHub's code scanning."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from .conftest import Npm, tool

pytestmark = [pytest.mark.slow, pytest.mark.systems]
VALIDATOR = "@microsoft/sarif-multitool-linux"
CASES = {
    "blocked": 'score: 0.4\nnote: "[x](http://a) <b> \\"q\\" ]]> ::error:: | `b` %0A"\n',
    "passed": "score: 0.9\nnote: fine\n",
    "missing": "note: no score\n",
    "no evidence": "score: [\n",
}


@pytest.mark.parametrize("case", CASES)
def test_the_multitool_finds_nothing(npm: Npm, repository: Path, case: str) -> None:
    folder = npm(f"{VALIDATOR}@5.7.0") / VALIDATOR
    (repository / "m" / "risk.yaml").write_text(CASES[case])
    command = [tool("gatepost"), "run", "--quiet", "--report", "sarif=out.sarif"]
    subprocess.run(command, cwd=repository / "m", check=False, capture_output=True)
    report, found = repository / "m" / "out.sarif", repository / "found.sarif"
    rules = ["--rule-kind", "Sarif;Ghas", "-o", found, "--log", "ForceOverwrite"]
    # It exits with 0 whatever it finds.
    done = subprocess.run(
        [folder / "Sarif.Multitool", "validate", report, *rules], capture_output=True, text=True, check=False
    )
    assert "Analysis completed successfully." in done.stdout, done.stdout + done.stderr
    (run,) = json.loads(found.read_text())["runs"]
    assert [(one["ruleId"], one["message"].get("arguments")) for one in run.get("results", [])] == []
    checked = subprocess.run(
        [tool("check-jsonschema"), "--schemafile", folder / "sarif-2.1.0.json", report],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout
