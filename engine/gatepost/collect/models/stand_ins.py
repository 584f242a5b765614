"""What stands in the place of names that are needed but accept dangerous arguments.

Objects of numpy hold memory: a damaged dtype or a list that is too short makes numpy read beyond it. What the
functions below return is checked, and numpy's own functions make it.
"""

from __future__ import annotations

import enum
import math
import zoneinfo
from collections.abc import Callable, Mapping
from pickle import UnpicklingError
from typing import Any

import numpy as np

from gatepost.collect.models import allowed
from gatepost.collect.models.names import CALL, CREATE, NAME, Names

__all__ = [
    "Distribution",
    "JoblibArray",
    "check_keys",
    "checked_array_state",
    "dtype_with_state",
    "stand_in",
]

_PLAIN_BASES = (object, dict, list, tuple, set, frozenset, int, float, str, bytes)
# As tokenizers and preprocessors of texts. ``str.format`` reads attributes, and is not among them.
_TEXT_METHODS = frozenset(
    {"casefold", "lower", "lstrip", "rsplit", "rstrip", "split", "splitlines", "strip", "swapcase", "title", "upper"}
)
_LATIN = frozenset({"latin1", "latin-1", "iso-8859-1"})


class ArrayClass:
    """Stands for numpy.ndarray and its like, whose constructor takes any bytes for objects: it cannot be called."""

    def __init__(self, real: type) -> None:
        self.real = real


class JoblibArray:
    """The header of an array in a joblib file; the bytes of the array follow it.

    It has the attributes of ``joblib.numpy_pickle.NumpyArrayWrapper``.
    """

    dtype: Any = None
    shape: Any = ()
    order: str = "C"
    numpy_array_alignment_bytes: int | None = None

    def read(self, read: Callable[[int], bytes]) -> Any:
        """Read the array's bytes, of a dtype without objects.

        Raises:
            UnpicklingError: the header is damaged, or the file is too short.
        """
        if not isinstance(self.dtype, np.dtype) or not all(isinstance(n, int) and n >= 0 for n in self.shape):
            raise UnpicklingError("the header of an array is damaged")
        if self.numpy_array_alignment_bytes is not None:
            _exactly(read, _exactly(read, 1)[0])
        count = math.prod(self.shape)
        data = bytearray(_exactly(read, count * self.dtype.itemsize))
        array = np.frombuffer(data, self.dtype, count) if data else np.empty(count, self.dtype)
        if not array.dtype.isnative:
            array = array.astype(array.dtype.newbyteorder("="))
        return array.reshape(self.shape[::-1]).transpose() if self.order == "F" else array.reshape(self.shape)


class Distribution:
    """Stands for a distribution of scipy.stats, which runs a text of its state; the library's own is used."""

    kind: str = ""

    def real(self, state: Any) -> Any:
        """Return the distribution of scipy.stats that has the name in the state, and this class.

        Raises:
            UnpicklingError: there is none.
        """
        import scipy.stats

        name = state.get("name") if isinstance(state, dict) else None
        found = getattr(scipy.stats, name, None) if isinstance(name, str) else None
        if type(found).__name__ != self.kind:
            raise UnpicklingError("a distribution is damaged, or not one of scipy.stats")
        return found


def stand_in(names: Names, module: str, name: str) -> Any:
    """Return what stands in the place of a name, or None."""
    module = module.replace("numpy.core.", "numpy._core.") if module.startswith("numpy.core.") else module
    full = f"{module}.{name}"
    if module in _DISTRIBUTIONS and name.endswith("_gen"):
        if full not in names.placed:
            names.placed[full] = names.add(type(name, (Distribution,), {"kind": name}), CREATE)
        return names.placed[full]
    if full not in allowed.REPLACED:
        return None
    if full in _ARRAY_CLASSES:
        return names.add(_ARRAY_CLASSES[full], NAME)
    if full in _JOBLIB:
        return names.add(JoblibArray, CREATE)
    if full in _CONSTANTS:
        return _CONSTANTS[full]()
    if full not in names.placed:
        names.placed[full] = names.add(_MAKERS[full](names), CALL)
    return names.placed[full]


