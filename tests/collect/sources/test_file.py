from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from gatepost.collect.interface import Collected, CollectorError, Context
from gatepost.collect.sources import file
from gatepost.evidence.schema import bundled
from gatepost.problems import GatepostError, Place, Problem

APPROVALS = """\
# who let it through
- by: ada@example.com
  role: model-risk
  at: 2026-05-01
  version: 1.10
- {by: bob@example.com, role: owner, at: 2026-05-02T10:00:00Z, version: "2"}
"""


def collect(folder: Path, text: str, section: str | None = None, name: str = "facts.yaml") -> Collected:
    (folder / name).write_text(text)
    options = {"path": name} | ({"section": section} if section else {})
    return file.collect(options, Context(folder, folder))


def problems(folder: Path, text: str, section: str | None = None, name: str = "facts.yaml") -> tuple[Problem, ...]:
    with pytest.raises(GatepostError) as caught:
        collect(folder, text, section, name)
    return caught.value.problems


def test_a_list_section(tmp_path: Path) -> None:
    collected = collect(tmp_path, APPROVALS, "approvals")
    assert collected.sections == {
        "approvals": [
            {"by": "ada@example.com", "role": "model-risk", "at": "2026-05-01T00:00:00Z", "version": "1.10"},
            {"by": "bob@example.com", "role": "owner", "at": "2026-05-02T10:00:00Z", "version": "2"},
        ]
    }
    evidence = {"schema": "gatepost.evidence/1", "subject": {"name": "m"}, "evidence": dict(collected.sections)}
    assert list(jsonschema_rs.Draft202012Validator(bundled()).iter_errors(evidence)) == []
    lines = {pointer: place.line for pointer, place in collected.locations.items()}
    assert lines["/approvals"] == 2
    assert (lines["/approvals/0"], lines["/approvals/0/version"], lines["/approvals/1/by"]) == (2, 5, 6)
    assert len(lines) == 11
    assert collected.locations["/approvals/0/role"] == Place("facts.yaml", 3, 3, 3, 19)
    assert collected.digest.startswith("sha256:")


def test_sections_as_top_level_keys(tmp_path: Path) -> None:
    text = "oversight:\n  can_override: true\nlogging: {enabled: false, retention_days: 180}\n"
    text += "custom:\n  a/b: [1, x, 2.5]\n"
    collected = collect(tmp_path, text)
    assert collected.sections == {
        "oversight": {"can_override": True},
        "logging": {"enabled": False, "retention_days": 180},
        "custom": {"a/b": [1, "x", 2.5]},
    }
    lines = {pointer: place.line for pointer, place in collected.locations.items()}
    assert lines == {
        "/oversight": 1,
        "/oversight/can_override": 2,
        "/logging": 3,
        "/logging/enabled": 3,
        "/logging/retention_days": 3,
        "/custom": 4,
        "/custom/a~1b": 5,
        "/custom/a~1b/0": 5,
        "/custom/a~1b/1": 5,
        "/custom/a~1b/2": 5,
    }


def test_json_with_its_lines(tmp_path: Path) -> None:
    text = '{\n\t"documentation": {\n\t\t"owner": "Ada \\ud83d\\ude00 \\u00e4",\n\t\t"limitations": "a\\/b"\n\t}\n}\n'
    collected = collect(tmp_path, text, name="facts.json")
    assert collected.sections["documentation"] == json.loads(text)["documentation"]
    assert collected.locations["/documentation/limitations"].line == 4


@pytest.mark.parametrize(
    ("text", "says", "line"),
    [
        ('{"oversight": {"can_stop": true,}}', "JSON", 1),
        ('{"oversight":\n {"can_stop": tru}}', "JSON", 2),
        ("oversight: {can_stop: true}", "JSON", 1),
        ('{"custom": {"x": NaN}}', "NaN", None),
        ('{"custom": {"x": 1, "x": 2}}', "twice", 1),
    ],
)
def test_what_is_no_json(tmp_path: Path, text: str, says: str, line: int | None) -> None:
    (only,) = problems(tmp_path, text, name="facts.json")
    assert says in only.what
    assert only.place is not None and (only.place.path, only.place.line) == ("facts.json", line)


