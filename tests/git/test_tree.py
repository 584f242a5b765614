from __future__ import annotations

import shutil
import subprocess
import zlib
from pathlib import Path

import pytest

from gatepost.git.repository import Repository, find
from gatepost.git.tree import TrustedTree, open_tree
from gatepost.problems import GatepostError

from .conftest import add_submodule, as_files, commit, make, run, trapped


def repository_at(folder: Path) -> Repository:
    found = find(folder)
    assert found is not None
    return found


def opened(folder: Path, ref: str = "main") -> TrustedTree:
    return open_tree(ref, repository_at(folder), folder.parent / "taken")


def objects_of(folder: Path) -> dict[str, Path]:
    return {f"{path.parent.name}{path.name}": path for path in (folder / ".git" / "objects").glob("??/*")}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    repository = make(tmp_path / "r", {"policies/a.yaml": "a: 1\n", "policies/deep/b.yml": "b: 1\n", "x.txt": "x"})
    run(repository, "checkout", "-q", "-b", "mr")
    commit(repository, {"policies/a.yaml": "a: 2\n"})
    return repository


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_files_and_folders_are_those_of_the_ref(tmp_path: Path, object_format: str) -> None:
    files = {"policies/a.yaml": "a: 1\n", "policies/deep/b.yml": "b: 1\n", "policies/c.txt": "c", "é/f.yaml": "f"}
    repository = make(tmp_path / "r", files, f"--object-format={object_format}")
    run(repository, "checkout", "-q", "-b", "mr")
    commit(repository, {"policies/a.yaml": "a: 2\n"})
    tree = opened(repository)
    assert tree.files("policies") == {"policies/a.yaml": b"a: 1\n", "policies/deep/b.yml": b"b: 1\n"}
    assert tree.files("é/f.yaml") == {"é/f.yaml": b"f"}
    assert tree.take("policies/c.txt").read_bytes() == b"c"
    assert not tree.take("nothing").exists()
    assert not tree.take("policies/a.yaml/below").exists()
    assert set(tree.files("")) == {"policies/a.yaml", "policies/deep/b.yml", "é/f.yaml"}


def test_names_that_could_be_meant_as_yaml_are_taken_and_are_no_files_of_the_folder(tmp_path: Path) -> None:
    names = ["a.YAML", "b.yml", "c.yaml.bak", "d.json", "e.ymal", "f.txt"]
    repository = make(tmp_path / "r", {f"policies/{name}": "x" for name in names})
    tree = opened(repository)
    assert set(tree.files("policies")) == {"policies/a.YAML", "policies/b.yml"}
    assert sorted(path.name for path in tree.take("policies").iterdir()) == names[:-1]


@pytest.mark.parametrize("name", ["commit", "root", "policies", "a.yaml"])
def test_an_object_that_is_not_what_its_name_says_is_refused(repository: Path, name: str) -> None:
    path = {"commit": "main", "root": "main:", "policies": "main:policies", "a.yaml": "main:policies/a.yaml"}[name]
    other = {"commit": "mr", "root": "mr:", "policies": "mr:policies", "a.yaml": "mr:policies/a.yaml"}[name]
    objects = objects_of(repository)
    target = objects[run(repository, "rev-parse", path)]
    target.chmod(0o644)
    target.write_bytes(objects[run(repository, "rev-parse", other)].read_bytes())
    with pytest.raises(GatepostError, match=r"not what its name says|git cannot read|there is no `main` here"):
        opened(repository).files("policies")


def test_an_object_of_another_kind_is_refused(repository: Path) -> None:
    target = objects_of(repository)[run(repository, "rev-parse", "main:policies/a.yaml")]
    target.chmod(0o644)
    target.write_bytes(zlib.compress(b"tree 0\0"))
    with pytest.raises(GatepostError, match=r"not what its name says|git cannot read"):
        opened(repository).files("policies")


def test_replacements_and_grafts_do_not_count(repository: Path) -> None:
    main, mr = run(repository, "rev-parse", "main"), run(repository, "rev-parse", "mr")
    run(repository, "replace", main, mr)
    run(
        repository,
        "replace",
        run(repository, "rev-parse", "main:policies/a.yaml"),
        run(repository, "rev-parse", "mr:policies/a.yaml"),
    )
    (repository / ".git" / "info" / "grafts").write_text(f"{mr}\n")
    tree = opened(repository)
    assert (tree.commit, tree.files("policies/a.yaml")) == (main, {"policies/a.yaml": b"a: 1\n"})
    assert opened(repository, "mr~1").commit == main


