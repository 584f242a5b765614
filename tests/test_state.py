from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from gatepost.problems import GatepostError
from gatepost.state import State, read_file


@pytest.mark.parametrize(
    ("config", "folder"),
    [
        ("gatepost.yaml", ".gatepost"),
        ("m/gatepost.yaml", "m/.gatepost"),
        ("/x/gatepost.yaml", "/x/.gatepost"),
        ("credit.yaml", ".gatepost/credit"),
        ("m/credit-risk.prod.yaml", "m/.gatepost/credit-risk.prod"),
        ("credit.yml", ".gatepost/@credit.yml"),
        ("cache.yaml", ".gatepost/@cache.yaml"),
        ("verdict.json.yaml", ".gatepost/@verdict.json.yaml"),
        ("..yaml", ".gatepost/@..yaml"),
        ("...yaml", ".gatepost/@...yaml"),
    ],
)
def test_each_configuration_has_a_folder(config: str, folder: str) -> None:
    assert str(State(config).folder) == folder


def test_no_two_configurations_share_a_folder_or_take_a_file_of_another() -> None:
    names = ["gatepost.yaml", "gatepost.yml", "gatepost", "b.yaml", "b.yml", "b", "@b.yaml", "@b.yml", "b.yaml.yaml"]
    names += ["cache.yaml", "cache", "evidence.json.yaml", "evidence.json", ".gitignore.yaml", ".yaml", "..yaml"]
    names += ["verdict.json.yaml", "baseline.json.yaml", "@cache.yaml", "@@cache.yaml", "gatepost.yaml.yaml"]
    states = [State(name) for name in names]
    for one, other in combinations(states, 2):
        assert one.folder != other.folder
        files = {state.top / ".gitignore" for state in states} | {one.evidence, one.verdict, one.baseline, one.cache}
        assert not files & {other.folder, other.evidence, other.verdict, other.baseline, other.cache} - {
            one.top / ".gitignore"
        }


def test_the_folder_is_hidden_from_git(tmp_path: Path) -> None:
    state = State(str(tmp_path / "credit.yaml"))
    state.prepare()
    assert [path.name for path in state.top.iterdir()] == [".gitignore"]
    (state.top / ".gitignore").write_text("mine\n")
    state.prepare()
    assert (state.top / ".gitignore").read_text() == "mine\n"


@pytest.mark.parametrize("git", [True, False])
@pytest.mark.parametrize(
    "link", [".gatepost", ".gatepost/.gitignore", ".gatepost/credit", ".gatepost/credit/verdict.json"]
)
@pytest.mark.parametrize("dangling", [True, False])
def test_a_link_in_its_place_is_not_followed(tmp_path: Path, git: bool, link: str, dangling: bool) -> None:
    outside = tmp_path / "outside"
    if not dangling:
        outside.mkdir() if link in (".gatepost", ".gatepost/credit") else outside.write_text("old")
    project = tmp_path / "project"
    (project / link).parent.mkdir(parents=True)
    if git:
        (project / ".git").mkdir()
    (project / link).symlink_to(outside)
    state = State(str(project / "credit.yaml"))
    with pytest.raises(GatepostError, match="is a symbolic link in the checkout"):
        state.prepare()
        state.write(state.verdict, "new")
    assert outside.exists() != dangling
    if outside.is_file():
        assert outside.read_text() == "old"
        if link.endswith("verdict.json"):
            with pytest.raises(GatepostError, match="is a symbolic link in the checkout"):
                read_file(state.verdict)


def test_other_files_are_read_through_links(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "evidence.json").write_text("{}")
    (tmp_path / "link.json").symlink_to("evidence.json")
    assert read_file(tmp_path / "link.json") == b"{}"


def test_what_is_not_there_gets_no_folder(tmp_path: Path) -> None:
    assert not State(str(tmp_path / "none.yaml")).is_wanted()
    assert not State(str(tmp_path)).is_wanted()
    (tmp_path / "there.yaml").touch()
    assert State(str(tmp_path / "there.yaml")).is_wanted()


def test_what_stands_for_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "project" / "model").mkdir(parents=True)
    (tmp_path / "link").symlink_to("project")
    config = str(tmp_path / "link" / "model" / "gatepost.yaml")
    monkeypatch.chdir("/")
    assert State(config).checkout == tmp_path / "project" / "model"
    monkeypatch.chdir(tmp_path / "project")
    assert State(config).checkout == tmp_path / "project"
    (tmp_path / "project" / "model" / ".git").mkdir()
    assert State(config).checkout == tmp_path / "project" / "model"


def test_the_list_of_reports_counts_from_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "m" / "sub").mkdir(parents=True)
    (tmp_path.parent / f"{tmp_path.name}-link").symlink_to(tmp_path)
    state = State("m/gatepost.yaml")
    monkeypatch.chdir(tmp_path)
    assert state.left_reports() == ()
    through = f"../{tmp_path.name}-link/m/x.xml"
    given = ["x.xml", "m/../x.xml", f"{tmp_path}/new/x.xml", through, "../x.xml", "/dev/stdout"]
    found = [state.left_report("junit", path) for path in given]
    assert [one and one.path for one in found] == ["x.xml", "x.xml", "new/x.xml", "m/x.xml", None, None]
    state.write_list([one for one in found if one is not None])
    monkeypatch.chdir(tmp_path / "m" / "sub")
    assert State("../gatepost.yaml").left_reports() == tuple(one for one in found if one is not None)
