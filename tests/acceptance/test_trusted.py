"""A merge request is judged by the rules of a ref, whatever it does to those in its working tree."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

CONFIG = """subject: {name: credit}
collect:
  - file: {path: facts.yaml, section: custom}
policies: [policies/]
waivers: waivers.yaml
evidence_schema: {type: object, properties: {score: {type: number}}}
"""
POLICY = """policy: own
version: 1.0.0
title: Own
owner: me@example.com
params:
  least: {type: number, default: 0.5}
rules:
  - id: score
    title: The score is high enough
    severity: high
    enforcement: block
    require: evidence.custom.score >= params.least
    message: "The score {evidence.custom.score} is below {params.least}"
"""
WAIVER = """waivers:
  - id: W1
    rules: [own/score]
    subject: credit
    reason: We shall see.
    approved_by: boss@example.com
    expires: 2026-06-01
"""


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.email=a@example.com", "-c", "user.name=a", "-c", "protocol.file.allow=always"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit(folder: Path, message: str = "change") -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", message)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Give a checkout of the branch `mr`, where the model is blocked by the rules of `main`."""
    folder = tmp_path / "checkout"
    (folder / "policies").mkdir(parents=True)
    (folder / "gatepost.yaml").write_text(CONFIG)
    (folder / "policies" / "own.yaml").write_text(POLICY)
    (folder / "waivers.yaml").write_text(WAIVER.replace("2026", "2025"))
    (folder / "facts.yaml").write_text("score: 0.4\n")
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    git(folder, "checkout", "-qb", "mr")
    return folder


def judged(gatepost: Run, folder: Path, *options: str, code: int = 1) -> tuple[dict[str, Any], str]:
    done = gatepost("run", "--trusted-ref", "main", "--now", "2026-02-01T00:00:00Z", *options, cwd=folder)
    assert done.returncode == code, done.stderr + done.stdout
    path = folder / ".gatepost" / "verdict.json"
    return json.loads(path.read_text()), " ".join((done.stdout + done.stderr).split())


def test_without_changes_the_ref_is_named(gatepost: Run, repository: Path) -> None:
    verdict, _ = judged(gatepost, repository)
    assert verdict["trusted"] == {"ref": "main", "commit": git(repository, "rev-parse", "main").strip()}
    assert "reasons" not in verdict


def weaker(folder: Path) -> None:
    text = POLICY.replace("enforcement: block", "enforcement: info")
    (folder / "policies" / "own.yaml").write_text(text)


def waived(folder: Path) -> None:
    (folder / "waivers.yaml").write_text(WAIVER)


def lower(folder: Path) -> None:
    (folder / "gatepost.yaml").write_text(f"{CONFIG}params: {{own.least: 0.1}}\n")


def elsewhere(folder: Path) -> None:
    (folder / "policies" / "own.yaml").rename(folder / "mine.yaml")
    (folder / "mine.yaml").write_text(POLICY.replace("0.5", "0.1"))
    (folder / "gatepost.yaml").write_text(CONFIG.replace("policies/", "mine.yaml"))


@pytest.mark.parametrize(
    ("change", "paths", "decision"),
    [
        (weaker, ["policies/own.yaml"], "warn"),
        (waived, ["waivers.yaml"], "pass"),
        (lower, ["gatepost.yaml"], "pass"),
        (elsewhere, ["gatepost.yaml", "mine.yaml (added)", "policies/own.yaml (removed)"], "pass"),
    ],
)
def test_what_a_change_weakens_does_not_count(
    gatepost: Run, repository: Path, change: Callable[[Path], None], paths: list[str], decision: str
) -> None:
    change(repository)
    commit(repository)
    verdict, printed = judged(gatepost, repository)
    assert verdict["decision"] == "block"
    assert verdict["trusted"]["changed"] == paths
    assert verdict["trusted"]["proposed"] == decision
    assert f"This change edits the rules ({', '.join(paths)})" in printed
    assert f"blocked as trusted, and would be {decision} as proposed" in printed
    again = gatepost("report", ".gatepost/verdict.json", "--report", "json=-", cwd=repository)
    assert json.loads(again.stdout) == verdict
    (difference,) = verdict["trusted"]["differences"]
    assert (difference["rule"], difference["trusted"]) == ("own/score", "fail (block)")