def test_objects_may_come_from_alternates_in_the_working_tree(repository: Path) -> None:
    # Whoever fills a store cannot make an object that another name fits.
    (repository / "store").mkdir()
    shutil.copytree(repository / ".git" / "objects", repository / "store", dirs_exist_ok=True)
    blob = run(repository, "rev-parse", "main:policies/a.yaml")
    objects_of(repository)[blob].unlink()
    (repository / ".git" / "objects" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "objects" / "info" / "alternates").write_text(f"{repository / 'store'}\n")
    assert opened(repository).files("policies/a.yaml") == {"policies/a.yaml": b"a: 1\n"}
    stored = repository / "store" / blob[:2] / blob[2:]
    stored.chmod(0o644)
    stored.write_bytes(zlib.compress(b"blob 5\0a: 2\n"))
    with pytest.raises(GatepostError, match="not what its name says"):
        opened(repository).files("policies/a.yaml")


def test_a_tree_cannot_name_a_path_outside(tmp_path: Path) -> None:
    repository = make(tmp_path / "r", {"x": "x"})
    blob = run(repository, "rev-parse", "main:x")
    for name in (b"..", b".GIT", b"a/b", b"."):
        content = b"100644 " + name + b"\0" + bytes.fromhex(blob)
        command = ["git", "hash-object", "-t", "tree", "-w", "--literally", "--stdin"]
        made = subprocess.run(command, cwd=repository, input=content, capture_output=True, check=True)
        tree = made.stdout.decode().strip()
        run(repository, "update-ref", "refs/heads/odd", run(repository, "commit-tree", "-m", "odd", tree))
        with pytest.raises(GatepostError, match="is malformed"):
            opened(repository, "odd").files("")


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    return make(tmp_path / "shared", {"own.yaml": "own: 1\n", "deep/own.yaml": "deep: 1\n"})


@pytest.fixture
def with_submodule(tmp_path: Path, shared: Path) -> Path:
    """Return a repository whose policies are a submodule at main, on the branch of a merge request."""
    repository = make(tmp_path / "r", {"x": "x"})
    add_submodule(repository, shared, "policies")
    run(repository, "checkout", "-q", "-b", "mr")
    return repository


RULES = {"policies/own.yaml": b"own: 1\n", "policies/deep/own.yaml": b"deep: 1\n"}


def test_a_submodule_is_read_at_the_commit_of_the_ref(shared: Path, with_submodule: Path) -> None:
    commit(shared, {"own.yaml": "own: 2\n"})
    run(with_submodule / "policies", "pull", "-q")
    commit(with_submodule, {})
    assert opened(with_submodule).files("policies") == RULES
    assert opened(with_submodule, "mr").files("policies/own.yaml") == {"policies/own.yaml": b"own: 2\n"}


def test_a_submodule_replaced_by_files_that_look_like_it(tmp_path: Path, with_submodule: Path) -> None:
    evil = make(tmp_path / "evil", {"own.yaml": "own: 3\n"})
    run(with_submodule, "rm", "-q", "policies")
    as_files(evil, with_submodule / "policies", trapped(tmp_path / "MARKER"))
    commit(with_submodule, {})
    assert opened(with_submodule).files("policies") == RULES  # from .git/modules, by their hashes
    assert not (tmp_path / "MARKER").exists()


@pytest.mark.parametrize("place", ["policies", "modules"])
def test_the_configuration_of_a_submodule_is_not_obeyed(tmp_path: Path, with_submodule: Path, place: str) -> None:
    marker = tmp_path / "MARKER"
    if place == "policies":  # as an artifact or a cache could restore it
        shutil.rmtree(with_submodule / "policies")
        evil = make(with_submodule / "policies", {"own.yaml": "own: 3\n"})
        (evil / ".git" / "config").write_text(trapped(marker))
        shutil.rmtree(with_submodule / ".git" / "modules")
    else:
        (with_submodule / ".git" / "modules" / "policies" / "config").write_text(trapped(marker))
    run(with_submodule, "remote", "add", "origin", str(tmp_path / "r"))
    assert opened(with_submodule).files("policies") == RULES
    assert not marker.exists()


