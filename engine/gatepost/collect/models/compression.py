"""Compressed model files, by their first bytes, as joblib writes them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from typing import IO, Any

from gatepost.collect.interface import CollectorError

__all__ = ["decompressed"]

_MOST_PREFIX = 6


def decompressed(stream: IO[bytes], file: str) -> IO[bytes]:
    """Return what reads the content of a file that is open at its start; the stream itself if not compressed.

    Raises:
        CollectorError: the package for this compression is not installed, or joblib before 0.10 wrote it.
    """
    start = stream.read(_MOST_PREFIX)
    stream.seek(0)
    opened = _decompressor(stream, start, file)
    return stream if opened is None else io.BufferedReader(opened)


def _decompressor(stream: IO[bytes], start: bytes, file: str) -> Any:
    if start.startswith(b"\x1f\x8b"):
        return gzip.GzipFile(fileobj=stream)
    if start.startswith(b"BZh"):
        return bz2.BZ2File(stream)
    if start.startswith((b"\xfd7zXZ", b"\x5d\x00\x00")):
        return lzma.LZMAFile(stream)
    if start[:1] == b"\x78" and start[1:2] in (b"\x01", b"\x5e", b"\x9c", b"\xda"):
        from joblib.compressor import BinaryZlibFile

        return BinaryZlibFile(stream, "rb")
    if start.startswith(b"\x04\x22\x4d\x18"):
        try:
            import lz4.frame
        except ImportError as error:
            raise CollectorError(
                f"{file} is compressed with lz4, which is not installed", advice="pip install lz4"
            ) from error
        return lz4.frame.LZ4FrameFile(stream)
    if start.startswith(b"ZF"):
        raise CollectorError(
            f"{file} was written by joblib before 0.10, which stores arrays in other files",
            option=("model",),
            advice="save the model again with a newer joblib",
        )
    return None
