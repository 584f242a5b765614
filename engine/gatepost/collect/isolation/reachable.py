"""What every child may read beside its inputs: Python, the installed packages, and the system's libraries."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["installed", "python_path", "system"]

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
    others = [Path(entry) for entry in (*sys.path, *_editable(), _PACKAGE)]
    others = [entry for entry in others if not any(entry.is_relative_to(folder) for folder in folders)]
    return folders + [path for entry in others for path in without_git(entry)]


def python_path(entries: Sequence[str]) -> list[Path]:
    """Return what may be read of the folders of ``PYTHONPATH``: everything but git's own folders."""
    return [path for entry in entries for path in without_git(Path(entry))]


def without_git(folder: Path, depth: int = _DEPTH) -> list[Path]:
    """Return paths that together hold all of a folder except ``.git``, looked for down to ``depth`` levels.

    The configuration in there may hold the job's credentials.
    """
    whole, parts = _split(folder, depth)
    return [folder] if whole else parts


def _split(folder: Path, depth: int) -> tuple[bool, list[Path]]:
    """Return whether there is no ``.git`` in a folder, and what lies in it beside one."""
    whole, parts = True, list[Path]()
    for path, is_folder in _entries(folder):
        if path.name == _GIT:
            whole = False
        elif is_folder and depth > 1:
            whole_below, parts_below = _split(path, depth - 1)
            whole = whole and whole_below
            parts += [path] if whole_below else parts_below
        else:
            parts.append(path)
    return whole, parts


def _entries(folder: Path) -> Iterator[tuple[Path, bool]]:
    """Return what lies in a folder, except links, and whether it is a folder; nothing for a folder of packages.

    Nor for one that cannot be listed: it lies in the domain of a confined child that starts one more.
    """
    if folder.name in _PACKAGES:
        return
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if not entry.is_symlink():  # its target would be allowed, wherever that is
                    yield Path(entry.path), entry.is_dir(follow_symlinks=False)
    except OSError:
        return


def _editable() -> list[str]:
    """Return the folders that setuptools' import hooks for editable installs add without naming them in sys.path."""
    finders = [module for name, module in sys.modules.items() if name.startswith("__editable__")]
    return [str(path) for finder in finders for path in getattr(finder, "MAPPING", {}).values()]