def test_unknown_fields_and_sections(tmp_path: Path) -> None:
    (field,) = problems(tmp_path, "can_stopp: true\n", "oversight")
    assert (field.what, field.advice) == ("unknown key `can_stopp`", "did you mean `can_stop`?")
    assert field.place == Place("facts.yaml", 1, 1, 1, 10)
    (section,) = problems(tmp_path, "risk: {}\noversigth: {}\n")
    assert (section.what, section.advice) == ("unknown section `oversigth`", "did you mean `oversight`?")
    assert section.place == Place("facts.yaml", 2, 1, 2, 10)


def test_every_mistake_is_told_with_its_place(tmp_path: Path) -> None:
    text = "register:\n  - {id: R1, accepted_at: yesterday}\n  - {id: R2, accepted_at: 2026-02-30}\n"
    found = problems(tmp_path, text, "risk")
    assert [p.place.line for p in found if p.place] == [2, 3]
    assert all("is not a date" in p.what for p in found)


def test_a_wrong_type(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, "enabled: true\nretention_days: long\n", "logging")
    assert "must be" in only.what and "long" in only.what
    assert only.place == Place("facts.yaml", 2, 17, 2, 21)
    (shape,) = problems(tmp_path, "by: ada\n", "approvals")
    assert "must be a list, got a map" in shape.what


def test_null_values_are_left_out_with_a_note_and_empty_lists_stay(tmp_path: Path) -> None:
    collected = collect(
        tmp_path, "incidents: []\nrisk:\n  register: []\noversight:\n  can_stop:\ncustom: {a: null}\n"
    )
    assert collected.sections == {"incidents": [], "risk": {"register": []}}
    assert collected.notes == ("oversight.can_stop has no value", "custom.a has no value")
    assert collected.locations["/oversight/can_stop"].line == 5


@pytest.mark.parametrize(
    "blank", ["\u00a0", "\u200b", "\u00ad", "\u3164", "\u2800", "&nbsp;", "TBD", "ＴＯＤＯ", "N/A"]
)
def test_blank_texts_and_placeholders_are_left_out_with_a_note(tmp_path: Path, blank: str) -> None:
    text = f'approvals:\n- by: "{blank}"\n- {{by: Ann, role: "{blank}"}}\ndocumentation:\n  limitations: "{blank}"\n'
    collected = collect(tmp_path, text)
    assert collected.sections == {"approvals": [{"by": "Ann"}]}
    assert [note.partition(" is ")[0] for note in collected.notes] == [
        "approvals.0.by: the text at facts.yaml:2",
        "approvals.0 has no value",
        "approvals.1.role: the text at facts.yaml:3",
        "documentation.limitations: the text at facts.yaml:5",
    ]
    assert collected.locations["/documentation/limitations"].line == 5


def test_words_that_are_values_elsewhere_are_kept(tmp_path: Path) -> None:
    text = "risk:\n  register: [{id: R1, residual: none, treatment: none}]\n"
    text += "access:\n  permissions: [{who: owner, may: write, on: model}]\n"
    collected = collect(tmp_path, text)
    assert collected.sections["risk"] == {"register": [{"id": "R1", "residual": "none", "treatment": "none"}]}
    assert collected.sections["access"] == {"permissions": [{"who": "owner", "may": "write", "on": "model"}]}


def test_names_that_were_measured_may_be_blank(tmp_path: Path) -> None:
    text = '{"groups": [{"attribute": "sex", "group": " ", "n": 3}]}'
    assert collect(tmp_path, text, "fairness").sections["fairness"]["groups"][0]["group"] == " "


def test_a_list_entry_without_a_value(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, "fields:\n  - time\n  -\n", "logging")
    assert "without a value" in only.what
    assert only.place is not None and only.place.line == 3


def test_a_file_that_is_no_map(tmp_path: Path) -> None:
    (only,) = problems(tmp_path, APPROVALS)
    assert "must be a map" in only.what and "section:" in only.advice


@pytest.mark.parametrize("text", ["", "oversight: [1\n", "a: 1\n---\nb: 2\n"])
def test_what_is_no_yaml(tmp_path: Path, text: str) -> None:
    (only,) = problems(tmp_path, text)
    assert only.place is not None and only.place.path == "facts.yaml"


def test_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "approvals.yaml").write_text(APPROVALS)
    context = Context(tmp_path, tmp_path)
    for call in (file.collect, file.fingerprint):
        with pytest.raises(CollectorError, match="no such file") as caught:
            call({"path": "aprovals.yaml", "section": "approvals"}, context)
        assert caught.value.advice == "did you mean `approvals.yaml`?"
    with pytest.raises(CollectorError, match="is a folder"):
        file.collect({"path": "."}, context)


