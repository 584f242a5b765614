"""The evidence document: read strictly, normalised, validated, with its digest."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from gatepost.evidence import json_text
from gatepost.evidence import schema as evidence_schema
from gatepost.evidence.consistency import contradictions
from gatepost.evidence.custom import Custom
from gatepost.evidence.directions import misdirected
from gatepost.evidence.plain import ANY, Fault, Shape, evidence_shape, normalise
from gatepost.evidence.pointers import printable
from gatepost.evidence.schema import Path
from gatepost.evidence.schema_check import flaws
from gatepost.evidence.subject import document_tiers
from gatepost.evidence.violations import faults_of
from gatepost.problems import GatepostError, Place, Problem

__all__ = ["SCHEMA", "Evidence", "canonical", "digest", "from_data", "parse"]

VERSION = 1
SCHEMA = f"gatepost.evidence/{VERSION}"
MAX_PROBLEMS = 20

# A new version adds here what makes a document of the version before into one of its own.
_UPGRADES: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
_WHERE = "fix `evidence_schema:` in gatepost.yaml"
_NAME = re.compile(r"gatepost\.evidence/([1-9][0-9]{0,8})\Z")


@dataclass(frozen=True, slots=True)
class Evidence:
    """An evidence document that was validated. Do not change its data: the digest would no longer be true.

    ``data`` is plain JSON data, numbers typed by the schema; ``digest`` is ``sha256:`` and the SHA-256 of its
    canonical bytes.
    """

    data: Mapping[str, Any]
    digest: str

    @property
    def content(self) -> bytes:
        """The canonical bytes."""
        return _dump(self.data)

    @property
    def subject(self) -> Mapping[str, Any]:
        """The model version under judgement."""
        found: Mapping[str, Any] = self.data["subject"]
        return found

    @property
    def sections(self) -> Mapping[str, Any]:
        """What is known, by section, with ``custom`` and ``more``."""
        found: Mapping[str, Any] = self.data["evidence"]
        return found

    @property
    def sources(self) -> Sequence[Mapping[str, Any]]:
        """The runs of collectors."""
        found: Sequence[Mapping[str, Any]] = self.data.get("sources", ())
        return found

    @property
    def locations(self) -> Mapping[str, Mapping[str, Any]]:
        """Places of facts (path, line, column, end_line, end_column) by JSON pointer."""
        found: Mapping[str, Mapping[str, Any]] = self.data.get("locations", {})
        return found

    @property
    def collected_at(self) -> str | None:
        """When the evidence was collected, RFC 3339 UTC, where that is known."""
        return self.data.get("collected_at")

    @property
    def custom_schema(self) -> Mapping[str, Any] | None:
        """The JSON Schema of ``evidence.custom``, where the document brings one."""
        return self.data.get("custom_schema")

    @property
    def custom(self) -> Custom:
        """What the document brings of a team's own: that schema, and the words of its risk tier."""
        return Custom(self.custom_schema, document_tiers(self.data))


def parse(content: bytes | str, path: str) -> Evidence:
    """Read an evidence file.

    Args:
        content: the file's content; bytes must be UTF-8.
        path: its path, as messages show it.

    Raises:
        GatepostError: with up to 20 problems and the number of the others, each at its line and column.
    """
    text = json_text.decode(content, path) if isinstance(content, bytes) else content
    return _make(json_text.load(text, path), path, text, True)


def from_data(data: Any, path: str, *, texts: bool = True) -> Evidence:
    """Make evidence from Python data (dict, list, str, bool, int, float), which is copied.

    Args:
        data: the document.
        path: what messages call it.
        texts: whether what people write must not be blank or a placeholder. Tests of policies may try that.

    Raises:
        GatepostError: as :func:`parse`, also for values that are not JSON's (NumPy, tuples, dates, ...).
    """
    return _make(data, path, None, texts)


def canonical(data: Any) -> bytes:
    """Return the canonical bytes of JSON data.

    UTF-8; keys sorted by code point; no white space and no newline at the end; numbers as Python writes them,
    shortest that reads back the same (``1.0``, ``1e-07``), and -0.0 as ``0.0``. A file that holds these bytes has
    the digest that ``sha256sum`` prints.

    Raises:
        GatepostError: the data holds what JSON cannot.
    """
    plain, faults = normalise(data, ANY)
    if faults:
        raise GatepostError(*(Problem(fault.what, advice=fault.advice) for fault in faults[:MAX_PROBLEMS]))
    return _dump(plain)


