from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.collect.running import Collection, collect
from gatepost.config import load
from gatepost.problems import GatepostError, format_problem

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


class Fake:
    """A collector of another package: what an entry point would bring."""

    version, extra, sections = "1", "mlflow", ("training",)
    options: Mapping[str, Any] = {"type": "object", "properties": {"uri": {"type": "string"}}}

    def __init__(self, name: str, result: Collected | Exception) -> None:
        self.name, self.result = name, result

    def describe(self, options: Mapping[str, Any]) -> str:
        return str(options.get("uri", ""))

    def fingerprint(self, options: Mapping[str, Any], context: Context) -> Fingerprint:
        return Fingerprint({})

    def collect(self, options: Mapping[str, Any], context: Context) -> Collected:
        context.say("half done")
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


class Found:
    def __init__(self, **results: Collected | Exception) -> None:
        self.collectors = {name: Fake(name, result) for name, result in results.items()}

    def names(self) -> list[str]:
        return list(self.collectors)

    def get(self, name: str) -> Fake | None:
        return self.collectors.get(name)


class Heard:
    def __init__(self) -> None:
        self.words: list[tuple[Any, ...]] = []

    def started(self, name: str, description: str) -> None:
        self.words.append(("started", name, description))

    def said(self, name: str, text: str) -> None:
        self.words.append(("said", name, text))

    def finished(self, name: str, seconds: float, failed: bool) -> None:
        self.words.append(("finished", name, failed))


def run(folder: Path, text: str, heard: Heard | None = None, **results: Collected | Exception) -> Collection:
    path = folder / "gatepost.yaml"
    path.write_text(f"subject: {{name: credit}}\ncollect:\n{text}policies: [profile/baseline]\n")
    config = load(path, {"TOKEN": "hunter2"}, Found(**results))
    return collect(config, now=lambda: NOW, progress=heard)


def test_what_is_found_becomes_evidence(tmp_path: Path) -> None:
    found = Collected(
        {"training": {"seed": 1}},
        subject={"version": "7"},
        uri="https://me:pw@host/x",
        digest="sha256:1",
        notes=("n",),
    )
    heard = Heard()
    evidence = run(tmp_path, "  - one: {uri: 'https://me:pw@host/x'}\n", heard, one=found).evidence
    assert evidence.subject == {"name": "credit", "version": "7"}
    assert evidence.sections == {"training": {"seed": 1}}
    assert evidence.collected_at == "2026-01-02T03:04:05Z"
    (source,) = evidence.sources
    assert {key: source[key] for key in ("name", "status", "uri", "digest", "notes", "sections")} == {
        "name": "one",
        "status": "ok",
        "uri": "https://host/x",
        "digest": "sha256:1",
        "notes": ["n"],
        "sections": ["training"],
    }
    assert heard.words == [
        ("started", "one", "https://host/x"),
        ("said", "one", "half done"),
        ("finished", "one", False),
    ]


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (
            CollectorError("no such thing", option=("uri",), advice="look again"),
            "error: collector bad: no such thing\n  DIR/gatepost.yaml:3:16\n"
            "     3 |   - bad: {uri: here}\n       |                ^^^^ look again",
        ),
        (ModuleNotFoundError("No module named 'mlflow'"), "pip install 'gatepost[mlflow]'"),
        (RuntimeError("boom"), "collector bad: RuntimeError: boom"),
        (CollectorError("https://me:pw@host is down"), "collector bad: https://host is down"),
    ],
)
def test_a_source_that_fails_says_why_and_the_others_go_on(tmp_path: Path, error: Exception, shown: str) -> None:
    text = "  - bad: {uri: here}\n  - good: {}\n"
    found = run(tmp_path, text, bad=error, good=Collected({"training": {"seed": 1}}))
    assert found.evidence.sections == {"training": {"seed": 1}}
    assert [(s["name"], s["status"], s["required"]) for s in found.evidence.sources] == [
        ("bad", "failed", True),
        ("good", "ok", True),
    ]
    assert shown in "\n".join(map(format_problem, found.problems)).replace(str(tmp_path), "DIR")
    with pytest.raises(GatepostError):
        found.raise_failures()


def test_one_that_is_not_required_does_not_raise(tmp_path: Path) -> None:
    found = run(tmp_path, "  - bad: {}\n    required: false\n", bad=RuntimeError("boom"))
    assert len(found.problems) == 1
    found.raise_failures()


def test_what_comes_from_the_environment_never_shows(tmp_path: Path) -> None:
    found = run(tmp_path, "  - bad: {uri: '${TOKEN}'}\n", bad=RuntimeError("wrong password hunter2"))
    assert "hunter2" not in str(found.evidence.data)
    assert "***" in found.problems[0].what


def test_two_sources_that_disagree_stop_the_gate(tmp_path: Path) -> None:
    with pytest.raises(GatepostError, match=r"set evidence\.training\.seed differently"):
        run(
            tmp_path,
            "  - a: {}\n  - b: {}\n",
            a=Collected({"training": {"seed": 1}}),
            b=Collected({"training": {"seed": 2}}),
        )


def test_what_is_no_evidence_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GatepostError, match="sed"):
        run(tmp_path, "  - a: {}\n", a=Collected({"training": {"sed": 1}}))


def test_the_real_registry_knows_every_source_and_imports_nothing_heavy() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from gatepost.collect.registry import Registry; r = Registry()\n"
        "assert all(r.get(name).name == name for name in r.names()), r.names()\n"
        "heavy = {'mlflow', 'pandas', 'numpy', 'sklearn', 'duckdb', 'art', 'great_expectations', 'fairlearn',"
        " 'huggingface_hub', 'picklescan', 'scipy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
