"""A team's own facts in YAML or JSON: fills any section."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gatepost.collect.digests import file_digest
from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.collect.located import entry_place, section_schema, typed_facts
from gatepost.evidence.pointers import pointer as json_pointer
from gatepost.evidence.schema import GOVERNED, SECTIONS
from gatepost.located_yaml import Document, Node, parse, read_text
from gatepost.problems import GatepostError, Place, did_you_mean

name = "file"
version = "2"
sections: tuple[str, ...] = (*SECTIONS, "custom")
extra = ""
options: Mapping[str, Any] = {
    "type": "object",
    "description": "Reads facts that a team keeps in a YAML or JSON file, such as a risk register or approvals.",
    "examples": [{"path": "risk-register.yaml", "section": "risk"}],
    "properties": {
        "path": {
            "type": "string",
            "minLength": 1,
            "x-governed": True,
            "description": "The file, relative to gatepost.yaml. JSON where it ends in .json, else YAML.",
        },
        "section": {
            "enum": list(sections),
            "description": "The section of the evidence that the file holds. Without it, the file's top-level "
            "keys are sections.",
        },
    },
    "required": ["path"],
    "additionalProperties": False,
}

_TRUSTED = "trusted"
# Each fact is typed, located and merged by itself: nobody keeps more than these by hand.
_MOST_VALUES = 250_000
_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})")


def describe(options: Mapping[str, Any]) -> str:
    """Name the file and the section."""
    section = options.get("section")
    return f"{options.get('path', '')} ({section})" if section else str(options.get("path", ""))


def fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Return the digest of the file, and that of the file of the trusted ref where governed sections come from it.

    Raises:
        CollectorError: there is no such file.
    """
    files = _files(options, context)
    return Fingerprint({key: file_digest(path) if path.is_file() else "none" for key, path in files.items()})


def collect(options: Mapping[str, Any], context: Context) -> Collected:
    """Fill one section, or those that are the file's top-level keys.

    Values are typed by the evidence schema; a date becomes RFC 3339. Null values, blank texts and placeholders are
    left out, with a note; empty lists and maps are facts and stay. Each entry of a map or a list has its place in
    ``locations``. Under a trusted ref, governed sections are those of the ref's file: nobody approves their own merge
    request.

    Raises:
        CollectorError: no such file, or an unknown section in the options.
        GatepostError: YAML errors, unknown fields, wrong types; with their places.
    """
    files = _files(options, context)
    data: dict[str, Any] = {}
    locations: dict[str, Place] = {}
    notes: list[str] = []
    for key, path in files.items():
        if not path.is_file():
            notes.append(
                f"{options['path']} does not exist at the trusted ref: its approvals and the like do not count"
            )
            continue
        document = _document(path, context.shown(path))
        for section, node, place in _sections(document, options.get("section")):
            if _TRUSTED in files and (section in GOVERNED) != (key == _TRUSTED):
                continue  # it comes from the other file
            facts = typed_facts(document, node, section, section_schema(section))
            locations |= {json_pointer((section,)): place, **facts.locations}
            notes += facts.notes
            if facts.data not in (None, {}):
                data[section] = facts.data
    path = next(iter(files.values()))
    digest = file_digest(path) if path.is_file() else ""
    return Collected(sections=data, locations=locations, uri=context.shown(path), digest=digest, notes=tuple(notes))


def _files(options: Mapping[str, Any], context: Context) -> dict[str, Path]:
    """Return the files to read: that of the working tree, that of the trusted ref (which may lack it), or both.

    Raises:
        CollectorError: as :func:`existing_file`; where the trusted ref has all that is needed, only that counts.
    """
    at_ref = context.at_ref(options["path"]) if options.get("section") in (None, *GOVERNED) else None
    if at_ref is None:
        return {"file": existing_file(options["path"], context)}
    if "section" not in options:
        return {"file": existing_file(options["path"], context), _TRUSTED: at_ref}
    if not at_ref.is_file():
        existing_file(options["path"], context)
    return {_TRUSTED: at_ref}


def existing_file(
    value: object, context: Context, option: tuple[str | int, ...] = ("path",), *, demand: bool = False
) -> Path:
    """Resolve the path of an option; the file must be there. ``demand``: see :meth:`Context.demand`.

    Raises:
        CollectorError: it leaves the repository, is not there, or is a folder; with the nearest name there is.
    """
    path = context.demand(str(value), option) if demand else context.path(str(value), option)
    if path.is_file():
        return path
    if path.is_dir():
        raise CollectorError(f"{value} is a folder", option=option, advice="name a file")
    folder = path.parent
    if not folder.is_dir():
        advice = f"there is no folder {Path(str(value)).parent} either"
    else:
        advice = did_you_mean(path.name, _names(folder))
    raise CollectorError(f"no such file: {value}", option=option, advice=advice)


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:  # the child process may read its inputs only
        return []


def _document(path: Path, shown: str) -> Document:
    text = read_text(path, shown)
    if path.suffix.lower() != ".json":
        return parse(text, shown, _MOST_VALUES)
    try:
        json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = Place(shown, error.lineno, error.colno, error.lineno, error.colno + 1)
        problem = Document(shown, text, Node("", (0, 0, 0), (0, 0, 0))).problem(f"JSON: {error.msg}", place)
        raise GatepostError(problem) from error
    except ValueError as error:
        raise GatepostError.of(f"{shown}: {error}", Place(shown), "leave the value out") from error
    except RecursionError as error:
        raise GatepostError.of(f"{shown} is nested too deep", Place(shown)) from error
    # JSON is YAML but for the pairs of escapes that write one character beyond the basic plane.
    joined = _SURROGATES.sub(lambda pair: pair[1] + json.loads(f'"{pair[2]}"'), text)
    return parse(joined, shown, _MOST_VALUES)


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON number")


def _sections(document: Document, section: str | None) -> list[tuple[str, Node, Place]]:
    """Give (section, its node, its place) of what the file holds."""
    root = document.root
    if section is not None:
        place = document.place(root)
        return [(section, root, Place(place.path, place.line, place.column))]
    if not isinstance(root.value, dict):
        what = "the file must be a map whose keys are sections of the evidence"
        raise GatepostError(
            document.problem(what, Place(document.path, 1, 1), "or say in gatepost.yaml which `section:` it is")
        )
    unknown = [key for key in root.value if key not in sections]
    if unknown:
        raise GatepostError(
            *(
                document.problem(
                    f"unknown section `{key}`",
                    document.key_place(root, key),
                    did_you_mean(key, sections) or "or say in gatepost.yaml which `section:` the file is",
                )
                for key in unknown
            )
        )
    return [(key, node, entry_place(document, root, key)) for key, node in root.value.items()]
