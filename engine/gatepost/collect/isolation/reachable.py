"""What every child may read beside its inputs: Python, the installed packages, and the system's libraries."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["installed", "python_path", "system", "without_git"]

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


def system() -> tuple[list[Path], list[Path], list[Path]]:
    """Return the folders of programs, the files and folders to read, and the devices of this system."""
    graphics = [f"/dev/nvidia{number}" for number in range(16)]
    programs, files, devices = ([Path(one) for one in part] for part in (_PROGRAMS, _FILES, (*_DEVICES, *graphics)))
    return programs, files, devices


def installed() -> list[Path]:
    """Return the folders of this Python and of what is installed for it, without the user's own ``PYTHONPATH``."""
    prefixes = {sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix}
    folders = [Path(prefix) / part for prefix in sorted(prefixes) for part in _OF_A_PREFIX]
    others = [entry for entry in dict.fromkeys((*sys.path, *_editable())) if _is_beside(entry, prefixes)]
    return [*folders, Path(_PACKAGE), *(path for entry in others for path in without_git(entry))]


def _is_beside(entry: str, prefixes: set[str]) -> bool:
    return bool(entry) and not any(entry.startswith(f"{prefix}/lib") for prefix in prefixes)


def python_path(entries: Sequence[str]) -> list[Path]:
    """Return what may be read of the folders of ``PYTHONPATH``: everything but git's own folders."""
    return [path for entry in entries for path in without_git(entry)]


def without_git(folder: str, depth: int = _DEPTH) -> list[Path]:
    """Return paths that together hold all of a folder except ``.git``, looked for down to ``depth`` levels.

    The configuration in there may hold the job's credentials. Where there is a ``.git``, links are left out: what
    they lead to would be allowed, wherever it is.
    """
    whole, parts = _split(folder, depth)
    return [Path(folder)] if whole else [Path(part) for part in parts]


def _split(folder: str, depth: int) -> tuple[bool, list[str]]:
    """Return whether there is no ``.git`` in a folder, and what lies in it beside one.

    A folder of packages may be large and is no repository. One that cannot be listed lies in the domain of a confined
    process that starts one more, which cannot get more than that one has.
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


def _editable() -> list[str]:
    """Return the folders that setuptools' import hooks for editable installs add without naming them in sys.path."""
    finders = [module for name, module in sys.modules.items() if name.startswith("__editable__")]
    return [str(path) for finder in finders for path in getattr(finder, "MAPPING", {}).values()]
