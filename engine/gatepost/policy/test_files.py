"""Policy tests as they are written: ``fairness.test.yaml`` beside ``fairness.yaml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatepost.evidence import schema as evidence_schema
from gatepost.evidence.pointers import parse_pointer
from gatepost.located_yaml import Document, Node
from gatepost.paths import is_yaml
from gatepost.policy.model import Policy
from gatepost.policy.params import Assignment
from gatepost.problems import GatepostError, Place, Problem, did_you_mean
from gatepost.typed import Schema, check, load_schema

__all__ = ["Change", "Expectation", "PolicyTest", "is_test_file", "policy_beside", "read_tests", "tests_beside"]

_SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a rule must come out as; ``items`` and ``message`` are compared where they are given."""

    outcome: str
    place: Place
    items: Mapping[str, str]
    message: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """A change to the evidence of a test: ``value`` is what shall stand at ``path``, None to take it away."""

    path: tuple[str, ...]
    place: Place
    value: Any = None


@dataclass(frozen=True, slots=True)
class PolicyTest:
    """One test of a policy; ``file`` is its evidence file, if it has one."""

    name: str
    document: Document
    place: Place
    data: Mapping[str, Any]
    params: tuple[Assignment, ...]
    waivers: Node | None
    expect: Mapping[str, Expectation]
    file: Path | None = None
    changes: tuple[Change, ...] = ()


def is_test_file(name: str) -> bool:
    """Tell whether a file is called as tests are: ``fairness.test.yaml``."""
    path = Path(name)
    return is_yaml(name) and Path(path.stem).suffix == ".test"


def policy_beside(tests: Path) -> Path:
    """Return the policy that a file of tests stands beside, which may not exist."""
    return _existing(tests, Path(tests.stem).stem)


def tests_beside(policy: Path) -> Path:
    """Return the file of tests of a policy, which may not exist."""
    return _existing(policy, f"{policy.stem}.test")


def _existing(beside: Path, stem: str) -> Path:
    """Return the file of this name that exists, first with the same suffix; else the one to write."""
    paths = [beside.with_name(f"{stem}{suffix}") for suffix in dict.fromkeys((beside.suffix, *_SUFFIXES))]
    return next((path for path in paths if path.exists()), beside.with_name(f"{stem}.yaml"))


def read_tests(document: Document, policy: Policy, base: Path = Path()) -> list[PolicyTest]:
    """Read a file of tests; evidence is typed and checked by the evidence schema.

    Paths in it are relative to ``base``.

    Raises:
        GatepostError: a mistake in the file, or an expectation for a rule that the policy does not have.
    """
    check(document, load_schema("gatepost.policy.schema", "tests.json"))
    entries = document.find(("tests",)).value
    assert isinstance(entries, tuple)
    problems: list[Problem] = []
    tests: list[PolicyTest] = []
    for entry in entries:
        try:
            tests.append(_read_test(document, entry, policy, base))
        except GatepostError as error:
            problems += error.problems
    names: set[str] = set()
    for test in tests:
        if test.name in names:
            problems.append(document.problem(f"two tests are called `{test.name}`", test.place, "rename one"))
        names.add(test.name)
    if problems:
        raise GatepostError(*problems)
    return tests


def _read_test(document: Document, entry: Node, policy: Policy, base: Path) -> PolicyTest:
    fields = entry.value
    assert isinstance(fields, dict)
    data: dict[str, Any] = {}
    bundled = evidence_schema.bundled()
    for key, property_ in (("subject", "subject"), ("evidence", "evidence"), ("baseline", "evidence")):
        if key in fields:
            part = evidence_schema.resolve(bundled["properties"][property_])
            relaxed = {**part, "required": []} if key == "subject" else part
            schema = Schema({**relaxed, "$defs": bundled.get("$defs", {})})
            data[key] = check(document, schema, fields[key], texts=False)
    if "sources" in fields:
        schema = Schema({**bundled["properties"]["sources"], "$defs": bundled.get("$defs", {})})
        data["sources"] = check(document, schema, fields["sources"])
    for key in ("now", "collected_at"):
        if key in fields:
            data[key] = str(fields[key].value)
    name = fields["name"]
    return PolicyTest(
        name=str(name.value),
        document=document,
        place=document.place(name),
        data=data,
        params=_params(document, fields.get("params"), policy),
        waivers=_waivers(entry, fields),
        expect=_expectations(document, fields["expect"], policy),
        file=_file(document, entry, base),
        changes=tuple(_changes(document, fields)),
    )


