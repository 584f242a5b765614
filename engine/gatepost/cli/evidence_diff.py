"""``gatepost evidence diff``: what changed between two versions of a model."""

from __future__ import annotations

import dataclasses
from typing import Any

import click

from gatepost.cli.judging import cli_params, parse_now, read_evidence
from gatepost.evidence.difference import Difference, differences
from gatepost.evidence.document import Evidence

__all__ = ["diff"]


@click.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--policies", multiple=True, metavar="X", help="Judge both, and say which rules come out differently.")
@click.option("--param", "params", multiple=True, metavar="POLICY.NAME=V", help="Set a param; repeatable.")
@click.option("--now", metavar="TIME", help="Judge as at this time (RFC 3339); default: the clock.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 where anything changed.")
def diff(
    before: str,
    after: str,
    policies: tuple[str, ...],
    params: tuple[str, ...],
    now: str | None,
    form: str,
    exit_code: bool,
) -> int:
    """Say what changed from the evidence file A to the evidence file B."""
    from gatepost.cli.evidence_text import changed_lines
    from gatepost.cli.output import print_out
    from gatepost.cli.reporting import terminal_style
    from gatepost.text import json_text

    old, new = read_evidence(before), read_evidence(after)
    facts = differences(old, new)
    rules = _rules(old, new, policies, params, now) if policies else []
    if form == "json":
        data = {
            "before": {"subject": dict(old.subject), "digest": old.digest},
            "after": {"subject": dict(new.subject), "digest": new.digest},
            "facts": [_plain(fact) for fact in facts],
            "rules": [dict(zip(("rule", "item", "before", "after"), rule, strict=True)) for rule in rules],
        }
        print_out(json_text(data))
    else:
        shown = changed_lines(old, new, facts, rules if policies else None, terminal_style().width)
        print_out(shown, newline=False)
    return 1 if exit_code and (facts or rules) else 0


def _plain(fact: Difference) -> dict[str, Any]:
    return {key: value for key, value in dataclasses.asdict(fact).items() if value is not None}


def _rules(
    before: Evidence, after: Evidence, policies: tuple[str, ...], params: tuple[str, ...], now: str | None
) -> list[tuple[str, str | None, str, str]]:
    """Return the rules (and items) that come out differently, with both outcomes."""
    from gatepost.judge.judging import Judge
    from gatepost.policy.loading import load_policies

    moment = parse_now(now)
    outcomes = []
    for evidence in (before, after):
        loaded = load_policies(policies, params=cli_params(params), custom=evidence.custom)
        verdict = Judge(loaded).judge(evidence, now=moment, max_findings=1_000_000, each_pass=True)
        outcomes.append({(result.rule, result.item): result.outcome for result in verdict.results})
    old, new = outcomes
    keys = dict.fromkeys([*old, *new])
    absent = "not there"
    found = [(*key, str(old.get(key, absent)), str(new.get(key, absent))) for key in keys]
    return [row for row in found if row[2] != row[3]]
