"""``gatepost policy fmt``, ``list``, ``show`` and ``schema`` as a user runs them, and a real language server."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]

SHOWN = """docs/owner
title         The model has an owner
written at    policies/docs.yaml:8:9
severity      high
enforcement   block, from policies/docs.yaml:8:9
require       evidence.documentation.owner.size() >= params.least
param         least = 1, from policies/docs.yaml:6
reads         evidence.documentation.owner (model_card, file): Person or team
              that answers for the model.
"""


def test_fmt_writes_the_form_and_the_schemas(gatepost: Run, project: Path) -> None:
    policy = project / "policies" / "docs.yaml"
    policy.write_text(policy.read_text().replace("title: Docs\n", "") + "title: Docs\n")
    checked = gatepost("policy", "fmt", "policies", "--check", cwd=project)
    assert (checked.returncode, checked.stdout) == (
        1,
        "would change  policies/docs.yaml\n1 of 1 files would change\n",
    )
    done = gatepost("policy", "fmt", "policies", "gatepost.yaml", cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "formatted  policies/docs.yaml\nformatted  gatepost.yaml\nwrote  .gatepost-schemas/gatepost.json\n"
        "wrote  .gatepost-schemas/policy.json\n2 of 2 files changed\n"
    )
    first, second = policy.read_text().splitlines()[:2]
    assert (first, second) == ("# yaml-language-server: $schema=../.gatepost-schemas/policy.json", "policy: docs")
    assert (policy.parent / first.partition("=")[2]).exists()
    again = gatepost("policy", "fmt", "policies", "gatepost.yaml", "--check", cwd=project)
    assert (again.returncode, again.stdout) == (0, "0 of 2 files would change\n")


def test_fmt_says_what_it_cannot_format_and_formats_the_rest(gatepost: Run, project: Path) -> None:
    (project / "policies" / "broken.yaml").write_text("policy: [\n")
    (project / "policies" / "other.yaml").write_text("polcy: x\n")
    done = gatepost("policy", "fmt", "policies", "--no-schemas", cwd=project)
    assert (done.returncode, done.stdout) == (2, "0 of 3 files changed\n")
    assert "policies/broken.yaml:2:1" in done.stderr
    assert "did you mean `policy`?" in done.stderr
    assert (project / "policies" / "other.yaml").read_text() == "polcy: x\n"


def test_list_and_show(gatepost: Run, project: Path) -> None:
    listed = gatepost("policy", "list", cwd=project)
    assert (listed.returncode, listed.stdout) == (
        0,
        "docs/owner  high      block  The model has an owner\n1 rules of 1 policies, 1 of them block\n",
    )
    rows = json.loads(gatepost("policy", "list", "profile/strict", "--format", "json", cwd=project).stdout)
    assert {row["enforcement"] for row in rows} == {"block"}
    shown = gatepost("policy", "show", "docs/owner", cwd=project)
    assert (shown.returncode, shown.stdout) == (0, SHOWN)
    typo = gatepost("policy", "show", "docs/ownr", cwd=project)
    assert (typo.returncode, typo.stderr) == (
        2,
        "error: no rule in force is called `docs/ownr`\n  did you mean `docs/owner`?\n",
    )


def test_schema_is_printed_or_written(gatepost: Run, project: Path) -> None:
    printed = gatepost("policy", "schema", "waivers", cwd=project).stdout
    assert gatepost("policy", "schema", "waivers", "-o", "w.json", cwd=project).returncode == 0
    assert (project / "w.json").read_text() == printed
    assert json.loads(printed)["required"] == ["waivers"]
    typo = gatepost("policy", "schema", "waiver", cwd=project)
    assert (typo.returncode, typo.stderr) == (2, "error: there is no schema `waiver`\n  did you mean `waivers`?\n")


class Server:
    """A language server over standard input and output."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.count = 0

    def send(self, method: str, params: Any, *, request: bool = False) -> Any:
        message: dict[str, Any] = {"jsonrpc": "2.0", "method": method, "params": params}
        if request:
            self.count += 1
            message["id"] = self.count
        self.write(message)
        return self.wait(lambda got: got.get("id") == self.count and "method" not in got) if request else None

    def write(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self.process.stdin.flush()

    def wait(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        assert self.process.stdout
        while True:
            length = 0
            while line := self.process.stdout.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            assert length, "the server went away"
            got: dict[str, Any] = json.loads(self.process.stdout.read(length))
            if wanted(got):
                return got
            if "id" in got and "method" in got:  # it asks for settings; it gets none
                items = got["params"].get("items", []) if isinstance(got.get("params"), dict) else []
                result = [None for _ in items] if got["method"] == "workspace/configuration" else None
                self.write({"jsonrpc": "2.0", "id": got["id"], "result": result})


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("npm and node are not there")
    folder = tmp_path_factory.mktemp("server")
    quick = ["--no-audit", "--no-fund", "--silent", "--fetch-retries=1", "--fetch-timeout=30000"]
    install = ["npm", "install", *quick, "--prefix", str(folder), "yaml-language-server"]
    try:
        subprocess.run(install, capture_output=True, timeout=150, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"npm cannot install yaml-language-server: {error}")
    found = Server([str(folder / "node_modules" / ".bin" / "yaml-language-server"), "--stdio"], folder)
    capabilities = {
        "workspace": {"configuration": True},
        "textDocument": {"completion": {}, "publishDiagnostics": {}},
    }
    found.send("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities}, request=True)
    found.send("initialized", {})
    yield found
    found.process.kill()
    found.process.wait()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "unknown", "offered"),
    [
        ("policies/docs.yaml", "severty: high", {"params", "applies_to", "effective_from"}),
        ("gatepost.yaml", "polcies: []", {"waivers", "baseline", "params"}),
    ],
)
def test_a_language_server_completes_and_finds_unknown_keys(
    gatepost: Run, project: Path, server: Server, file: str, unknown: str, offered: set[str]
) -> None:
    config = project / "gatepost.yaml"
    gatepost("policy", "fmt", "policies", "gatepost.yaml", cwd=project)
    path = project / file
    uri = path.as_uri()
    text = path.read_text() + f"{unknown}\n"
    item = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
    server.send("textDocument/didOpen", {"textDocument": item})
    told = server.wait(
        lambda got: got.get("method") == "textDocument/publishDiagnostics" and got["params"]["uri"] == uri
    )
    messages = [found["message"] for found in told["params"]["diagnostics"]]
    assert any(unknown.partition(":")[0] in message for message in messages), messages
    assert config.exists()
    change = [{"text": path.read_text().replace("params:", "params:", 1) + "\n"}]
    server.send("textDocument/didChange", {"textDocument": {"uri": uri, "version": 2}, "contentChanges": change})
    position = {"line": change[0]["text"].count("\n"), "character": 0}
    answer = server.send(
        "textDocument/completion", {"textDocument": {"uri": uri}, "position": position}, request=True
    )
    labels = {entry["label"] for entry in answer["result"]["items"]}
    present = {line.partition(":")[0] for line in text.splitlines()}
    assert offered - present <= labels
    assert offered - present
