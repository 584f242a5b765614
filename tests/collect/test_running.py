from __future__ import annotations

import datetime
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.collect.running import Collection, collect
from gatepost.config import load
from gatepost.problems import GatepostError, Place, format_problem

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)


class Fake:
    """A collector of another package: what an entry point would bring."""

    version, extra, sections = "1", "mlflow", ("training",)
    options: Mapping[str, Any] = {"type": "object", "properties": {"uri": {"type": "string"}}}

    def __init__(self, name: str, result: Collected | BaseException) -> None:
        self.name, self.result = name, result

    def describe(self, options: Mapping[str, Any]) -> str:
        return str(options.get("uri", ""))

    def fingerprint(self, options: Mapping[str, Any], context: Context) -> Fingerprint:
        return Fingerprint({})

    def collect(self, options: Mapping[str, Any], context: Context) -> Collected:
        context.say("half done")
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


class Found:
    def __init__(self, **results: Collected | BaseException) -> None:
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

    def warned(self, name: str, text: str) -> None:
        self.words.append(("warned", name, text))

    def finished(self, name: str, seconds: float, end: str) -> None:
        self.words.append(("finished", name, end))


def run(folder: Path, text: str, heard: Heard | None = None, **results: Collected | BaseException) -> Collection:
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
        ("finished", "one", "collected"),
    ]


def test_a_source_that_contradicts_itself_fails_at_the_place_that_it_names(tmp_path: Path) -> None:
    wrong = {"performance": {"metrics": {"f1": {"value": 0.5, "low": 0.9}}}}
    place = Place("scores.json", 7)
    found = run(
        tmp_path,
        "  - one: {}\n  - two: {}\n  - three: {}\n",
        one=Collected(wrong, locations={"/performance/metrics": place}),
        two=Collected(wrong),
        three=Collected({"training": {"seed": 1}}),
    )
    assert found.evidence.sections == {"training": {"seed": 1}}
    assert [source["status"] for source in found.evidence.sources] == ["failed", "failed", "ok"]
    what = "/performance/metrics/f1/value is 0.5, below the lower end of its own interval, 0.9"
    assert [problem.what for problem in found.problems] == [what, what]
    assert [problem.place and problem.place.line for problem in found.problems] == [7, 4]


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
    code = (
        "import sys; from gatepost.collect.registry import Registry; r = Registry()\n"
        "assert all(r.get(name).name == name for name in r.names()), r.names()\n"
        "heavy = {'mlflow', 'pandas', 'numpy', 'sklearn', 'duckdb', 'art', 'great_expectations', 'fairlearn',"
        " 'huggingface_hub', 'scipy'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_library_that_ends_the_process_is_a_failed_source(tmp_path: Path) -> None:
    found = run(tmp_path, "  - bad: {}\n  - good: {}\n", bad=SystemExit(0), good=Collected({"training": {"seed": 1}}))
    assert [source["status"] for source in found.evidence.sources] == ["failed", "ok"]
    assert len(found.required) == 1


def test_an_interrupt_passes_through(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, "  - bad: {}\n", bad=KeyboardInterrupt())


def test_what_cannot_be_described_is_collected_all_the_same(tmp_path: Path) -> None:
    class Shy(Fake):
        def describe(self, options: Mapping[str, Any]) -> str:
            raise ValueError("no words")

    (tmp_path / "gatepost.yaml").write_text("subject: {name: c}\npolicies: [p]\ncollect: [{shy: {}}]\n")
    found = Found(shy=Collected({"training": {"seed": 1}}))
    found.collectors["shy"] = Shy("shy", Collected({"training": {"seed": 1}}))
    heard = Heard()
    config = load(tmp_path / "gatepost.yaml", {}, found)
    assert collect(config, now=lambda: NOW, progress=heard).evidence.sections == {"training": {"seed": 1}}
    assert heard.words[0] == ("started", "shy", "")


def test_standard_output_is_left_to_the_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Chatty(Fake):
        def collect(self, options: Mapping[str, Any], context: Context) -> Collected:
            print("View the run at ...")
            return Collected({"training": {"seed": 1}})

    (tmp_path / "gatepost.yaml").write_text("subject: {name: c}\npolicies: [p]\ncollect: [{chatty: {}}]\n")
    found = Found(chatty=Collected({}))
    found.collectors["chatty"] = Chatty("chatty", Collected({}))
    collect(load(tmp_path / "gatepost.yaml", {}, found), now=lambda: NOW)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "View the run at ...\n")


def test_no_uri_in_the_evidence_holds_credentials(tmp_path: Path) -> None:
    content = Collected(
        {"training": {"git": {"remote": "https://ci:s3cret@host/x"}}},
        subject={"uri": "https://ci:s3cret@host/m"},
        uri="https://ci:s3cret@host/y?token=s3cret",
        notes=("read from https://ci:s3cret@host/z",),
    )
    evidence = run(tmp_path, "  - one: {}\n", one=content).evidence
    assert "s3cret" not in str(evidence.data)
    assert evidence.sections["training"]["git"]["remote"] == "https://host/x"
    assert evidence.subject["uri"] == "https://host/m"


def test_problems_of_other_files_hide_what_comes_from_the_environment(tmp_path: Path) -> None:
    error = GatepostError.of("cannot use hunter2", Place("facts.yaml", 2), "try hunter2 again")
    found = run(tmp_path, "  - bad: {uri: '${TOKEN}'}\n", bad=error)
    assert [format_problem(problem) for problem in found.problems] == [
        "error: cannot use ***\n  facts.yaml:2\n  try *** again"
    ]
    source = found.evidence.sources[0]
    assert (source["error"], source["advice"]) == ("cannot use ***", "try *** again")
    assert source["error_location"] == {"path": "facts.yaml", "line": 2}


