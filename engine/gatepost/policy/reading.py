"""From a YAML document to a :class:`Policy`, a :class:`Profile` or waivers, with every mistake at its place."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from gatepost.evidence.custom import Custom
from gatepost.evidence.schema_check import flaws
from gatepost.located_yaml import Document, Node
from gatepost.policy.environment import variables
from gatepost.policy.expressions import Reader, raise_all
from gatepost.policy.model import Expression, ForEach, ParamSpec, Policy, Profile, Rule, Template, digest_of
from gatepost.problems import GatepostError, Problem
from gatepost.typed import Schema, check, load_schema

__all__ = ["read_date", "read_policy", "read_profile"]


def read_policy(document: Document, custom: Custom | None = None) -> Policy:
    """Read a policy; ``custom`` is what the team declares of its own, if anything.

    Raises:
        GatepostError: with all mistakes of the file.
    """
    data = check(document, load_schema("gatepost.policy.schema", "policy.json"))
    problems: list[Problem] = []
    root = _map(document.root)
    params = _params(document, data, problems)
    reader = Reader(document, variables(params, custom), problems)
    _lets(reader, root)
    applies_to = reader.expression(root["applies_to"], boolean=True) if "applies_to" in root else None
    rules: list[Rule] = []
    nodes = root["rules"].value
    assert isinstance(nodes, tuple)
    seen: set[str] = set()
    for node, written in zip(nodes, data["rules"], strict=True):
        if written["id"] in seen:
            place = document.place(_map(node)["id"])
            problems.append(
                document.problem(f"two rules are called `{written['id']}`", place, "rename one", "GP-L017")
            )
        seen.add(written["id"])
        rule = _rule(reader.inner(), data["policy"], node, written, applies_to)
        if rule is not None:
            rules.append(rule)
    effective = read_date(document, root.get("effective_from"), problems)
    raise_all(problems)
    return Policy(
        name=data["policy"],
        version=data["version"],
        title=data["title"],
        owner=data["owner"],
        digest=digest_of(document),
        document=document,
        params=params,
        rules=tuple(rules),
        applies_to=applies_to,
        effective_from=effective,
    )


def read_profile(document: Document) -> Profile:
    """Read a profile.

    Raises:
        GatepostError: with all mistakes of the file.
    """
    data = check(document, load_schema("gatepost.policy.schema", "profile.json"))
    params = _map(document.root).get("params")
    return Profile(
        name=data["profile"],
        version=data["version"],
        extends=tuple(data.get("extends", ())),
        select=tuple((tuple(part["rules"]), part.get("enforcement")) for part in data["select"]),
        params=_map(params) if params is not None else {},
        document=document,
    )


def read_date(document: Document, node: Node | None, problems: list[Problem]) -> datetime.date | None:
    """Read a date whose form the schema has checked; note one that the calendar does not have."""
    if node is None:
        return None
    try:
        return datetime.date.fromisoformat(str(node.value))
    except ValueError:
        problems.append(
            document.problem(f"{node.value} is no date of the calendar", document.place(node), code="GP-L016")
        )
        return None


def _map(node: Node) -> dict[str, Node]:
    assert isinstance(node.value, dict)
    return node.value


def _params(document: Document, data: Mapping[str, Any], problems: list[Problem]) -> dict[str, ParamSpec]:
    params: dict[str, ParamSpec] = {}
    if "params" not in data:
        return params
    for name, node in _map(_map(document.root)["params"]).items():
        written = data["params"][name]
        schema = {key: value for key, value in written.items() if key not in ("default", "description")}
        wrong = flaws(schema) if "pattern" in schema or "items" in schema else ()
        for flaw in wrong:
            place = document.place(document.find(("params", name, *flaw.path)))
            problems.append(document.problem(flaw.what, place, flaw.advice, "GP-L019"))
        default = _map(node).get("default")
        if default is not None and not wrong:
            try:
                check(document, Schema(schema), default)
            except GatepostError as error:
                problems += [_about_param(problem, name) for problem in error.problems]
        params[name] = ParamSpec(name, schema, default, written.get("description", ""))
    return params


def _about_param(problem: Problem, name: str) -> Problem:
    what = problem.what.replace("the file", f"the default of param `{name}`", 1)
    return Problem(what, problem.place, problem.advice, problem.source_line, "GP-L019")


def _lets(reader: Reader, root: Mapping[str, Node]) -> None:
    if "let" in root:
        node = root["let"]
        for name, child in _map(node).items():
            reader.let(name, child, (node.keys or {})[name])


def _for_each(reader: Reader, root: Mapping[str, Node]) -> ForEach | None:
    if "for_each" not in root:
        return None
    node = root["for_each"]
    ((name, child),) = _map(node).items()
    return reader.for_each(name, (node.keys or {})[name], child)


def _rule(
    reader: Reader, policy: str, node: Node, data: Mapping[str, Any], applies_to: Expression | None
) -> Rule | None:
    root = _map(node)

    def expression(key: str) -> Expression | None:
        return reader.expression(root[key], boolean=True) if key in root else None

    def template(key: str) -> Template | None:
        return reader.template(root[key]) if key in root else None

    before = len(reader.problems)
    when = expression("when")  # before `for_each`: it decides about the rule, not about an item
    for_each = _for_each(reader, root)
    _lets(reader, root)
    where, require = expression("where"), expression("require")
    message, item, fix = template("message"), template("item"), template("fix")
    for key in ("where", "item"):
        if key in root and "for_each" not in root:
            place = reader.document.key_place(node, key)
            advice = "use `when` to skip a rule" if key == "where" else "remove it"
            reader.problems.append(reader.document.problem(f"`{key}` needs `for_each`", place, advice, "GP-L011"))
    if not data.get("optional_evidence", False):
        _refuse_absence_tests(reader, (applies_to, when, where, require))
    effective = read_date(reader.document, root.get("effective_from"), reader.problems)
    if len(reader.problems) > before or require is None or message is None:
        return None
    plain = ("id", "title", "severity", "enforcement", "description", "url")
    flags = ("waivable", "allow_empty", "optional_evidence")
    return Rule(
        policy=policy,
        require=require,
        message=message,
        place=reader.document.place(root["id"]),
        lets=dict(reader.lets),
        when=when,
        for_each=for_each,
        item=item,
        where=where,
        fix=fix,
        controls=tuple(data.get("controls", ())),
        effective_from=effective,
        **{key: data[key] for key in (*plain, *flags) if key in data},
    )


def _refuse_absence_tests(reader: Reader, expressions: tuple[Expression | None, ...]) -> None:
    found = reader.tests_absence(expressions)
    if found is not None:
        expression, part = found
        what = "this tests for absence, so that the rule could pass when evidence is deleted"
        advice = "say `optional_evidence: true` on the rule if that is meant"
        place = expression.place(part.start, part.end)
        reader.problems.append(reader.document.problem(what, place, advice, "GP-L013"))
