"""What the job's own configuration of git says: remotes and settings; and who owns a repository."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from gatepost.git.command import NO_REPOSITORY, git, said
from gatepost.git.repository import Repository
from gatepost.problems import GatepostError
from gatepost.secrets import redacted

__all__ = ["Settings", "check_owner", "main_remote", "read_foreign", "read_own", "remote_urls"]

Settings = Mapping[str, tuple[str, ...]]


def read_own(repository: Repository) -> Settings:
    """Return the settings of the job, of the user and of the system, by lower-case key; the last value counts.

    Raises:
        GatepostError: a file of the working tree is among those that git reads, so that a merge request could change
            how git fetches, and what it starts.
    """
    answer = git(repository.git_dir, "config", "--list", "-z", "--show-origin", "--includes", job_settings=True)
    if answer.returncode != 0:
        what = f"git cannot read the configuration of {repository.top}: {redacted(said(answer))}"
        raise GatepostError.of(what)
    values: dict[str, tuple[str, ...]] = {}
    fields = os.fsdecode(answer.stdout).split("\0")[:-1]
    for origin, entry in zip(fields[::2], fields[1::2], strict=True):
        kind, _, name = origin.partition(":")
        path = Path(os.path.realpath(repository.git_dir / name))
        if kind == "file" and repository.tracks_files_at(path):
            what = f"git reads its configuration from {path}, which is in the working tree, where it can be changed"
            advice = "remove `include.path`, or set HOME, XDG_CONFIG_HOME and GIT_CONFIG_GLOBAL to places outside"
            raise GatepostError.of(what, advice=advice)
        key, _, value = entry.partition("\n")
        values[key] = (*values.get(key, ()), value)
    return values


def read_foreign(repository: Repository) -> Settings:
    """Return what the configuration of a repository that is not the job's own says, as data; it is not obeyed."""
    path = repository.common_dir / "config"
    if not path.is_file():
        return {}
    answer = git(NO_REPOSITORY, "config", "--file", str(path), "--no-includes", "--list", "-z")
    values: dict[str, tuple[str, ...]] = {}
    for entry in os.fsdecode(answer.stdout).split("\0")[:-1] if answer.returncode == 0 else ():
        key, _, value = entry.partition("\n")
        values[key] = (*values.get(key, ()), value)
    return values


def remote_urls(settings: Settings) -> Mapping[str, str]:
    """Return the URLs of the remotes by their names."""
    return {
        key.removeprefix("remote.").removesuffix(".url"): values[0]
        for key, values in settings.items()
        if key.startswith("remote.") and key.endswith(".url")
    }


def main_remote(settings: Settings) -> tuple[str, str]:
    """Return name and URL of ``origin``, else of the only remote; empty texts where there is none."""
    urls = remote_urls(settings)
    name = "origin" if "origin" in urls else next(iter(urls)) if len(urls) == 1 else ""
    return name, urls.get(name, "")


def check_owner(repository: Repository) -> None:
    """Refuse a repository of another user, as git does, unless ``safe.directory`` allows it.

    Git does not check this where it is told the git directory.

    Raises:
        GatepostError: another user owns the working tree or the git directory.
    """
    me = {os.geteuid()}
    if os.geteuid() == 0 and os.environ.get("SUDO_UID", "").isdigit():
        me.add(int(os.environ["SUDO_UID"]))
    places = {repository.top, repository.top / ".git", repository.git_dir, repository.common_dir}
    if all(place.lstat().st_uid in me for place in places) or _is_safe(repository.top):
        return
    what = f"git refuses {repository.top}: the repository belongs to another user"
    raise GatepostError.of(what, advice=f"in CI: git config --global --add safe.directory {repository.top}")


def _is_safe(top: Path) -> bool:
    answer = git(NO_REPOSITORY, "config", "--get-all", "-z", "safe.directory", job_settings=True)
    safe = False
    for value in os.fsdecode(answer.stdout).split("\0")[:-1]:
        if not value:
            safe = False  # an empty value forgets those before it
        elif value == "*" or (value.endswith("/*") and top.is_relative_to(os.path.realpath(value[:-2]))):
            safe = True
        else:
            safe = safe or Path(os.path.realpath(os.path.expanduser(value))) == top  # noqa: PTH111
    return safe
