"""Confines a process, as far as this kernel can: see SECURITY.md for what each part is for."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from gatepost.collect.isolation import kernel, landlock, reachable, seccomp

__all__ = ["Confinement", "confine_supervisor", "confine_worker", "confinement"]

_TRUNCATION = 3
"""Landlock's ABI below which a file that may only be read can be emptied: not a confinement yet."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """What this kernel offers: Landlock's ABI (0: none) and whether it has seccomp filters."""

    landlock: int
    seccomp: bool

    @property
    def lacking(self) -> tuple[str, ...]:
        """What a confined child needs and this system does not have; empty where it has all."""
        if sys.platform != "linux":
            return (f"{sys.platform} has neither Landlock nor seccomp",)
        if not kernel.MACHINE:
            return ("only x86_64 and aarch64 are supported",)
        found = []
        if self.landlock < _TRUNCATION:
            old = f" of version {_TRUNCATION} or later (it has {self.landlock})" if self.landlock else ""
            found.append(f"this kernel has no Landlock{old}")
        if not self.seccomp:
            found.append("this kernel has no seccomp filters")
        return tuple(found)

    def note(self, network: bool) -> str:
        """Describe in one line what is in force, for the notes of a source."""
        if self.lacking:
            return f"not isolated: {' and '.join(self.lacking)} (see SECURITY.md)"
        parts = ["no capabilities", f"Landlock {self.landlock}", "seccomp", "network" if network else "no network"]
        return f"isolated: {', '.join(parts)}"


@functools.cache
def confinement() -> Confinement:
    """Return what this kernel offers. A child takes all of it, or does not run."""
    return Confinement(landlock.abi(), seccomp.available())


def confine_supervisor() -> bool:
    """Confine the process that starts and ends the worker; return whether its signals reach only its descendants.

    Raises:
        OSError: the kernel refused it.
    """
    kernel.become_subreaper()
    kernel.drop_capabilities()
    kernel.forbid_new_privileges()
    parent = os.getppid()
    # What is killed later depends on it, so it is tried.
    return landlock.enter_scope(confinement().landlock) and _is_out_of_reach(parent)


def confine_worker(
    *, scratch: Path, reads: Sequence[Path], writes: Sequence[Path], python_path: Sequence[str], network: bool
) -> None:
    """Confine the process that does the job, after :func:`confine_supervisor`, before anything of the job is read.

    Raises:
        OSError: the kernel refused it.
    """
    found = confinement()
    if found.landlock:
        rules = [*reachable.rules(python_path), *((path, landlock.READ) for path in reads)]
        rules += [(path, landlock.WRITE) for path in writes] + [(scratch, landlock.SCRATCH)]
        landlock.enter(found.landlock, rules, network=network)
    if found.seccomp:
        seccomp.install(network=network, keep_group=found.landlock < landlock.SCOPES)


def _is_out_of_reach(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except ProcessLookupError:
        pass
    return False
