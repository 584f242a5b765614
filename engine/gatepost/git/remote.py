"""Asking the job's own remote: what a branch is now, and objects that are not here."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gatepost.git.command import git, said
from gatepost.git.configuration import Settings, main_remote, read_own, remote_urls
from gatepost.git.repository import Repository
from gatepost.problems import GatepostError
from gatepost.secrets import redacted

__all__ = ["ABSENT", "Remote", "RemoteError", "protocols_of"]

ABSENT = "couldn't find remote ref"
# What an answer to "what is the branch now" may take, where the branch is known from an earlier time.
_SECONDS = 60


class RemoteError(Exception):
    """The remote cannot be asked, or refuses: git's words, without credentials."""


@dataclass(frozen=True)
class Remote:
    """A remote of the repository whose configuration the job made. Only this configuration is used to fetch.

    ``named`` is its name; by default it is ``origin``, else the only remote.
    """

    repository: Repository
    settings: Settings
    named: str = ""

    @classmethod
    def of(cls, repository: Repository) -> Remote:
        """Return the main remote of a repository.

        Raises:
            GatepostError: a merge request could change the configuration that git reads.
        """
        return cls(repository, read_own(repository))

    @property
    def name(self) -> str:
        """The name, or nothing where there is no remote, or none that is clearly the main one."""
        return self.named or main_remote(self.settings)[0]

    @property
    def names(self) -> list[str]:
        """The names of all remotes, the longest first: one may be the beginning of another."""
        return sorted(remote_urls(self.settings), key=len, reverse=True)

    @property
    def url(self) -> str:
        """The URL as the configuration has it; nothing where there is no remote."""
        return remote_urls(self.settings).get(self.name, "")

    @property
    def is_promisor(self) -> bool:
        """Tell whether this is a partial clone, which left objects at the remote."""
        return bool(self.settings.get(f"remote.{self.name}.promisor") or self.settings.get("extensions.partialclone"))

    def tip(self, ref: str) -> str:
        """Return the commit that a full ref names at the remote now; nothing where it has no such ref.

        Raises:
            RemoteError: it cannot be asked.
        """
        output = self._ask("ls-remote", "--", self.name, ref, f"{ref}^{{}}", timeout=_SECONDS)
        found = {name: sha for sha, _, name in (line.partition("\t") for line in output.splitlines())}
        return found.get(f"{ref}^{{}}") or found.get(ref, "")

    def fetch(self, wanted: str) -> None:
        """Fetch a ref or a commit; a shallow clone stays shallow, and nothing is checked out.

        Raises:
            RemoteError: it cannot be asked, or has it not.
        """
        depth = ["--depth=1"] if (self.repository.common_dir / "shallow").exists() else []
        options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", *depth]
        self._ask("fetch", *options, "--", self.name, wanted)

    def fetch_objects(self, names: Sequence[str]) -> None:
        """Fetch objects that a partial clone left at the remote.

        Raises:
            GatepostError: it cannot be asked, or has them not.
        """
        options = ["--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--filter=blob:none"]
        asked = "".join(f"{name}\n" for name in names).encode()
        try:
            self._ask("fetch", *options, "--stdin", "--", self.name, stdin=asked)
        except RemoteError as error:
            what = f"this partial clone lacks objects of the trusted ref, and git cannot fetch them: {error}"
            raise GatepostError.of(what, advice="clone without --filter, or allow the job to fetch") from error

    def _ask(self, *arguments: str, stdin: bytes = b"", timeout: float = 300) -> str:
        allowed = protocols_of(self._address())
        try:
            answer = git(
                self.repository.git_dir,
                *arguments,
                work_tree=self.repository.top,
                stdin=stdin,
                job_settings=True,
                protocols=allowed,
                timeout=timeout,
                settings={"fetch.negotiationAlgorithm": "noop"} if stdin else None,
            )
        except GatepostError as error:
            raise RemoteError(redacted(str(error))) from error
        if answer.returncode != 0:
            raise RemoteError(redacted(said(answer)))
        return os.fsdecode(answer.stdout)

    def _address(self) -> str:
        """Return the URL that git would use, behind ``insteadOf``."""
        if not self.name:
            raise RemoteError("there is no remote")
        if not any(key.startswith("url.") and key.endswith("insteadof") for key in self.settings):
            return self.url
        answer = git(self.repository.git_dir, "ls-remote", "--get-url", self.name, job_settings=True)
        return os.fsdecode(answer.stdout).strip()


def protocols_of(url: str) -> str:
    """Return the protocols that a URL needs, for GIT_ALLOW_PROTOCOL: its own, and no other that a server could name.

    Raises:
        RemoteError: it needs a program of its own (``ext::``, ``fd::``, a remote helper).
    """
    helper = re.match(r"([A-Za-z0-9][A-Za-z0-9+.-]*)::", url)
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", url)
    if helper is not None:
        raise RemoteError(f"its URL needs the remote helper `{helper[1]}`, which is not started")
    if scheme is None:
        # As git tells them apart: a colon before the first slash is a host.
        return _within_the_jobs("ssh" if re.match(r"[^/]+:", url) else "file")
    known = {"https": "https", "http": "http:https", "ssh": "ssh", "git+ssh": "ssh", "ssh+git": "ssh", "git": "git"}
    known["file"] = "file"
    allowed = known.get(scheme[1].lower())
    if allowed is None:
        raise RemoteError(f"its URL needs the remote helper `{scheme[1]}`, which is not started")
    return _within_the_jobs(allowed)


def _within_the_jobs(allowed: str) -> str:
    """Keep what the job's own GIT_ALLOW_PROTOCOL allows, where it has one."""
    own = os.environ.get("GIT_ALLOW_PROTOCOL")
    kept = allowed if own is None else ":".join(one for one in allowed.split(":") if one in own.split(":"))
    if not kept:
        raise RemoteError(f"GIT_ALLOW_PROTOCOL does not allow {allowed}")
    return kept