def test_a_pass_is_a_warning_where_it_would_not_pass_as_proposed(gatepost: Run, repository: Path) -> None:
    (repository / "facts.yaml").write_text("score: 0.6\n")
    (repository / "policies" / "own.yaml").write_text(POLICY.replace("0.5", "0.7"))
    verdict, _ = judged(gatepost, repository, code=0)
    assert (verdict["decision"], verdict["trusted"]["proposed"]) == ("warn", "block")
    (repository / "policies" / "own.yaml").write_text("policy: own\nruels: []\n")
    verdict, printed = judged(gatepost, repository, code=0)
    assert (verdict["decision"], verdict["trusted"]["proposed"]) == ("warn", "error")
    assert "would be error as proposed: policies/own.yaml:1:1: the file needs `version`." in printed


def test_another_source_is_not_tried(gatepost: Run, repository: Path) -> None:
    (repository / "made-up.yaml").write_text("score: 0.9\n")
    (repository / "gatepost.yaml").write_text(CONFIG.replace("facts.yaml", "made-up.yaml"))
    verdict, printed = judged(gatepost, repository)
    assert (verdict["decision"], verdict["trusted"]["proposed"]) == ("block", "block")
    assert "was not tried" in printed
    (repository / "facts.yaml").write_text("score: 0.9\n")
    assert judged(gatepost, repository, code=0)[0]["decision"] == "warn"


def test_a_variable_is_not_given_to_a_proposed_param(gatepost: Run, repository: Path) -> None:
    (repository / "gatepost.yaml").write_text(f"{CONFIG}params: {{own.least: '${{TOKEN}}'}}\n")
    done = gatepost("run", "--trusted-ref", "main", cwd=repository, env={"TOKEN": "s3cret-value"})
    said = (repository / ".gatepost" / "verdict.json").read_text() + done.stdout + done.stderr
    assert "it uses ${TOKEN}" in said
    assert "s3cret-value" not in said


def test_a_deleted_configuration_is_judged_by(gatepost: Run, repository: Path) -> None:
    (repository / "gatepost.yaml").unlink()
    verdict, _ = judged(gatepost, repository)
    assert verdict["trusted"]["changed"] == ["gatepost.yaml (removed)"]
    assert verdict["trusted"]["proposed"] == "error"


def test_what_the_ref_has_not_is_an_error(gatepost: Run, repository: Path) -> None:
    (repository / "extra.yaml").write_text(POLICY)
    commit(repository)
    _, printed = judged(gatepost, repository, "--policies", "extra.yaml", code=2)
    assert "extra.yaml does not exist at the trusted ref main; it takes effect once it is merged" in printed
    git(repository, "rm", "-q", "--cached", "extra.yaml")  # now it is the job's, not the merge request's
    (repository / "extra.yaml").write_text(POLICY.replace("policy: own", "policy: other"))
    judged(gatepost, repository, "--policies", "extra.yaml")


def test_a_profile_of_the_merge_request_is_none(gatepost: Run, repository: Path) -> None:
    git(repository, "checkout", "-q", "main")
    (repository / "gatepost.yaml").write_text(CONFIG.replace("[policies/]", "[policies/, profile/strict]"))
    commit(repository)
    git(repository, "checkout", "-q", "mr")
    (repository / "profile" / "strict").mkdir(parents=True)
    (repository / "profile" / "strict" / "own.yaml").write_text(POLICY.replace("policy: own", "policy: mine"))
    commit(repository)
    verdict, _ = judged(gatepost, repository)
    assert [one["profile"] for one in verdict["profiles"]] == ["baseline", "strict"]
    assert len(verdict["policies"]) > 5


def test_a_cache_that_comes_along_is_refused(gatepost: Run, repository: Path) -> None:
    (repository / ".gatepost" / "cache").mkdir(parents=True)
    (repository / ".gatepost" / "cache" / "made-up").write_text("{}")
    git(repository, "add", "-f", ".gatepost")
    commit(repository)
    done = gatepost("run", "--trusted-ref", "main", cwd=repository)
    assert done.returncode == 2
    assert ".gatepost is in git" in done.stderr


@pytest.mark.parametrize(
    ("ref", "said"),
    [
        ("mian", "and no remote to fetch it from\n  did you mean `main`?"),
        ("", "--trusted-ref '' is not a git ref"),
        ("-x", "is not a git ref"),
        ("main:x", "is not a git ref"),
        ("--upload-pack=touch owned", "is not a git ref"),
    ],
)
def test_a_wrong_ref_is_an_error(gatepost: Run, repository: Path, ref: str, said: str) -> None:
    done = gatepost("run", f"--trusted-ref={ref}", cwd=repository)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (repository / "owned").exists()


