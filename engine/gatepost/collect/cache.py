"""What collectors found, kept by a digest of all that the result depends on, so that nothing is computed twice.

An entry is a JSON file, never a pickle: a cache that somebody else could write to must not run code. It is written
whole or not at all; so runs at the same time can share a folder.

An entry is used only by who could have made it. Its name and the code that authenticates it (HMAC-SHA-256) are made
with a secret that lies outside of the cache (see ``cache_secret``), so that whoever can write to the folder, such as
the jobs of a merge request that share it, can neither forge an entry nor put one in the place of another. The name
also depends on the trust level of the run: what a run of a merge request kept does not serve the target branch.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import hmac
import json
import os
import platform
import stat
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatepost.__about__ import __version__
from gatepost.collect.cache_secret import CacheSecret
from gatepost.collect.digests import text_digest
from gatepost.collect.interface import Collected, Context, Fingerprint
from gatepost.config import Entry
from gatepost.files import folder_opened, opened, read_whole, write_whole
from gatepost.problems import GatepostError, Place

__all__ = ["Cache", "Damaged", "Kept", "cache_key"]

_FORMAT = 3
# They change with every commit, and what was measured does not depend on them.
_PER_RELEASE = ("version", "uri", "digest")


class Damaged(Exception):  # noqa: N818 - it says what the entry is, not what went wrong
    """An entry is not what was written."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry of the cache: what it is of, when it was collected and last used (seconds since 1970)."""

    path: Path
    source: str
    description: str
    collected_at: str
    seconds: float
    used: float
    size: int
    damaged: bool = False


def cache_key(entry: Entry, fingerprint: Fingerprint, context: Context) -> str:
    """Give the SHA-256, in hexadecimal digits, of everything that a result depends on.

    These are the collector and its version, the entry's options, what gatepost.yaml says of the subject (but for
    its version, URI and digest: a collector that needs them has them in its fingerprint), the fingerprint (the
    digests of what is read), what gatepost.yaml allows to models and data, Gatepost, Python, the platform, and every
    package installed.
    """
    folder = os.path.relpath(context.folder, context.repository)
    parts = {
        "format": _FORMAT,
        "gatepost": __version__,
        "collector": [entry.collector.name, entry.collector.version],
        "options": entry.options,
        "subject": {key: value for key, value in context.subject.items() if key not in _PER_RELEASE},
        "folder": folder,
        "fingerprint": fingerprint.parts,
        "python": [sys.implementation.name, platform.python_version()],
        "platform": [platform.system(), platform.machine()],
        "packages": installed_packages(),
        # What is refused under stricter settings must not be answered by what was kept under laxer ones.
        "allowed": [
            sorted(context.data_roots),
            sorted(context.trusted_types),
            context.allow_model_code,
            context.require_isolation,
            context.network,
        ],
    }
    text = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


@functools.cache
def installed_packages() -> str:
    """Give a digest of the names and versions of all packages that can be imported.

    A result can change with any of them: a model whose bytes stayed predicts differently with another library
    underneath. The names of the folders say both, and need no metadata to be read.
    """
    found: set[str] = set()
    for folder in sys.path:
        with contextlib.suppress(OSError):
            found |= {name for name in os.listdir(folder or ".") if name.endswith((".dist-info", ".egg-info"))}  # noqa: PTH208
    return text_digest("\n".join(sorted(found)))


