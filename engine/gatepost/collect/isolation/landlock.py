"""A Landlock domain: which files a process may open, and which processes it may signal.

See https://docs.kernel.org/userspace-api/landlock.html. A domain is inherited, cannot be left, and stacks: a process
in one may enter a narrower one, up to 16 deep. It also keeps the process from everything of processes outside that
needs the right to trace them, such as their ``/proc/PID/environ`` and ``mem``.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

from gatepost.collect.isolation.kernel import MACHINE, call

__all__ = ["DEVICE", "EXECUTE", "LIST", "READ", "SCOPES", "SCRATCH", "WRITE", "abi", "enter", "enter_scope"]

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG, _MAKE_SYM = 1 << 4, 1 << 5, 1 << 7, 1 << 8, 1 << 12
_REFER, _TRUNCATE, _IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
_HANDLED = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 4: 0x7FFF}
"""The rights that a kernel of each ABI can withhold; 5 and later can withhold all."""
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
_TCP = 0b11  # bind and connect, from ABI 4
_NETWORK = 4
SCOPES = 6
"""The ABI from which a domain keeps signals and abstract sockets inside."""
_SCOPED = 0b11

LIST = _READ_DIR
READ = _READ_FILE | _READ_DIR
EXECUTE = READ | _EXECUTE
# No device, socket or pipe with a name: whoever opens what the child left must find a file.
WRITE = READ | _WRITE_FILE | _TRUNCATE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG
SCRATCH = WRITE | _MAKE_SYM | _REFER
DEVICE = _READ_FILE | _WRITE_FILE | _IOCTL_DEV


def abi() -> int:
    """Return the version of Landlock's interface that this kernel has; 0 where it has none, or it is off."""
    if not MACHINE:
        return 0
    try:
        return call(_CREATE_RULESET, None, 0, 1)
    except OSError:
        return 0


def enter(version: int, rules: Iterable[tuple[Path, int]], *, network: bool) -> None:
    """Enter a domain that allows the rights of each rule for its path and what lies below, and nothing else.

    A path that does not exist is left out. ``version`` is what :func:`abi` returns.

    Raises:
        OSError: the kernel refused it (16 domains is the most).
    """
    handled = _HANDLED.get(version, 0xFFFF)
    tcp = _TCP if version >= _NETWORK and not network else 0
    ruleset = _ruleset(version, handled, tcp)
    try:
        for path, rights in rules:
            _allow(ruleset, path, rights & handled)
        call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def enter_scope(version: int) -> bool:
    """Enter a domain that keeps signals inside and allows all else; return whether this kernel has such domains.

    Raises:
        OSError: the kernel refused it.
    """
    if version < SCOPES:
        return False
    ruleset = _ruleset(version, 0, 0)
    try:
        call(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return True


def _ruleset(version: int, files: int, tcp: int) -> int:
    attributes = struct.pack("<Q", files)
    if version >= _NETWORK:
        attributes += struct.pack("<Q", tcp)
    if version >= SCOPES:
        attributes += struct.pack("<Q", _SCOPED)
    return call(_CREATE_RULESET, ctypes.create_string_buffer(attributes, len(attributes)), len(attributes), 0)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= _OF_FILES
        rule = struct.pack("<Qi", rights, descriptor)
        if rights:
            call(_ADD_RULE, ruleset, 1, ctypes.create_string_buffer(rule, len(rule)), 0)
    finally:
        os.close(descriptor)
