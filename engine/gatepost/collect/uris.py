"""URIs as evidence may hold them: without credentials."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

__all__ = ["redacted", "without_credentials"]

_SECRET = re.compile(r"(?i)token|secret|passw|pwd|api_?key|access_?key|signature|^sig$|credential|^auth|^key$")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
_SCP = re.compile(r"[^/@:\s]+:[^/@\s]+@(?=[^/\s]+:)")


def without_credentials(uri: str) -> str:
    """Give the URI without user name, password and secret parameters.

    ``https://user:token@host/a.git`` gives ``https://host/a.git``; ``git@host:a.git`` and ``models:/name@alias``
    stay as they are.
    """
    head, separator, rest = uri.partition("://")
    if not separator:
        return _SCP.sub("", uri)
    rest = _without_user(rest)
    before, question, query = rest.partition("?")
    if question:
        query, hash_sign, fragment = query.partition("#")
        kept = [part for part in query.split("&") if not _SECRET.search(part.partition("=")[0])]
        before += ("?" + "&".join(kept) if kept else "") + hash_sign + fragment
    return head + separator + before


def redacted(text: str) -> str:
    """Give the text with every URI in it freed of its credentials, for messages of other libraries."""
    return _URI.sub(lambda match: without_credentials(match.group()), text)


def _without_user(rest: str) -> str:
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in authority:
        return rest[authority.rindex("@") + 1 :]
    if "@" in rest and not _has_valid_port(authority):
        # A password with a raw `/`, `?` or `#` in it: what looks like a port is its first part.
        return rest[rest.rindex("@") + 1 :]
    return rest


def _has_valid_port(authority: str) -> bool:
    try:
        _ = urlsplit(f"//{authority}").port
    except ValueError:
        return False
    return True