def _file(document: Document, entry: Node, base: Path) -> Path | None:
    fields = entry.value
    assert isinstance(fields, dict)
    if "evidence_file" not in fields:
        return None
    if "evidence" in fields:
        place = document.key_place(entry, "evidence_file")
        raise GatepostError(document.problem("the test has `evidence` and `evidence_file`", place, "remove one"))
    return base / str(fields["evidence_file"].value)


def _changes(document: Document, fields: Mapping[str, Node]) -> Iterator[Change]:
    bundled = evidence_schema.bundled()
    patch = fields.get("patch")
    for text, node in patch.value.items() if patch is not None and isinstance(patch.value, dict) else ():
        place = document.key_place(fields["patch"], text)
        path = _pointer(document, text, place)
        indexed = tuple(0 if part == "-" or part.isdecimal() else part for part in path)
        field = evidence_schema.lookup(indexed) or evidence_schema.lookup(path)
        if field is None:
            raise GatepostError(document.problem(f"evidence has no field {text}", place))
        yield Change(
            path, place, check(document, Schema({**field, "$defs": bundled.get("$defs", {})}), node, texts=False)
        )
    removed = fields["remove"].value if "remove" in fields else ()
    for node in removed if isinstance(removed, tuple) else ():
        yield Change(_pointer(document, str(node.value), document.place(node)), document.place(node))


def _pointer(document: Document, text: str, place: Place) -> tuple[str, ...]:
    try:
        path = parse_pointer(text)
    except ValueError as error:
        raise GatepostError(document.problem(str(error), place)) from error
    if path[:1] not in (("evidence",), ("subject",), ("sources",), ("collected_at",)):
        advice = "begin it with /evidence, /subject or /sources"
        raise GatepostError(document.problem(f"{text} leads to nothing that a policy reads", place, advice))
    return path


def _params(document: Document, node: Node | None, policy: Policy) -> tuple[Assignment, ...]:
    if node is None:
        return ()
    assert isinstance(node.value, dict)
    return tuple(
        Assignment(
            name if "." in name else f"{policy.name}.{name}",
            document,
            child,
            document.key_place(node, name),
            "the test",
        )
        for name, child in node.value.items()
    )


def _expectations(document: Document, node: Node, policy: Policy) -> dict[str, Expectation]:
    known = [rule.name for rule in policy.rules]
    assert isinstance(node.value, dict)
    expected: dict[str, Expectation] = {}
    for name, child in node.value.items():
        place = document.key_place(node, name)
        if name not in known:
            what = f"the policy `{policy.name}` has no rule `{name}`"
            raise GatepostError(document.problem(what, place, did_you_mean(name, known)))
        expected[name] = _expectation(child, place)
    return expected


def _expectation(node: Node, place: Place) -> Expectation:
    if isinstance(node.value, str):
        return Expectation(node.value, place, {}, None)
    assert isinstance(node.value, dict)
    items = node.value["items"].value if "items" in node.value else {}
    assert isinstance(items, dict)
    message = str(node.value["message"].value) if "message" in node.value else None
    wanted = {name: str(child.value) for name, child in items.items()}
    return Expectation(str(node.value["outcome"].value), place, wanted, message)


def _waivers(entry: Node, fields: Mapping[str, Node]) -> Node | None:
    """Return the waivers of a test as the root of a waiver file."""
    if "waivers" not in fields:
        return None
    keys = {"waivers": (entry.keys or {})["waivers"]}
    return Node({"waivers": fields["waivers"]}, entry.start, entry.end, keys=keys)
