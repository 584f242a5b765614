"""Passwords in connection strings (``PWD={a;b}``, ``password='a b'``) and in HTTP headers."""

from __future__ import annotations

import re

__all__ = ["MASK", "without_assigned", "without_headers"]

MASK = "***"
_KEY = re.compile(
    r"(?i)(?:(?<![A-Za-z0-9])|(?<=%26)|(?<=%3F))(?:[\w.-]{0,40}(?:password|passwd|passphrase|secret|pwd)"
    r"|(?:(?:access|api|auth|bearer|deploy|id|job|private|personal|refresh|security|session|x-amz-security)[ _.-]?)?"
    r"token|(?:[\w.-]{0,20}[_.-])?(?:api|access|account|private|secret|shared[ _]?access|secret[_ ]?access)[ _.-]?"
    r"key(?:[ _.-]?id)?|(?:x-\w{1,10}-)?(?:signature|credential)|shared[ _]?access[ _]?signature|sig|pat|jwt)"
    r"""["']?[ \t]{0,8}\Z"""
)
_LONGEST_KEY = 64
# Of a key: most texts are told apart by them.
_LAST_WORDS = tuple("credential id jwt key passphrase passwd password pat pwd secret sig signature token".split())
_EQUALS = re.compile(r"(?<![=!<>~])=(?![=~])[ \t]{0,8}")
_QUOTED = re.compile(r"""'[^'\\]*(?:(?:\\.|'')[^'\\]*)*'|"[^"\\]*(?:(?:\\.|"")[^"\\]*)*\"""", re.DOTALL)
_LINE_END = re.compile(r"[;\r\n]")
_WORD_END = re.compile(r"""[\s;&]|,(?=\s|\w{1,40}=)|["'`>)\]}](?=[,.;:)\]}>"'`\s]|\Z)|<""")
_PARAMETER_END = re.compile(r"""[\s&;#]|["'`>)\]}](?=[,.;:)\]}>"'`\s]|\Z)|<""")
_NEAR = 200
_LONGEST_VALUE = 400
"""How far the end of a value with spaces is looked for, so that a text of many keys takes no longer for it."""

_HEADER = re.compile(
    r"(?i)\b((?:proxy-)?authorization|private-token|job-token|deploy-token|x-[a-z-]{0,30}(?:token|key))"
    r"""(["']?[ \t]{0,8}:[ \t]{0,8}["']?(?:(?:bearer|basic|token|digest|negotiate)[ \t]{1,8})?)([^\s"',;]+)"""
)
_BEARER = re.compile(r"(?i)\b(bearer[ \t]{1,8})(?=[A-Za-z._~+/=-]{0,200}\d)([A-Za-z0-9._~+/=-]{8,})")


def without_assigned(text: str, taken: list[str]) -> str:
    """Return the text with ``***`` in the place of what is assigned to the name of a secret."""
    parts: list[str] = []
    done = 0
    for equals in _EQUALS.finditer(text):
        if equals.start() < done:
            continue
        start = max(done, equals.start() - _LONGEST_KEY)
        before = text[start : equals.start()]
        if not before.rstrip(" \t\"'").lower().endswith(_LAST_WORDS):
            continue
        key = _KEY.search(before)
        if key is None:
            continue
        begin = equals.end()
        end = _end_of_value(text, start + key.start(), begin)
        if end > begin:
            taken.append(text[begin:end].strip("'\"{}") if end - begin > 1 else text[begin:end])
            parts += [text[done:begin], MASK]
            done = end
    return "".join([*parts, text[done:]]) if parts else text


def _end_of_value(text: str, key: int, begin: int) -> int:
    if text.startswith("{", begin) and (closed := _after_brace(text, begin)):
        return closed
    if text.startswith(("'", '"'), begin) and (quoted := _QUOTED.match(text, begin, begin + _LONGEST_VALUE)):
        return quoted.end()
    before = text[max(0, key - 8) : key].rstrip()[-1:]
    if before == "(":
        found = text.find(")", begin)
        return found if found >= 0 else len(text)
    if before in ("?", "&", "#"):
        return _first(_PARAMETER_END, text, begin)
    line_end = _LINE_END.search(text, begin, begin + _LONGEST_VALUE)
    end = line_end.start() if line_end else min(len(text), begin + _LONGEST_VALUE)
    whole = line_end or end == len(text)
    if before == ";" and whole and "://" not in text[max(0, key - _NEAR) : key]:
        return end  # spaces belong to the value, as ODBC has it
    if text[end : end + 1] == ";" and end - begin <= _NEAR and "=" not in text[begin:end]:
        return end
    return _first(_WORD_END, text, begin)


def _after_brace(text: str, begin: int) -> int:
    """Return the place after the brace that closes a value (``}}`` is one within it), or 0."""
    end = begin + _LONGEST_VALUE
    place = text.find("}", begin, end)
    while place >= 0 and text.startswith("}}", place):
        place = text.find("}", place + 2, end)
    return place + 1


def _first(pattern: re.Pattern[str], text: str, begin: int) -> int:
    found = pattern.search(text, begin)
    return found.start() if found else len(text)


def without_headers(text: str, taken: list[str]) -> str:
    """Return the text with ``***`` in the place of the credentials of HTTP headers."""

    def hidden(found: re.Match[str]) -> str:
        taken.append(found[found.lastindex or 0])
        return "".join(found.groups()[:-1]) + MASK

    if ":" in text:
        text = _HEADER.sub(hidden, text)
    return _BEARER.sub(hidden, text) if "earer" in text or "EARER" in text else text
