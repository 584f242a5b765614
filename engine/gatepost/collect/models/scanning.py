"""A look at the files of a model folder that Gatepost does not load, but that others may."""

from __future__ import annotations

import contextlib
import pickletools
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from gatepost.collect.digests import files_below
from gatepost.collect.models import allowed
from gatepost.collect.models.compression import decompressed
from gatepost.collect.models.names import Names, renamed
from gatepost.collect.models.trust import ModelTrust

__all__ = ["scan_others"]

_PICKLE_SUFFIXES = frozenset({".pkl", ".pickle", ".joblib", ".dill"})
_TEXTS = frozenset(
    {"SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING"}
)


def scan_others(folder: Path, loaded: Path, name: str, trust: ModelTrust) -> None:
    """Scan every pickle in a model folder but the one that is loaded, which is checked while it is.

    A scan reads names up to the first array of a joblib file. It calls nothing, and imports known libraries only.

    Raises:
        CollectorError: a file names what models of the known libraries do not need.
    """
    for relative, file in files_below(folder):
        if file == loaded or not _may_be_pickle(file):
            continue
        names = Names(trust, f"{name}/{relative}")
        with file.open("rb") as stream:
            for module, global_name, at in _globals(decompressed(stream, relative)):
                full = ".".join(renamed(module, global_name))
                if full not in allowed.REPLACED:
                    with contextlib.suppress(ImportError, AttributeError):  # what is not there runs nothing
                        names.find(*renamed(module, global_name), at)


def _may_be_pickle(file: Path) -> bool:
    if file.suffix.lower() in _PICKLE_SUFFIXES:
        return True
    with file.open("rb") as stream:
        start = stream.read(2)
    return start[:1] == b"\x80" and start[1:] <= b"\x05"


def _globals(stream: IO[bytes]) -> Iterator[tuple[str, str, int]]:
    """Yield module, name and byte of what a pickle names, as far as it can be read."""
    texts: list[str] = []
    memo: dict[int, str | None] = {}
    last: str | None = None
    try:
        for operation, argument, at in pickletools.genops(stream):
            text = None
            if operation.name in ("GLOBAL", "INST"):
                module, _, name = str(argument).partition(" ")
                yield module, name, at or 0
            elif operation.name == "STACK_GLOBAL" and len(texts) > 1:
                yield texts[-2], texts[-1], at or 0
            elif operation.name in _TEXTS:
                text = str(argument)
            elif operation.name == "MEMOIZE":
                memo[len(memo)] = last
            elif operation.name in ("BINPUT", "LONG_BINPUT", "PUT"):
                memo[int(str(argument))] = last
            elif operation.name in ("BINGET", "LONG_BINGET", "GET"):
                text = memo.get(int(str(argument)))
            if text is not None:
                texts.append(text)
            last = text
    except (ValueError, EOFError, OSError, OverflowError):
        return