class Cache:
    """The entries below a folder that runs of one trust level keep, and may use."""

    def __init__(self, folder: Path, secret: CacheSecret, checkout: Path | None = None) -> None:
        self.folder = folder
        self.secret = secret
        self.checkout = checkout
        """A folder in which no symbolic link is followed, as :func:`gatepost.files.write_whole` has it."""

    def get(self, key: str) -> Collected | None:
        """Return what was kept under a key, if anything was; an entry that is read counts as used now.

        Raises:
            Damaged: there is an entry, and it is not what a run of this trust level wrote here.
        """
        path = self._path(key)
        try:
            with opened(path, self.checkout) as descriptor:
                with os.fdopen(os.dup(descriptor), "rb") as stream:
                    data = stream.read()
                found = _collected(self._opened(data, path)["collected"], path)
                with contextlib.suppress(OSError):
                    os.utime(descriptor)
                return found
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Damaged(f"{path} cannot be read: {error.strerror}") from error
        except GatepostError as error:
            raise Damaged(f"{path} cannot be read: {error}") from error

    def put(self, key: str, collected: Collected, about: Mapping[str, Any]) -> bool:
        """Keep a result, with what is told ``about`` it; return false for one that JSON cannot hold as it is.

        Raises:
            GatepostError: it cannot be written.
        """
        path = self._path(key)
        try:
            body = {"about": dict(about), "collected": collected.to_data()}
            text = json.dumps(body, ensure_ascii=False, allow_nan=False, sort_keys=True)
            if _collected(json.loads(text)["collected"], self.folder) != collected:
                return False
            encoded = text.encode()
        except (TypeError, ValueError, Damaged):
            return False
        write_whole(path, b"%s\n%s\n" % (self._code(path.stem, encoded), encoded), self.checkout)
        return True

    def entries(self) -> Iterator[Kept]:
        """Yield what is kept, the last used first.

        Raises:
            GatepostError: the folder is or lies behind a symbolic link.
        """
        found = ((status, path) for status, path, _ in self._files() if path.suffix == ".json")
        for status, path in sorted(found, key=lambda file: -file[0].st_mtime):
            yield self._kept(path, status)

    def prune(self, days: float, now: float) -> list[Kept]:
        """Remove what was not used for so many days, what cannot be used, and what a killed run left half written.

        Raises:
            GatepostError: something cannot be removed, or the folder is or lies behind a symbolic link.
        """
        gone: list[Kept] = []
        for status, path, folder in self._files():
            if path.suffix == ".json":
                kept = self._kept(path, status)
                if not kept.damaged and kept.used > now - days * 86400:
                    continue
                gone.append(kept)
            elif status.st_mtime >= now - 3600:
                continue
            try:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path.name, dir_fd=folder)
            except OSError as error:
                raise GatepostError.of(f"cannot remove {path}: {error.strerror}", Place(str(path))) from error
        return gone

    def _path(self, key: str) -> Path:
        name = self.secret.code("name", self.secret.level, key)
        return self.folder / name[:2] / f"{name}.json"

    def _code(self, name: str, body: bytes) -> bytes:
        """Return what authenticates an entry: nobody without the secret can make it, for this or another name."""
        return self.secret.code("entry", name, hashlib.sha256(body).hexdigest()).encode()

    def _opened(self, data: bytes, path: Path) -> dict[str, Any]:
        code, _, rest = data.partition(b"\n")
        body = rest.removesuffix(b"\n")
        if not hmac.compare_digest(code, self._code(path.stem, body)):
            raise Damaged(f"{path} is damaged, or was not made here")
        found: dict[str, Any] = json.loads(body)
        return found

    def _kept(self, path: Path, status: os.stat_result) -> Kept:
        try:
            about = self._opened(read_whole(path, self.checkout), path)["about"]
            told = (str(about["source"]), str(about["description"]), str(about["at"]), float(about["seconds"]))
            damaged = False
        except (OSError, GatepostError, Damaged, KeyError, TypeError, ValueError):
            told, damaged = ("?", "", "", 0.0), True
        return Kept(path, *told, used=status.st_mtime, size=status.st_size, damaged=damaged)

    def _files(self) -> Iterator[tuple[os.stat_result, Path, int]]:
        """Yield entries and halves of them, each with the handle of its folder; no link is followed."""
        with contextlib.suppress(FileNotFoundError), folder_opened(self.folder, self.checkout) as top:
            for above, folders, names, handle in os.fwalk(".", dir_fd=top):
                folders[:] = folders if above == "." else []
                for name in names if above != "." else ():
                    if name.endswith(".json") or (name.startswith(".") and name.endswith(".tmp")):
                        status = os.stat(name, dir_fd=handle, follow_symlinks=False)
                        if stat.S_ISREG(status.st_mode):
                            yield status, self.folder / above / name, handle


def _collected(data: Mapping[str, Any], path: Path) -> Collected:
    try:
        return Collected.from_data(data)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Damaged(f"{path} is damaged") from error
