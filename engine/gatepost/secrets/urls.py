"""Credentials that a text shows by its form: URLs, scp-like addresses, connection strings, HTTP headers.

Every step is linear in the length of the text: places are found by what must stand there (``:/``, ``@``, ``=``), and
what is looked at before and behind them is bounded or cut there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from gatepost.secrets.assignments import MASK, without_assigned, without_headers

__all__ = ["credentials", "redacted", "redacted_within", "without_credentials"]

_SECRET_PARAMETER = re.compile(
    r"(?i)token|secret|passw|passphrase|pwd|api[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|signature|jwt"
    r"|credential|assertion|^(?:sig|sas|pat|pass|pw|key|code|auth|auth[_-]?(?:key|code)|authorization)$"
)
_WORD = re.compile(r"\S+")
# `//` alone begins a URL without a scheme only where nothing stands before it.
_SLASHES = re.compile(r":/+|(?<![A-Za-z0-9:/._~%+-])//")
_LONGEST_SCHEME = 40
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*\Z")
_OPENING = "\"'`()<>[]{},;|=&/"
"""What may stand right before a URL; elsewhere `://` is a part of a password."""
_CLOSING = re.compile(r"""["'`>)\]}](?=[,.;:)\]}>"'`]|\Z)|<""")
"""Where a URL within Markdown, JSON or prose ends."""
_END_OF_AUTHORITY = re.compile(r"[/?#;\\\"'`<>]")
_WITHOUT_HOST = frozenset(("data", "dbfs", "duckdb", "file", "mlflow-artifacts", "models", "runs", "sqlite"))
_DATABASE = re.compile(
    r"(?i)postgres|mysql|mariadb|mssql|oracle|mongo|redis|amqp|snowflake|redshift|clickhouse|trino"
)
_USER = re.compile(r"[A-Za-z0-9_.+-]+\Z")
_HOST_AND_PATH = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[^/\s@:\"']+)[:/]")
_TOKEN = re.compile(r"(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{20,}\Z")
_DIGESTS = ("sha256:", "sha384:", "sha512:")  # `image:tag@sha256:...`
_ORACLE = re.compile(r"(?i)jdbc:oracle:[a-z0-9]{1,10}:")


def without_credentials(uri: str) -> str:
    """Return the URI without user name, password and secret parameters.

    ``https://user:token@host/a.git`` becomes ``https://host/a.git``; ``git@host:a.git`` and ``models:/name@alias``
    stay as they are.
    """
    return redacted(uri)


def redacted(text: str) -> str:
    """Return the text with every URI in it freed of its credentials, and passwords in connection strings hidden."""
    return _redacted(text, [])


def credentials(text: str) -> tuple[str, ...]:
    """Return the credentials that :func:`redacted` takes out of a text, as they stand in it."""
    taken: list[str] = []
    _redacted(text, taken)
    return tuple(taken)


def redacted_within(data: Any, clean: Callable[[str], str] = redacted) -> Any:
    """Return JSON data in which every text, keys included, is cleaned."""
    if isinstance(data, str):
        return clean(data)
    if isinstance(data, dict):
        return {clean(key): redacted_within(value, clean) for key, value in data.items()}
    return [redacted_within(item, clean) for item in data] if isinstance(data, list | tuple) else data


def _redacted(text: str, taken: list[str]) -> str:
    if "=" in text:
        text = without_assigned(text, taken)
    text = without_headers(text, taken)
    if "@" not in text and "=" not in text:
        return text
    return _WORD.sub(lambda found: _word(found[0], taken), text)


def _word(word: str, taken: list[str]) -> str:
    """Return a word, which may hold several URLs, without their credentials."""
    if "@" not in word and "=" not in word:
        return word
    urls = list(_urls(word))
    if not urls:
        return _without_scp_user(word, taken)
    ends = [*(url.start for url in urls[1:]), len(word)]
    parts = [_without_scp_user(word[: urls[0].start], taken)]
    for url, end in zip(urls, ends, strict=True):
        parts += [word[url.start : url.body], _without_user(url.scheme, word[url.body : end], url.slashes, taken)]
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class _Url:
    start: int
    body: int
    scheme: str
    slashes: int


def _urls(word: str) -> Iterator[_Url]:
    for found in _SLASHES.finditer(word):
        slashes = found[0].count("/")
        if not found[0].startswith(":"):
            yield _Url(found.start(), found.end(), "", slashes)
            continue
        scheme = _SCHEME.search(word[max(0, found.start() - _LONGEST_SCHEME) : found.start()].rpartition(":")[2])
        if scheme is None or (len(scheme[0]) == 1 and slashes == 1):  # `C:/data`
            continue
        start = found.start() - len(scheme[0])
        before = word[start - 1 : start]
        if before and before not in _OPENING and not (before == ":" and _compound(word, start)):
            continue
        yield _Url(start, found.end(), scheme[0].lower(), slashes)


def _compound(word: str, start: int) -> bool:
    """Tell whether a scheme is the second half of one (``jdbc:mysql://``), and not in a user's place (``u:p://``)."""
    return word[max(0, start - 5) : start].lower().endswith(("jdbc:", "git:", "r2dbc:"))


def _without_user(scheme: str, rest: str, slashes: int, taken: list[str]) -> str:
    """Return what stands behind the slashes without the user, by the rules of URLs where they hold.

    Where they do not, as with a raw ``/`` in a password, everything up to the last ``@`` is dropped.
    """
    closing = _CLOSING.search(rest)
    end = closing.start() if closing else len(rest)
    authority = _authority(rest)
    cut = 0
    if scheme not in _WITHOUT_HOST:
        if "@" in authority:
            user = authority[: authority.rindex("@")]
            cut = len(user) + 1
            if ":" in user or not _has_valid_port(authority[cut:]):
                cut = max(cut, rest.rfind("@", 0, end) + 1)
        elif not _has_valid_port(authority):
            cut = rest.rfind("@", 0, end) + 1 or rest.rfind("@") + 1
        elif _DATABASE.search(scheme):
            cut = rest.rfind("@", 0, end) + 1
        if slashes == 1 and ":" not in rest[:cut] and scheme not in ("http", "https"):
            cut = 0
    if cut:
        taken.append(rest[: cut - 1])
    end = max(end, cut)
    return _without_parameters(rest[cut:end], taken) + rest[end:]


def _authority(rest: str) -> str:
    found = _END_OF_AUTHORITY.search(rest)
    return rest[: found.start()] if found else rest


def _has_valid_port(authority: str) -> bool:
    try:
        _ = urlsplit(f"//{authority}").port
    except ValueError:
        return False
    return True


def _without_parameters(url: str, taken: list[str]) -> str:
    """Drop ``key=value`` after ``?``, ``&``, ``;`` or ``#`` where the key names a secret."""
    if "=" not in url:
        return url
    first, *rest = re.split(r"([?&;#])", url)
    kept = first
    opening = ""  # the sign of a parameter that was dropped: the next one takes its place
    for sign, part in zip(rest[::2], rest[1::2], strict=True):
        key, equals, value = part.partition("=")
        if sign in "?#":
            opening = ""
        if equals and _SECRET_PARAMETER.search(unquote(key).rpartition("/")[2][-100:]):
            taken += [value] if value != MASK else []
            opening = opening or (sign if sign in "?#" else "")
            continue
        kept += (opening or sign) + part
        opening = ""
    return kept


def _without_scp_user(word: str, taken: list[str]) -> str:
    """Take the user out of ``user:password@host:path``; ``git@host:path`` names no secret."""
    oracle = _ORACLE.search(word)
    begin = oracle.end() if oracle else len(word) - len(word.lstrip("\"'`([{<,;="))
    at = word.rfind("@")
    if at < begin or not (oracle or _HOST_AND_PATH.match(word, at + 1)):
        return word
    user, colon, _ = word[begin:at].partition(":")
    host = word[at + 1 :]
    secret = _USER.match(user) if colon else _TOKEN.match(user) and "." in host
    if not oracle and (not secret or user == "mailto" or host.startswith(_DIGESTS)):
        return word
    taken.append(word[begin:at])
    return word[:begin] + host
