from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.config import configured_reports, load
from gatepost.problems import GatepostError, format_problem

TEXT = """subject: {name: credit, version: 1.10, location: CARD.md}
collect:
  - git: {}
  - file: {path: facts.yaml, section: risk}
    name: register
    required: false
  - file: {path: facts.yaml, section: risk}
    as: stress
policies: [profile/baseline, policies/]
params: {documentation.max_review_age: 24h}
waivers: waivers.yaml
reports: [{junit: out/g.xml}, {sarif: g.sarif}]
"""


def write(folder: Path, text: str = TEXT) -> Path:
    path = folder / "gatepost.yaml"
    path.write_text(text)
    return path


def failure(folder: Path, text: str, environ: dict[str, str] | None = None) -> str:
    with pytest.raises(GatepostError) as caught:
        load(write(folder, text), environ or {})
    return "\n".join(map(format_problem, caught.value.problems)).replace(str(folder), "DIR")


def test_it_is_read_whole(tmp_path: Path) -> None:
    config = load(write(tmp_path), {})
    assert config.subject == {"name": "credit", "version": "1.10", "location": "CARD.md"}
    assert [(e.name, e.collector.name, e.required, e.more) for e in config.entries] == [
        ("git", "git", True, None),
        ("register", "file", False, None),
        ("file-stress", "file", True, "stress"),
    ]
    assert str(config.entries[1].place) == "gatepost.yaml:4:5"
    assert config.policies == ("profile/baseline", "policies/")
    assert [(a.name, a.origin.rpartition("/")[2]) for a in config.params] == [
        ("documentation.max_review_age", "gatepost.yaml:10")
    ]
    assert (config.waivers, config.reports) == ("waivers.yaml", (("junit", "out/g.xml"), ("sarif", "g.sarif")))


def test_paths_are_those_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "models" / "credit"
    folder.mkdir(parents=True)
    config = load(write(folder), {})
    assert config.repository == tmp_path.resolve()
    assert config.subject["location"] == "models/credit/CARD.md"
    assert config.entries[0].place.path == "models/credit/gatepost.yaml"


def test_the_environment_is_put_in_as_text_and_kept_secret(tmp_path: Path) -> None:
    text = TEXT.replace(
        "facts.yaml, section: risk}\n    name", "'${FOLDER}/facts-$${x}.yaml', section: risk}\n    name"
    )
    config = load(write(tmp_path, text), {"FOLDER": "a: b"})
    assert config.entries[1].options["path"] == "a: b/facts-${x}.yaml"
    assert config.known.values["FOLDER"] == "a: b"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("collect:", "colect:", "did you mean `collect`?"),
        ("subject: {name: credit,", "subject: {nam: credit,", "did you mean `name`?"),
        ("- git: {}", "- gti: {}", "DIR/gatepost.yaml:3:5"),
        ("- git: {}", "- {git: {}, file: {path: x}}", "this entry names git and file"),
        ("- git: {}", "- {name: x}", "this entry names no collector"),
        ("- git: {}", "- git", "an entry is a map"),
        ("- git: {}", "- git: {pth: x}", "did you mean `path`?"),
        ("name: register", "name: git", "two sources are called `git`"),
        ("as: stress", "as: 'two words'", "is not a word of letters"),
        ("required: false", "required: no", "must be true or false, got `no`"),
        ("policies/]", "../policies/]", "../policies/ lies outside the repository"),
        ("waivers.yaml", "/etc/passwd", "/etc/passwd lies outside the repository"),
        ("out/g.xml", "../g.xml", "../g.xml lies outside the repository"),
        ("policies: [profile/baseline, policies/]", "policies: []", "`policies` must not be empty"),
        ("waivers.yaml", "${WAIVERS}", "the environment has no `WAIVERS`"),
        ("waivers.yaml", '"a\\0b"', "this is not a valid path"),
        ("location: CARD.md", "location: ../CARD.md", "../CARD.md lies outside the repository"),
        ("profile/baseline", "profile/../../x", "profile/../../x lies outside the repository"),
        ("{name: credit,", "{risk_tier: hihg, name: credit,", "did you mean `high`?"),
        ("{name: credit,", "{risk_tier: medium, name: credit,", "add a line: risk_tiers: [high, medium, low]"),
        ("{name: credit,", "{task: Binary, name: credit,", "did you mean `binary`?"),
        ("CARD.md}", "CARD.md, risk_tier: high}\nrisk_tiers: [top, low]", "`high` is not one of top, low"),
        ("reports:", "risk_tiers: []\nreports:", "`risk_tiers` must not be empty"),
        ("reports:", "evidence_schema: {type: objct}\nreports:", "this is not a valid JSON Schema (draft 2020-12)"),
        ("reports:", "evidence_schema: {$ref: '#/$defs/x'}\nreports:", "`#/$defs/x` leads to no schema"),
        ("reports:", "evidence_schema: {$ref: 'https://x.example/y'}\nreports:", "cannot fetch https://x.example/y"),
    ],
)
def test_a_mistake_is_an_error_at_its_place(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert said in failure(tmp_path, TEXT.replace(old, new, 1))


def test_a_secret_is_not_in_messages(tmp_path: Path) -> None:
    shown = failure(tmp_path, TEXT.replace("required: false", "required: ${TOKEN}"), {"TOKEN": "hunter2"})
    assert "hunter2" not in shown


def test_reports_are_known_even_where_the_rest_is_broken(tmp_path: Path) -> None:
    path = write(tmp_path, TEXT.replace("collect:", "colect:"))
    assert configured_reports(path) == (("junit", "out/g.xml"), ("sarif", "g.sarif"))
    assert configured_reports(tmp_path / "nothing.yaml") == ()
    assert configured_reports(write(tmp_path, "reports: [junit]")) == ()


def test_a_path_from_the_environment_is_not_in_messages(tmp_path: Path) -> None:
    shown = failure(tmp_path, TEXT.replace("waivers.yaml", "../${TOKEN}"), {"TOKEN": "hunter2"})
    assert "hunter2" not in shown
    assert "waivers: ../${TOKEN}" in shown


@pytest.mark.parametrize(
    ("written", "held"), [("../CARD.md", "models/CARD.md"), ("./CARD.md", "models/credit/CARD.md")]
)
def test_the_location_of_the_subject_starts_at_the_root_of_the_repository(
    tmp_path: Path, written: str, held: str
) -> None:
    (tmp_path / ".git").mkdir()
    folder = tmp_path / "models" / "credit"
    folder.mkdir(parents=True)
    assert (
        load(write(folder, TEXT.replace("location: CARD.md", f"location: {written}")), {}).subject["location"] == held
    )


def test_there_is_advice_where_there_is_no_gatepost_yaml(tmp_path: Path) -> None:
    with pytest.raises(GatepostError) as caught:
        load(tmp_path / "gatepost.yaml", {})
    assert "gatepost demo" in caught.value.problems[0].advice
    assert "--config FILE" in caught.value.problems[0].advice
