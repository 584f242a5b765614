"""JSON that another tool wrote, whose entries know where they stand."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.located_yaml import Document, parse, read_text
from gatepost.problems import GatepostError, Place

__all__ = ["JsonFile", "json_file"]

_SURROGATES = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


@dataclass(frozen=True, slots=True)
class JsonFile:
    """A JSON file: its content, its path as messages show it, the option that named it, and its places."""

    content: Mapping[str, Any]
    shown: str
    option: str
    located: Document

    def place(self, pointer: tuple[str | int, ...]) -> Place:
        """Give where the value begins that the pointer leads to, to the end of its first line."""
        place = self.located.place(self.located.find(pointer))
        if place.end_line == place.line:
            return place
        line = place.line or 1
        return Place(place.path, line, place.column, line, len(self.located.line(line)) + 1)

    def error(self, what: str, pointer: tuple[str | int, ...] = (), advice: str = "") -> CollectorError:
        """Make an error that names the line of the value."""
        line = self.place(pointer).line
        return CollectorError(f"{self.shown}:{line}: {what}", option=(self.option,), advice=advice)


def json_file(path: Path, shown: str, option: str, tool: str) -> JsonFile:
    """Read a JSON file that holds a map; ``tool`` is what wrote it.

    Raises:
        CollectorError: it cannot be read, is empty, too large, no UTF-8, no JSON, or no map.
    """
    try:
        text = read_text(path, shown)
        content = json.loads(text)
        # JSON is YAML, but YAML knows no halves of a character; only places are taken from here.
        located = parse(_SURROGATES.sub("......", text), shown)
    except GatepostError as error:
        problem = error.problems[0]
        where = "" if shown in problem.what else f"{problem.place or shown}: "
        raise CollectorError(f"{where}{problem.what}", option=(option,), advice=problem.advice) from error
    except json.JSONDecodeError as error:
        what = f"{shown}:{error.lineno}:{error.colno} is no valid JSON: {error.msg}"
        advice = "the file is empty" if not text.strip() else "is the file complete?"
        raise CollectorError(what, option=(option,), advice=advice) from error
    except RecursionError as error:
        raise CollectorError(f"{shown} is nested too deep", option=(option,)) from error
    if not isinstance(content, dict):
        raise CollectorError(f"{shown} holds no map", option=(option,), advice=f"name what {tool} wrote")
    return JsonFile(content, shown, option, located)
