from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from gatepost.collect.cache_secret import VARIABLE, CacheSecret, cache_secret, trust_level
from gatepost.problems import GatepostError

SHARED = "0123456789abcdef" * 4


def test_the_key_of_the_user_is_made_once_and_is_private(tmp_path: Path) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path / "state")}
    first = cache_secret(environ, trusted_ref=False)
    assert first is not None
    assert first == cache_secret(environ, trusted_ref=False)
    file = tmp_path / "state" / "gatepost" / "cache.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["cache.key"]
    other = cache_secret({"HOME": str(tmp_path / "home")}, trusted_ref=False)
    assert other is not None
    assert (tmp_path / "home" / ".local" / "state" / "gatepost" / "cache.key").is_file()
    assert other != first
    assert "key" not in repr(first)


def test_runs_that_begin_at_the_same_time_get_one_key(tmp_path: Path) -> None:
    environ, found = {"XDG_STATE_HOME": str(tmp_path)}, set()
    begin = threading.Barrier(8)

    def one() -> None:
        begin.wait()
        found.add(cache_secret(dict(environ), trusted_ref=False))

    threads = [threading.Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 1
    assert None not in found


@pytest.mark.parametrize("damage", ["others read it", "short", "long", "a link", "a folder"])
def test_a_key_that_is_not_private_is_not_used(tmp_path: Path, damage: str) -> None:
    environ = {"XDG_STATE_HOME": str(tmp_path)}
    assert cache_secret(environ, trusted_ref=False) is not None
    file = tmp_path / "gatepost" / "cache.key"
    if damage == "others read it":
        file.chmod(0o640)
    elif damage in ("short", "long"):
        file.write_bytes(b"x" * (31 if damage == "short" else 33))
    else:
        content = file.read_bytes()
        file.unlink()
        (tmp_path / "other").write_bytes(content)
        (tmp_path / "other").chmod(0o600)
        file.mkdir() if damage == "a folder" else file.symlink_to(tmp_path / "other")
    assert cache_secret(environ, trusted_ref=False) is None


def test_without_a_place_for_it_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for environ in ({}, {"HOME": "/proc/nowhere"}, {"XDG_STATE_HOME": str(tmp_path / "file")}, {"HOME": "relative"}):
        assert cache_secret(environ, trusted_ref=False) is None


def test_a_key_that_could_have_come_with_the_merge_request_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "checkout").mkdir()
    (tmp_path / "link").symlink_to("checkout")
    environ = {"HOME": str(tmp_path / "link")}
    assert cache_secret(environ, trusted_ref=False, checkout=tmp_path / "checkout") is None
    assert list((tmp_path / "checkout").iterdir()) == []
    assert cache_secret(environ, trusted_ref=False, checkout=tmp_path / "another") is not None


def test_a_shared_key_is_taken_out_of_the_environment(tmp_path: Path) -> None:
    environ = {VARIABLE: SHARED, "HOME": str(tmp_path)}
    shared = cache_secret(environ, trusted_ref=False)
    assert VARIABLE not in environ
    assert shared == cache_secret({VARIABLE: f"{SHARED}\n"}, trusted_ref=False)
    assert list(tmp_path.iterdir()) == []


def test_a_shared_key_is_not_used_for_a_merge_request(tmp_path: Path) -> None:
    own = cache_secret({"HOME": str(tmp_path)}, trusted_ref=True)
    environ = {"HOME": str(tmp_path), VARIABLE: SHARED}
    assert cache_secret(environ, trusted_ref=True) == own
    assert VARIABLE not in environ


def test_a_short_key_is_an_error() -> None:
    with pytest.raises(GatepostError, match="at least 32") as caught:
        cache_secret({VARIABLE: "secret"}, trusted_ref=False)
    assert "openssl rand -hex 32" in caught.value.problems[0].advice
    assert "secret" not in str(caught.value)


def test_trust_levels() -> None:
    assert trust_level({}, trusted_ref=False) == "branch"
    assert trust_level({}, trusted_ref=True) == "trusted-ref"
    for environ, level in (
        ({"CI_MERGE_REQUEST_IID": "7"}, "change"),
        ({"CI_COMMIT_REF_PROTECTED": "false"}, "change"),
        ({"CI_COMMIT_REF_PROTECTED": "true"}, "branch"),
        ({"CHANGE_ID": "7"}, "change"),
        ({"GITHUB_HEAD_REF": "fix"}, "change"),
        ({"GITHUB_HEAD_REF": "", "GITHUB_REF_PROTECTED": "true"}, "branch"),
        ({"GITHUB_REF_PROTECTED": "FALSE"}, "change"),
    ):
        assert trust_level(environ, trusted_ref=False) == level, environ


def test_codes_depend_on_the_key_and_on_where_parts_end() -> None:
    one, other = CacheSecret(b"1" * 32), CacheSecret(b"2" * 32)
    assert len({one.code("ab", "c"), one.code("a", "bc"), other.code("ab", "c")}) == 3
    assert os.fspath(one.code("\udcff"))  # a path that is not UTF-8
