"""What collectors found, kept by a digest of all that the result depends on, so that nothing is computed twice.

An entry is a JSON file, never a pickle: a cache that somebody else could write to must not run code. It carries
its own digest, and is written whole or not at all; so runs at the same time can share a folder.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatepost.__about__ import __version__
from gatepost.collect.digests import text_digest
from gatepost.collect.interface import Collected, Context, Fingerprint
from gatepost.config import Entry
from gatepost.files import write_whole
from gatepost.problems import GatepostError, Place

__all__ = ["Cache", "Damaged", "Kept", "cache_key"]

_FORMAT = 1
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
    digests of what is read), Gatepost, Python, the platform, and every package installed.
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
    """The entries below a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: str) -> Collected | None:
        """Give what was kept under a key, if anything was; an entry that is read counts as used now.

        Raises:
            Damaged: there is an entry, and it is not what was written.
        """
        path = self._path(key)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Damaged(f"{path} cannot be read: {error.strerror}") from error
        found = _collected(_opened(data, path)["collected"], path)
        with contextlib.suppress(OSError):
            os.utime(path)
        return found

    def put(self, key: str, collected: Collected, about: Mapping[str, Any]) -> bool:
        """Keep a result, with what is told ``about`` it; give false for one that JSON cannot hold as it is.

        Raises:
            GatepostError: it cannot be written.
        """
        try:
            body = {"about": dict(about), "collected": _plain(collected)}
            text = json.dumps(body, ensure_ascii=False, allow_nan=False, sort_keys=True)
            if _collected(json.loads(text)["collected"], self.folder) != collected:
                return False
            data = f"{text_digest(text)}\n{text}\n".encode()
        except (TypeError, ValueError, Damaged):
            return False
        write_whole(self._path(key), data)
        return True

    def entries(self) -> Iterator[Kept]:
        """Give what is kept, the last used first."""
        found = sorted(((path.stat(), path) for path in self._files("*.json")), key=lambda file: -file[0].st_mtime)
        for stat, path in found:
            try:
                about = _opened(path.read_bytes(), path)["about"]
                told = (str(about["source"]), str(about["description"]), str(about["at"]), float(about["seconds"]))
                damaged = False
            except (OSError, Damaged, KeyError, TypeError, ValueError):
                told, damaged = ("?", "", "", 0.0), True
            yield Kept(path, *told, used=stat.st_mtime, size=stat.st_size, damaged=damaged)

    def prune(self, days: float, now: float) -> list[Kept]:
        """Remove what was not used for so many days, what is damaged, and what a killed run left half written.

        Raises:
            GatepostError: something cannot be removed.
        """
        gone = [kept for kept in self.entries() if kept.damaged or kept.used <= now - days * 86400]
        half = [path for path in self._files(".*.tmp") if path.stat().st_mtime < now - 3600]
        for path in [*(kept.path for kept in gone), *half]:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise GatepostError.of(f"cannot remove {path}: {error.strerror}", Place(str(path))) from error
        return gone

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.json"

    def _files(self, pattern: str) -> list[Path]:
        return [path for path in self.folder.glob(f"*/{pattern}") if path.is_file()]


def _plain(collected: Collected) -> dict[str, Any]:
    places = {pointer: dataclasses.asdict(place) for pointer, place in collected.locations.items()}
    kept = {"sections": collected.sections, "subject": collected.subject, "locations": places}
    return {**kept, "uri": collected.uri, "digest": collected.digest, "notes": list(collected.notes)}


def _opened(data: bytes, path: Path) -> dict[str, Any]:
    digest, _, rest = data.partition(b"\n")
    body = rest.removesuffix(b"\n")
    if digest.decode("ascii", "replace") != f"sha256:{hashlib.sha256(body).hexdigest()}":
        raise Damaged(f"{path} is damaged")
    found: dict[str, Any] = json.loads(body)
    return found


def _collected(data: Mapping[str, Any], path: Path) -> Collected:
    try:
        locations = {pointer: Place(**place) for pointer, place in data["locations"].items()}
        return Collected(
            data["sections"], data["subject"], locations, data["uri"], data["digest"], tuple(data["notes"])
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise Damaged(f"{path} is damaged") from error
