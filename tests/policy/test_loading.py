from __future__ import annotations

from pathlib import Path

import pytest

from gatepost.policy import shipped
from gatepost.policy.loading import load_policies
from gatepost.policy.model import PolicySet
from gatepost.policy.params import Assignment
from gatepost.problems import GatepostError, format_problem

POLICY = """policy: {name}
version: 1.0.0
title: T
owner: o
params:
  limit: {{type: number, default: 0.5, minimum: 0, maximum: 1}}
  words: {{type: array, default: [a], items: {{type: string}}}}
  version: {{type: string, default: 1.10}}
rules:
  - {{id: one, title: T, severity: low, enforcement: block, require: params.limit > 0.1, message: m}}
  - {{id: two, title: T, severity: low, enforcement: warn, require: params.limit > 0.1, message: m}}
"""
PROFILE = """profile: {name}
version: 1.0.0
title: P
select: [{{rules: [{rules}], enforcement: info}}]
"""


def write(folder: Path, **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return folder


def load(folder: Path, *sources: str, params: tuple[tuple[str, str], ...] = ()) -> PolicySet:
    assigned = [Assignment.of_text(name, text, f"--param {name}") for name, text in params]
    return load_policies(sources, params=assigned, where=folder.joinpath)


def failure(folder: Path, *sources: str, params: tuple[tuple[str, str], ...] = ()) -> str:
    with pytest.raises(GatepostError) as caught:
        load(folder, *sources, params=params)
    return "\n".join(map(format_problem, caught.value.problems))


@pytest.mark.parametrize("name", ["b.YAML", "b.yml", "b.Yml"])
def test_yaml_by_any_spelling_of_its_suffix_is_in_force(tmp_path: Path, name: str) -> None:
    folder = write(tmp_path / "p", a=POLICY.format(name="a"))
    (folder / name).write_text(POLICY.format(name="b"))
    found = load(tmp_path, "p/")
    assert [policy.name for policy in found.policies] == ["a", "b"]
    assert found.notes == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("b.yaml.bak", POLICY),
        ("b.yaml.txt", POLICY),
        ("b.ymal", "# ours\n---\n" + POLICY),
        ("b", POLICY),
        ("b.yaml~", "\ufeff" + POLICY),
        ("b.json", '{{"version": "1.0.0", "policy": "{name}"}}'),
        (".b.yaml", POLICY),
        ("b.prof", PROFILE.replace("{rules}", "a/*")),
    ],
)
def test_a_policy_that_is_not_in_force_is_noted(tmp_path: Path, name: str, text: str) -> None:
    folder = write(tmp_path / "p", a=POLICY.format(name="a"))
    (folder / "below").mkdir()
    for path in (folder / name, folder / "below" / name):
        path.write_text(text.format(name="b"), "utf-8")
    for other, content in {
        "README.md": "policy: it",
        "schema.json": "{}",
        "t.csv": "policy\n",
        "x.bin": "\0",
    }.items():
        (folder / other).write_text("about\n" + content if other == "README.md" else content)
    found = load(tmp_path, "p/")
    assert [policy.name for policy in found.policies] == ["a"]
    why = "starts with a dot" if name[0] == "." else "does not end in .yaml or .yml"
    assert sorted(found.notes) == sorted(
        f"not in force: p/{path} (its name {why})" for path in (name, f"below/{name}")
    )
    (folder / "a.yaml").unlink()
    assert f"not in force: p/{name} (" in failure(tmp_path, "p/")


def test_links_that_are_not_followed_are_noted(tmp_path: Path) -> None:
    folder = write(tmp_path / "p", a=POLICY.format(name="a"))
    (folder / "more").symlink_to(write(tmp_path / "elsewhere", b=POLICY.format(name="b")))
    (folder / "gone.yaml").symlink_to(tmp_path / "nowhere.yaml")
    assert load(tmp_path, "p").notes == (
        "not in force: p/gone.yaml (it is a link that leads nowhere)",
        "not in force: p/more (it is a link to a folder, which is not followed)",
    )


def test_a_folder_gives_all_its_policies_and_leaves_other_files_of_ours_out(tmp_path: Path) -> None:
    write(tmp_path / "p", a=POLICY.format(name="a"), b=POLICY.format(name="b"))
    write(tmp_path / "p", w="waivers: [x]\n")
    write(tmp_path / "p" / ".hidden", c="broken: [")
    found = load(tmp_path, "p/")
    assert [entry.rule.name for entry in found.rules] == ["a/one", "a/two", "b/one", "b/two"]
    assert found.params["a"]["limit"].value == 0.5
    assert found.params["a"]["limit"].origin == "p/a.yaml:6"
    assert found.params["a"]["version"].value == "1.10"


