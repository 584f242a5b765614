"""Which commit a git ref means; a ref that a shallow clone lacks is fetched, and never guessed."""

from __future__ import annotations

import re
from pathlib import Path

from gatepost.git.command import git, refusal
from gatepost.problems import GatepostError, did_you_mean
from gatepost.secrets import redacted

__all__ = ["commit_of", "fetch", "repository_of", "resolve"]

# A full name, a full hash, or an expression: what can mean one thing only.
_EXACT = re.compile(r"^refs/|^(?:[0-9a-f]{40}|[0-9a-f]{64})$|[~^]|@\{|^HEAD$|^@$")
_ABSENT = "couldn't find remote ref"


def repository_of(folder: Path) -> Path:
    """Give the root of the working tree that holds a folder.

    Raises:
        GatepostError: it is in none.
    """
    answer = git(folder, "rev-parse", "--show-toplevel")
    top = answer.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")
    if answer.returncode != 0 or not top:
        what, advice = refusal(answer, str(folder))
        raise GatepostError.of(what, advice=advice or "a trusted ref needs a checkout of a git repository")
    return Path(top)


def resolve(repository: Path, ref: str) -> str:
    """Give the commit that a ref means: a branch of the remote, else one here, else a tag, else any name git knows.

    A tag or another branch of the same name, which a merge request could bring along, must not come first: where the
    remote's branch is not here it is fetched, and a tag is taken only where the remote has no such branch.

    Raises:
        GatepostError: the ref is malformed, or is neither here nor at the remote.
    """
    if not ref or ref.startswith("-") or re.search(r"[\x00-\x20\x7f:*?\[\\]", ref):
        raise GatepostError.of(f"--trusted-ref {ref!r} is no git ref", advice="e.g. --trusted-ref main")
    remote = _remote(repository)
    if _EXACT.search(ref):
        return commit_of(repository, ref) or _fetched(
            repository, remote, ref, re.sub(r"^refs/remotes/[^/]+/", "refs/heads/", ref)
        )
    branch = ref.removeprefix(f"{remote}/")
    for name in (f"refs/remotes/{remote}/{branch}", f"refs/heads/{ref}"):
        commit = commit_of(repository, name)
        if commit:
            return commit
    refused = fetch(repository, remote, f"refs/heads/{branch}") if remote else _ABSENT
    if not refused:
        return commit_of(repository, "FETCH_HEAD")
    if _ABSENT in refused:
        for name in (f"refs/tags/{ref}", ref):
            commit = commit_of(repository, name)
            if commit:
                return commit
        return _fetched(repository, remote, ref, f"refs/tags/{ref}")
    raise _refused(ref, remote, refused)


def _fetched(repository: Path, remote: str, ref: str, wanted: str) -> str:
    if not remote:
        listed = git(repository, "for-each-ref", "--format=%(refname:short)").stdout.decode("utf-8", "replace")
        near = did_you_mean(ref, listed.split("\n"))
        raise GatepostError.of(f"there is no `{ref}` here, and no remote to fetch it from", advice=near)
    refused = fetch(repository, remote, wanted)
    if refused:
        raise _refused(ref, remote, refused)
    return commit_of(repository, "FETCH_HEAD")


def _refused(ref: str, remote: str, said: str) -> GatepostError:
    what = f"`{ref}` is not here, and git cannot fetch it from {remote}: {said}"
    return GatepostError.of(what, advice="fetch it before the gate; a checkout with the whole history has it")


def fetch(repository: Path, remote: str, wanted: str) -> str:
    """Fetch a ref or a commit to FETCH_HEAD; a shallow clone stays shallow. Give what git says where it fails."""
    shallow = git(repository, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"
    depth = ["--depth=1"] if shallow else []
    answer = git(repository, "fetch", "--quiet", "--no-tags", *depth, "--", remote, wanted)
    said = redacted(answer.stderr.decode("utf-8", "replace")).strip().splitlines()
    return (said or [f"exit code {answer.returncode}"])[0] if answer.returncode else ""


def commit_of(repository: Path, name: str) -> str:
    """Give the commit that a name means for git; nothing where it is not here."""
    answer = git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return answer.stdout.decode().strip() if answer.returncode == 0 else ""


def _remote(repository: Path) -> str:
    names = git(repository, "remote").stdout.decode("utf-8", "replace").split("\n")[:-1]
    return "origin" if "origin" in names else names[0] if len(names) == 1 else ""
