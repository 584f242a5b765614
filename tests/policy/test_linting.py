"""The lint: the examples of its page are its tests."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gatepost.cel.engines import load_engine
from gatepost.evidence.custom import Custom
from gatepost.policy.lint_codes import CODES
from gatepost.policy.linting import Linted, lint
from gatepost.policy.shipped import policies_folder
from gatepost.problems import GatepostError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reference" / "lint.md").read_text("utf-8")
EXAMPLES = {
    part[0]: re.findall(r"```yaml (wrong|right) ?(policy|profile|) ?(\S*)\n(.*?)```", part[1], re.DOTALL)
    for part in re.findall(r"^### (GP-L\d{3})\n(.*?)(?=^### |\Z)", PAGE, re.DOTALL | re.MULTILINE)
}
HEADS = {
    "policy": {"policy": "p", "version": "1.0.0", "title": "T", "owner": "o"},
    "profile": {"profile": "p", "version": "1.0.0", "title": "T"},
    "rule": {
        "id": "r",
        "title": "T",
        "severity": "high",
        "enforcement": "block",
        "require": "evidence.performance.n >= params.least",
        "message": "m",
    },
}


def filled(kind: str, text: str) -> str:
    """Add the keys that every file or rule of a kind has, where the text lacks them."""
    return "".join(f"{key}: {value}\n" for key, value in HEADS[kind].items() if f"\n{key}:" not in f"\n{text}") + text


def whole(kind: str, text: str) -> str:
    if kind == "profile":
        return filled("profile", text)
    if kind == "policy" and "rules:" in text:
        return filled("policy", text)
    rule = filled("rule", text if not kind else "")
    params = text if kind == "policy" else "params: {least: {type: integer, default: 3}}\n"
    if "params.least" not in rule:
        params = ""
    lines = rule.replace("\n", "\n    ").rstrip()
    return filled("policy", f"{params}rules:\n  - {lines}\n")


def linted(folder: Path, text: str, name: str = "") -> Linted:
    """Lint a file; one with a name of its own in a folder, beside a policy."""
    path = folder / (name or "p.yaml")
    path.write_text(text, "utf-8")
    if not name:
        return lint([path], load_engine())
    (folder / "other.yaml").write_text(whole("", "").replace("policy: p\n", "policy: other\n"))
    return lint([folder], load_engine())


def test_each_code_has_an_example_of_both_kinds() -> None:
    assert list(EXAMPLES) == list(CODES)
    assert {code: [example[0] for example in found] for code, found in EXAMPLES.items()} == {
        code: ["wrong", "right"] for code in CODES
    }


@pytest.mark.parametrize("code", list(CODES))
def test_the_wrong_example_gets_the_code_and_only_that(code: str, tmp_path: Path) -> None:
    _, kind, name, text = EXAMPLES[code][0]
    found = linted(tmp_path, whole(kind, text), name)
    assert {problem.code for problem in found.problems} == {code}
    for problem in found.problems:
        assert problem.place is not None
        assert problem.place.line
        assert problem.place.column
        assert problem.source_line


@pytest.mark.parametrize("code", list(CODES))
def test_the_right_example_is_clean(code: str, tmp_path: Path) -> None:
    _, kind, name, text = EXAMPLES[code][1]
    assert linted(tmp_path, whole(kind, text), name).problems == ()


@pytest.mark.parametrize(
    ("require", "says"),
    [
        ("evidence.performance.n >= 0", "`evidence.performance.n >= 0` is always true"),
        ("evidence.performance.n < 0", "`evidence.performance.n < 0` is always false"),
        ("evidence.performance.n > 1 && 0 > evidence.performance.n", "`0 > evidence.performance.n` is always false"),
        ("evidence.performance.n > 3 && evidence.performance.n <= 3", "is always false"),
        ("evidence.performance.n > 3 || !(evidence.performance.n > 3)", "is always true"),
        ("evidence.documentation.owner.size() >= 0", "`evidence.documentation.owner.size() >= 0` is always true"),
        ("evidence.performance.n == evidence.performance.n", "is always true"),
        ("subject.name != '' || 1 < 2", "is always true"),
        ("evidence.performance.n > params.least - params.least", None),
        ("evidence.performance.n > 0", None),
        ("evidence.performance.n > 3 && evidence.performance.n < 3", None),
    ],
)
def test_what_always_comes_out_the_same_is_seen(require: str, says: str | None, tmp_path: Path) -> None:
    text = f'require: "{require}"\nmessage: "{{params.least}}"\n'
    found = [p.what for p in linted(tmp_path, whole("", text)).problems if p.code == "GP-L024"]
    assert len(found) == (says is not None)
    assert says is None or says in found[0]


def test_what_ships_is_clean() -> None:
    found = lint([policies_folder(), ROOT / "examples" / "credit-risk" / "waivers.yaml"], load_engine())
    assert found.problems == ()
    assert found.rules >= 24


def test_own_catalogues_and_schemas_are_known(tmp_path: Path) -> None:
    text = whole("", "controls: [bank/1]\nrequire: evidence.custom.cost < 3.0\n")
    (tmp_path / "c.yaml").write_text(
        "catalogue: bank\ntitle: B\nsource: s\ncontrols: [{id: '1', title: One, checkable: 'yes'}]\n"
    )
    (tmp_path / "p.yaml").write_text(text)
    schema = {"type": "object", "additionalProperties": False, "properties": {"cost": {"type": "number"}}}
    assert lint([tmp_path], load_engine(), Custom(schema)).problems == ()
    assert [p.code for p in lint([tmp_path / "p.yaml"], load_engine(), Custom(schema)).problems] == ["GP-L023"]
    (tmp_path / "p.yaml").write_text(text.replace("custom.cost", "custom.cots"))
    (problem,) = lint([tmp_path], load_engine(), Custom(schema)).problems
    assert (problem.code, problem.advice) == ("GP-L003", "did you mean `cost`?")


def test_two_policies_of_one_name_and_tests_without_a_policy_are_seen(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(whole("", "id: r\n"))
    (tmp_path / "c.test.yaml").write_text("tests: [{name: t, evidence: {}, expect: {p/r: pass}}]\n")
    found = lint([tmp_path], load_engine())
    assert [(p.code, p.what) for p in found.problems] == [
        ("GP-L017", f"the policy `p` stands in {tmp_path}/a.yaml too"),
        ("GP-L001", "there is no policy c.yaml beside these tests"),
    ]


def test_an_expectation_for_an_unknown_rule_is_seen(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(whole("", "id: r\n"))
    (tmp_path / "p.test.yaml").write_text("tests: [{name: t, evidence: {}, expect: {p/q: pass}}]\n")
    (problem,) = lint([tmp_path], load_engine()).problems
    assert problem.what == "the policy `p` has no rule `p/q`"


def test_a_path_that_leads_nowhere_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    with pytest.raises(GatepostError) as error:
        lint([tmp_path / "polices"], load_engine())
    assert error.value.problems[0].advice == "did you mean `policies`?"
    with pytest.raises(GatepostError, match="no YAML file in the folder"):
        lint([tmp_path / "policies"], load_engine())
