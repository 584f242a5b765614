"""From the names in a model file to the classes and functions that it may use."""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import BuiltinFunctionType, FunctionType
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.collect.models import allowed
from gatepost.collect.models.trust import ModelTrust

__all__ = ["CALL", "CREATE", "NAME", "Names", "code_advice", "guarded", "renamed", "type_advice"]

# What may be done with a name; each includes those after it.
CALL, CREATE, NAME = "call", "create", "name"
_EXACT = allowed.CALLED | allowed.CREATED | allowed.NAMED
_RENAMED = {
    ("__builtin__", "xrange"): ("builtins", "range"),
    ("__builtin__", "unicode"): ("builtins", "str"),
    ("__builtin__", "long"): ("builtins", "int"),
}
_RENAMED_MODULES = {"__builtin__": "builtins", "copy_reg": "copyreg"}
_BY_VALUE = ("cloudpickle", "dill", "joblib.externals.cloudpickle", "marshal", "types.CodeType", "types.FunctionType")


class Names:
    """Resolves the names in one model file.

    ``file`` is how messages call the file. ``trusted`` collects the names that only ``trusted_types`` allowed, with
    the file of their code. ``placed`` holds what was put in the place of names.
    """

    def __init__(self, trust: ModelTrust, file: str) -> None:
        self.trust = trust
        self.file = file
        self.trusted: dict[str, str] = {}
        self.placed: dict[str, Any] = {}
        self._kinds: dict[int, tuple[Any, str]] = {}

    def find(self, module: str, name: str, at: int | None = None) -> Any:
        """Return the class or function that a file may name at byte ``at``.

        A name counts by where the object really lives, whatever re-exports it.

        Raises:
            CollectorError: it is not allowed, or is not there.
        """
        self.check_known(module, name, at)
        found = self._imported(module, name)
        kind = self._kind(found, module, name, at)
        self._kinds[id(found)] = (found, kind)
        return found

    def check_known(self, module: str, name: str, at: int | None = None) -> None:
        """Refuse a name that cannot be allowed, without importing anything.

        Raises:
            CollectorError: it is neither a trusted type nor of a module that models need.
        """
        if f"{module}.{name}" in self.trust.trusted_types:
            return
        if "." in name or not (_importable(module) or f"{module}.{name}" in _EXACT | allowed.REPLACED):
            raise self.refusal(module, name, at)

    def allows(self, module: str, name: str) -> bool:
        """Tell whether a file may name this class or function."""
        try:
            self.find(module, name)
        except (CollectorError, ImportError, AttributeError):
            return False
        return True

    def kind(self, found: Any) -> str:
        """Return what may be done with an object that :meth:`find` returned, or nothing for any other."""
        known = self._kinds.get(id(found))
        return known[1] if known is not None else ""

    def add(self, found: Any, kind: str) -> Any:
        """Allow an object that Gatepost puts in the place of a name."""
        self._kinds[id(found)] = (found, kind)
        return found

    def refusal(self, module: str, name: str, at: int | None = None, real: str = "") -> CollectorError:
        """Return the error for a name that is not allowed; ``real`` is where the object lives, if elsewhere."""
        full = f"{module}.{name}"
        where = f"{self.file}: byte {at}: " if at is not None else f"{self.file}: "
        shown = f"{full} (really {real})" if real and real != full else full
        top = module.partition(".")[0]
        if full.startswith(_BY_VALUE):
            what = f"{where}holds a class or function by value, which is code ({shown})"
            return CollectorError(what, option=("model",), advice=f"put it into a package; {code_advice('or')}")
        if top == "__main__":
            what = f"{where}{shown} was defined in a script or notebook, so it cannot be found here"
            return CollectorError(what, option=("model",), advice="move it into a module, and save the model again")
        if top in sys.stdlib_module_names or top in allowed.KNOWN_PACKAGES or top in ("joblib", "gatepost"):
            what = f"{where}{shown} is not something that models of the known libraries need"
            return CollectorError(what, option=("model",), advice=f"save the model without it; {code_advice('or')}")
        what = f"{where}{shown} is not a class of a known library"
        return CollectorError(what, option=("model",), advice=type_advice(real or full))

    def _imported(self, module: str, name: str) -> Any:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
        return found

    def _kind(self, found: Any, module: str, name: str, at: int | None) -> str:
        real = _real_name(found)
        full = f"{module}.{name}"
        if real in self.trust.trusted_types or (not real and full in self.trust.trusted_types):
            self.trusted[real or full] = _file_of(found)
            return CALL
        if full in self.trust.trusted_types:
            what = f"{self.file}: {full} in trusted_types is really {real}"
            raise CollectorError(what, option=("model",), advice=type_advice(real))
        kind = _known_kind(found, real or full)
        if not kind:
            error = self.refusal(module, name, at, real)
            if isinstance(found, type) and found.__module__.partition(".")[0] in allowed.KNOWN_PACKAGES:
                error.advice = f"save the model without it; or, {type_advice(real or full)}"
            raise error
        return kind


