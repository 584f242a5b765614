"""Judging one rule on one document: an outcome for each of its items."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.cel.reads import Path
from gatepost.judge.evaluation import Bindings, Outcome, evaluate
from gatepost.judge.explaining import why_false
from gatepost.judge.margins import Closest
from gatepost.judge.programs import Compiled, RuleProgram
from gatepost.judge.scope import ABSENT, Absent, step
from gatepost.judge.templates import fill_item, namer
from gatepost.policy.model import ForEach
from gatepost.verdict import Margin
from gatepost.verdict import Outcome as OutcomeName

__all__ = ["PASSED", "Item", "Judged", "judge_rule", "named_items", "read_part"]

# The engine's budget is 10,000 iterations an evaluation, of which a guarded division takes two.
_CHUNK = 500

Key = str | int
Entry = tuple[Key, Any]


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
    fix: str = ""
    """What would fix it, where that is not for the rule to say."""


@dataclass(frozen=True, slots=True)
class Judged:
    """How a rule came out: the items that did not pass, the names of those that did, and how many were left out.

    A rule without ``for_each`` has one item, whose name is nothing.
    """

    items: tuple[Item, ...] = ()
    passed: tuple[str | None, ...] = ()
    excluded: int = 0
    reason: str = ""
    margin: Margin | None = None
    """The smallest margin of the items that passed."""


PASSED = Judged(passed=(None,))
"""A rule without ``for_each`` that passed."""


def judge_rule(rule: RuleProgram, whole: Bindings) -> Judged:
    """Judge a rule; ``whole`` are the variables of the document and the rule's policy."""
    allow_empty = rule.in_force.rule.allow_empty
    if rule.when is not None:
        decided = evaluate(rule.when, whole, allow_empty=allow_empty)
        if decided.truth is False:
            reason = why_false("when", rule.when.expression, rule.in_force.rule.lets, whole)
            return Judged((Item("skip", whole, reason=reason),))
        if decided.truth is None:
            return Judged((_not_true(decided, whole, rule.when),))
    if rule.in_force.rule.for_each is not None:
        return _each(rule, rule.in_force.rule.for_each, whole)
    decided = evaluate(rule.require, whole, allow_empty=allow_empty)
    if decided.truth is not True:
        return Judged((_not_true(decided, whole, rule.require),))
    closest = rule.margin(whole.data) if rule.margin is not None else None
    return PASSED if closest is None else Judged(passed=(None,), margin=closest.margin(None))


def _not_true(decided: Outcome, bindings: Bindings, compiled: Compiled, name: str | None = None) -> Item:
    """Make the item of an expression that is not true: false, missing or error."""
    if decided.truth is False:
        return Item("fail", bindings, name, failed_in=compiled)
    if decided.absent:
        return Item("missing", bindings, name, absent=decided.absent, failed_in=compiled)
    return Item("error", bindings, name, error=decided.error, failed_in=compiled)


def _each(rule: RuleProgram, for_each: ForEach, whole: Bindings) -> Judged:
    entries = _entries(for_each, whole)
    if isinstance(entries, Item):
        return Judged((entries,))
    judged = _Items(rule, for_each, whole).judge(entries)
    if judged.items or judged.passed:
        return judged
    return _nothing_left(rule, whole, for_each.path, judged.excluded)


def named_items(rule: RuleProgram, whole: Bindings) -> Iterator[tuple[str, Bindings]]:
    """Return the items of a rule with ``for_each``, before ``where``; nothing where there is no list."""
    for_each = rule.in_force.rule.for_each
    entries = _entries(for_each, whole) if for_each is not None else []
    if for_each is not None and not isinstance(entries, Item):
        items = _Items(rule, for_each, whole)
        for entry in entries:
            bindings = items.bindings(entry)
            yield items.name(entry, bindings), bindings


def _entries(for_each: ForEach, whole: Bindings) -> list[Entry] | Item:
    """Return the items with their keys; where there is no list, the outcome that stands for all."""
    value: Any = whole.data
    for depth, part in enumerate(for_each.path):
        value = step(value, part)
        if value is ABSENT:
            return Item("missing", whole, absent=(Absent(for_each.path[: depth + 1]),))
    if isinstance(value, dict):
        return [(key, key) for key in sorted(value)]
    if isinstance(value, list):
        return list(enumerate(value))
    return Item("error", whole, error=f"`{for_each.source}` is no list and no map")


