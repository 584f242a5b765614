from __future__ import annotations

import os
from pathlib import Path

import pytest

from gatepost.git.remote import Remote, RemoteError, protocols_of
from gatepost.git.repository import find
from gatepost.git.revisions import Resolved, resolve
from gatepost.problems import GatepostError

from .conftest import commit, make, run, trapped


def resolved(folder: Path, ref: str) -> Resolved:
    found = find(folder)
    assert found is not None
    return resolve(Remote.of(found), ref)


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    origin = make(tmp_path / "origin", {"x": "1"})
    run(origin, "checkout", "-q", "-b", "mr")
    commit(origin, {"y": "1"})
    return origin


@pytest.fixture
def clone(tmp_path: Path, origin: Path) -> Path:
    run(tmp_path, "clone", "-q", "--branch=mr", origin.as_uri(), "clone")
    return tmp_path / "clone"


def moved(origin: Path) -> str:
    run(origin, "checkout", "-q", "main")
    return commit(origin, {"x": "2"})


@pytest.mark.parametrize("ref", ["main", "origin/main", "refs/remotes/origin/main"])
def test_the_branch_counts_as_it_is_at_the_remote_now(origin: Path, clone: Path, ref: str) -> None:
    new = moved(origin)
    assert resolved(clone, ref) == Resolved(new)
    assert resolved(clone, ref) == Resolved(new)  # and is here from now on
    assert run(clone, "cat-file", "-t", new) == "commit"


def test_offline_the_branch_counts_as_it_was_fetched_last(origin: Path, clone: Path) -> None:
    old = run(origin, "rev-parse", "main")
    moved(origin)
    origin.rename(origin.parent / "gone")
    found = resolved(clone, "main")
    assert found.commit == old
    assert "the remote origin cannot be asked what main is now" in found.notes[0]
    with pytest.raises(GatepostError, match="`other` is not here, and git cannot fetch it from origin"):
        resolved(clone, "other")


def test_a_shallow_clone_stays_shallow(tmp_path: Path, origin: Path) -> None:
    commit(origin, {"z": "1"})
    run(tmp_path, "clone", "-q", "--depth=1", "--branch=mr", origin.as_uri(), "clone")
    clone = tmp_path / "clone"
    new = moved(origin)
    assert resolved(clone, "main").commit == new
    assert run(clone, "rev-parse", "--is-shallow-repository") == "true"
    assert run(clone, "rev-list", "--count", new) == "1"


@pytest.mark.parametrize("kind", ["tag", "branch", "local"])
def test_another_ref_of_the_same_name_does_not_count(origin: Path, clone: Path, kind: str) -> None:
    main = run(origin, "rev-parse", "main")
    if kind == "tag":
        run(clone, "tag", "main", "HEAD")
        run(clone, "update-ref", "refs/main", "HEAD")
    elif kind == "branch":
        run(clone, "branch", "origin/main", "HEAD")
        run(origin, "branch", "origin/main", "mr")
    else:
        run(clone, "branch", "main", "HEAD", "--no-track")
    for ref in ("main", "origin/main"):
        assert resolved(clone, ref).commit == main


def test_tags_hashes_and_expressions(origin: Path, clone: Path) -> None:
    main = run(origin, "rev-parse", "main")
    run(origin, "tag", "-a", "-m", "v1", "v1", "main")
    run(origin, "tag", "v2", "main")
    for ref in ("v1", "v2", "refs/tags/v1", main, "HEAD~1", "mr~1", main[:12], "refs/heads/mr~1"):
        assert resolved(clone, ref).commit == main, ref


def test_a_branch_of_another_remote(tmp_path: Path, clone: Path) -> None:
    other = make(tmp_path / "other", {"o": "1"})
    run(clone, "remote", "add", "up/stream", other.as_uri())
    assert resolved(clone, "up/stream/main").commit == run(other, "rev-parse", "main")


def test_a_repository_without_a_remote(tmp_path: Path) -> None:
    alone = make(tmp_path / "alone", {"x": "1"})
    assert resolved(alone, "main") == Resolved(run(alone, "rev-parse", "main"))
    with pytest.raises(GatepostError, match="no remote to fetch it from") as caught:
        resolved(alone, "mian")
    assert caught.value.problems[0].advice == "did you mean `main`?"


def test_a_misspelt_branch_is_told(clone: Path) -> None:
    with pytest.raises(GatepostError, match="`mian` is neither here nor at origin") as caught:
        resolved(clone, "mian")
    assert caught.value.problems[0].advice == "did you mean `main`?"