def check_keys(state: Any) -> None:
    """Check the names of the attributes that a state sets.

    Raises:
        UnpicklingError: one is a name by which Python or numpy know what an object is (``__class__``,
            ``__array_interface__``, which gives an array any memory).
    """
    for part in (state, *state) if isinstance(state, tuple) else (state,):
        for name in part if isinstance(part, dict) else ():
            if isinstance(name, str) and name.startswith("__") and name.endswith("__"):
                raise UnpicklingError(f"it sets the attribute {name}")


def dtype_with_state(start: Any, state: Any) -> Any:
    """Return the dtype that a pickled state describes, made anew by numpy's own rules.

    The state is not set as it is: its flags could say that objects are plain bytes.

    Raises:
        UnpicklingError: the state is damaged.
    """
    function, arguments = start.__reduce__()[:2]
    try:
        described = function(*arguments)
        described.__setstate__(state)
        return _made_anew(described)
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise UnpicklingError(f"a dtype is damaged: {error}") from error


def checked_array_state(array: Any, state: Any) -> None:
    """Check the state of an array before numpy sets it.

    Raises:
        UnpicklingError: it has fewer objects than its shape says, or no dtype.
    """
    parts = list(state) if isinstance(state, tuple) else []
    if isinstance(array, np.ma.MaskedArray) or len(parts) == 5:
        parts = parts[1:]
    if len(parts) < 4 or not isinstance(parts[0], tuple) or not isinstance(parts[1], np.dtype):
        raise UnpicklingError("the state of an array is damaged")
    if isinstance(parts[3], list) and len(parts[3]) != math.prod(parts[0]):
        raise UnpicklingError("an array has fewer objects than its shape says")
    if parts[1].hasobject != isinstance(parts[3], list) and parts[1].char != "T":
        raise UnpicklingError("an array of objects holds bytes")


def _made_anew(dtype: Any) -> Any:
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return np.dtype((_made_anew(base), shape))
    if dtype.names is None:
        return np.dtype(dtype.str)
    fields = [dtype.fields[name] for name in dtype.names]
    described = {
        "names": list(dtype.names),
        "formats": [_made_anew(field[0]) for field in fields],
        "offsets": [field[1] for field in fields],
        "itemsize": dtype.itemsize,
    }
    made = np.dtype(described, align=dtype.isalignedstruct)
    return np.dtype((np.record, made)) if issubclass(dtype.type, np.record) else made


def _exactly(read: Callable[[int], bytes], size: int) -> bytes:
    data = read(size)
    if len(data) != size:
        raise UnpicklingError("the file ends within an array")
    return data


def _dtype(_names: Names) -> Callable[..., Any]:
    def dtype(kind: Any, align: Any = False, copy: Any = False) -> Any:
        if not isinstance(kind, str) and not (isinstance(kind, type) and issubclass(kind, np.generic)):
            raise UnpicklingError("a dtype is damaged")
        return np.dtype(kind, bool(align), bool(copy))

    return dtype


def _reconstruct(_names: Names) -> Callable[..., Any]:
    def reconstruct(kind: Any, shape: Any, _dtype: Any) -> Any:
        real = kind.real if isinstance(kind, ArrayClass) else kind
        if not isinstance(real, type) or not issubclass(real, np.ndarray) or shape != (0,):
            raise UnpicklingError("an array is damaged")
        return np.ndarray.__new__(real, (0,), "b")

    return reconstruct


def _masked(_names: Names) -> Callable[..., Any]:
    def masked(kind: Any, base: Any, shape: Any, _dtype: Any) -> Any:
        if kind is not np.ma.MaskedArray or not isinstance(base, ArrayClass) or shape != (0,):
            raise UnpicklingError("an array is damaged")
        # numpy has no public name for what makes an empty masked array as unpickling needs it.
        return np.ma.core._mareconstruct(kind, np.ndarray, (0,), "b")  # type: ignore[attr-defined]

    return masked


