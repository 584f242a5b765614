"""System calls of Linux that Python does not offer, by ctypes.

The packages on PyPI that wrap these calls were not used: ``pyseccomp`` needs libseccomp.so, which slim images lack,
and ``landlock`` knows neither network rules nor scopes.
"""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import sys

__all__ = [
    "MACHINE",
    "become_subreaper",
    "call",
    "die_with_parent",
    "drop_capabilities",
    "forbid_new_privileges",
]

MACHINE = platform.machine() if sys.platform == "linux" and sys.byteorder == "little" and sys.maxsize > 2**32 else ""
"""``x86_64`` or ``aarch64``; empty where the numbers of the system calls are not known."""

_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITY_VERSION_3 = 0x20080522
_SIGKILL = 9


def call(number: int, *arguments: int | ctypes.Array[ctypes.c_char] | None) -> int:
    """Make a system call.

    Raises:
        OSError: the kernel refused it.
    """
    given = (ctypes.c_long(one) if isinstance(one, int) else one for one in arguments)
    result = int(_libc().syscall(ctypes.c_long(number), *given))
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def drop_capabilities() -> None:
    """Drop every capability, also those that executing a file as root would bring back.

    Raises:
        OSError: the kernel refused it.
    """
    if not MACHINE:
        return
    for capability in range(64):
        # Without CAP_SETPCAP the bounding set stays; `forbid_new_privileges` keeps it from mattering.
        if not _prctl(_PR_CAPBSET_DROP, capability):
            break
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header = ctypes.create_string_buffer(_CAPABILITY_VERSION_3.to_bytes(4, "little") + bytes(4), 8)
    call(_CAPSET[MACHINE], header, ctypes.create_string_buffer(24))


def forbid_new_privileges() -> None:
    """Make set-user-ID files and file capabilities powerless for this process and what it starts.

    Raises:
        OSError: the kernel refused it.
    """
    if MACHINE and not _prctl(_PR_SET_NO_NEW_PRIVS, 1):
        raise OSError(ctypes.get_errno(), "no_new_privs cannot be set")


def become_subreaper() -> None:
    """Make this process the parent of every descendant whose own parent ends."""
    if MACHINE:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent, whose number is given, ends."""
    if MACHINE:
        _prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() != parent:  # it ended before the kernel was told
        os._exit(1)


def _prctl(option: int, argument: int) -> bool:
    zero = ctypes.c_ulong(0)
    return int(_libc().prctl(option, ctypes.c_ulong(argument), zero, zero, zero)) == 0


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
