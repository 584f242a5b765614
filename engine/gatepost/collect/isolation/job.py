"""Calls the function of a job, in the confined process, and describes what goes wrong."""

from __future__ import annotations

import errno
import importlib
import inspect
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any

from gatepost.collect.interface import CollectorError

__all__ = ["do"]

_Tell = Callable[[Mapping[str, Any]], None]


def do(function: str, arguments: Mapping[str, Any], tell: _Tell) -> None:
    """Call ``module:function``, and tell the parent what it returns or what went wrong."""
    lock = threading.Lock()

    def tell_whole(event: Mapping[str, Any]) -> None:
        with lock:
            tell(event)

    try:
        tell_whole({"result": _call(function, arguments, lambda text: tell_whole({"say": text}))})
    except CollectorError as error:
        tell_whole({"error": {"what": error.what, "option": error.option, "advice": error.advice}})
    except BaseException as error:  # noqa: BLE001 - whatever a model's code raises, the parent is told
        traceback.print_exc()
        tell_whole({"memory": True} if _out_of_memory(error) else {"error": _described(error)})


def _call(function: str, arguments: Mapping[str, Any], say: Callable[[str], None]) -> Any:
    module, _, name = function.partition(":")
    target = getattr(importlib.import_module(module), name)
    if "say" in inspect.signature(target).parameters:
        arguments = {**arguments, "say": say}
    return target(**arguments)


def _out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    text = str(error).lower()
    return any(sign in text for sign in ("cannot allocate memory", "failed to map segment", "can't start new thread"))


def _described(error: BaseException) -> dict[str, Any]:
    if isinstance(error, ModuleNotFoundError) and error.name:
        what, advice = f"the Python package {error.name} is not installed", f"pip install {error.name}"
    else:
        first = next(iter(str(error).strip().splitlines()), "")
        what = f"{type(error).__name__}: {first}"[:500].removesuffix(": ")
        advice = next((text for text in map(_advice, _chain(error)) if text), "")
    return {"what": what, "option": (), "advice": advice}


def _advice(error: BaseException) -> str:
    """Return what to do about something that the child process may not do."""
    if not isinstance(error, OSError) or error.errno not in (errno.EACCES, errno.EPERM):
        return ""
    module = _module_of(error.__traceback__)
    if module == "socket":
        return (
            "the child process has no network; to allow it, add beside the collector in gatepost.yaml"
            " (at the trusted ref): network: true"
        )
    if module.startswith("multiprocessing"):
        return "the child process shares no memory with others; set n_jobs of the model to 1"
    if error.filename is not None:
        return (
            "the child process reads only its inputs, the installed packages and PYTHONPATH, and writes only to its"
            " temporary folder"
        )
    return ""


def _module_of(place: TracebackType | None) -> str:
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    return str(place.tb_frame.f_globals.get("__name__", "")) if place is not None else ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Return an error and those that led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