def test_a_secret_file_outside_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "repository").mkdir()
    (tmp_path / "secret.yaml").write_text("custom: {a: 1}\n")
    (tmp_path / "repository" / "link.yaml").symlink_to("../secret.yaml")
    context = Context(tmp_path / "repository", tmp_path / "repository")
    for path in ("../secret.yaml", "link.yaml"):
        with pytest.raises(CollectorError, match="outside the repository"):
            file.collect({"path": path}, context)


def test_under_a_trusted_ref_governed_sections_are_those_of_the_ref(tmp_path: Path) -> None:
    (tmp_path / "at").mkdir()
    context = Context(tmp_path / "own", tmp_path / "own", trusted=tmp_path / "at")
    (tmp_path / "own").mkdir()
    options = {"path": "a.yaml", "section": "approvals"}
    with pytest.raises(CollectorError, match="no such file"):
        file.fingerprint(options, context)
    (tmp_path / "own" / "a.yaml").write_text("[{by: me}]")
    assert file.fingerprint(options, context).parts == {"trusted": "none"}
    found = file.collect(options, context)
    assert (found.sections, found.digest, found.uri) == ({}, "", "a.yaml")
    assert "a.yaml does not exist at the trusted ref" in found.notes[0]
    (tmp_path / "at" / "a.yaml").write_text("[{by: ann}]")
    first = file.fingerprint(options, context).parts
    found = file.collect(options, context)
    assert (found.sections, found.notes) == ({"approvals": [{"by": "ann"}]}, ())
    assert found.locations["/approvals/0"] == Place("a.yaml", 1, 3, 1, 10)
    (tmp_path / "own" / "a.yaml").unlink()
    assert file.collect(options, context) == found
    (tmp_path / "at" / "a.yaml").write_text("[{by: bob}]")
    assert file.fingerprint(options, context).parts != first


def test_a_file_of_several_sections_is_read_in_both_places(tmp_path: Path) -> None:
    context = Context(tmp_path / "own", tmp_path / "own", trusted=tmp_path / "at")
    for name, text in (
        ("own", "risk: {register: []}\ncustom: {a: 1}\n"),
        ("at", "custom: {a: 2}\noversight: {can_stop: true}\n"),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.yaml").write_text(text)
    found = file.collect({"path": "a.yaml"}, context)
    assert found.sections == {"custom": {"a": 1}, "oversight": {"can_stop": True}}
    assert file.fingerprint({"path": "a.yaml"}, context).parts.keys() == {"file", "trusted"}
    # What lies elsewhere is not the merge request's, and other sections are the working tree's.
    logging = {"path": "logging.yaml", "section": "logging"}
    (tmp_path / "own" / "logging.yaml").write_text("enabled: true")
    assert file.collect(logging, context).sections == {"logging": {"enabled": True}}


def test_the_options() -> None:
    validator = jsonschema_rs.Draft202012Validator(dict(file.options))
    assert validator.is_valid({"path": "a.yaml", "section": "risk"})
    assert not validator.is_valid({"path": "a.yaml", "section": "risks"})
    assert not validator.is_valid({"section": "risk"})
    assert set(file.sections) == set(bundled()["$defs"]["sections"]["properties"])
    assert file.describe({"path": "a.yaml", "section": "risk"}) == "a.yaml (risk)"


def test_numbers_that_contradict_each_other_are_refused_at_their_line(tmp_path: Path) -> None:
    text = "performance:\n  n: 10.0\n  metrics:\n    f1: {value: 0.5,\n         low: 0.9}\n"
    (problem,) = problems(tmp_path, text)
    assert problem.what == ("/performance/metrics/f1/value is 0.5, below the lower end of its own interval, 0.9")
    assert problem.place == Place("facts.yaml", 4, 17, 4, 20)
    (problem,) = problems(tmp_path, "fairness:\n  group_count: 2\n  groups: [{group: a}]\n")
    assert problem.what == "/fairness/group_count is 2, and `groups` has 1 entry"
    assert problem.place
    assert problem.place.line == 2


def test_more_facts_than_anybody_keeps_by_hand_are_refused_before_they_are_read(tmp_path: Path) -> None:
    text = "metrics:\n" + "".join(f"  m{n}: {{value: 1, n: 1}}\n" for n in range(100_000))
    with pytest.raises(GatepostError, match="more than 250,000 values") as caught:
        collect(tmp_path, text, section="performance")
    assert caught.value.problems[0].place is not None
    assert caught.value.problems[0].place.line == 41_668
