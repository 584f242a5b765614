"""Where a run writes: never through what a merge request committed, and to a folder for each configuration."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]
LINK = "is a symbolic link in the checkout, which is not followed"


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.email=a@example.com", "-c", "user.name=a"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def outside(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Commit the project as main, and return a folder outside of it with a file that must stay as it is."""
    (project / ".git").rmdir()
    git(project, "init", "-qb", "main")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "x")
    git(project, "checkout", "-qb", "mr")
    folder = tmp_path_factory.mktemp("outside")
    (folder / "kept").write_text("old")
    return folder


def committed(project: Path, link: str, target: Path | str) -> None:
    (project / link).parent.mkdir(parents=True, exist_ok=True)
    (project / link).symlink_to(target)
    git(project, "add", "-Af")
    git(project, "commit", "-qm", "link")


def as_it_was(project: Path, outside: Path, config: str) -> None:
    assert [path.name for path in outside.iterdir()] == ["kept"]
    assert (outside / "kept").read_text() == "old"
    assert (project / ".git" / "config").read_text() == config


@pytest.mark.parametrize("trusted", [["--trusted-ref", "main"], []])
@pytest.mark.parametrize(
    ("link", "to"),
    [
        ("gatepost.xml", "kept"),  # a report of gatepost.yaml
        ("gatepost.xml", "new"),
        ("gatepost.xml", ""),
        ("job.json", "kept"),  # reports of the command line
        ("job.json", ".git/config"),
        ("out", ""),
        ("out/deep", ".git"),
        ("out/deep/report.html", "/dev/null"),
        (".gatepost", ""),
        (".gatepost/.gitignore", "kept"),
        (".gatepost/cache", ""),
        (".gatepost/evidence.json", "kept"),
        (".gatepost/verdict.json", "new"),
    ],
)
def test_a_committed_link_is_not_written_through(
    gatepost: Run, project: Path, outside: Path, link: str, to: str, trusted: list[str]
) -> None:
    target = to if to.startswith("/") else project / to if to.startswith(".git") else outside / to
    committed(project, link, target)
    config = (project / ".git" / "config").read_text()
    reports = ["--report", "json=job.json", "--report", f"html={project}/out/deep/report.html"]
    done = gatepost("run", "-q", *trusted, *reports, cwd=project)
    as_it_was(project, outside, config)
    assert "Traceback" not in done.stderr
    if link == ".gatepost/cache" and not trusted:  # it is a convenience: without it the run goes on
        assert done.returncode == 0
        return
    assert done.returncode == 2
    if link.startswith(".gatepost") and trusted:
        assert ".gatepost is in git" in done.stderr
        assert (project / "job.json").is_file() or link == ".gatepost"  # an error report
    else:
        assert f"{link} {LINK}" in done.stderr
    if link == "gatepost.xml":  # what can be written is
        assert json.loads((project / "job.json").read_text())["decision"] in ("pass", "error")


@pytest.mark.parametrize(
    "path", [".git/x", ".git/config", ".GIT/config", "policies/.Git/x", "new/.git/hooks/post-checkout"]
)
def test_nothing_is_written_below_git(gatepost: Run, project: Path, outside: Path, path: str) -> None:
    config = (project / ".git" / "config").read_text()
    done = gatepost("run", "-q", "--report", f"json={path}", cwd=project)
    assert (done.returncode, "lies in a .git folder" in done.stderr) == (2, True)
    (project / "gatepost.yaml").write_text((project / "gatepost.yaml").read_text().replace("gatepost.xml", path))
    done = gatepost("run", "-q", cwd=project)
    assert (done.returncode, "lies in a .git folder" in done.stderr) == (2, True)
    as_it_was(project, outside, config)
    assert not (project / "new").exists()


