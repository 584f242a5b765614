"""What every child may read beside its inputs: Python, the installed packages, and the system's libraries."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from gatepost.collect.isolation.landlock import DEVICE, EXECUTE, LIST, READ

__all__ = ["rules", "without_git"]

# Not /usr itself, nor /usr/src: images keep projects there. Not /opt or /home either.
_PROGRAMS = (
    "/bin",
    "/lib",
    "/lib32",
    "/lib64",
    "/sbin",
    "/usr/bin",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/local/bin",
    "/usr/local/cuda",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/usr/sbin",
    "/nix/store",
)
_FILES = (
    "/usr/share",
    "/usr/local/share",
    "/etc/ca-certificates",
    "/etc/ca-certificates.conf",
    "/etc/crypto-policies",
    "/etc/debian_version",
    "/etc/fonts",
    "/etc/gai.conf",
    "/etc/group",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/locale.alias",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/pki/ca-trust",
    "/etc/pki/tls/cert.pem",
    "/etc/pki/tls/certs",
    "/etc/pki/tls/openssl.cnf",
    "/etc/protocols",
    "/etc/resolv.conf",
    "/etc/services",
    "/etc/ssl/cert.pem",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
    "/etc/timezone",
    "/dev/random",
    "/dev/urandom",
    # Of /proc what concerns the machine and, by `self`, this one process: the command lines of others stay hidden.
    "/proc/self",
    "/proc/cpuinfo",
    "/proc/driver/nvidia",
    "/proc/filesystems",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/sys/kernel/cap_last_cap",
    "/proc/sys/kernel/ngroups_max",
    "/proc/sys/kernel/osrelease",
    "/proc/sys/kernel/pid_max",
    "/proc/sys/kernel/random",
    "/proc/sys/kernel/threads-max",
    "/proc/sys/vm/max_map_count",
    "/proc/sys/vm/overcommit_memory",
    "/proc/uptime",
    "/proc/version",
    "/proc/vmstat",
    "/sys/devices/system",
    "/sys/fs/cgroup",
    "/sys/kernel/mm/transparent_hugepage",
)
_DEVICES = ("/dev/null", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidiactl")
_OF_A_PREFIX = ("bin", "etc/fonts", "lib", "lib32", "lib64", "pyvenv.cfg", "share", "ssl/cert.pem", "ssl/openssl.cnf")
_PACKAGE = str(Path(__file__).parents[2])
_GIT = ".git"
_DEPTH = 3
_PACKAGES = ("site-packages", "dist-packages", "node_modules", "__pycache__")  # may be large, and are no repository


def rules(python_path: Sequence[str]) -> list[tuple[Path, int]]:
    """Return the paths that every child may use, with the rights on each; ``python_path`` is the user's own."""
    devices = (*_DEVICES, *(f"/dev/nvidia{number}" for number in range(16)))
    found = [(Path(one), EXECUTE) for one in (*_PROGRAMS, *_installed())]
    found += [(Path(one), READ) for one in (*_FILES, _PACKAGE)]
    found += [(Path(one), DEVICE) for one in devices]
    for entry in (*_imported_from(), *python_path):
        found += without_git(entry)
    return found


def _installed() -> list[str]:
    prefixes = sorted({sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix})
    return [os.path.join(prefix, part) for prefix in prefixes for part in _OF_A_PREFIX]  # noqa: PTH118 - made Paths later


def _imported_from() -> list[str]:
    """Return the folders that modules come from beside Python's own, such as those of editable installs.

    The import hooks that setuptools makes for some of these do not name them in ``sys.path``.
    """
    hooks = [module for name, module in sys.modules.items() if name.startswith("__editable__")]
    entries = [*sys.path, *(str(path) for hook in hooks for path in getattr(hook, "MAPPING", {}).values())]
    own = tuple(f"{prefix}/lib" for prefix in (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix))
    return [entry for entry in dict.fromkeys(entries) if entry and not entry.startswith(own)]


def without_git(folder: str, depth: int = _DEPTH) -> list[tuple[Path, int]]:
    """Return rules that allow to read a folder except what ``.git`` holds, looked for down to ``depth`` levels.

    The configuration in there may hold the job's credentials. Where there is a ``.git``, links are left out, since
    what they lead to would be allowed, wherever it is; and the names of files in ``.git`` can be listed, since the
    folder has to be, for modules to be found in it.
    """
    whole, parts = _split(folder, depth)
    return [(Path(folder), READ)] if whole else [(Path(folder), LIST), *((Path(part), READ) for part in parts)]


def _split(folder: str, depth: int) -> tuple[bool, list[str]]:
    """Return whether there is no ``.git`` in a folder, and what lies in it beside one.

    A folder of packages may be large and is not a repository. One that cannot be listed lies in the domain of a
    confined process that starts one more, which cannot get more than that one has.
    """
    whole, parts = True, list[str]()
    if depth == 0 or os.path.basename(folder) in _PACKAGES:  # noqa: PTH119 - many of them, and a Path takes longer
        return whole, parts
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name == _GIT:
                whole = False
            elif entry.is_dir(follow_symlinks=False):
                whole_below, parts_below = _split(entry.path, depth - 1)
                whole = whole and whole_below
                parts += [entry.path] if whole_below else parts_below
            elif not entry.is_symlink():
                parts.append(entry.path)
    return whole, parts