class _Items:
    """Judges the items of one rule, many at once where all of them pass."""

    def __init__(self, rule: RuleProgram, for_each: ForEach, whole: Bindings) -> None:
        self.rule = rule
        self.for_each = for_each
        self.whole = whole
        # Only what the rule reads is bound for each item: binding the whole document again would be quadratic.
        self.read = read_part(whole.data, [c for c in (rule.where, rule.require) if c is not None])
        template = rule.in_force.rule.item
        self.template = template
        self.name_of = namer(template, for_each.name) if template is not None else None

    def judge(self, entries: list[Entry]) -> Judged:
        found: list[tuple[str, Item | None, Entry]] = []
        excluded = 0
        for start in range(0, len(entries), _CHUNK):
            chunk = entries[start : start + _CHUNK]
            if self.all_pass(chunk):
                found += [(self.name(entry), None, entry) for entry in chunk]
                continue
            for entry in chunk:
                bindings = self.bindings(entry)
                name = self.name(entry, bindings)
                item = self.one(bindings, name)
                if item is False:
                    excluded += 1
                else:
                    found.append((name, None if item is True else item, entry))
        return self.result(found, excluded)

    def all_pass(self, chunk: list[Entry]) -> bool:
        """Ask the engine in one evaluation whether every item of a chunk is included and passes."""
        many = self.rule.many
        if many is None:
            return False
        variables = {**self.read, many.items: [value for _, value in chunk]}
        bound = self.whole.programs.engine.bind(many.variables, variables)
        return all(program.evaluate(bound).value is True for program in many.programs)

    def bindings(self, entry: Entry) -> Bindings:
        key, value = entry
        where = (*self.for_each.path, key)
        item = (self.for_each.name, where, value)
        return Bindings(self.whole.programs, self.rule.variables, self.whole.data, self.read, item)

    def name(self, entry: Entry, bindings: Bindings | None = None) -> str:
        if self.template is None:
            return str(entry[0])
        if self.name_of is not None:
            found = self.name_of(entry[1])
        else:
            found = fill_item(self.template, bindings or self.bindings(entry))
        return found or str(entry[0])

    def one(self, bindings: Bindings, name: str) -> Item | bool:
        """Return the item where it did not pass, True where it did, False where it is left out."""
        allow_empty = self.rule.in_force.rule.allow_empty
        if self.rule.where is not None:
            decided = evaluate(self.rule.where, bindings, allow_empty=allow_empty)
            if decided.truth is False:
                return False
            if decided.truth is None:
                return _not_true(decided, bindings, self.rule.where, name)
        decided = evaluate(self.rule.require, bindings, allow_empty=allow_empty)
        return True if decided.truth is True else _not_true(decided, bindings, self.rule.require, name)

    def result(self, found: list[tuple[str, Item | None, Entry]], excluded: int) -> Judged:
        twice = _twice(name for name, _, _ in found)
        items: list[Item] = []
        passed: list[tuple[str, Any]] = []
        for name, item, entry in found:
            if name in twice:
                error = f"two items are called `{name}`: make the `item` template tell them apart"
                items.append(Item("error", self.bindings(entry), name, error=error))
            elif isinstance(item, Item):
                items.append(item)
            else:
                passed.append((name, entry[1]))
        names = tuple(name for name, _ in passed)
        return Judged(tuple(items), names, excluded, margin=self.margin(passed))

    def margin(self, passed: list[tuple[str, Any]]) -> Margin | None:
        """Return the smallest margin of the items that passed; of equal ones, the first."""
        if self.rule.margin is None:
            return None
        names = dict(self.whole.data)
        least: tuple[Closest, str] | None = None
        for name, names[self.for_each.name] in passed:
            found = self.rule.margin(names)
            if found is not None and (least is None or found.share < least[0].share):
                least = (found, name)
        return least[0].margin(least[1]) if least is not None else None


def _twice(names: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    return {name for name in names if name in seen or seen.add(name)}  # type: ignore[func-returns-value]


def _nothing_left(rule: RuleProgram, whole: Bindings, path: tuple[str, ...], excluded: int) -> Judged:
    if rule.in_force.rule.allow_empty:
        reason = "no item is left, which the rule allows" if excluded else "the list is empty, which the rule allows"
        return Judged(passed=(None,), excluded=excluded, reason=reason)
    source = rule.in_force.rule.where.source if rule.in_force.rule.where else ""
    reason = f"all {excluded} items are left out by `where: {source}`" if excluded else ""
    return Judged((Item("missing", whole, absent=(Absent(path, empty=True),), reason=reason),), excluded=excluded)


def read_part(data: Mapping[str, Any], compiled: list[Compiled]) -> dict[str, Any]:
    """Return the parts of the data that the expressions read, as far down as their paths are fixed."""
    part: dict[str, Any] = {}
    paths: set[Path] = set()
    for one in compiled:
        paths |= set(one.reads.paths) | one.reads.guarded
    for path in sorted(paths, key=lambda path: (len(path), str(path))):
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