@pytest.mark.parametrize("path", ["{up}/kept", "{outside}/kept", "x/../{up}/kept", "{outside}/new", "{up}/new"])
def test_a_configured_report_outside_is_not_written_as_an_error_report_either(
    gatepost: Run, project: Path, outside: Path, path: str
) -> None:
    (project / "inner").mkdir()
    config = (project / "gatepost.yaml").read_text()
    for name, folder in (("gatepost.yaml", "."), ("inner/gatepost.yaml", "..")):
        given = path.format(outside=outside, up=os.path.relpath(outside, (project / name).parent))
        text = config.replace("gatepost.xml", given).replace("[policies/]", f"[{folder}/policies/]")
        (project / name).write_text(text)
        done = gatepost("run", "-q", "--config", name, cwd=project)
        assert (done.returncode, "lies outside the repository" in done.stderr) == (2, True)
        as_it_was(project, outside, (project / ".git" / "config").read_text())


COMMANDS = {
    "judge": "judge e.json --policies policies -q --report junit=l/kept",
    "report": "report v.json -q --report junit=l/kept",
    "collect": "collect -q -o l/kept",
    "policy test": "policy test policies --report junit=l/kept",
    "policy schema": "policy schema policy -o l/kept",
    "evidence schema": "evidence schema -o l/kept",
    "policy fmt": "policy fmt policies --schemas l",
    "init": "init --yes --dir l",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_writes_through_a_link(gatepost: Run, project: Path, outside: Path, command: str) -> None:
    test = {"name": "x", "evidence": {"documentation": {"owner": "me"}}, "expect": {"docs/owner": "pass"}}
    (project / "policies" / "docs.test.yaml").write_text(json.dumps({"tests": [test]}))
    gatepost("run", "-q", "--report", "json=v.json", cwd=project)
    gatepost("collect", "-q", "-o", "e.json", cwd=project)
    committed(project, "l", outside)
    config = (project / ".git" / "config").read_text()
    done = gatepost(*shlex.split(COMMANDS[command]), cwd=project)
    assert (done.returncode, f"l {LINK}" in done.stderr) == (2, True), done.stderr
    as_it_was(project, outside, config)


def test_what_a_run_left_is_not_read_through_a_link(gatepost: Run, project: Path, outside: Path) -> None:
    gatepost("run", "-q", cwd=project)
    (project / ".gatepost").rename(outside / "state")
    (project / ".gatepost").symlink_to(outside / "state")
    before = sorted(outside.rglob("*"))
    commands = ["explain docs/owner", "evidence show", "evidence show .gatepost/evidence.json", "report"]
    commands += ["report .gatepost/verdict.json", "cache show", "cache prune --days 0"]
    for command in commands:
        done = gatepost(*shlex.split(command), cwd=project)
        assert (done.returncode, f".gatepost {LINK}" in done.stderr) == (2, True), command + done.stderr
    assert sorted(outside.rglob("*")) == before


def test_formatting_leaves_links_alone(gatepost: Run, project: Path, outside: Path) -> None:
    policy = project / "policies" / "docs.yaml"
    (outside / "other.yaml").write_text(policy.read_text().replace("title: Docs", "title:   Docs"))
    committed(project, "policies/other.yaml", outside / "other.yaml")
    done = gatepost("policy", "fmt", "policies", cwd=project)
    assert done.returncode == 0, done.stderr
    assert "skipped  policies/other.yaml, a symbolic link" in done.stdout
    assert "title:   Docs" in (outside / "other.yaml").read_text()
    checked = gatepost("policy", "fmt", "--check", "policies", cwd=project)
    assert (checked.returncode, "skipped" in checked.stdout) == (0, True)


def test_the_demonstration_does_not_write_over_links(gatepost: Run, project: Path, outside: Path) -> None:
    (project / "gatepost-demo").mkdir()
    (project / "gatepost-demo" / ".gatepost-demo").write_text("x")
    committed(project, "gatepost-demo/train.py", outside / "kept")
    config = (project / ".git" / "config").read_text()
    done = gatepost("demo", cwd=project)
    assert (done.returncode, "gatepost-demo/train.py is a symbolic link" in done.stderr) == (2, True)
    as_it_was(project, outside, config)


def test_reports_go_to_new_folders_to_places_outside_and_to_standard_output(
    gatepost: Run, project: Path, outside: Path
) -> None:
    (outside / "link").symlink_to(outside / "real")
    (outside / "real").mkdir()
    reports = ["json=a/b/v.json", f"junit={outside}/x/y.xml", f"sarif={outside}/link/z.sarif", "markdown=/dev/stdout"]
    done = gatepost("run", "-q", *(part for one in reports for part in ("--report", one)), cwd=project)
    assert (done.returncode, done.stdout.startswith("<!-- gatepost: credit -->")) == (0, True), done.stderr
    for path in (project / "a" / "b" / "v.json", outside / "x" / "y.xml", outside / "real" / "z.sarif"):
        assert path.is_file()


def test_a_checkout_behind_a_link(gatepost: Run, project: Path, outside: Path) -> None:
    link = outside / "link"
    link.symlink_to(project)
    for arguments, folder in (
        (["run", "--report", f"json={link}/v.json"], link),
        (["run", "--config", "link/gatepost.yaml", "--report", "json=link/v.json"], outside),
        (["run", "--config", f"{link}/gatepost.yaml", "--report", f"json={link}/v.json"], Path("/")),
    ):
        done = gatepost(*arguments, "-q", cwd=folder)
        assert done.returncode == 0, done.stderr
        assert (project / "v.json").is_file()
        assert (project / "gatepost.xml").is_file()
        assert (project / ".gatepost" / "verdict.json").is_file()
        (project / "v.json").unlink()
        (project / "gatepost.xml").unlink()


def test_a_worktree(gatepost: Run, project: Path, outside: Path) -> None:
    git(project, "worktree", "add", "-q", str(outside / "tree"), "-b", "other")
    done = gatepost("run", "-q", "--trusted-ref", "main", "--report", "json=v.json", cwd=outside / "tree")
    assert done.returncode == 0, done.stderr
    assert (outside / "tree" / "v.json").is_file()


def second(project: Path, name: str) -> None:
    """Add a configuration that judges the same model by a rule that it breaks."""
    (project / "strict").mkdir(exist_ok=True)
    policy = (project / "policies" / "docs.yaml").read_text()
    (project / "strict" / "docs.yaml").write_text(policy.replace("owner.size()", "owner.size() - 99"))
    config = (project / "gatepost.yaml").read_text()
    config = config.replace("name: credit", "name: strict").replace("[policies/]", "[strict/]")
    (project / name).write_text(config.replace("gatepost.xml", "strict.xml"))


@pytest.mark.parametrize("name", ["strict.yaml", "strict.yml", "cache.yaml"])
def test_two_configurations_do_not_explain_each_other(gatepost: Run, project: Path, name: str) -> None:
    second(project, name)
    blocked = gatepost("run", "--config", name, cwd=project)
    assert blocked.returncode == 1, blocked.stderr
    assert blocked.stdout.endswith(f"\nexplain  gatepost explain --config {name} docs/owner\n")
    assert gatepost("run", cwd=project).returncode == 0
    options = shlex.split(blocked.stdout.splitlines()[-1])[2:]
    assert gatepost(*options, cwd=project).stdout.startswith("fail  docs/owner\n")
    assert gatepost("explain", "docs/owner", cwd=project).stdout.startswith("pass  docs/owner\n")
    for command, here, there in (
        (["report"], "PASS  credit", "BLOCKED  strict"),
        (["evidence", "show"], "credit", "strict"),
        (["cache", "show"], "1 result, ", "1 result, "),
    ):
        assert here in gatepost(*command, cwd=project).stdout
        assert there in gatepost(*command, "--config", name, cwd=project).stdout
    assert gatepost("cache", "prune", "--days", "0", "--config", name, cwd=project).stdout.startswith("removed 1 ")
    assert "1 result, " in gatepost("cache", "show", cwd=project).stdout
    assert "  cached\n" in gatepost("run", cwd=project).stderr


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("gatepots.yaml", "there is no gatepots.yaml"),
        ("none/gatepost.yaml", "there is no none/gatepost.yaml"),
        ("*.yaml", "--config takes one file, not a pattern"),
        ("policies", "policies is a folder\n  policies\n  name a file: policies/gatepost.yaml"),
        ("policies/", "policies is a folder"),
    ],
)
def test_a_configuration_that_is_mistyped_gets_no_folder(
    gatepost: Run, project: Path, config: str, said: str
) -> None:
    before = sorted(project.rglob("*"))
    for command in (["run"], ["run", "--trusted-ref", "main"], ["collect", "-o", "e.json"], ["cache", "prune"]):
        done = gatepost(*command, "--config", config, cwd=project)
        assert "Traceback" not in done.stderr
        if command == ["run"]:
            assert (done.returncode, said in done.stderr) == (2, True), done.stderr
        assert sorted(project.rglob("*")) == before


