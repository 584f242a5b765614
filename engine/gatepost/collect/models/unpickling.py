"""An unpickler that resolves, calls and builds only what models of the known libraries need.

It reads the files of joblib too: there an array's bytes follow its header. joblib's own loader is not used, since
before version 1.6 it reads nested arrays of objects with an unpickler that allows everything.
"""

from __future__ import annotations

import pickle
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Mapping
from typing import IO, Any

import numpy as np

from gatepost.collect.models.names import CALL, CREATE, Names, renamed
from gatepost.collect.models.stand_ins import (
    Distribution,
    JoblibArray,
    check_keys,
    checked_array_state,
    dtype_with_state,
    stand_in,
)

__all__ = ["unpickle"]

_PLAIN_MAPPINGS = (dict, OrderedDict, defaultdict, Counter)
# The C unpickler has no hooks for its operations; this one is the reference implementation of Python, which joblib
# uses as well.
_Base: Any = pickle._Unpickler


def unpickle(stream: IO[bytes], names: Names) -> Any:
    """Return the object in a pickle or joblib file, decompressed.

    Raises:
        CollectorError: it names something that is not allowed.
        UnpicklingError: it does something that no library's files do.
        Exception: whatever the classes in it raise when the file is damaged.
    """
    return _Unpickler(stream, names).load()


class _Unpickler(_Base):  # type: ignore[misc]
    dispatch: Mapping[int, Callable[[Any], None]] = dict(_Base.dispatch)

    def __init__(self, stream: IO[bytes], names: Names) -> None:
        super().__init__(stream)
        self.stream = stream
        self.names = names
        self.at: int | None = None
        # Objects that this file created and did not build yet; held, so that their id stays theirs.
        self.unbuilt: dict[int, Any] = {}

    def find_class(self, module: str, name: str) -> Any:
        if self.proto < 3:
            module, name = renamed(module, name)
        placed = stand_in(self.names, module, name)
        return placed if placed is not None else self.names.find(module, name, self.at)

    def persistent_load(self, _pid: Any) -> Any:
        raise pickle.UnpicklingError("it refers to objects that are not in the file")

    def get_extension(self, _code: int) -> None:
        raise pickle.UnpicklingError("it uses extension codes")

    def position(self) -> int:
        frame = self._unframer.current_frame
        unread = len(frame.getbuffer()) - frame.tell() if frame else 0
        return self.stream.tell() - unread

    def made(self, found: Any) -> Any:
        self.unbuilt[id(found)] = found
        return found

    def load_reduce(self) -> None:
        arguments = self.stack.pop()
        function = self.stack[-1]
        self.check(function, (CALL,), "calls")
        self.stack[-1] = self.made(function(*arguments))

    def load_newobj(self) -> None:
        arguments = self.stack.pop()
        kind = self.stack[-1]
        self.check(kind, (CALL, CREATE), "creates")
        self.stack[-1] = self.made(kind.__new__(kind, *arguments))

    def load_newobj_ex(self) -> None:
        keywords = self.stack.pop()
        arguments = self.stack.pop()
        kind = self.stack[-1]
        self.check(kind, (CALL, CREATE), "creates")
        self.stack[-1] = self.made(kind.__new__(kind, *arguments, **keywords))

    def _instantiate(self, kind: Any, arguments: Any) -> None:
        self.check(kind, (CALL,) if arguments else (CALL, CREATE), "creates")
        self.append(self.made(kind(*arguments) if arguments else kind.__new__(kind)))

    def load_build(self) -> None:
        target = self.stack[-2]
        if self.unbuilt.pop(id(target), None) is None:
            raise pickle.UnpicklingError("it changes an object that it did not just create")
        state = self.stack[-1]
        if isinstance(target, np.dtype):
            self.stack.pop()
            self.replace(target, dtype_with_state(target, state))
            return
        if isinstance(target, np.ndarray):
            checked_array_state(target, state)
        elif isinstance(target, Distribution):
            self.stack.pop()
            self.replace(target, target.real(state))
            return
        else:
            check_keys(state)
        super().load_build()
        if type(target) is JoblibArray:
            self.stack[-1] = self.array(target)

    def array(self, header: JoblibArray) -> Any:
        """Read what follows the header: bytes, or for objects a pickle of its own."""
        if isinstance(header.dtype, np.dtype) and header.dtype.hasobject:
            return _Unpickler(self.stream, self.names).load()
        return header.read(self.stream.read)

    def replace(self, old: Any, new: Any) -> None:
        """Put another object in the place of the one on the stack; the file refers to it by the memo."""
        self.stack[-1] = new
        key = next((key for key, value in reversed(self.memo.items()) if value is old), None)
        if key is not None:
            self.memo[key] = new

    def load_setitem(self) -> None:
        if type(self.stack[-3]) not in _PLAIN_MAPPINGS:
            check_keys({self.stack[-2]: None})
        super().load_setitem()

    def load_setitems(self) -> None:
        if type(self.metastack[-1][-1]) not in _PLAIN_MAPPINGS:
            check_keys(dict.fromkeys(key for key in self.stack[::2] if isinstance(key, str)))
        super().load_setitems()

    def check(self, found: Any, kinds: tuple[str, ...], does: str) -> None:
        if self.names.kind(found) not in kinds:
            name = getattr(found, "__qualname__", type(found).__qualname__)
            module = getattr(found, "__module__", type(found).__module__)
            raise pickle.UnpicklingError(f"byte {self.position()}: it {does} {module}.{name}, which it may only name")


def _noting_position(load: Callable[[Any], None]) -> Callable[[Any], None]:
    def noting(self: _Unpickler) -> None:
        self.at = self.position() - 1
        load(self)

    return noting


_Unpickler.dispatch = {
    **_Unpickler.dispatch,
    pickle.REDUCE[0]: _Unpickler.load_reduce,
    pickle.NEWOBJ[0]: _Unpickler.load_newobj,
    pickle.NEWOBJ_EX[0]: _Unpickler.load_newobj_ex,
    pickle.BUILD[0]: _Unpickler.load_build,
    pickle.SETITEM[0]: _Unpickler.load_setitem,
    pickle.SETITEMS[0]: _Unpickler.load_setitems,
    **{
        code[0]: _noting_position(_Base.dispatch[code[0]])
        for code in (pickle.GLOBAL, pickle.STACK_GLOBAL, pickle.INST)
    },
}
