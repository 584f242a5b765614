"""Which commit a git ref means: the remote is asked, and what a clone lacks is fetched, never guessed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from gatepost.git.command import git
from gatepost.git.remote import ABSENT, Remote, RemoteError
from gatepost.git.repository import Repository
from gatepost.problems import GatepostError, did_you_mean

__all__ = ["Resolved", "check_name", "commit_of", "resolve"]

_HASH = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")
# A full name or an expression: what can mean one thing only.
_EXACT = re.compile(r"^refs/|[~^]|@\{|^HEAD$|^@$")


@dataclass(frozen=True, slots=True)
class Resolved:
    """A commit, and what a person should know of how it was found."""

    commit: str
    notes: tuple[str, ...] = ()


def check_name(ref: str) -> None:
    """Refuse what is not the name of a ref.

    Raises:
        GatepostError: it is empty, an option, or holds characters that no ref has.
    """
    if not ref or ref.startswith("-") or re.search(r"[\x00-\x20\x7f:*?\[\\]", ref):
        raise GatepostError.of(f"--trusted-ref {ref!r} is not a git ref", advice="e.g. --trusted-ref main")


def resolve(remote: Remote, ref: str) -> Resolved:
    """Return the commit of a branch of the remote as it is now, else of a branch here, a tag, or any name.

    A tag or another branch of the same name, which a merge request could bring along, must not come first. A runner
    may keep its checkout from an earlier job, so the remote is asked what the branch is now; where it cannot be asked
    (offline, no credentials), the branch counts as it was fetched last, and a note says so.

    Raises:
        GatepostError: the ref is malformed, or is neither here nor at the remote.
    """
    check_name(ref)
    repository = remote.repository
    short = ref.removeprefix("refs/remotes/")
    for name in remote.names:
        if short.startswith(f"{name}/"):
            return _branch(repository, replace(remote, named=name), ref, short.removeprefix(f"{name}/"))
    if _HASH.match(ref) or _EXACT.search(ref):
        return Resolved(commit_of(repository, ref) or _fetched(repository, remote, ref, ref))
    return _branch(repository, remote, ref, ref)


def _branch(repository: Repository, remote: Remote, ref: str, branch: str) -> Resolved:
    full, tracking = f"refs/heads/{branch}", f"refs/remotes/{remote.name}/{branch}"
    failed = ABSENT
    if remote.name:
        try:
            tip = remote.tip(full)
        except RemoteError as error:
            tip, failed = "", str(error)
        if tip:
            return Resolved(_present(repository, remote, ref, full, tip))
    local = commit_of(repository, tracking) if remote.name and failed != ABSENT else ""
    local = local or commit_of(repository, f"refs/heads/{ref}")
    if local:
        old = f"the remote {remote.name} cannot be asked what {branch} is now ({failed}); it counts as fetched last"
        return Resolved(local, (old,) if failed != ABSENT else ())
    if failed != ABSENT:
        raise _refused(ref, remote.name, failed)
    for name in (f"refs/tags/{ref}", ref):
        commit = commit_of(repository, name)
        if commit:
            return Resolved(commit)
    return Resolved(_fetched(repository, remote, ref, f"refs/tags/{ref}"))


def _present(repository: Repository, remote: Remote, ref: str, full: str, tip: str) -> str:
    """Return a commit of the remote, after fetching it where it is not here."""
    try:
        if not commit_of(repository, tip):
            remote.fetch(full)
            if not commit_of(repository, tip):  # the branch moved between the two questions
                tip = remote.tip(full)
                remote.fetch(tip)
    except RemoteError as error:
        if not commit_of(repository, tip):  # another run may have fetched it meanwhile, and held the locks
            raise _refused(ref, remote.name, str(error)) from error
    return tip


def _fetched(repository: Repository, remote: Remote, ref: str, wanted: str) -> str:
    if not remote.name:
        near = _near(repository, remote, ref)
        raise GatepostError.of(f"there is no `{ref}` here, and no remote to fetch it from", advice=near)
    try:
        tip = wanted if _HASH.match(wanted) else remote.tip(wanted)
    except RemoteError as error:
        raise _refused(ref, remote.name, str(error)) from error
    if not tip:
        what = f"`{ref}` is neither here nor at {remote.name}"
        raise GatepostError.of(what, advice=_near(repository, remote, ref))
    return _present(repository, remote, ref, wanted, tip)


def _near(repository: Repository, remote: Remote, ref: str) -> str:
    listed = git(repository.git_dir, "for-each-ref", "--format=%(refname:short)").stdout.decode("utf-8", "replace")
    return did_you_mean(ref, [name.removeprefix(f"{remote.name}/") for name in listed.split("\n")])


def _refused(ref: str, remote: str, failed: str) -> GatepostError:
    what = f"`{ref}` is not here, and git cannot fetch it from {remote}: {failed}"
    return GatepostError.of(what, advice="fetch it before the gate; a checkout with the whole history has it")


def commit_of(repository: Repository, name: str) -> str:
    """Return the commit that a name means in a repository of the job; nothing where it is not here."""
    answer = git(repository.git_dir, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return answer.stdout.decode().strip() if answer.returncode == 0 else ""