def test_a_committed_state_of_another_configuration_is_refused(gatepost: Run, project: Path, outside: Path) -> None:
    second(project, "strict.yaml")
    git(project, "checkout", "-q", "main")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "strict")
    git(project, "checkout", "-qB", "mr")
    (project / ".gatepost" / "strict").mkdir(parents=True)
    (project / ".gatepost" / "strict" / "verdict.json").write_text("{}")
    git(project, "add", "-Af")
    git(project, "commit", "-qm", "state")
    done = gatepost("run", "--config", "strict.yaml", "--trusted-ref", "main", cwd=project)
    assert (done.returncode, ".gatepost is in git" in done.stderr) == (2, True)


def test_a_second_run_is_fast_and_a_cache_from_elsewhere_is_not_used(
    gatepost: Run, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = {"XDG_STATE_HOME": str(tmp_path_factory.mktemp("home"))}
    assert "  cached\n" not in gatepost("run", cwd=project, env=home).stderr
    assert "  cached\n" in gatepost("run", cwd=project, env=home).stderr
    elsewhere = {"XDG_STATE_HOME": str(tmp_path_factory.mktemp("elsewhere"))}
    assert "  cached\n" not in gatepost("run", cwd=project, env=elsewhere).stderr
    key = {"GATEPOST_CACHE_KEY": "0123456789abcdef" * 4}
    assert "  cached\n" not in gatepost("run", cwd=project, env={**home, **key}).stderr
    assert "  cached\n" in gatepost("run", cwd=project, env={**elsewhere, **key}).stderr
    change = {**elsewhere, **key, "CI_MERGE_REQUEST_IID": "7"}
    assert "  cached\n" not in gatepost("run", cwd=project, env=change).stderr
    short = gatepost("run", cwd=project, env={"GATEPOST_CACHE_KEY": "short"})
    assert (short.returncode, "GATEPOST_CACHE_KEY has 5 characters" in short.stderr) == (2, True)
    without = gatepost("run", cwd=project, env={"XDG_STATE_HOME": "/dev/null/x"})
    assert (without.returncode, "cache    off: " in without.stderr) == (0, True)


def test_what_a_merge_request_kept_does_not_serve_the_target_branch(
    gatepost: Run, project: Path, outside: Path
) -> None:
    for _ in range(2):
        run = gatepost("run", "--trusted-ref", "main", cwd=project)
        assert run.returncode == 0, run.stderr
    assert "  cached\n" in run.stderr  # its own runs do use it
    git(project, "checkout", "-q", "main")
    assert "  cached\n" not in gatepost("run", cwd=project).stderr
    git(project, "checkout", "-q", "mr")
    assert "  cached\n" in gatepost("run", "--trusted-ref", "main", cwd=project).stderr


@pytest.mark.parametrize("options", [[], ["--no-cache"], ["--trusted-ref", "none"]])
def test_the_key_is_not_inherited(project: Path, options: list[str]) -> None:
    program = "import os, sys; from gatepost.cli.main import run; run(['run', '-q', *sys.argv[1:]]); print(os.environ.get('GATEPOST_CACHE_KEY'))"
    environment = {**os.environ, "GATEPOST_CACHE_KEY": "0123456789abcdef" * 4}
    done = subprocess.run(
        [sys.executable, "-c", program, *options],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "None\n"