def digest(data: Any) -> str:
    """Return ``sha256:`` and the SHA-256 of bytes as they are, or of the canonical bytes of JSON data."""
    content = data if isinstance(data, bytes) else canonical(data)
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _dump(plain: Any) -> bytes:
    text = json.dumps(plain, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8")


def _make(raw: Any, path: str, text: str | None, texts: bool) -> Evidence:
    version = _version(raw, path)
    current = raw
    for step in range(version, VERSION):
        current = _UPGRADES[step](current)
    # Places are looked for in the text as it was written, where an upgrade may have moved things.
    data, faults = normalise(current, evidence_shape(), texts=texts)
    custom = data.get("custom_schema") if not faults else None
    if isinstance(custom, dict):
        faults += _flaws(custom) or _type_custom(data, custom)
    faults = faults or [*_violations(data), *contradictions(data.get("evidence"))] or misdirected(data["evidence"])
    if faults:
        raise GatepostError(*_problems(faults, path, text))
    # An older document keeps the digest of what its file holds.
    return Evidence(data, digest(_dump(data) if version == VERSION else raw))


def _version(raw: Any, path: str) -> int:
    """Return the version of a document that this Gatepost can read."""
    here = Place(path, 1, 1)
    if not isinstance(raw, dict):
        raise GatepostError.of(f"{path} holds no evidence: it is not a JSON object", here)
    name = raw.get("schema")
    if name is None:
        advice = f'evidence says "schema": "{SCHEMA}"; `gatepost collect` writes it'
        raise GatepostError.of(f"{path} holds no evidence: it has no `schema`", here, advice)
    found = _NAME.match(name) if isinstance(name, str) else None
    version = int(found[1]) if found else 0
    if version > VERSION:
        advice = "install a newer gatepost, or collect the evidence again with this one"
        raise GatepostError.of(f"{path} is {name}; this Gatepost reads up to {SCHEMA}", here, advice)
    if version != VERSION and version not in _UPGRADES:
        shown = f"`{printable(name):.60}`" if isinstance(name, str) else "not a text"
        raise GatepostError.of(f"{path} holds no evidence: its `schema` is {shown}; expected `{SCHEMA}`", here)
    return version


def _customs(data: Mapping[str, Any]) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Return each set of sections that has a ``custom``, with its path."""
    sections = data.get("evidence")
    if not isinstance(sections, dict):
        return
    if "custom" in sections:
        yield ("evidence",), sections
    more = sections.get("more")
    for name, other in more.items() if isinstance(more, dict) else ():
        if isinstance(other, dict) and "custom" in other:
            yield ("evidence", "more", name), other


def _type_custom(data: dict[str, Any], custom: dict[str, Any]) -> list[Fault]:
    """Normalise the custom sections by the schema that travels with them."""
    shape = Shape(custom, custom)
    found: list[Fault] = []
    for path, sections in _customs(data):
        sections["custom"], faults = normalise(sections["custom"], shape, (*path, "custom"))
        found += faults
    return found


@cache
def _validator() -> Any:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(evidence_schema.bundled(), validate_formats=True, offline=True)


def _violations(data: dict[str, Any]) -> Iterator[Fault]:
    validator = _validator()
    if not validator.is_valid(data):
        for error in validator.iter_errors(data):
            yield from faults_of(error, evidence_schema.bundled())
    custom = data.get("custom_schema")
    if isinstance(custom, dict):
        yield from _custom_violations(data, custom)


def _flaws(custom: dict[str, Any]) -> list[Fault]:
    return [Fault(("custom_schema", *f.path), f"/custom_schema: {f.what}", _WHERE) for f in flaws(custom)]


def _custom_violations(data: dict[str, Any], custom: dict[str, Any]) -> Iterator[Fault]:
    import jsonschema_rs

    validator = jsonschema_rs.Draft202012Validator(custom, validate_formats=True, offline=True)
    for path, sections in _customs(data):
        for error in validator.iter_errors(sections["custom"]):
            yield from faults_of(error, custom, (*path, "custom"))


def _problems(faults: list[Fault], path: str, text: str | None) -> list[Problem]:
    """Turn faults into problems, in the order of the document where its text is known."""
    if text is None:
        faults = sorted(faults, key=lambda fault: [(isinstance(part, str), part) for part in fault.path])
        found = [Problem(fault.what, Place(path), fault.advice) for fault in faults[:MAX_PROBLEMS]]
    else:
        spans = json_text.spans(text, {fault.path for fault in faults})
        nowhere = json_text.Span(0, 1)
        placed = []
        for fault in faults:
            span = spans.get(fault.path, nowhere)
            placed.append((*(span.key if fault.key and span.key else (span.start, span.end)), fault))
        placed.sort(key=lambda item: item[:2])
        found = [
            json_text.problem(fault.what, text, path, start, end, fault.advice)
            for start, end, fault in placed[:MAX_PROBLEMS]
        ]
    hidden = len(faults) - len(found)
    if hidden:
        found.append(Problem(f"and {hidden} more problem{'s' if hidden > 1 else ''} in {path}", Place(path)))
    return found
