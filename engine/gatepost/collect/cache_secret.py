"""The secret that authenticates entries of the cache, and the trust level of a run.

By default it is a random key of the user, which lies in the user's own folder and never beside the cache: what a
shared cache brings from elsewhere is then not used. Jobs that shall share a cache get one key in the variable
``GATEPOST_CACHE_KEY``. A run with ``--trusted-ref`` does not use that key: the other jobs of a merge request may have
been given it too.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import stat
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

from gatepost.problems import GatepostError

__all__ = ["VARIABLE", "CacheSecret", "cache_secret", "trust_level"]

VARIABLE = "GATEPOST_CACHE_KEY"
_SHORTEST = 32
# Set by CI systems for what is not (yet) part of a protected branch: by name, the values that say so, or any.
_CHANGES: Mapping[str, tuple[str, ...]] = {
    "CI_MERGE_REQUEST_IID": (),
    "CI_COMMIT_REF_PROTECTED": ("false",),
    "CHANGE_ID": (),
    "GITHUB_HEAD_REF": (),
    "GITHUB_REF_PROTECTED": ("false",),
}


@dataclass(frozen=True, slots=True)
class CacheSecret:
    """A secret key, and the trust level of the run that uses it."""

    key: bytes
    level: str = ""

    def code(self, *parts: str) -> str:
        """Return the HMAC-SHA-256 of the parts in hexadecimal digits."""
        return hmac.new(self.key, "\0".join(parts).encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()

    def __repr__(self) -> str:
        return f"CacheSecret(level={self.level!r})"


def trust_level(environ: Mapping[str, str], *, trusted_ref: bool) -> str:
    """Return the trust level of a run; runs of different levels never use each other's entries.

    It is ``trusted-ref`` where a merge request is judged by the rules of a ref, ``change`` where the CI system says
    that what is checked out is a merge request or an unprotected branch, and else ``branch``.
    """
    if trusted_ref:
        return "trusted-ref"
    given = ((environ.get(name), values) for name, values in _CHANGES.items())
    return "change" if any(value and (not values or value.lower() in values) for value, values in given) else "branch"


def cache_secret(
    environ: MutableMapping[str, str], *, trusted_ref: bool, checkout: Path | None = None
) -> CacheSecret | None:
    """Return the secret of a run, or None if it cannot be stored, so that nothing is cached.

    The variable is taken out of ``environ``, so that no process which this one starts inherits it. ``checkout`` is a
    folder that must not hold the user's key: it could have come with the merge request.

    Raises:
        GatepostError: the variable's value is too short to be a secret.
    """
    level = trust_level(environ, trusted_ref=trusted_ref)
    shared = environ.pop(VARIABLE, "").strip()
    if shared and not trusted_ref:
        if len(shared) < _SHORTEST:
            what = f"{VARIABLE} has {len(shared)} characters, which is too short: at least {_SHORTEST} are required"
            raise GatepostError.of(what, advice="make one: openssl rand -hex 32")
        return CacheSecret(hashlib.sha256(shared.encode("utf-8", "surrogateescape")).digest(), level)
    file = _user_file(environ)
    if file is None or (checkout is not None and _resolved(file).is_relative_to(_resolved(checkout))):
        return None
    key = _read(file) or _made(file)
    return None if key is None else CacheSecret(key, level)


def _user_file(environ: Mapping[str, str]) -> Path | None:
    state, home = environ.get("XDG_STATE_HOME", ""), environ.get("HOME", "")
    folder = Path(state) if state.startswith("/") else Path(home) / ".local/state" if home.startswith("/") else None
    return folder and folder / "gatepost" / "cache.key"


def _resolved(path: Path) -> Path:
    return Path(os.path.realpath(path))


def _read(file: Path) -> bytes | None:
    """Return the key in a file that only the user can read and write; else None."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        try:
            status = os.fstat(descriptor)
            private = stat.S_ISREG(status.st_mode) and not status.st_mode & 0o077 and status.st_uid == os.geteuid()
            content = os.read(descriptor, _SHORTEST + 1) if private else b""
        finally:
            os.close(descriptor)
    except OSError:
        return None
    return content if len(content) == _SHORTEST else None


def _made(file: Path) -> bytes | None:
    """Make the key, unless another run does so at the same time, and return it; None where it cannot be written."""
    new = file.with_name(f".{file.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(secrets.token_bytes(_SHORTEST))
        # Unlike a rename, a link does not replace the key that another run has made meanwhile.
        with contextlib.suppress(FileExistsError):
            os.link(new, file)
    except OSError:
        return None
    finally:
        with contextlib.suppress(OSError):
            new.unlink()
    return _read(file)
