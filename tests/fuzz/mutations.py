"""Broken files made of good ones: the same seed and number always make the same bytes."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

__all__ = ["mutant"]

_PIECES = re.compile(rb"\w+|\s+|.", re.DOTALL)
_MOST_BYTES = 200_000
_ODD: tuple[bytes, ...] = (
    b"", b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\t", b"\n", b"\xe2\x80\xa8", b"\x1b[31m", b"{{", b"}}",
    b"{", b"}", b"[", b"]", b"- ", b": ", b"#", b"&a ", b"*a", b"<<: ", b"!!python/none ", b"|", b">", b"---\n", b"...\n",
    b"null", b"~", b"true", b"0", b"-1", b"1e999", b"-0.0", b"NaN", b"9223372036854775808", b"9" * 500, b"0x1p3", b"1.0",
    b'"', b"'", b"\\", b"\\ud800", b"\\u0000", b"://", b"https://u:p@h/", b"../", b"/", b"*", b"?", b"(", b")", b".*",
    b"2026-02-30", b"9999-12-31", b"0001-01-01T00:00:00+14:00", b"<!--", b"-->", b"<script>", b"```", b"> ", b"![", b"](",
    b".all(x, ", b".map(x, x)", b".replace('a', 'aa')", b"lists.range(999999999)", b" + ", b" && ", b"has(", b"evidence.",
    b"params.", b"now", b"duration('1h')", b"timestamp('')", b"matches('(a+)+')", b"$ref", b"pattern", b"$defs", b"default",
)  # fmt: skip

Mutation = Callable[[random.Random, list[bytes], Sequence[bytes]], list[bytes]]


def mutant(corpus: Sequence[bytes], seed: int, number: int) -> bytes:
    """Make one file: one of the corpus with one to eight changes."""
    chance = random.Random(f"{seed}:{number}")  # a string: the same on every machine
    pieces = _PIECES.findall(chance.choice(corpus))
    for _ in range(chance.choice((1, 1, 1, 2, 3, 5, 8))):
        pieces = chance.choice(_MUTATIONS)(chance, pieces, corpus)
        if len(b"".join(pieces)) > _MOST_BYTES:
            pieces = _PIECES.findall(b"".join(pieces)[:_MOST_BYTES])
    return b"".join(pieces)


def _span(chance: random.Random, pieces: Sequence[bytes]) -> slice:
    start = chance.randrange(len(pieces) + 1)
    return slice(start, start + chance.choice((1, 2, 5, 20, 100)))


def _remove(chance: random.Random, pieces: list[bytes], _: Sequence[bytes]) -> list[bytes]:
    span = _span(chance, pieces)
    return pieces[: span.start] + pieces[span.stop :]


def _cut(chance: random.Random, pieces: list[bytes], _: Sequence[bytes]) -> list[bytes]:
    return pieces[: chance.randrange(len(pieces) + 1)]


def _insert(chance: random.Random, pieces: list[bytes], _: Sequence[bytes]) -> list[bytes]:
    at = chance.randrange(len(pieces) + 1)
    return [*pieces[:at], chance.choice(_ODD) * chance.choice((1, 1, 1, 2, 70, 5_000)), *pieces[at:]]


def _replace(chance: random.Random, pieces: list[bytes], _: Sequence[bytes]) -> list[bytes]:
    at = chance.randrange(len(pieces) + 1)
    return [*pieces[:at], chance.choice(_ODD), *pieces[at + 1 :]]


def _repeat(chance: random.Random, pieces: list[bytes], _: Sequence[bytes]) -> list[bytes]:
    span = _span(chance, pieces)
    most = _MOST_BYTES // max(1, len(b"".join(pieces[span])))
    return pieces[: span.stop] + pieces[span] * min(most, chance.choice((1, 2, 30, 3_000))) + pieces[span.stop :]


def _swap(chance: random.Random, pieces: list[bytes], _: Sequence[bytes]) -> list[bytes]:
    one, other = sorted((_span(chance, pieces), _span(chance, pieces)), key=lambda span: span.start)
    middle = pieces[one.stop : other.start]
    return pieces[: one.start] + pieces[other] + middle + pieces[one] + pieces[other.stop :]


def _splice(chance: random.Random, pieces: list[bytes], corpus: Sequence[bytes]) -> list[bytes]:
    other = _PIECES.findall(chance.choice(corpus))
    at = chance.randrange(len(pieces) + 1)
    return pieces[:at] + other[_span(chance, other)] + pieces[at:]


def _flip(chance: random.Random, pieces: list[bytes], _: Sequence[bytes]) -> list[bytes]:
    whole = bytearray(b"".join(pieces))
    if whole:
        whole[chance.randrange(len(whole))] ^= 1 << chance.randrange(8)
    return _PIECES.findall(bytes(whole))


_MUTATIONS: tuple[Mutation, ...] = (
    _remove,
    _cut,
    _insert,
    _insert,
    _replace,
    _replace,
    _repeat,
    _swap,
    _splice,
    _flip,
)
