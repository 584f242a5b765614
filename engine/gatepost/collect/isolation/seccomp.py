"""A seccomp filter: system calls that the child does not need, and by which it could leave its confinement.

A list of what is refused, not of what is allowed: numerical libraries use many calls, and which ones changes with
their versions. What the list must stop is known, since Landlock and the missing capabilities stop the rest.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from dataclasses import dataclass

from gatepost.collect.isolation.kernel import MACHINE, call

__all__ = ["available", "install"]

_SECCOMP = {"x86_64": 317, "aarch64": 277}
_SET_MODE_FILTER, _GET_ACTION_AVAIL = 1, 2
_SPEC_ALLOW = 1 << 2  # or the processor would work more slowly, for an attack inside one process
_ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_RET_ERRNO, _RET_ALLOW, _RET_KILL = 0x00050000, 0x7FFF0000, 0x80000000
_X32 = 0x40000000
_LOAD, _AND, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16  # where struct seccomp_data holds them

# Numbers on x86_64 and aarch64; 0 if the call does not exist. From 424 on they are the same.
_REFUSED: dict[int, dict[str, tuple[int, int]]] = {
    errno.EPERM: {
        # other processes: their memory, files and limits
        "ptrace": (101, 117),
        "process_vm_readv": (310, 270),
        "process_vm_writev": (311, 271),
        "process_madvise": (440, 440),
        "pidfd_getfd": (438, 438),
        "kcmp": (312, 272),
        "migrate_pages": (256, 238),
        "move_pages": (279, 239),
        # keys of the user and of the session
        "add_key": (248, 217),
        "request_key": (249, 218),
        "keyctl": (250, 219),
        # parts of the kernel that were often its weak spot, and that need no capability everywhere
        "bpf": (321, 280),
        "perf_event_open": (298, 241),
        "userfaultfd": (323, 282),
        "modify_ldt": (154, 0),
        "syslog": (103, 116),
        "init_module": (175, 105),
        "finit_module": (313, 273),
        "delete_module": (176, 106),
        "kexec_load": (246, 104),
        "kexec_file_load": (320, 294),
        "reboot": (169, 142),
        "swapon": (167, 224),
        "swapoff": (168, 225),
        "acct": (163, 89),
        "quotactl": (179, 60),
        "quotactl_fd": (443, 443),
        # another view of the files than the one that Landlock's rules were made for
        "mount": (165, 40),
        "umount2": (166, 39),
        "pivot_root": (155, 41),
        "chroot": (161, 51),
        "unshare": (272, 97),
        "setns": (308, 268),
        "open_tree": (428, 428),
        "move_mount": (429, 429),
        "fsopen": (430, 430),
        "fsconfig": (431, 431),
        "fsmount": (432, 432),
        "fspick": (433, 433),
        "mount_setattr": (442, 442),
        "open_tree_attr": (467, 467),
        "name_to_handle_at": (303, 264),
        "open_by_handle_at": (304, 265),
        # names of files in folders that it may not list
        "fanotify_init": (300, 262),
        # memory that outlives the process, or that no process is charged for
        "shmget": (29, 194),
        "shmat": (30, 196),
        "msgget": (68, 186),
        "semget": (64, 190),
        "mq_open": (240, 180),
    },
    # Libraries that find the call missing do without it.
    errno.ENOSYS: {
        "io_uring_setup": (425, 425),  # opens sockets past this filter
        "io_uring_enter": (426, 426),
        "io_uring_register": (427, 427),
        "memfd_create": (319, 279),  # memory that no process is charged for
        "memfd_secret": (447, 447),
        "inotify_init": (253, 0),
        "inotify_init1": (294, 26),
        "clone3": (435, 435),  # its flags lie in memory, where a filter cannot look; libc goes on to clone
    },
    # Landlock does not cover these, also outside of the scratch folder. They do nothing and report success, since
    # whatever copies a file makes them.
    0: {
        "chmod": (90, 0),
        "fchmod": (91, 52),
        "fchmodat": (268, 53),
        "fchmodat2": (452, 452),
        "chown": (92, 0),
        "lchown": (94, 0),
        "fchown": (93, 55),
        "fchownat": (260, 54),
        "setxattr": (188, 5),
        "lsetxattr": (189, 6),
        "fsetxattr": (190, 7),
        "setxattrat": (463, 463),
        "removexattr": (197, 14),
        "lremovexattr": (198, 15),
        "fremovexattr": (199, 16),
        "removexattrat": (466, 466),
        "file_setattr": (469, 469),
        "utime": (132, 0),
        "utimes": (235, 0),
        "futimesat": (261, 0),
        "utimensat": (280, 88),
    },
}
# They leave the process group; refused, in the same way, where the group is what ends the descendants.
_LEAVING = {"setsid": (112, 157), "setpgid": (109, 154)}
# What sets how the kernel runs a process, by the argument that names which one; 0 is this one. They report success,
# since libraries make them for their threads.
_SCHEDULING = {
    "sched_setparam": ((142, 118), 0, 0),
    "sched_setscheduler": ((144, 119), 0, 0),
    "sched_setaffinity": ((203, 122), 0, 0),
    "sched_setattr": ((314, 274), 0, 0),
    "setpriority, kind": ((141, 140), 0, 0),
    "setpriority": ((141, 140), 1, 0),
    "ioprio_set, kind": ((251, 30), 0, 1),
    "ioprio_set": ((251, 30), 1, 0),
}
_SOCKET, _CLONE, _MMAP, _PRLIMIT = (41, 198), (56, 220), (9, 222), (302, 261)
_SOCKETPAIR, _CONNECT, _BIND, _LISTEN = (53, 199), (42, 203), (49, 200), (50, 201)
_KIND_OF_SOCKET, _STREAM = 0xF, 1
_INTERNET = (2, 10, 16)  # AF_INET, AF_INET6, and AF_NETLINK, by which libc asks which of them there are
_NEW_NAMESPACE = 0x7E020000  # CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
_SHARED_ANONYMOUS = 0x21  # MAP_SHARED or MAP_SHARED_VALIDATE, and MAP_ANONYMOUS


def available() -> bool:
    """Tell whether this kernel has filters, and the numbers of its system calls are known."""
    if not MACHINE:
        return False
    action = ctypes.create_string_buffer(_RET_ERRNO.to_bytes(4, "little"), 4)
    try:
        call(_SECCOMP[MACHINE], _GET_ACTION_AVAIL, 0, action)
    except OSError:
        return False
    return True


def install(*, network: bool, keep_group: bool) -> None:
    """Filter the system calls of this process and of all that it starts; it needs ``no_new_privs``.

    Without ``network`` no socket of any family can be made; connected pairs (streams) can. With it, only sockets of
    the internet: the sockets of local services, such as Docker's, stay closed. ``keep_group`` keeps descendants in
    the process group.

    Raises:
        OSError: the kernel refused it.
    """
    filters = _Filters(int(MACHINE == "aarch64")).program(network, keep_group)
    code = ctypes.create_string_buffer(filters, len(filters))
    program = struct.pack("<HxxxxxxQ", len(filters) // 8, ctypes.addressof(code))
    call(_SECCOMP[MACHINE], _SET_MODE_FILTER, _SPEC_ALLOW, ctypes.create_string_buffer(program, len(program)))


@dataclass(frozen=True, slots=True)
class _Filters:
    """Writes the filter: instructions of classic BPF, 8 bytes each; ``column`` tells whose numbers."""

    column: int

    def program(self, network: bool, keep_group: bool) -> bytes:
        code = _op(_LOAD, _ARCH) + _op(_EQUAL, _ARCHITECTURE[MACHINE], 1, 0) + _op(_RETURN, _RET_KILL)
        code += _op(_LOAD, _NUMBER)
        if MACHINE == "x86_64":  # the same calls under other numbers
            code += _op(_AT_LEAST, _X32, 0, 1) + _refusal(errno.ENOSYS)
        for number, calls in _REFUSED.items():
            code += b"".join(self.always(pair, _refusal(number)) for pair in calls.values())
        if keep_group:
            code += b"".join(self.always(pair, _refusal(0)) for pair in _LEAVING.values())
        refused = _refusal(errno.EPERM)
        code += self.when(_CLONE, 0, _op(_ANY_BIT, _NEW_NAMESPACE, 0, 1) + refused)
        code += self.when(_MMAP, 3, _op(_AND, _SHARED_ANONYMOUS) + _op(_EQUAL, _SHARED_ANONYMOUS, 0, 1) + refused)
        code += self.when(_PRLIMIT, 0, _op(_EQUAL, 0, 1, 0) + refused)
        for pair, argument, own in _SCHEDULING.values():
            code += self.when(pair, argument, _op(_EQUAL, own, 1, 0) + _refusal(0))
        no_socket = _refusal(errno.EACCES)
        # One of a pair that holds datagrams could send them to any socket with a path.
        stream = _op(_AND, _KIND_OF_SOCKET) + _op(_EQUAL, _STREAM, 1, 0)
        code += self.when(_SOCKETPAIR, 1, stream + no_socket)
        if network:
            families = [_op(_EQUAL, family, len(_INTERNET) - at, 0) for at, family in enumerate(_INTERNET)]
            code += self.when(_SOCKET, 0, b"".join(families) + no_socket)
        else:
            code += b"".join(self.always(pair, no_socket) for pair in (_SOCKET, _CONNECT, _BIND, _LISTEN))
        return code + _op(_RETURN, _RET_ALLOW)

    def always(self, pair: tuple[int, int], then: bytes) -> bytes:
        number = pair[self.column]
        return _op(_EQUAL, number, 0, len(then) // 8) + then if number else b""

    def when(self, pair: tuple[int, int], argument: int, test: bytes) -> bytes:
        """Test the lower half of an argument of one call; the number is loaded again after it."""
        then = _op(_LOAD, _ARGUMENTS + 8 * argument) + test + _op(_LOAD, _NUMBER)
        return self.always(pair, then)


def _refusal(number: int) -> bytes:
    return _op(_RETURN, _RET_ERRNO | number)


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, value)