def test_wrong_objects_in_the_store_of_a_submodule_are_refused(with_submodule: Path, shared: Path) -> None:
    store = with_submodule / ".git" / "modules" / "policies" / "objects"
    blob = run(shared, "rev-parse", "main:own.yaml")
    path = store / blob[:2] / blob[2:]
    path.unlink()  # a clone of a folder shares it with what it was cloned from
    path.write_bytes(zlib.compress(b"blob 7\0own: 4\n"))
    with pytest.raises(GatepostError, match="not what its name says"):
        opened(with_submodule).files("policies")


def cloned(source: Path, *options: str) -> Path:
    clone = source.parent / "clone"
    run(source.parent, "clone", "-q", *options, source.as_uri(), str(clone))
    return clone


def test_a_submodule_that_is_not_checked_out_is_fetched_from_the_url_of_the_ref(
    tmp_path: Path, with_submodule: Path
) -> None:
    # The merge request names another URL, which is not asked.
    modules = (with_submodule / ".gitmodules").read_text().replace(str(tmp_path / "shared"), str(tmp_path / "evil"))
    commit(with_submodule, {".gitmodules": modules})
    clone = cloned(with_submodule, "--branch=mr")
    run(clone, "config", "submodule.policies.url", f"ext::sh -c touch% {tmp_path / 'MARKER'}")
    assert opened(clone).files("policies") == RULES
    assert not (tmp_path / "MARKER").exists()


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ext::sh -c touch% {}/MARKER", "remote helper `ext`"),
        ("fd::7", "remote helper `fd`"),
        ("-u=touch {}/MARKER", "cannot fetch it"),
        ("{}/nowhere", "cannot fetch it"),
        ("", "gives no URL"),
    ],
)
def test_a_url_that_would_start_something_is_refused(
    tmp_path: Path, with_submodule: Path, url: str, why: str
) -> None:
    text = f'[submodule "policies"]\n\tpath = policies\n\turl = {url.format(tmp_path)}\n'
    commit(with_submodule, {".gitmodules": text})
    run(with_submodule, "branch", "-f", "main")
    with pytest.raises(GatepostError, match=why) as caught:
        opened(cloned(with_submodule)).files("policies")
    assert "the submodule policies is not checked out" in str(caught.value)
    assert "git submodule update --init" in caught.value.problems[0].advice
    assert not (tmp_path / "MARKER").exists()


def test_a_relative_url_starts_at_the_remote(tmp_path: Path, with_submodule: Path) -> None:
    text = '[submodule "policies"]\n\tpath = policies\n\turl = ../shared\n'
    commit(with_submodule, {".gitmodules": text})
    run(with_submodule, "branch", "-f", "main")
    assert opened(cloned(with_submodule)).files("policies") == RULES


def test_a_submodule_in_a_submodule_is_read(tmp_path: Path, shared: Path) -> None:
    middle = make(tmp_path / "middle", {"m.yaml": "m: 1\n"})
    add_submodule(middle, shared, "inner")
    repository = make(tmp_path / "r", {"x": "x"})
    add_submodule(repository, middle, "rules")
    run(repository, "submodule", "--quiet", "update", "--init", "--recursive")
    wanted = {"rules/m.yaml", "rules/inner/own.yaml", "rules/inner/deep/own.yaml"}
    assert set(opened(repository).files("rules")) == wanted
    assert set(opened(cloned(repository)).files("rules")) == wanted
    assert opened(repository).take("rules/inner/own.yaml").read_bytes() == b"own: 1\n"


@pytest.mark.parametrize("filtered", ["blob:none", "tree:0"])
def test_a_partial_clone_fetches_what_it_left_at_its_remote(repository: Path, filtered: str) -> None:
    run(repository, "config", "uploadpack.allowFilter", "true")
    run(repository, "config", "uploadpack.allowAnySHA1InWant", "true")
    clone = cloned(repository, f"--filter={filtered}", "--branch=mr", "--no-checkout")
    assert opened(clone).files("policies") == {"policies/a.yaml": b"a: 1\n", "policies/deep/b.yml": b"b: 1\n"}
    shutil.rmtree(clone)
    clone = cloned(repository, f"--filter={filtered}", "--branch=mr", "--no-checkout")
    repository.rename(repository.parent / "gone")
    with pytest.raises(GatepostError, match=r"partial clone lacks objects|not in this clone"):
        opened(clone).files("policies")
