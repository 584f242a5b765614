"""A copy of a model that only the child process has, so that what was checked is what is loaded."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from gatepost.collect.digests import files_below, tree_digest
from gatepost.collect.interface import CollectorError

__all__ = ["private_copy"]


@contextlib.contextmanager
def private_copy(path: Path, name: str, digest: str) -> Iterator[Path]:
    """Copy a model file or folder into the temporary folder of this process, until the end of the block.

    ``digest`` is what :func:`tree_digest` returned, which evidence and cache hold; empty if nothing was claimed.

    Raises:
        CollectorError: it has another digest by now, cannot be copied, or holds something other than files.
    """
    with tempfile.TemporaryDirectory(prefix="model-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder, "model" if path.is_dir() else Path(name).name)
        try:
            if path.is_dir():
                _copy_folder(path, copy, name)
            else:
                _copy_file(path, copy, name)
            copied = tree_digest(copy)
        except OSError as error:
            raise CollectorError(
                f"cannot copy {name} into the temporary folder: {error.strerror}", option=("model",)
            ) from error
        if digest and copied != digest:
            raise CollectorError(
                f"{name} changed while it was measured: its digest is {copied}, and was {digest}",
                option=("model",),
                advice="run it again when nothing writes to the model",
            )
        yield copy


def _copy_folder(folder: Path, copy: Path, name: str) -> None:
    copy.mkdir()
    for relative, file in files_below(folder):
        if file.is_dir():
            raise CollectorError(
                f"{relative} in {name} is a link to a folder, whose files are not in the model's digest",
                option=("model",),
                advice="put the files themselves into the model's folder",
            )
        target = copy / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy_file(file, target, f"{name}/{relative}")


def _copy_file(file: Path, copy: Path, name: str) -> None:
    if not file.is_file():
        raise CollectorError(f"{name} is not a file", option=("model",), advice="remove it, or put a file there")
    shutil.copyfile(file, copy)