def test_a_remote_that_would_start_a_program_is_not_asked(tmp_path: Path, clone: Path) -> None:
    for url in (f"ext::sh -c touch% {tmp_path / 'MARKER'}", "fd::7", "codecommit://x"):
        run(clone, "remote", "set-url", "origin", url)
        found = resolved(clone, "main")
        assert "is not started" in found.notes[0]
    assert not (tmp_path / "MARKER").exists()


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://host/x.git", "https"),
        ("http://host/x.git", "http:https"),
        ("ssh://git@host/x.git", "ssh"),
        ("git@host:x.git", "ssh"),
        ("host:x/y.git", "ssh"),
        ("git://host/x.git", "git"),
        ("/srv/x.git", "file"),
        ("../x.git", "file"),
        ("./a:b", "file"),
        ("file:///srv/x.git", "file"),
    ],
)
def test_only_the_protocol_of_the_url_is_allowed(url: str, allowed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert protocols_of(url) == allowed
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "https:rsync")
    if "https" in allowed:
        assert protocols_of(url) == "https"
    else:
        with pytest.raises(RemoteError, match="GIT_ALLOW_PROTOCOL does not allow"):
            protocols_of(url)


def test_settings_of_the_job_are_used_to_fetch(tmp_path: Path, clone: Path) -> None:
    # As a job does that puts its own ssh command, credentials or a rewritten URL into .git/config.
    ssh = tmp_path / "ssh"
    ssh.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nfor last; do :; done\nexec sh -c "$last"\n')
    ssh.chmod(0o755)
    path = tmp_path / "origin"
    new = moved(path)
    run(clone, "config", "core.sshCommand", str(ssh))
    run(clone, "config", "url.ssh://git@host.example/.insteadOf", "https://host.example/")
    run(clone, "remote", "set-url", "origin", f"https://host.example{path}")
    found = resolved(clone, "main")
    assert found == Resolved(new)
    assert "git@host.example" in (tmp_path / "asked").read_text()


@pytest.mark.parametrize("way", ["include", "home", "global", "xdg"])
def test_a_configuration_in_the_working_tree_is_refused(
    tmp_path: Path, clone: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    marker = tmp_path / "MARKER"
    (clone / ".gitconfig").write_text(trapped(marker))
    (clone / "git").mkdir()
    (clone / "git" / "config").write_text(trapped(marker))
    if way == "include":
        run(clone, "config", "include.path", "../.gitconfig")
    elif way == "global":
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(clone / ".gitconfig"))
    else:
        monkeypatch.delenv("GIT_CONFIG_GLOBAL")
        monkeypatch.setenv("HOME", str(clone if way == "home" else tmp_path))
        monkeypatch.setenv("XDG_CONFIG_HOME", str(clone if way == "xdg" else tmp_path))
    with pytest.raises(GatepostError, match="git reads its configuration from") as caught:
        resolved(clone, "main")
    assert "HOME" in caught.value.problems[0].advice
    assert not marker.exists()


def test_a_configuration_that_the_job_includes_from_elsewhere_is_used(
    tmp_path: Path, origin: Path, clone: Path
) -> None:
    (tmp_path / "ci.conf").write_text(f'[url "{origin.as_uri()}"]\n\tinsteadOf = https://host.example/r.git\n')
    run(clone, "config", "include.path", str(tmp_path / "ci.conf"))
    run(clone, "remote", "set-url", "origin", "https://host.example/r.git")
    new = moved(origin)
    assert resolved(clone, "main") == Resolved(new)


def test_hooks_of_the_repository_are_not_run(origin: Path, clone: Path) -> None:
    for name in ("reference-transaction", "post-index-change", "post-checkout"):
        hook = clone / ".git" / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {clone}/hooked\n")
        hook.chmod(0o755)
    moved(origin)
    resolved(clone, "main")
    assert not (clone / "hooked").exists()


def test_looking_writes_nothing_where_all_is_here(clone: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (clone / ".git").rglob("*")}
    resolved(clone, "main")
    assert {path: path.stat().st_mtime_ns for path in (clone / ".git").rglob("*")} == before


def test_secrets_do_not_show(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(clone, "remote", "set-url", "origin", "https://me:s3cret@localhost:1/x.git")
    monkeypatch.setenv("NO_PROXY", "*")
    found = resolved(clone, "main")
    assert found.notes and "s3cret" not in str(found.notes)
    assert os.environ["NO_PROXY"] == "*"
