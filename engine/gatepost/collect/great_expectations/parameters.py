"""The parameters of a suite: values that stand elsewhere, ``{"$PARAMETER": NAME}`` in the arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatepost.collect.json_file import JsonFile
from gatepost.problems import did_you_mean

__all__ = ["with_parameters"]

_KEY = "$PARAMETER"


def with_parameters(
    suite: JsonFile, entries: list[Mapping[str, Any]], parameters: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """Return the expectations with the value of each parameter in its place.

    Raises:
        CollectorError: a parameter has no value in ``parameters`` or in the suite's ``suite_parameters``.
    """
    own = suite.content.get("suite_parameters")
    known = {**(own if isinstance(own, Mapping) else {}), **parameters}

    def filled(value: Any, pointer: tuple[str | int, ...]) -> Any:
        if isinstance(value, list):
            return [filled(part, (*pointer, index)) for index, part in enumerate(value)]
        if not isinstance(value, Mapping):
            return value
        if _KEY not in value:
            return {key: filled(part, (*pointer, key)) for key, part in value.items()}
        name = value[_KEY]
        if not isinstance(name, str) or name not in known:
            advice = did_you_mean(str(name), known)
            advice = advice or f"add `parameters: {{{name}: VALUE}}` beside `suite:` in gatepost.yaml"
            raise suite.error(f"the parameter `{name}` has no value", pointer, advice)
        return known[name]

    return [
        {**entry, "kwargs": filled(entry.get("kwargs", {}), ("expectations", number, "kwargs"))}
        for number, entry in enumerate(entries)
    ]
