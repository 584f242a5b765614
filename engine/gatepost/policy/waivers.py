"""Waivers: reading them, and the one place that matches them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from gatepost.located_yaml import Document, Node
from gatepost.policy.expressions import raise_all
from gatepost.policy.model import PolicySet, Rule, Waiver, WaiverFile, digest_of
from gatepost.policy.reading import read_date
from gatepost.problems import Problem, did_you_mean
from gatepost.typed import check, load_schema

__all__ = ["match", "read_waiver_file", "read_waivers"]


def read_waivers(document: Document, policies: PolicySet, node: Node | None = None) -> tuple[Waiver, ...]:
    """Read a waiver file (or the node of one) against the loaded policies.

    Raises:
        GatepostError: a mistake in the file, a rule that no loaded policy has, two waivers of one id, or
            `items` for a rule whose items have no name.
    """
    data = check(document, load_schema("gatepost.policy.schema", "waivers.json"), node)
    root = (node if node is not None else document.root).value
    assert isinstance(root, dict)
    entries = root["waivers"].value
    assert isinstance(entries, tuple)
    problems: list[Problem] = []
    rules = {rule.name: rule for policy in policies.policies for rule in policy.rules}
    waivers = [
        _waiver(document, entry, written, rules, problems)
        for entry, written in zip(entries, data["waivers"], strict=True)
    ]
    seen: set[str] = set()
    for waiver in waivers:
        if waiver.id in seen:
            problems.append(document.problem(f"two waivers have the id `{waiver.id}`", waiver.place, "rename one"))
        seen.add(waiver.id)
    raise_all(problems)
    return tuple(waivers)


def read_waiver_file(document: Document, policies: PolicySet) -> WaiverFile:
    """Read a waiver file, with its path and digest.

    Raises:
        GatepostError: as :func:`read_waivers`.
    """
    return WaiverFile(read_waivers(document, policies), {"path": document.path, "digest": digest_of(document)})


def match(
    waivers: Iterable[Waiver], rule: Rule, subject: Mapping[str, Any], item: str | None, outcome: str
) -> tuple[Waiver, ...]:
    """Return the waivers that cover this outcome of this item, expired or not; the longest-lasting first."""
    if not rule.waivable or outcome not in ("fail", "missing"):
        return ()
    covering = (
        waiver
        for waiver in waivers
        if rule.name in waiver.rules
        and outcome in waiver.covers
        and waiver.subject == subject.get("name")
        and (not waiver.versions or subject.get("version") in waiver.versions)
        and (not waiver.items or item in waiver.items)
    )
    return tuple(sorted(covering, key=lambda waiver: (waiver.expires, waiver.id), reverse=True))


def _waiver(
    document: Document,
    node: Node,
    data: Mapping[str, Any],
    rules: Mapping[str, Rule],
    problems: list[Problem],
) -> Waiver:
    fields = node.value
    assert isinstance(fields, dict)
    names = fields["rules"].value
    assert isinstance(names, tuple)
    for name_node, name in zip(names, data["rules"], strict=True):
        if name not in rules:
            advice = did_you_mean(name, rules, len(problems))
            problems.append(
                document.problem(f"no loaded policy has a rule `{name}`", document.place(name_node), advice)
            )
        elif "items" in data and rules[name].item is None:
            what = f"the items of {name} have no names: the rule has no `item` template"
            problems.append(document.problem(what, document.key_place(node, "items"), "remove `items`"))
    expires = read_date(document, fields["expires"], problems) or datetime.date.min
    return Waiver(
        id=data["id"],
        rules=tuple(data["rules"]),
        subject=data["subject"],
        reason=data["reason"],
        approved_by=data["approved_by"],
        expires=expires,
        place=document.place(fields["id"]),
        covers=frozenset(data.get("covers", ("fail",))),
        versions=tuple(data.get("versions", ())),
        items=tuple(data.get("items", ())),
        ticket=data.get("ticket", ""),
    )
