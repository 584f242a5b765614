"""Values that are known to be secret, and their removal from every text, however they are encoded there."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import quote, quote_plus, unquote

from gatepost.problems import Problem
from gatepost.secrets.assignments import MASK
from gatepost.secrets.urls import credentials, redacted, redacted_within
from gatepost.text import harmless

__all__ = ["KnownValues", "credentials_of"]

_IN_MESSAGES = 4
"""A shorter value is hidden in messages only where it stands alone: else `7` would disfigure every number."""
_IN_DATA = 8
"""A shorter value stays in evidence and reports: rules compare `7`, `prod` or `high`, which are no secret."""
_FRAGMENT = 8
_LONG = 12
"""Of a value of this length a part is hidden too: a library may have cut it."""

_NUMBER = re.compile(r"[\d.,:eE+-]+\Z")
"""What may be a part of a number, a date or a digest: hidden only where it stands alone."""
_WORD = re.compile(r"[a-z][a-z_-]{0,15}\Z")
"""What a report may have as a word of its format (a key, a style)."""
_MODEL = re.compile(r"(?:models|runs)(?::/|%3[Aa]%2[Ff])")
"""The name of a model, by which evidence says what it is about."""
_NAMES = re.compile(
    r"(?i)(?:^|_)(?:token|secret|password|passwd|passphrase|pat|pwd)$|(?:access|api|secret|private|cache)_?key$"
)
_NOT_SECRET = frozenset(("PWD", "OLDPWD"))


def credentials_of(environ: Mapping[str, str]) -> KnownValues:
    """Return the values of the variables that hold credentials by their name (``AWS_SECRET_ACCESS_KEY``)."""
    found = {name: value for name, value in environ.items() if _NAMES.search(name) and name not in _NOT_SECRET}
    return KnownValues({name: value for name, value in found.items() if len(value) >= _IN_DATA})


@dataclass(frozen=True)
class KnownValues:
    """Values to hide, by the name of their variable.

    ``public`` are values that are not hidden although a variable has them: what gatepost.yaml uses outside of
    ``collect:`` stands in the evidence anyhow.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    public: frozenset[str] = frozenset()

    def __or__(self, other: KnownValues) -> KnownValues:
        return KnownValues({**self.values, **other.values}, self.public | other.public)

    def hidden(self, text: str) -> str:
        """Return a message with ``***`` for each value, whole or cut."""
        for _, form, alone in self._in_messages:
            if form in text:
                text = alone.sub(MASK, text) if alone else text.replace(form, MASK)
        return self._without_fragments(text) if self._fragments else text

    def message(self, text: str) -> str:
        """Return a message without known values and without credentials that its form shows."""
        # Known values first: without its credentials a URI that is one would no longer be recognised.
        return redacted(self.hidden(text))

    def problem(self, problem: Problem) -> Problem:
        """Return a problem without both; a source line that holds a credential is left out."""
        line = problem.source_line
        shown = line if redacted(line) == line else ""
        return replace(
            problem, what=self.message(problem.what), advice=self.message(problem.advice), source_line=shown
        )

    def within(self, data: Any) -> Any:
        """Return JSON data without known values (each is replaced by the name of its variable) and credentials."""
        return redacted_within(data, self._datum)

    def rendered(self, text: str) -> str:
        """Return a report as it is written or printed: the last step, for what no other has found.

        Plain words and numbers stay: they may belong to the format.
        """
        for form in self._in_reports:
            if form in text:
                text = text.replace(form, MASK)
        return text

    def _datum(self, text: str) -> str:
        if any(form in text for form in self._in_data):
            text = self._pattern.sub(lambda found: f"***{self._in_data[found[0]]}***", text)
        return redacted(text)

    @cached_property
    def _forms(self) -> list[tuple[str, str]]:
        """The names and all the forms of the values, the longest first: one may be a part of another."""
        found = {
            form: name
            for name, value in self.values.items()
            if value.strip() and value not in self.public
            for form in _forms(value)
            if form.strip() and form not in self.public
        }
        return sorted(((name, form) for form, name in found.items()), key=lambda pair: -len(pair[1]))

    @cached_property
    def _in_messages(self) -> list[tuple[str, str, re.Pattern[str] | None]]:
        return [
            (name, form, None if len(form) >= _IN_MESSAGES else re.compile(rf"(?<!\w){re.escape(form)}(?!\w)"))
            for name, form in self._forms
        ]

    @cached_property
    def _in_data(self) -> dict[str, str]:
        return {form: name for name, form in self._forms if len(form) >= _IN_DATA and not _MODEL.match(form)}

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        alone = r"(?<![0-9A-Za-z]){}(?![0-9A-Za-z])"
        parts = (alone.format(re.escape(form)) if _NUMBER.match(form) else re.escape(form) for form in self._in_data)
        return re.compile("|".join(parts))

    @cached_property
    def _in_reports(self) -> list[str]:
        return [form for form in self._in_data if not _NUMBER.match(form) and not _WORD.match(form)]

    @cached_property
    def _fragments(self) -> frozenset[str]:
        """The parts by which a value that was cut is recognised."""
        found: set[str] = set()
        for value in self.values.values():
            if value in self.public:
                continue
            secrets = credentials(value) if "://" in value else value.split("/")
            for secret in (part for part in secrets if len(part) >= _LONG):
                shown = harmless(secret)
                found |= {shown[n : n + _FRAGMENT] for n in range(len(shown) - _FRAGMENT + 1)}
        return frozenset(found)

    def _without_fragments(self, text: str) -> str:
        kept: list[str] = []
        done = place = 0
        while place <= len(text) - _FRAGMENT:
            if text[place : place + _FRAGMENT] not in self._fragments:
                place += 1
                continue
            kept += [text[done:place], MASK]
            while text[place : place + _FRAGMENT] in self._fragments:
                place += 1
            place = done = place + _FRAGMENT - 1
        return "".join([*kept, text[done:]]) if kept else text