def test_without_a_repository_it_is_an_error(gatepost: Run, repository: Path) -> None:
    shutil.rmtree(repository / ".git")
    done = gatepost("run", "--trusted-ref", "main", cwd=repository)
    assert done.returncode == 2
    assert "is not in a git repository" in done.stderr


def shallow(repository: Path, name: str = "shallow") -> Path:
    clone = repository.parent / name
    git(repository.parent, "clone", "-q", "--depth=1", "--branch=mr", repository.as_uri(), str(clone))
    assert "main" not in git(clone, "branch", "-a")
    return clone


def test_a_shallow_clone_fetches_the_ref_and_stays_shallow(gatepost: Run, repository: Path) -> None:
    weaker(repository)
    commit(repository)
    clone = shallow(repository)
    verdict, _ = judged(gatepost, clone)
    assert verdict["trusted"]["commit"] == git(repository, "rev-parse", "main").strip()
    assert verdict["decision"] == "block"
    assert git(clone, "rev-list", "--count", "--all").strip() in ("1", "2")
    git(clone, "remote", "set-url", "origin", "https://me:s3cret@localhost:1/x.git")
    git(clone, "update-ref", "-d", "refs/remotes/origin/main")
    done = gatepost("run", "--trusted-ref", "other", cwd=clone)
    assert done.returncode == 2
    assert "`other` is not here, and git cannot fetch it from origin" in done.stderr
    assert "s3cret" not in done.stderr


def test_a_tag_or_branch_with_the_name_of_the_ref_is_no_way_round(gatepost: Run, repository: Path) -> None:
    weaker(repository)
    commit(repository)
    git(repository, "tag", "main")
    git(repository, "branch", "origin/main")
    clone = shallow(repository)
    git(clone, "fetch", "-q", "origin", "refs/heads/origin/main:refs/remotes/origin/origin/main", "tag", "main")
    for ref in ("main", "origin/main"):
        verdict, _ = judged(gatepost, clone, f"--trusted-ref={ref}")
        assert verdict["trusted"]["commit"] == git(repository, "rev-parse", "refs/heads/main").strip()


def test_a_detached_head_and_a_subfolder_with_odd_names(gatepost: Run, repository: Path) -> None:
    odd = repository / "mödel 'x' \"y\"\n$z"
    odd.mkdir()
    for name in ("gatepost.yaml", "policies", "waivers.yaml", "facts.yaml"):
        git(repository, "mv", name, f"{odd.name}/{name}")
    commit(repository)
    git(repository, "branch", "-f", "main")
    weaker(odd)
    commit(repository)
    git(repository, "checkout", "-q", "--detach")
    verdict, _ = judged(gatepost, odd)
    assert verdict["trusted"]["changed"] == [f"{odd.name}/policies/own.yaml"]
    done = gatepost("run", "--config", f"{odd.name}/gatepost.yaml", "--trusted-ref", "main", cwd=repository)
    assert done.returncode == 1, done.stderr


def test_links_are_followed_at_the_ref_and_never_out(gatepost: Run, repository: Path) -> None:
    outside = repository.parent / "outside"
    outside.mkdir()
    (outside / "own.yaml").write_text(POLICY.replace("enforcement: block", "enforcement: info"))
    git(repository, "checkout", "-q", "main")
    (repository / "rules").mkdir()
    git(repository, "mv", "policies/own.yaml", "rules/own.yaml")
    (repository / "policies").mkdir(exist_ok=True)
    (repository / "policies" / "linked.yaml").symlink_to("../rules/own.yaml")
    commit(repository)
    git(repository, "checkout", "-q", "-B", "mr")
    shutil.rmtree(repository / "policies")
    (repository / "policies").symlink_to(outside)
    commit(repository)
    verdict, _ = judged(gatepost, repository)
    assert verdict["decision"] == "block"
    assert verdict["trusted"]["proposed"] == "error"
    git(repository, "branch", "-f", "main")
    _, printed = judged(gatepost, repository, code=2)
    assert f"policies is a symbolic link to {outside}, which lies outside the repository at main" in printed