def _scalar(_names: Names) -> Callable[..., Any]:
    def scalar(dtype: Any, data: Any = b"") -> Any:
        if not isinstance(dtype, np.dtype) or dtype.hasobject:
            raise UnpicklingError("a number is damaged, or is an object")
        return np.zeros((), dtype)[()] if not data else np.frombuffer(_encoded(data), dtype, 1)[0]

    return scalar


def _encoded(data: Any) -> bytes:
    return data.encode("latin-1") if isinstance(data, str) else bytes(data)


def _encode(_names: Names) -> Callable[..., Any]:
    def encode(text: Any, encoding: Any = "latin1", *_: Any) -> bytes:
        if not isinstance(text, str) or encoding not in _LATIN:
            raise UnpicklingError("bytes are damaged")
        return text.encode("latin-1")

    return encode


def _getattr(names: Names) -> Callable[..., Any]:
    """Return getattr for pairs that models need: members of enumerations, time zones, ``str.lower`` and its like."""

    def attribute(owner: Any, name: Any, *_: Any) -> Any:
        if owner is zoneinfo.ZoneInfo and name == "_unpickle":
            return names.add(zoneinfo.ZoneInfo._unpickle, CALL)  # type: ignore[attr-defined]
        if isinstance(owner, enum.EnumMeta) and name in owner.__members__:
            return owner.__members__[name]
        if owner is str and name in _TEXT_METHODS:
            return names.add(getattr(str, name), NAME)
        shown = getattr(owner, "__qualname__", type(owner).__qualname__)
        raise names.refusal("builtins", f"getattr({shown}, {name!r})")

    return attribute


def _reconstructor(names: Names) -> Callable[..., Any]:
    """Return copyreg._reconstructor for classes that may be created, and bases without code."""

    def reconstructor(kind: Any, base: Any, state: Any) -> Any:
        if names.kind(kind) not in (CALL, CREATE) or base not in _PLAIN_BASES or not issubclass(kind, base):
            raise UnpicklingError("an object is damaged")
        if base is object:
            return object.__new__(kind)
        check_keys(state)
        made = base.__new__(kind, state)
        if base.__init__ is not object.__init__:
            base.__init__(made, state)
        return made

    return reconstructor


def _newobj(names: Names) -> Callable[..., Any]:
    def newobj(kind: Any, *arguments: Any) -> Any:
        if names.kind(kind) not in (CALL, CREATE) or not isinstance(kind, type):
            raise UnpicklingError("an object is damaged")
        return kind.__new__(kind, *arguments)

    return newobj


def _arrow(_names: Names) -> Callable[..., Any]:
    def restore(data: Any) -> Any:
        import pyarrow as pa

        array = pa.lib._restore_array(data)
        array.validate(full=True)
        return array

    return restore


def _pandas_na() -> Any:
    import pandas

    return pandas.NA


_ARRAY_CLASSES = {
    "numpy.ndarray": ArrayClass(np.ndarray),
    "numpy.memmap": ArrayClass(np.ndarray),
    "numpy._core.memmap.memmap": ArrayClass(np.ndarray),
    "numpy.rec.recarray": ArrayClass(np.recarray),
    "numpy.recarray": ArrayClass(np.recarray),
    "numpy._core.records.recarray": ArrayClass(np.recarray),
}
_JOBLIB = ("joblib.numpy_pickle.NumpyArrayWrapper", "sklearn.externals.joblib.numpy_pickle.NumpyArrayWrapper")
_DISTRIBUTIONS = ("scipy.stats._continuous_distns", "scipy.stats._discrete_distns")
_MAKERS: Mapping[str, Callable[[Names], Callable[..., Any]]] = {
    "numpy.dtype": _dtype,
    "numpy._core.multiarray._reconstruct": _reconstruct,
    "numpy._core.multiarray.scalar": _scalar,
    "numpy.ma.core._mareconstruct": _masked,
    "_codecs.encode": _encode,
    "builtins.getattr": _getattr,
    "copyreg._reconstructor": _reconstructor,
    "copyreg.__newobj__": _newobj,
    "pyarrow.lib._restore_array": _arrow,
}
_CONSTANTS: Mapping[str, Callable[[], Any]] = {"pandas.NA": _pandas_na, "pandas._libs.missing.NA": _pandas_na}