@pytest.mark.parametrize(
    ("sources", "message"),
    [
        ((), "no policies are given"),
        (("empty/",), "no policy in the folder empty/"),
        (("profile/basline",), "no profile is called `basline`"),
        (("pack/eu",), "no policies at pack/eu"),
        (("nothing.yaml",), "no policies at nothing.yaml"),
        (("waivers.yaml",), "waivers.yaml is no policy and no profile"),
        (("other.yaml",), "unrecognised file type: the first key is `polcy`"),
    ],
)
def test_nothing_to_judge_by_is_an_error(tmp_path: Path, sources: tuple[str, ...], message: str) -> None:
    (tmp_path / "empty").mkdir()
    write(tmp_path, waivers="waivers: [x]\n", other="polcy: x\n")
    assert message in failure(tmp_path, *sources)


def test_an_unknown_profile_says_what_was_meant(tmp_path: Path) -> None:
    assert "did you mean `baseline`?" in failure(tmp_path, "profile/basline")


def test_the_same_policy_twice_is_loaded_once_and_another_content_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, a=POLICY.format(name="a"), b=POLICY.format(name="a"))
    assert len(load(tmp_path, "a.yaml", "b.yaml").rules) == 2
    write(tmp_path, b=POLICY.format(name="a").replace("title: T", "title: U", 1))
    assert "the policy `a` stands in a.yaml too, with another content" in failure(tmp_path, "a.yaml", "b.yaml")


def test_a_profile_changes_enforcement_of_what_it_selects(tmp_path: Path) -> None:
    write(tmp_path, a=POLICY.format(name="a"), p=PROFILE.format(name="p", rules='"a/o*"'))
    found = load(tmp_path, "a.yaml", "p.yaml")
    enforced = [(entry.rule.name, entry.enforcement, entry.origin) for entry in found.rules]
    assert enforced == [("a/one", "info", "profile/p"), ("a/two", "warn", "a.yaml:11:10")]


def test_a_pattern_that_selects_nothing_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, a=POLICY.format(name="a"), p=PROFILE.format(name="p", rules="a/onne"))
    shown = failure(tmp_path, "a.yaml", "p.yaml")
    assert "`a/onne` selects no rule" in shown
    assert "did you mean `a/one`?" in shown


def test_a_profile_that_extends_itself_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, a=POLICY.format(name="a"))
    for name, other in (("p", "q"), ("q", "p")):
        write(tmp_path, **{name: PROFILE.format(name=name, rules='"a/*"') + f"extends: [profile/{other}]\n"})
    assert "extends itself" in failure(tmp_path, "a.yaml", "p.yaml", "q.yaml")


def test_the_last_assignment_of_a_param_counts(tmp_path: Path) -> None:
    profile = PROFILE.format(name="p", rules='"a/*"') + "params: {a.limit: 0.6}\n"
    write(tmp_path, a=POLICY.format(name="a"), p=profile)
    assert load(tmp_path, "a.yaml", "p.yaml").params["a"]["limit"].origin == "profile/p"
    found = load(tmp_path, "a.yaml", "p.yaml", params=(("a.limit", "1"), ("a.words", "[x, 'y']")))
    assert (found.params["a"]["limit"].value, found.params["a"]["limit"].origin) == (1.0, "--param a.limit")
    assert isinstance(found.params["a"]["limit"].value, float)
    assert found.params["a"]["words"].value == ["x", "y"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.limt", "1", "no loaded policy has a param `a.limt`\n  --param a.limt\n  did you mean `a.limit`?"),
        ("b.limit", "1", "no loaded policy has a param `b.limit`"),
        ("a.limit", "1.5", "the param `a.limit` is 1.5 and must be at most 1"),
        ("a.limit", "high", "the param `a.limit` must be a number, got `high`"),
        ("a.words", "[[1]]", "must be a string, got a list"),
        ("a.words", "[", "YAML syntax"),
    ],
)
def test_a_bad_param_is_an_error(tmp_path: Path, name: str, text: str, message: str) -> None:
    write(tmp_path, a=POLICY.format(name="a"))
    assert message in failure(tmp_path, "a.yaml", params=((name, text),))


def test_a_param_without_a_value_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, a=POLICY.format(name="a").replace("default: 0.5, ", ""))
    shown = failure(tmp_path, "a.yaml")
    assert "the param `a.limit` has no value" in shown
    assert "--param a.limit=VALUE" in shown


def test_every_shipped_profile_loads_with_rules_in_force(tmp_path: Path) -> None:
    names = shipped.profile_names()
    assert "baseline" in names
    for name in names:
        assert len(load(tmp_path, f"profile/{name}").rules) >= (2 if name == "champion" else 10)