def code_advice(before: str) -> str:
    """Return the line to add for a model whose code may run; ``before`` starts the clause."""
    line = "add to gatepost.yaml (at the trusted ref): allow_model_code: true"
    return f"{before}, if everyone who can change the model may run code in this job, {line}"


def type_advice(full: str) -> str:
    """Return the line to add for a class of the team's own."""
    return f"to allow it, add to gatepost.yaml (at the trusted ref): trusted_types: [{full}]"


def renamed(module: str, name: str) -> tuple[str, str]:
    """Return the names of Python 3 for those of Python 2, which protocols up to 2 use."""
    return _RENAMED.get((module, name), (_RENAMED_MODULES.get(module, module), name))


def _importable(module: str) -> bool:
    segments = module.split(".")
    return segments[0] in allowed.KNOWN_PACKAGES and not allowed.UNFIT_SEGMENTS.intersection(segments)


def _known_kind(found: Any, full: str) -> str:
    if isinstance(found, type):
        if full in allowed.CALLED or _in_modules(found, allowed.CALLED_MODULES):
            return CALL
        if full in allowed.CREATED or _in_modules(found, allowed.CREATED_MODULES) or _is_estimator(found):
            return CREATE
        return NAME if full in allowed.NAMED else ""
    if full in allowed.CALLED:
        return CALL
    if full in allowed.NAMED or _is_ufunc(found):
        return NAME
    return NAME if isinstance(found, FunctionType) and _in_modules(found, allowed.NAMED_MODULES) else ""


def _is_estimator(found: type) -> bool:
    segments = found.__module__.split(".")
    if segments[0] not in allowed.ESTIMATOR_PACKAGES or allowed.UNFIT_SEGMENTS.intersection(segments):
        return False
    from sklearn.base import BaseEstimator

    return issubclass(found, BaseEstimator)


def _is_ufunc(found: Any) -> bool:
    """Tell whether this is one of the ufuncs of numpy or scipy.special; one made of Python functions is not."""
    import numpy

    if not isinstance(found, numpy.ufunc):
        return False
    special = sys.modules.get("scipy.special")
    return any(getattr(home, found.__name__, None) is found for home in (numpy, special))


def _in_modules(found: Any, modules: tuple[str, ...]) -> bool:
    module = str(found.__module__)
    return any(module == one or module.startswith(f"{one}.") for one in modules)


def _real_name(found: Any) -> str:
    """Return module and qualified name of a class or function, if that is where it can be found; else nothing."""
    module, name = getattr(found, "__module__", None), getattr(found, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        return ""
    home: Any = sys.modules.get(module)
    for part in name.split("."):
        home = getattr(home, part, None)
    return f"{module}.{name}" if home is found else ""


def _file_of(found: Any) -> str:
    if isinstance(found, BuiltinFunctionType):
        return ""
    module = sys.modules.get(getattr(found, "__module__", None) or "")
    return str(Path(module.__file__).resolve()) if module is not None and module.__file__ else ""


@contextlib.contextmanager
def guarded(names: Names) -> Iterator[None]:
    """Refuse unknown names to any other unpickler that works while a model is loaded in this process.

    The unpickler of Gatepost looks at each name itself. This second line sees what a library might unpickle on the
    way (audit event ``pickle.find_class``), before it is imported. The hook stays, as hooks do, and does nothing
    after the block: this belongs into the child process.
    """
    active = True

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        if active and event == "pickle.find_class":
            names.check_known(str(arguments[0]), str(arguments[1]))

    sys.addaudithook(refuse)
    try:
        yield
    finally:
        active = False
