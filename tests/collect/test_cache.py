from __future__ import annotations

import datetime
import errno
import hashlib
import hmac
import json
import os
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gatepost.collect import cache as module
from gatepost.collect.cache import Cache
from gatepost.collect.cache_secret import CacheSecret
from gatepost.collect.digests import tree_digest
from gatepost.collect.interface import Collected, Context, Fingerprint
from gatepost.collect.progress import Silent
from gatepost.collect.running import Collection, collect
from gatepost.config import load
from gatepost.problems import GatepostError, Place

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
FOUND = Collected(
    {"training": {"seed": 1, "run_id": "abc"}},
    subject={"version": "7"},
    locations={"/training/seed": Place("train.py", 3, 1)},
    uri="https://host/x",
    digest="sha256:1",
    notes=("a note",),
)
SECRET = CacheSecret(b"s" * 32, "branch")
ABOUT = {"source": "one", "description": "x", "at": "2026-01-02T03:04:05Z", "seconds": 1.5}


class Counting:
    """Counts how often it is asked; its fingerprint is the text of a file, where there is one."""

    name, version, extra, sections = "one", "1", "", ("training",)
    options: Mapping[str, Any] = {"type": "object", "properties": {"uri": {"type": "string"}}}

    def __init__(self, file: Path) -> None:
        self.file, self.result, self.asked, self.cacheable = file, FOUND, 0, True
        self.failing = False

    def describe(self, options: Mapping[str, Any]) -> str:
        return str(options.get("uri", ""))

    def fingerprint(self, options: Mapping[str, Any], context: Context) -> Fingerprint:
        return Fingerprint({"file": self.file.read_text() if self.file.exists() else ""}, self.cacheable)

    def collect(self, options: Mapping[str, Any], context: Context) -> Collected:
        self.asked += 1
        if self.failing:
            raise RuntimeError("boom")
        return self.result


class Only:
    """Where one collector is found."""

    def __init__(self, collector: Counting) -> None:
        self.collector = collector

    def names(self) -> list[str]:
        return [self.collector.name]

    def get(self, name: str) -> Counting | None:
        return self.collector if name == self.collector.name else None


class Heard(Silent):
    def __init__(self) -> None:
        self.words: list[tuple[str, ...]] = []

    def warned(self, name: str, text: str) -> None:
        self.words.append(("warned", name, text))

    def finished(self, name: str, seconds: float, end: str) -> None:
        self.words.append(("finished", name, end))


@pytest.fixture
def one(tmp_path: Path) -> Counting:
    return Counting(tmp_path / "data")


def run(
    folder: Path,
    one: Counting,
    options: str = "{}",
    heard: Heard | None = None,
    subject: str = "",
    more: str = "",
    secret: CacheSecret = SECRET,
) -> Collection:
    path = folder / "gatepost.yaml"
    path.write_text(
        f"subject: {{name: credit{subject}}}\ncollect:\n  - one: {options}\npolicies: [profile/baseline]\n{more}"
    )
    config = load(path, {"TOKEN": "hunter2"}, Only(one))
    return collect(config, now=lambda: NOW, cache=Cache(folder / "cache", secret), progress=heard)


def test_what_was_collected_is_not_collected_again(tmp_path: Path, one: Counting) -> None:
    first, heard = run(tmp_path, one), Heard()
    second = run(tmp_path, one, heard=heard)
    assert one.asked == 1
    assert [source["cached"] for source in (*first.evidence.sources, *second.evidence.sources)] == [False, True]
    assert second.evidence.sections == first.evidence.sections
    assert second.evidence.subject == first.evidence.subject
    assert second.evidence.data["locations"] == first.evidence.data["locations"]
    assert second.evidence.sources[0]["notes"] == ["a note"]
    assert heard.words == [("finished", "one", "cached")]


def test_what_it_reads_decides(tmp_path: Path, one: Counting) -> None:
    run(tmp_path, one)
    one.file.write_text("new")
    run(tmp_path, one)
    assert one.asked == 2
    one.file.unlink()
    run(tmp_path, one)
    assert one.asked == 2


