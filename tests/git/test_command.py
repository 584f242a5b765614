from __future__ import annotations

import ast
import os
import time
from pathlib import Path

import pytest

import gatepost
from gatepost.git.command import NO_REPOSITORY, git
from gatepost.problems import GatepostError

from .conftest import make

ENGINE = Path(gatepost.__file__).parent
STARTERS = {"run", "Popen", "call", "check_call", "check_output", "system", "popen", "getoutput", "getstatusoutput"}


def starts_git(call: ast.Call) -> bool:
    """Tell whether a call starts a process with `git` among its arguments."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name not in STARTERS and not name.startswith(("exec", "spawn", "posix_spawn", "create_subprocess")):
        return False
    texts = [node.value for node in ast.walk(call) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return any(text == "git" or text.startswith("git ") or text.endswith("/git") for text in texts)


@pytest.mark.parametrize("code", ["subprocess.run(['git', 'x'])", "os.system('git x')", "os.execvp('git', ['git'])"])
def test_a_call_of_git_is_recognised(code: str) -> None:
    assert any(starts_git(node) for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call))


def test_one_function_runs_git() -> None:
    for path in ENGINE.rglob("*.py"):
        if path.is_relative_to(ENGINE / "git") and path.name != "command.py":
            assert "subprocess" not in path.read_text(), path
        if path.is_relative_to(ENGINE / "git"):
            continue
        tree = ast.parse(path.read_text())
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and starts_git(node)]
        assert not calls, f"{path} runs git by itself"
        imported = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        assert not {"git", "pygit2", "dulwich"} & set(imported), path


def environment_of_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, job_settings: bool) -> dict[str, str]:
    """Return the environment in which git runs, by a `git` that prints it."""
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nprintf '%s\\0' \"$@\"\nprintf '\\0'\nenv -0\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    output = git(tmp_path, "status", job_settings=job_settings).stdout.decode().split("\0\0", 1)
    found = dict(entry.partition("=")[::2] for entry in output[1].split("\0") if entry)
    return {**found, "(arguments)": output[0].replace("\0", " ")}


HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE")
OTHER = ("GIT_EXTERNAL_DIFF", "GIT_ATTR_SOURCE", "GIT_SHALLOW_FILE", "GIT_REPLACE_REF_BASE", "GIT_PAGER", "GIT_TRACE")
JOB = ("GIT_SSH_COMMAND", "GIT_ASKPASS", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_SSL_CAINFO")


@pytest.mark.parametrize("job_settings", [False, True])
def test_variables_do_not_lead_git_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, job_settings: bool
) -> None:
    for name in (*HOOK, *OTHER, *JOB):
        monkeypatch.setenv(name, "mine")
    found = environment_of_git(tmp_path, monkeypatch, job_settings=job_settings)
    assert not found.keys() & {*HOOK, *OTHER}
    assert (found.keys() & set(JOB) == set(JOB)) is job_settings
    assert found["GIT_ALLOW_PROTOCOL"] == "none"
    assert (found.get("GIT_CONFIG_NOSYSTEM") == "1") is not job_settings
    arguments = found["(arguments)"]
    assert f"--git-dir={tmp_path}" in arguments
    for setting in ("safe.bareRepository=explicit", "core.hooksPath=/dev/null", "core.fsmonitor=false"):
        assert f"-c {setting}" in arguments
    assert "submodule.recurse=false" in arguments and "protocol.ext.allow=never" in arguments


def test_a_git_of_the_working_tree_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = make(tmp_path / "r", {"git": "#!/bin/sh\ntouch owned\n"})
    (repository / "git").chmod(0o755)
    monkeypatch.chdir(repository)
    monkeypatch.setenv("PATH", f".::bin:{os.environ['PATH']}")
    assert git(repository / ".git", "rev-parse", "HEAD", work_tree=repository).returncode == 0
    assert not (repository / "owned").exists()


def test_without_a_repository_none_is_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = make(tmp_path / "r", {})
    monkeypatch.chdir(repository)
    assert git(NO_REPOSITORY, "rev-parse", "HEAD").returncode != 0
    assert git(NO_REPOSITORY, "config", "--list").stdout.count(b"core.bare") == 0


def is_running(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    # Where nobody reaps it, an ended process stays in the table as a zombie.
    return status.rpartition(")")[2].split()[0] != "Z"


def test_what_git_started_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nsleep 1000 &\necho $! > {tmp_path}/child\nwait\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    with pytest.raises(GatepostError, match="git fetch did not end within 3 s"):
        git(tmp_path, "fetch", timeout=3)
    child = int((tmp_path / "child").read_text())
    while is_running(child):  # the signal was sent; the kernel takes its time
        time.sleep(0.01)


def test_relative_paths_start_at_the_working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new").mkdir()
    assert git(Path("new/.git"), "init", "-q").returncode == 0
    (tmp_path / "new" / "a.txt").write_text("a")
    assert git(Path("new/.git"), "add", "--all", work_tree=Path("new")).returncode == 0
    assert git(Path("new/.git"), "ls-files", work_tree=Path("new")).stdout == b"a.txt\n"