def test_a_source_names_the_sections_that_it_filled(tmp_path: Path) -> None:
    text = "  - one: {}\n  - two: {}\n    as: stress\n"
    found = run(tmp_path, text, one=Collected({"training": {}}), two=Collected({"training": {"seed": 1}}))
    assert [source["sections"] for source in found.evidence.sources] == [[], ["more.stress.training"]]
    assert found.evidence.sections == {"more": {"stress": {"training": {"seed": 1}}}}


def test_what_gatepost_yaml_says_of_the_subject_counts(tmp_path: Path) -> None:
    (tmp_path / "gatepost.yaml").write_text(
        "subject: {name: c, version: '3', labels: {team: risk}}\npolicies: [p]\ncollect: [{a: {}}, {b: {}}]\n"
    )
    said = [Collected({}, subject={"version": v, "labels": {"team": v, "stage": "x"}}) for v in "12"]
    config = load(tmp_path / "gatepost.yaml", {}, Found(a=said[0], b=said[1]))
    evidence = collect(config, now=lambda: NOW).evidence
    assert evidence.subject == {"name": "c", "version": "3", "labels": {"team": "risk", "stage": "x"}}


def test_all_that_sources_disagree_on_is_told_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(GatepostError) as caught:
        run(
            tmp_path,
            "  - a: {}\n  - b: {}\n  - c: {}\n",
            a=Collected({"training": {"seed": 1}}),
            b=Collected({"training": {"seed": 2}}),
            c=Collected({"training": {"seed": 3}}),
        )
    shown = [format_problem(problem).replace(str(tmp_path), "DIR") for problem in caught.value.problems]
    assert len(shown) == 2
    assert shown[0].startswith(
        "error: the sources a and b set evidence.training.seed differently\n"
        "  DIR/gatepost.yaml:4:5\n     4 |   - b: {}\n       |     ^ give one of them `as: NAME`"
    )


def test_a_place_that_leads_nowhere_is_a_fault_of_the_collector(tmp_path: Path) -> None:
    found = Collected({"training": {"seed": 1}}, locations={"training/seed": Place("a", 1)})
    with pytest.raises(GatepostError, match=r"collector one: .* is no JSON pointer"):
        run(tmp_path, "  - one: {}\n", one=found)


def test_real_collectors_fill_one_document(tmp_path: Path) -> None:
    for command in (
        ["init", "-q"],
        ["-c", "user.name=n", "-c", "user.email=e@example.com", "commit", "-q", "--allow-empty", "-m", "m"],
    ):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "CARD.md").write_text("---\nlicense: mit\nowner: someone@example.com\n---\n# A model\n")
    (folder / "facts.yaml").write_text(
        "documentation:\n  contact: help@example.com\nrisk:\n  register: [{id: R-1}]\n"
    )
    (folder / "more.yaml").write_text("register:\n  - id: R-2\n")
    (folder / "gatepost.yaml").write_text(
        "subject: {name: credit}\npolicies: [p]\ncollect:\n  - git: {}\n  - model_card: {path: CARD.md}\n"
        "  - file: {path: facts.yaml}\n  - file: {path: more.yaml, section: risk}\n    name: register\n"
    )
    evidence = collect(load(folder / "gatepost.yaml", {}), now=lambda: NOW).evidence
    assert [(s["name"], s["status"]) for s in evidence.sources] == [
        ("git", "ok"),
        ("model_card", "ok"),
        ("file", "ok"),
        ("register", "ok"),
    ]
    assert evidence.sections["documentation"]["owner"] == "someone@example.com"
    assert evidence.sections["documentation"]["contact"] == "help@example.com"
    assert evidence.sections["risk"]["register"] == [
        {"id": "R-1", "source": "file"},
        {"id": "R-2", "source": "register"},
    ]
    assert len(evidence.sections["training"]["git"]["commit"]) == 40
    places = {pointer: (place["path"], place["line"]) for pointer, place in evidence.locations.items()}
    assert places["/evidence/documentation/owner"] == ("models/CARD.md", 3)
    assert places["/evidence/documentation/contact"] == ("models/facts.yaml", 2)
    assert places["/evidence/risk/register/0/id"] == ("models/facts.yaml", 4)
    assert places["/evidence/risk/register/1/id"] == ("models/more.yaml", 2)
    assert evidence.sources[3]["location"]["path"] == "models/gatepost.yaml"


def test_independent_sources_are_collected_at_the_same_time(tmp_path: Path) -> None:
    both = threading.Barrier(2, timeout=20)

    class Waiting(Fake):
        def collect(self, options: Mapping[str, Any], context: Context) -> Collected:
            both.wait()  # breaks where the other does not come
            return super().collect(options, context)

    collectors = Found()
    collectors.collectors = {
        name: Waiting(name, Collected({"training": found}))
        for name, found in (("one", {"seed": 1}), ("two", {"run_id": "abc"}))
    }
    path = tmp_path / "gatepost.yaml"
    path.write_text("subject: {name: credit}\ncollect:\n  - one: {}\n  - two: {}\npolicies: [profile/baseline]\n")
    config = load(path, {}, collectors)
    found = collect(config, now=lambda: NOW, jobs=2)
    assert [source["name"] for source in found.evidence.sources] == ["one", "two"]
    assert found.problems == ()
    both = threading.Barrier(2, timeout=0.1)
    assert len(collect(config, now=lambda: NOW, jobs=1).problems) == 2
