"""A lock for what belongs to the whole process: standard output, warnings, log levels, environment variables."""

from __future__ import annotations

import threading

__all__ = ["PROCESS_WIDE"]

PROCESS_WIDE = threading.RLock()
"""Held while a collector changes such settings for a library, since others run at the same time."""
