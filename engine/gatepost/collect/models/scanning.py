"""A look at a model's files before anything loads them, and a guard while something does."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import io
import logging
import lzma
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from gatepost.collect.digests import files_below
from gatepost.collect.interface import CollectorError

__all__ = ["guarded", "scan"]

_PICKLE_SUFFIXES = frozenset({".pkl", ".pickle", ".joblib", ".dat", ".data", ".bin", ".pt", ".pth", ".ckpt", ".npy"})
_MAGIC = (b"\x80", b"PK\x03\x04", b"\x93NUMPY")
_TRUSTED = ("sklearn.", "numpy.", "scipy.", "pandas.")
# Dangerous beyond what picklescan knows: they import a module of the file's choice or change one.
_MORE_DANGEROUS = frozenset(
    f"{module}.{name}"
    for module in ("builtins", "__builtin__")
    for name in ("__import__", "delattr", "globals", "input", "locals", "setattr", "vars")
)
_DANGEROUS_MODULES = frozenset({"importlib", "_frozen_importlib", "_imp", "imp", "multiprocessing", "code", "codeop"})
# What scikit-learn's pickles are made of; not worth a note.
_FAMILIAR = frozenset({"None", "sklearn", "numpy", "scipy", "pandas", "joblib", "collections", "datetime", "copyreg"})
_FAMILIAR_BUILTINS = frozenset(
    f"builtins.{kind}"
    for kind in "bool bytearray bytes complex dict float frozenset int list object range set slice str tuple".split()
)
_MOST_BYTES = 4 * 1024**3
_ADVICE = "save the model with skops, or keep its code in a package that is installed"


def scan(path: Path) -> tuple[str, ...]:
    """Scan a model file, or every file of a model folder, without loading it.

    Pickles (also compressed and zipped ones) go through picklescan; skops files are asked for the types that
    skops does not trust itself, of which those of scikit-learn, numpy, scipy and pandas are accepted. What
    comes back are notes: names that a pickle imports and that are neither known to be safe nor to be dangerous.

    Raises:
        CollectorError: a file imports something dangerous or cannot be scanned; picklescan is not installed.
    """
    files = list(files_below(path)) if path.is_dir() else [(path.name, path)]
    notes: list[str] = []
    for name, file in files:
        if file.is_dir():
            raise CollectorError(
                f"{name} of the model is a link to a folder, which is not scanned", option=("model",)
            )
        if not file.exists() or not file.stat().st_size:
            continue
        if file.suffix.lower() == ".skops":
            trusted_types(file)
        elif file.suffix.lower() in _PICKLE_SUFFIXES or _looks_like_code(file):
            notes += _scan_pickle(name, file)
    return tuple(dict.fromkeys(notes))


def trusted_types(file: Path) -> list[str]:
    """Give the types of a skops file that it may load beyond those that skops trusts itself.

    Raises:
        CollectorError: the file holds other types, or is no skops file, or skops is not installed.
    """
    try:
        from skops.io import get_untrusted_types
    except ImportError as error:
        raise CollectorError("skops is not installed", advice="pip install skops") from error
    try:
        types = [str(name) for name in get_untrusted_types(file=file)]
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise CollectorError(f"{file.name} is not a readable skops file: {error}", option=("model",)) from error
    refused = [name for name in types if not name.startswith(_TRUSTED) or _is_dangerous(*name.rsplit(".", 1))]
    if refused:
        raise CollectorError(
            f"{file.name} holds types that are not trusted: {', '.join(sorted(refused)[:5])}",
            option=("model",),
            advice="build the model from scikit-learn, numpy, scipy and pandas alone",
        )
    return types


@contextlib.contextmanager
def guarded() -> Iterator[None]:
    """Refuse dangerous names while a model is loaded in this process.

    picklescan reads a joblib file only up to its first array, so this looks at every name that any unpickler
    asks for (audit event ``pickle.find_class``), before it is imported. The hook stays, as hooks do, and does
    nothing after the block: this belongs into the child process.
    """
    active = True

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if active and event == "pickle.find_class" and _is_dangerous(str(arguments[0]), str(arguments[1])):
            raise _dangerous("the model", f"{arguments[0]}.{arguments[1]}")

    _scanner()
    sys.addaudithook(refuse)
    try:
        yield
    finally:
        active = False


def _scanner() -> Any:
    try:
        from picklescan import scanner
    except ImportError as error:
        raise CollectorError(
            "picklescan is not installed, so no model is loaded", advice="pip install 'gatepost[robustness]'"
        ) from error
    # It logs each finding; the findings are told below, in one line.
    logging.getLogger("picklescan").setLevel(logging.CRITICAL + 1)
    return scanner


def _looks_like_code(file: Path) -> bool:
    with file.open("rb") as stream:
        start = stream.read(8)
    return start.startswith(_MAGIC) or _decompressor(start) is not None


def _scan_pickle(name: str, file: Path) -> list[str]:
    scanner = _scanner()
    with file.open("rb") as stream:
        start = stream.read(8)
        stream.seek(0)
        suffix = file.suffix.lower()
        opened: IO[bytes] = stream
        if _decompressor(start) is not None:
            opened, suffix = _decompressed(name, stream, start), ".pkl"
        try:
            result = scanner.scan_bytes(opened, name, suffix)
        except Exception as error:
            raise CollectorError(f"{name} of the model cannot be scanned: {error}", option=("model",)) from error
    dangerous = sorted({f"{g.module}.{g.name}" for g in result.globals if _is_dangerous(g.module, g.name)})
    if dangerous:
        raise _dangerous(name, ", ".join(dangerous[:5]))
    suspicious = {
        f"{g.module}.{g.name}"
        for g in result.globals
        if g.safety is not scanner.SafetyLevel.Innocuous and g.module.partition(".")[0] not in _FAMILIAR
    }
    others = sorted(suspicious - _FAMILIAR_BUILTINS)
    return [f"{name} imports {', '.join(others[:10])}"] if others else []


def _dangerous(name: str, what: str) -> CollectorError:
    return CollectorError(
        f"{name} was not loaded: it imports {what}, which can run any command", option=("model",), advice=_ADVICE
    )


def _is_dangerous(module: str, name: str) -> bool:
    if module.partition(".")[0] in _DANGEROUS_MODULES or f"{module}.{name}" in _MORE_DANGEROUS:
        return True
    return bool(_scanner()._build_scan_result_from_raw_globals({(module, name)}, "").issues_count)


def _decompressor(start: bytes) -> Any:
    """Give what opens a compressed joblib file, by its first bytes."""
    if start[:2] == b"\x1f\x8b":
        return gzip.open
    if start[:3] == b"BZh":
        return bz2.open
    if start[:6] == b"\xfd7zXZ\x00" or start[:3] == b"\x5d\x00\x00":
        return lzma.open
    return _open_zlib if start[:1] == b"\x78" and start[1:2] in (b"\x01", b"\x5e", b"\x9c", b"\xda") else None


def _open_zlib(stream: IO[bytes]) -> IO[bytes]:
    return io.BytesIO(zlib.decompressobj().decompress(stream.read(), _MOST_BYTES))


def _decompressed(name: str, stream: IO[bytes], start: bytes) -> IO[bytes]:
    try:
        with _decompressor(start)(stream) as opened:
            return io.BytesIO(opened.read(_MOST_BYTES))
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise CollectorError(f"{name} of the model cannot be decompressed: {error}", option=("model",)) from error