def test_options_version_subject_and_packages_decide(
    tmp_path: Path, one: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(tmp_path, one)
    run(tmp_path, one, "{uri: x}")
    assert one.asked == 2
    one.version = "2"
    run(tmp_path, one)
    assert one.asked == 3
    run(tmp_path, one, subject=", task: binary")
    assert one.asked == 4
    run(tmp_path, one, subject=", version: '8'")
    assert one.asked == 4
    installed = tmp_path / "site-packages"
    (installed / "scikit_learn-9.9.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [*sys.path, str(installed)])
    module.installed_packages.cache_clear()
    run(tmp_path, one)
    assert one.asked == 5


def test_what_was_swapped_where_stored_data_says_it_lies_is_collected_again(tmp_path: Path, one: Counting) -> None:
    model = tmp_path / "elsewhere"
    model.mkdir()
    (model / "model.pkl").write_bytes(b"a")
    one.result = replace(FOUND, read={str(model): tree_digest(model)})
    assert [run(tmp_path, one).evidence.sources[0]["cached"] for _ in range(2)] == [False, True]
    (model / "model.pkl").write_bytes(b"b")
    assert run(tmp_path, one).evidence.sources[0]["cached"] is False
    (model / "model.pkl").unlink()
    model.rmdir()
    assert run(tmp_path, one).evidence.sources[0]["cached"] is False


def test_what_has_no_snapshot_is_always_collected(tmp_path: Path, one: Counting) -> None:
    one.cacheable = False
    run(tmp_path, one)
    run(tmp_path, one)
    assert one.asked == 2
    assert not (tmp_path / "cache").exists()


def test_what_fails_is_not_kept(tmp_path: Path, one: Counting) -> None:
    one.failing = True
    run(tmp_path, one)
    one.failing = False
    assert run(tmp_path, one).problems == ()


def test_what_changes_while_it_is_read_is_not_kept(tmp_path: Path, one: Counting) -> None:
    class Changing(Counting):
        def collect(self, options: Mapping[str, Any], context: Context) -> Collected:
            self.file.write_text(f"changed {self.asked}")
            return super().collect(options, context)

    changing = Changing(tmp_path / "data")
    run(tmp_path, changing)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("damage", [b"", b"{}", b"sha256:0\n{}\n"])
def test_a_damaged_entry_is_collected_again_and_mentioned(tmp_path: Path, one: Counting, damage: bytes) -> None:
    run(tmp_path, one)
    (entry,) = (tmp_path / "cache").glob("*/*.json")
    entry.write_bytes(damage)
    assert [kept.damaged for kept in Cache(tmp_path / "cache", SECRET).entries()] == [True]
    heard = Heard()
    assert run(tmp_path, one, heard=heard).evidence.sources[0]["cached"] is False
    assert heard.words[0] == (
        "warned",
        "one",
        f"the cache's {entry} is damaged, or was not made here: it is collected again",
    )
    assert one.asked == 2
    run(tmp_path, one)
    assert one.asked == 2


def test_a_changed_entry_is_damaged(tmp_path: Path, one: Counting) -> None:
    run(tmp_path, one)
    (entry,) = (tmp_path / "cache").glob("*/*.json")
    entry.write_bytes(entry.read_bytes().replace(b'"seed": 1', b'"seed": 2'))
    heard = Heard()
    assert run(tmp_path, one, heard=heard).evidence.sections["training"]["seed"] == 1
    assert "is damaged, or was not made here" in str(heard.words)


def test_a_full_disk_is_mentioned_and_the_run_goes_on(
    tmp_path: Path, one: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    heard = Heard()
    found = run(tmp_path, one, heard=heard)
    assert found.evidence.sections == {"training": {"seed": 1, "run_id": "abc"}}
    assert "the cache did not keep it: cannot write" in str(heard.words)
    assert "No space left" in str(heard.words)
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def test_what_json_cannot_hold_is_not_kept(tmp_path: Path) -> None:
    cache = Cache(tmp_path, SECRET)
    assert not cache.put("a" * 64, replace(FOUND, sections={"training": {1: "a number for a name"}}), ABOUT)
    assert not cache.put("a" * 64, replace(FOUND, sections={"training": {"loss": float("nan")}}), ABOUT)
    assert not cache.put("a" * 64, replace(FOUND, sections={"training": {"x": object()}}), ABOUT)
    assert cache.put("a" * 64, FOUND, ABOUT)
    assert cache.get("a" * 64) == FOUND


def test_no_secret_is_kept(tmp_path: Path, one: Counting) -> None:
    one.result = replace(FOUND, notes=("logged in with hunter2",), uri="https://me:pw@host/x")
    run(tmp_path, one, "{uri: '${TOKEN}'}")
    (entry,) = (tmp_path / "cache").glob("*/*.json")
    assert "hunter2" not in entry.read_text()
    assert "pw@" not in entry.read_text()


def _put_many(folder: str) -> int:
    cache = Cache(Path(folder), SECRET)
    for number in range(60):
        cache.put(f"{number % 3:064d}", FOUND, ABOUT)
        assert cache.get(f"{number % 3:064d}") == FOUND
    return 60


def test_runs_at_the_same_time_share_it(tmp_path: Path) -> None:
    with ProcessPoolExecutor(3) as pool:
        assert sum(pool.map(_put_many, [str(tmp_path)] * 3)) == 180
    assert len(list(tmp_path.rglob("*.json"))) == 3
    assert list(tmp_path.rglob("*.tmp")) == []


def test_prune_takes_what_was_not_used(tmp_path: Path) -> None:
    cache = Cache(tmp_path, SECRET)
    paths = []
    for number in range(3):
        cache.put(f"{number:064d}", FOUND, ABOUT)
        (path,) = set(tmp_path.glob("*/*.json")) - set(paths)
        paths.append(path)
        os.utime(path, (1000 + number * 86400, 1000 + number * 86400))
    half = paths[0].with_name(f".{paths[0].name}.1-1.tmp")
    half.touch()
    os.utime(half, (0, 0))
    gone = cache.prune(1, 1000 + 2 * 86400)
    assert {kept.path for kept in gone} == set(paths[:2])
    assert [(kept.source, kept.seconds) for kept in cache.entries()] == [("one", 1.5)]
    assert not half.exists()
    assert json.loads(paths[2].read_text().split("\n")[1])["about"] == ABOUT


def forged(entry: Path) -> None:
    """Change an entry as somebody would who can write to the cache, and knows all but the secret."""
    _, body, _ = entry.read_bytes().split(b"\n")
    body = body.replace(b'"seed": 1', b'"seed": 2')
    digest = hashlib.sha256(body).hexdigest()
    made = [f"sha256:{digest}", hmac.new(b"", f"entry\0{entry.stem}\0{digest}".encode(), "sha256").hexdigest()]
    entry.write_bytes(f"{made[entry.stat().st_size % 2]}\n".encode() + body + b"\n")


def test_a_forged_entry_is_not_used(tmp_path: Path, one: Counting) -> None:
    run(tmp_path, one)
    (entry,) = (tmp_path / "cache").glob("*/*.json")
    forged(entry)
    assert run(tmp_path, one).evidence.sections["training"]["seed"] == 1
    assert one.asked == 2


def test_an_entry_does_not_serve_in_the_place_of_another(tmp_path: Path, one: Counting) -> None:
    run(tmp_path, one)
    (good,) = (tmp_path / "cache").glob("*/*.json")
    one.file.write_text("worse")
    one.result = replace(FOUND, sections={"training": {"seed": 9}})
    run(tmp_path, one)
    (bad,) = set((tmp_path / "cache").glob("*/*.json")) - {good}
    bad.write_bytes(good.read_bytes())
    assert run(tmp_path, one).evidence.sections["training"]["seed"] == 9
    assert one.asked == 3


@pytest.mark.parametrize("other", [CacheSecret(b"t" * 32, "branch"), CacheSecret(b"s" * 32, "trusted-ref")])
def test_another_key_or_trust_level_uses_nothing(tmp_path: Path, one: Counting, other: CacheSecret) -> None:
    for secret in (SECRET, other, SECRET, other):
        run(tmp_path, one, secret=secret)
    assert one.asked == 2  # and neither takes the place of the other


@pytest.mark.parametrize(
    "more",
    ["allow_model_code: true", "trusted_types: [ours.Scaler]", "data_roots: [/mnt/x]", "require_isolation: true"],
)
def test_what_laxer_settings_allowed_is_not_used_under_stricter_ones(
    tmp_path: Path, one: Counting, more: str
) -> None:
    run(tmp_path, one, more=more)
    run(tmp_path, one)
    assert one.asked == 2
    run(tmp_path, one, more=more)
    assert one.asked == 2


def test_no_link_is_followed(tmp_path: Path, one: Counting) -> None:
    (tmp_path / ".git").mkdir()
    run(tmp_path, one)
    (entry,) = (tmp_path / "cache").glob("*/*.json")
    kept = tmp_path / "kept"
    entry.rename(kept)
    entry.symlink_to(kept)
    heard = Heard()
    run(tmp_path, one, heard=heard)
    assert one.asked == 2
    assert f"{entry} is a symbolic link" in str(heard.words)
    assert "the cache did not keep it" in str(heard.words)
    assert list(Cache(tmp_path / "cache", SECRET).entries()) == []
    outside = tmp_path / "outside" / "ab"
    outside.mkdir(parents=True)
    (outside / "old.json").write_text("{}")
    (tmp_path / "cache" / "ab").symlink_to(outside)
    assert Cache(tmp_path / "cache", SECRET).prune(0, NOW.timestamp() * 2) == []
    (tmp_path / "link").symlink_to(outside.parent)
    with pytest.raises(GatepostError, match="is a symbolic link"):
        Cache(tmp_path / "link", SECRET).prune(0, NOW.timestamp() * 2)
    assert (outside / "old.json").exists()
    assert kept.exists()
