"""What evidence and messages may hold: URIs without credentials, and nothing of the environment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlsplit

__all__ = ["hidden", "redacted", "redacted_within", "without_credentials"]

_SECRET = re.compile(r"(?i)token|secret|passw|pwd|api_?key|access_?key|signature|^sig$|credential|^auth|^key$")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S+")
# A shorter value is hidden only where it stands alone: else `7` would disfigure every number.
_LONG = 4
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


def redacted_within(data: Any) -> Any:
    """Give JSON data in which every URI of a text is freed of its credentials."""
    if isinstance(data, str):
        return redacted(data) if "://" in data else data
    if isinstance(data, dict):
        return {key: redacted_within(value) for key, value in data.items()}
    return [redacted_within(item) for item in data] if isinstance(data, list) else data


def hidden(text: str, secrets: Iterable[str]) -> str:
    """Give the text with ``***`` for each secret, as it is or percent-encoded, and URIs without credentials."""
    forms = {form for secret in secrets if secret.strip() for form in (secret, quote(secret, safe=""))}
    parts = [
        re.escape(form) if len(form) >= _LONG else rf"(?<!\w){re.escape(form)}(?!\w)"
        for form in sorted(forms, key=len, reverse=True)
    ]
    # The secrets first: without its credentials a URI that is one would no longer be recognised.
    return redacted(re.sub("|".join(parts), "***", text) if parts else text)


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