def test_a_submodule_counts_at_the_commit_of_the_ref(gatepost: Run, repository: Path) -> None:
    shared = repository.parent / "shared"
    shared.mkdir()
    (shared / "own.yaml").write_text(POLICY)
    git(shared, "init", "-q", "-b", "main")
    commit(shared)
    git(repository, "checkout", "-q", "main")
    git(repository, "rm", "-rq", "policies")
    git(repository, "submodule", "add", "-q", str(shared), "policies")
    commit(repository)
    git(repository, "checkout", "-q", "-B", "mr")
    weaker_there = POLICY.replace("enforcement: block", "enforcement: info")
    (shared / "own.yaml").write_text(weaker_there)
    commit(shared)
    git(repository / "policies", "pull", "-q")
    commit(repository)
    verdict, _ = judged(gatepost, repository)
    assert verdict["decision"] == "block"
    assert verdict["trusted"]["changed"] == ["policies/own.yaml"]
    git(repository, "mv", "policies", "moved")
    (repository / "gatepost.yaml").write_text(CONFIG.replace("policies/", "moved/"))
    commit(repository)
    assert judged(gatepost, repository)[0]["decision"] == "block"
    clone = repository.parent / "clone"
    git(repository.parent, "clone", "-q", "--branch=mr", str(repository), str(clone))
    # Where it is not checked out, it is fetched from the URL that the ref gives.
    assert judged(gatepost, clone)[0]["decision"] == "block"
    shared.rename(shared.parent / "gone")
    _, printed = judged(gatepost, clone, code=2)
    assert "the submodule policies is not checked out, and git cannot fetch it" in printed
    assert "git submodule update --init -- policies" in printed


def test_the_suite_of_checks_is_that_of_the_ref(gatepost: Run, repository: Path) -> None:
    pytest.importorskip("great_expectations")
    git(repository, "checkout", "-q", "main")
    (repository / "data.csv").write_text("age\n17\n30\n")
    suite: dict[str, Any] = {"name": "s", "expectations": []}
    demand = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "min_value": 18}}
    (repository / "suite.json").write_text(json.dumps({**suite, "expectations": [demand]}, indent=1))
    source = "  - great_expectations: {data: data.csv, suite: suite.json}\npolicies"
    (repository / "gatepost.yaml").write_text(CONFIG.replace("policies", source, 1))
    commit(repository)
    git(repository, "checkout", "-q", "-B", "mr")
    demand["kwargs"] = {"column": "age", "min_value": 1}
    (repository / "suite.json").write_text(json.dumps({**suite, "expectations": [demand]}, indent=1))
    commit(repository)
    verdict, printed = judged(gatepost, repository)
    assert verdict["trusted"]["changed"] == ["suite.json"]
    assert "was not tried" in printed
    evidence = json.loads((repository / ".gatepost" / "evidence.json").read_text())
    (check,) = evidence["evidence"]["data"]["checks"]
    assert check["status"] == "fail"
    assert evidence["locations"]["/evidence/data/checks/0"]["path"] == "suite.json"


@pytest.mark.parametrize("target", ["/proc/self/environ", "/etc/passwd"])
def test_a_policy_that_is_a_link_out_shows_nothing_of_what_it_leads_to(
    gatepost: Run, repository: Path, target: str
) -> None:
    (repository / "policies" / "z.yaml").symlink_to(target)
    secret = {"SECRET": "topsecret-value"}
    for options in ((), ("--trusted-ref", "main")):
        done = gatepost("run", "--report", "json=v.json", *options, cwd=repository, env=secret)
        shown = done.stdout + done.stderr + (repository / "v.json").read_text()
        assert "symbolic link that leads out of the checkout" in " ".join(shown.split())
        assert "topsecret-value" not in shown
        assert "root:" not in shown


@pytest.mark.parametrize("entry", ["src", "", "/nowhere:."])
def test_modules_of_the_checkout_do_not_run_in_the_gate(gatepost: Run, repository: Path, entry: str) -> None:
    shadowed = os.pathsep.join(one for one in (os.environ.get("PYTHONPATH"), entry or os.pathsep) if one)
    done = gatepost("run", "--trusted-ref", "main", cwd=repository, env={"PYTHONPATH": shadowed})
    assert done.returncode == 2
    assert "PYTHONPATH names" in done.stderr
    assert "GATEPOST_PYTHONPATH" in done.stderr