def _forms(value: str) -> set[str]:
    """Return a value as the formats write it that a message or a report may hold."""
    found = {value, value.strip()}
    if "\n" in value:
        found |= {line.strip() for line in value.splitlines() if len(line.strip()) >= _IN_DATA}
    for secret in credentials(value):
        user, colon, password = secret.partition(":")
        found |= {one for one in (secret, unquote(secret), password, unquote(password)) if len(one) >= _IN_MESSAGES}
        found |= {user} if not colon and len(user) >= _IN_DATA else set()
    if "://" in value and credentials(value):
        found.add(redacted(value))
    for one in list(found):
        found |= set(_encoded(one))
    return found


def _encoded(value: str) -> Iterable[str]:
    for escaped in (quote(value, safe=""), quote(value), quote_plus(value)):
        yield escaped
        yield re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), escaped)
    yield unquote(value)
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield repr(value)[1:-1]
    yield value.replace("'", "''")  # SQL
    yield value.replace("~", "~0").replace("/", "~1")  # a JSON pointer
    yield harmless(value)
    for text in (value, harmless(value)):
        yield html.escape(text)
        yield html.escape(text).replace("&#x27;", "&#39;")
        yield html.escape(text).replace("&#x27;", "&apos;")
        yield html.escape(text, quote=False)
        yield html.escape(text, quote=False).replace('"', "&quot;")
    yield from _base64(value.encode("utf-8", "surrogatepass"))


def _base64(data: bytes) -> Iterable[str]:
    """Yield what base64 has of the bytes wherever they begin in a longer text, without the uncertain ends."""
    for before in range(3):
        text = base64.b64encode(bytes(before) + data).decode()
        end = len(text) if (before + len(data)) % 3 == 0 else text.index("=") - 1
        found = text[(before * 8 + 5) // 6 : end]
        if len(found) >= _IN_DATA:
            yield found
            yield found.replace("+", "-").replace("/", "_")
