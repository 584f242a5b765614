"""Judging one rule on one document: an outcome for each of its items."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.cel.reads import Path
from gatepost.judge.evaluation import Bindings, Outcome, evaluate
from gatepost.judge.programs import Compiled, Programs, RuleProgram
from gatepost.judge.scope import ABSENT, Absent, step
from gatepost.judge.templates import fill_item
from gatepost.policy.environment import VARIABLES
from gatepost.verdict import Outcome as OutcomeName

__all__ = ["Item", "judge_rule", "read_part"]


@dataclass(frozen=True, slots=True)
class Item:
    """How one application of a rule came out. ``bindings`` serve its messages and its explanation."""

    outcome: OutcomeName
    bindings: Bindings
    name: str | None = None
    absent: tuple[Absent, ...] = ()
    error: str = ""
    failed_in: Compiled | None = None
    reason: str = ""


def judge_rule(rule: RuleProgram, data: Mapping[str, Any], programs: Programs) -> tuple[list[Item], int]:
    """Give the outcomes of a rule's items, and how many items ``where`` left out.

    The rule as a whole (skipped, its list missing) has one item without a name.
    """
    whole = Bindings(programs, VARIABLES, data, data)
    if rule.when is not None:
        decided = evaluate(rule.when, whole, allow_empty=rule.in_force.rule.allow_empty)
        if decided.truth is not True:
            item = _not_true(decided, whole, rule.when)
            return [item if decided.truth is None else Item("skip", whole, reason=_skip_reason(rule))], 0
    if rule.in_force.rule.for_each is None:
        return [_require(rule, whole, None)], 0
    return _each(rule, data, programs, whole)


def _skip_reason(rule: RuleProgram) -> str:
    when = rule.in_force.rule.when
    return f"`when` is false: {when.source}" if when is not None else ""


def _not_true(decided: Outcome, bindings: Bindings, where: Compiled, name: str | None = None) -> Item:
    """Make the item of an expression that is not true: false, missing or error."""
    if decided.truth is False:
        return Item("fail", bindings, name, failed_in=where)
    if decided.absent:
        return Item("missing", bindings, name, absent=decided.absent, failed_in=where)
    return Item("error", bindings, name, error=decided.error, failed_in=where)


def _require(rule: RuleProgram, bindings: Bindings, name: str | None) -> Item:
    decided = evaluate(rule.require, bindings, allow_empty=rule.in_force.rule.allow_empty)
    if decided.truth is True:
        return Item("pass", bindings, name)
    return _not_true(decided, bindings, rule.require, name)


def _each(rule: RuleProgram, data: Mapping[str, Any], programs: Programs, whole: Bindings) -> tuple[list[Item], int]:
    for_each = rule.in_force.rule.for_each
    assert for_each is not None
    path: tuple[str | int, ...] = for_each.path
    value: Any = data
    for depth, part in enumerate(path):
        value = step(value, part)
        if value is ABSENT:
            return [Item("missing", whole, absent=(Absent(path[: depth + 1]),))], 0
    if isinstance(value, dict):
        entries: list[tuple[str | int, Any]] = [(key, key) for key in sorted(value)]
    elif isinstance(value, list):
        entries = list(enumerate(value))
    else:
        return [Item("error", whole, error=f"`{for_each.source}` is no list and no map")], 0
    items, excluded = _items(rule, data, programs, path, entries)
    if items:
        return items, excluded
    return [_nothing_left(rule, whole, path, excluded)], excluded


def _items(
    rule: RuleProgram,
    data: Mapping[str, Any],
    programs: Programs,
    path: tuple[str | int, ...],
    entries: list[tuple[str | int, Any]],
) -> tuple[list[Item], int]:
    for_each = rule.in_force.rule.for_each
    assert for_each is not None
    # Only what the rule reads is bound for each item: binding the whole document again would be quadratic.
    read = read_part(data, [c for c in (rule.where, rule.require) if c is not None])
    items: list[Item] = []
    excluded = 0
    names: dict[str, int] = {}
    for key, value in entries:
        where_it_is = (*path, key) if not for_each.over_map else (*path, str(key))
        bindings = Bindings(programs, rule.variables, data, read, (for_each.name, where_it_is, value))
        template = rule.in_force.rule.item
        name = (fill_item(template, bindings) if template is not None else None) or str(key)
        item = _one(rule, bindings, name)
        if item is None:
            excluded += 1
            continue
        names[name] = names.get(name, 0) + 1
        items.append(item)
    twice = {name for name, count in names.items() if count > 1}
    return [_renamed(item) if item.name in twice else item for item in items], excluded


def _renamed(item: Item) -> Item:
    error = f"two items are called `{item.name}`: make the `item` template tell them apart"
    return Item("error", item.bindings, item.name, error=error)


def _one(rule: RuleProgram, bindings: Bindings, name: str) -> Item | None:
    if rule.where is not None:
        decided = evaluate(rule.where, bindings, allow_empty=rule.in_force.rule.allow_empty)
        if decided.truth is False:
            return None
        if decided.truth is None:
            return _not_true(decided, bindings, rule.where, name)
    return _require(rule, bindings, name)


def _nothing_left(rule: RuleProgram, whole: Bindings, path: tuple[str | int, ...], excluded: int) -> Item:
    if rule.in_force.rule.allow_empty:
        reason = "no item is left, which the rule allows" if excluded else "the list is empty, which the rule allows"
        return Item("pass", whole, reason=reason)
    source = rule.in_force.rule.where.source if rule.in_force.rule.where else ""
    reason = f"all {excluded} items are left out by `where: {source}`" if excluded else ""
    return Item("missing", whole, absent=(Absent(path, empty=True),), reason=reason)


def read_part(data: Mapping[str, Any], compiled: list[Compiled]) -> dict[str, Any]:
    """Give the parts of the data that the expressions read, as far down as their paths are fixed."""
    part: dict[str, Any] = {}
    paths: set[Path] = set()
    for one in compiled:
        paths |= set(one.reads.paths) | one.reads.guarded
    for path in sorted(paths, key=lambda p: (len(p), str(p))):
        _copy(data, part, path)
    return part


def _copy(source: Any, target: dict[str, Any], path: Path) -> None:
    for index, key in enumerate(path):
        if not isinstance(key, str) or not isinstance(source, Mapping) or key not in source:
            return
        value = source[key]
        last = index == len(path) - 1 or not isinstance(path[index + 1], str) or not isinstance(value, Mapping)
        if last:
            target[key] = value
            return
        if target.get(key) is value:
            return  # the whole of it is there already
        target = target.setdefault(key, {})
        source = value
