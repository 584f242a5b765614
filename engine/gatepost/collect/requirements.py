"""Which requirements of pip and conda are pinned, so that the same software is installed whenever they are read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from gatepost.secrets import redacted

__all__ = ["Pins", "conda_pins", "pip_pins"]

_NEUTRAL = frozenset(
    (
        *("-i", "--index-url", "--pypi-url", "--extra-index-url", "--no-index", "-f", "--find-links"),
        *("--no-binary", "--only-binary", "--prefer-binary", "--pre", "--require-hashes", "--trusted-host"),
        *("--use-feature", "-c", "--constraint"),
    )
)
"""Options on a line of their own that install nothing by themselves."""
_OF_A_REQUIREMENT = re.compile(r"(?:--(?:hash|config-settings?|global-option|install-option)|-C)[= ]\s*\S.*")
_STRONG = {"sha256": 64, "sha384": 96, "sha512": 128}
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_COMMIT = re.compile(r"(?:git|hg)\+[^#?]*@(?:[0-9a-f]{40}|[0-9a-f]{64})(?:[#?]|$)", re.IGNORECASE)
_CONDA = re.compile(r"(?:\S+::)?(?P<name>[\w.-]+)\s*(?P<rest>.*)")
_VERSION = r"(?P<version>[\w.!+-]+)"
_CONDA_PIN = re.compile(rf"==\s*{_VERSION}|={{1,2}}{_VERSION.replace('version', 'built')}=[\w.+-]+")
_PYTHON = re.compile(r"={1,2}\s*\d+\.\d+\.\d+\w*")


@dataclass(frozen=True, slots=True)
class Pins:
    """The versions (or addresses) of pinned packages by name, and the requirements that leave them open."""

    packages: dict[str, str]
    loose: tuple[str, ...]


def pip_pins(lines: Iterable[Any]) -> Pins:
    """Sort the lines of a requirements file of pip.

    A pin is ``==`` or ``===`` with a whole version, a commit of git or Mercurial (all of its digits), or an address
    with a SHA-2 hash. An editable install, another file (``-r``) and what cannot be parsed are not pins.
    """
    packages: dict[str, str] = {}
    loose: list[str] = []
    for line in _logical(lines):
        if line.startswith("-"):
            option = re.split(r"[=\s]", line, maxsplit=1)[0] if line.startswith("--") else line[:2]
            if option not in _NEUTRAL:
                loose.append(redacted(line))
            continue
        text, *options = re.split(r"\s(?=-)", line)
        name, pin = _pip_pin(text.strip(), any(option.startswith("--hash") for option in options))
        if pin and all(_OF_A_REQUIREMENT.fullmatch(option.strip()) for option in options):
            packages[name] = pin
        else:
            loose.append(name)
    return Pins(packages, tuple(loose))


def conda_pins(specs: Iterable[str]) -> Pins:
    """Sort the dependencies of conda outside ``pip``.

    A pin is ``name==version`` or ``name=version=build``; ``name=1.26`` also allows 1.26.4. Of Python, whose builds of
    one version are alike, ``python=3.11.7`` is one. pip, which only installs, needs none. Python is not listed.
    """
    packages: dict[str, str] = {}
    loose: list[str] = []
    for spec in specs:
        found = _CONDA.fullmatch(spec.partition("#")[0].strip())
        name = found["name"].lower() if found else spec
        rest = found["rest"].strip() if found else ""
        pin = _CONDA_PIN.fullmatch(rest)
        if found and (name == "pip" or (name == "python" and (pin or _PYTHON.fullmatch(rest)))):
            continue
        if found and pin:
            packages[name] = pin["version"] or pin["built"]
        else:
            loose.append(redacted(name))
    return Pins(packages, tuple(loose))


def _logical(lines: Iterable[Any]) -> Iterator[str]:
    """Join continued lines as pip does, and remove comments; a comment on a line of its own is not continued."""
    parts: list[str] = []
    for line in "\n".join(map(str, lines)).splitlines():
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            parts.append(line[:-1])
            continue
        yield from _without_comment("".join([*parts, " " + line if is_comment else line]))
        parts = []
    yield from _without_comment("".join(parts))


def _without_comment(line: str) -> Iterator[str]:
    bare = re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()
    if bare:
        yield bare


def _pip_pin(text: str, hashed: bool) -> tuple[str, str]:
    """Return the name of a requirement and what pins it, or "" for nothing."""
    from packaging.requirements import InvalidRequirement, Requirement

    if _URL.fullmatch(text):
        return (_name_in(text), redacted(text)) if hashed or _is_fixed(text) else (redacted(text), "")
    try:
        requirement = Requirement(text)
    except InvalidRequirement:
        return redacted(text), ""
    if requirement.url:
        return requirement.name, redacted(requirement.url) if hashed or _is_fixed(requirement.url) else ""
    exact = (one for one in requirement.specifier if one.operator in ("==", "===") and "*" not in one.version)
    return requirement.name, next((one.version for one in exact), "")


def _is_fixed(url: str) -> bool:
    """Tell whether an address names a commit, or carries the hash of what is there."""
    if _COMMIT.match(url):
        return True
    parts = (part.partition("=") for part in url.partition("#")[2].split("&"))
    return any(re.fullmatch(rf"[0-9a-fA-F]{{{_STRONG[name]}}}", value) for name, _, value in parts if name in _STRONG)


def _name_in(url: str) -> str:
    """Return the name that an address without one before it tells: ``#egg=name``, else its last part."""
    egg = re.search(r"[#&]egg=([\w.-]+)", url)
    return egg[1] if egg else unquote(PurePosixPath(urlsplit(url).path).name)
