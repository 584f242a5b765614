"""A folder for what one run of Gatepost needs for a while: downloaded models, predictions."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path

__all__ = ["work_folder"]


@functools.cache
def work_folder() -> Path:
    """Give this process's folder; it is made when first asked for and goes when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix="gatepost-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
