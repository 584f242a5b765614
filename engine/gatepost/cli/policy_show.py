"""``gatepost policy show``: one rule in full."""

from __future__ import annotations

from collections.abc import Iterator

import click

from gatepost.cel.reads import EACH, Path, reads
from gatepost.evidence.schema import collectors_for, describe
from gatepost.policy.catalogues import shipped_controls
from gatepost.policy.model import InForce, PolicySet, Rule
from gatepost.problems import GatepostError, did_you_mean

__all__ = ["show"]


@click.command()
@click.argument("rule")
@click.option("--policies", multiple=True, metavar="X", help="A policy file, a folder, or profile/NAME; repeatable.")
@click.option("--config", default="gatepost.yaml", metavar="FILE", help="What names the policies where no X does.")
def show(rule: str, policies: tuple[str, ...], config: str) -> int:
    """Show RULE (such as fairness/impact-ratio): its conditions, params, controls, and the evidence that it reads."""
    from gatepost.cli.in_force import named_or_configured
    from gatepost.cli.output import print_out
    from gatepost.cli.reporting import terminal_style
    from gatepost.text import wrapped

    loaded = named_or_configured(policies, config)
    entry = next((found for found in loaded.rules if found.rule.name == rule), None)
    if entry is None:
        known = sorted(loaded.rule_names())
        raise GatepostError.of(f"no rule in force is called `{rule}`", advice=did_you_mean(rule, known))
    width = terminal_style().width
    for label, text in _rows(entry, loaded):
        for line in wrapped(text, width, " " * 14, f"{label:<14}") if text else [label]:
            print_out(line)
    return 0


def _rows(entry: InForce, loaded: PolicySet) -> Iterator[tuple[str, str]]:
    rule = entry.rule
    yield rule.name, ""
    yield "title", rule.title
    if rule.description:
        yield "description", rule.description
    yield "written at", str(rule.place)
    if rule.url:
        yield "page", rule.url
    yield "severity", rule.severity
    yield "enforcement", f"{entry.enforcement}, from {entry.origin}"
    if rule.effective_from is not None:
        yield "from the day", rule.effective_from.isoformat()
    yield from _conditions(rule, loaded)
    for name in sorted(_params(rule)):
        value = loaded.params[rule.policy][name]
        spec = next(policy for policy in loaded.policies if policy.name == rule.policy).params[name]
        meaning = f": {spec.description}" if spec.description else ""
        yield "param", f"{name} = {value.value}, from {value.origin}{meaning}"
    for control in rule.controls:
        yield "control", f"{control}: {shipped_controls().get(control, 'in no catalogue that ships')}"
    for path in _fields(rule):
        collectors = ", ".join(collectors_for(path)) or "no collector"
        yield "reads", f"{_written(path)} ({collectors}): {describe(path) or 'whatever stands there'}"


def _conditions(rule: Rule, loaded: PolicySet) -> Iterator[tuple[str, str]]:
    policy = next(policy for policy in loaded.policies if policy.name == rule.policy)
    if policy.applies_to is not None:
        yield "applies_to", policy.applies_to.source
    if rule.for_each is not None:
        yield "for_each", f"{rule.for_each.name} of {rule.for_each.source}"
    for key, expression in (("when", rule.when), ("where", rule.where), ("require", rule.require)):
        if expression is not None:
            yield key, expression.source
    for key, said in (("optional", rule.optional_evidence), ("allow_empty", rule.allow_empty)):
        if said:
            yield key, "the rule may pass without its evidence" if key == "optional" else "an empty list passes"
    if not rule.waivable:
        yield "waivable", "no"


def _all_reads(rule: Rule) -> Iterator[Path]:
    bound: dict[str, Path] = {rule.for_each.name: (*rule.for_each.path, EACH)} if rule.for_each is not None else {}
    for expression in (rule.when, rule.where, rule.require):
        if expression is not None:
            found = reads(expression.tree, bound)
            yield from (*found.paths, *found.guarded)


def _params(rule: Rule) -> set[str]:
    return {str(path[1]) for path in _all_reads(rule) if path[0] == "params" and len(path) > 1}


def _fields(rule: Rule) -> list[tuple[str | int, ...]]:
    roots = ("evidence", "subject", "baseline", "sources")
    found = (path for path in _all_reads(rule) if path[0] in roots)
    # Any index stands for all entries of a list.
    return list(dict.fromkeys(tuple(part if isinstance(part, (str, int)) else 0 for part in path) for path in found))


def _written(path: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in path).replace(".0", "[]")
