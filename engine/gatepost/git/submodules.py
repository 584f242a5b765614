"""Where the objects of a submodule are: here, under whatever name, or at the URL that the trusted ref gives."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from gatepost.git.command import NO_REPOSITORY, git, said
from gatepost.git.remote import Remote, RemoteError, protocols_of
from gatepost.git.repository import Repository, find
from gatepost.problems import GatepostError
from gatepost.secrets import redacted, without_credentials

__all__ = ["fetch_commit", "names_and_urls", "resolved", "stores"]


def names_and_urls(gitmodules: bytes, path: str) -> tuple[str, str]:
    """Return name and URL of the submodule at a path from a ``.gitmodules``; empty texts where it has none."""
    answer = git(NO_REPOSITORY, "config", "--file", "-", "--no-includes", "--list", "-z", stdin=gitmodules)
    settings: dict[str, str] = {}
    for entry in os.fsdecode(answer.stdout).split("\0")[:-1]:
        key, _, value = entry.partition("\n")
        settings[key] = value
    for key, value in settings.items():
        if key.startswith("submodule.") and key.endswith(".path") and posixpath.normpath(value) == path:
            name = key.removeprefix("submodule.").removesuffix(".path")
            return name, settings.get(f"submodule.{name}.url", "")
    return "", ""


def stores(repository: Repository, path: str, name: str) -> Iterator[Path]:
    """Yield folders that may hold the objects of the submodule at a path; they need not be trusted."""
    checked_out = repository.top / path
    if os.path.lexists(checked_out / ".git"):
        try:
            inner = find(checked_out)
        except GatepostError:  # it leads elsewhere, so it is not ours to read
            inner = None
        if inner is not None and inner.top == Path(os.path.realpath(checked_out)):
            yield inner.objects
    if name and not name.startswith("/") and ".." not in name.split("/"):
        for git_dir in dict.fromkeys((repository.common_dir, repository.git_dir)):
            objects = git_dir / "modules" / name / "objects"
            if objects.is_dir():
                yield objects


def fetch_commit(remote: Remote, address: str, commit: str, root: Path) -> Path:
    """Fetch a commit of a submodule into a folder, and return the folder of its objects.

    ``address`` is the URL that the trusted ref gives. The submodule's own configuration is not used: the merge
    request may have made it. The job's is, for its credentials.

    Raises:
        RemoteError: the URL cannot be asked, or has no such commit.
    """
    allowed = _allowed(address, remote.url)
    for name in ("refs", "objects"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "HEAD").write_text("ref: refs/heads/none\n")
    (root / "config").write_text(_config(remote.settings, len(commit) == 64))
    options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--depth=1")
    answer = git(root, "fetch", *options, "--", address, commit, job_settings=True, protocols=allowed)
    if answer.returncode != 0:
        raise RemoteError(f"{without_credentials(address)}: {redacted(said(answer))}")
    return root / "objects"


def resolved(url: str, base: str) -> str:
    """Return the URL of a submodule, of which ``./`` and ``../`` start at the URL of the repository around it."""
    if not url.startswith(("./", "../")):
        return url
    while url.startswith(("./", "../")):
        if url.startswith("../"):
            base = re.sub(r"[/:][^/:]*/?$", "", base)
        url = url.partition("/")[2]
    return f"{base.rstrip('/')}/{url}"


def _allowed(url: str, base: str) -> str:
    """Return the protocols for a URL of the trusted ref; files only where the job's own remote is one too."""
    allowed = protocols_of(url)
    if allowed == "file" and (not base or protocols_of(base) != "file"):
        raise RemoteError(f"{url} is a path of this machine, and the remote of the repository is not")
    return allowed


def _config(settings: Mapping[str, tuple[str, ...]], sha256: bool) -> str:
    """Write what the job's configuration says about reaching servers."""
    lines = ["[core]", "\trepositoryformatversion = 1", "\tbare = true"]
    if sha256:
        lines += ["[extensions]", "\tobjectformat = sha256"]
    for key, values in settings.items():
        section, _, rest = key.partition(".")
        sub, _, name = rest.rpartition(".")
        if section not in ("http", "url", "credential", "ssh") and key not in ("core.sshcommand", "core.gitproxy"):
            continue
        lines.append(f"[{section} {_text(sub)}]" if sub else f"[{section}]")
        lines += [f"\t{name} = {_text(value)}" for value in values]
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{quoted}"'
