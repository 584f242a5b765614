"""``gatepost explain``: why a rule came out as it did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatepost.cli.judging import cli_params, input_options, load_waivers, parse_now, read_evidence
from gatepost.cli.output import note

if TYPE_CHECKING:
    from gatepost.policy.model import PolicySet
    from gatepost.verdict import Verdict

__all__ = ["explain"]


@click.command()
@click.argument("rule")
@click.option("--evidence", metavar="FILE", help="The evidence; default: what the last run with --config left.")
@click.option("--item", metavar="NAME", help="The item to explain; default: the one that counts most.")
@click.option(
    "--config", default="gatepost.yaml", metavar="FILE", help="Where policies, params and waivers are named."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
@input_options
def explain(
    rule: str,
    evidence: str | None,
    item: str | None,
    config: str,
    form: str,
    policies: tuple[str, ...],
    params: tuple[str, ...],
    waivers: str | None,
    baseline: str | None,
    now: str | None,
    cel: str,
) -> int:
    """Explain why RULE (such as fairness/impact-ratio) came out as it did.

    Shows each part of its expressions with its value and where that came from; `>` marks what decided. Reads what
    the last run left, and the policies that gatepost.yaml names; with --policies it needs no gatepost.yaml. Where the
    evidence was edited since its verdict was made, the exit code is 2.
    """
    from gatepost.cel.engines import load_engine
    from gatepost.cli.consistent import verdict_beside
    from gatepost.cli.explaining import as_json, as_text
    from gatepost.cli.output import print_out
    from gatepost.cli.reporting import terminal_style
    from gatepost.judge.explanation import explain_rule
    from gatepost.policy.loading import load_policies
    from gatepost.state import State
    from gatepost.text import json_text

    state = State(config)
    evidence = evidence or str(state.evidence)
    document = read_evidence(evidence)
    judged = verdict_beside(evidence, document)
    folder = Path(config).parent
    assigned = cli_params(params)
    custom = document.custom
    if not policies:
        from gatepost.cli.collecting import load_config
        from gatepost.cli.configured import from_here
        from gatepost.collect.champion import is_model

        configured = load_config(config)
        policies = tuple(from_here(source, folder) for source in configured.policies)
        assigned = [*configured.params, *assigned]
        if waivers is None and configured.waivers is not None:
            waivers = from_here(configured.waivers, folder)
        if baseline is None and configured.baseline is not None:
            collected = is_model(configured.baseline)
            baseline = str(state.baseline) if collected else from_here(configured.baseline, folder)
        custom = configured.custom
    loaded = load_policies(policies, params=assigned, custom=custom)
    _note_changes(judged, loaded)
    found = explain_rule(
        loaded,
        rule,
        document,
        now=parse_now(now or (None if judged is None else judged.now)),
        item=item,
        baseline=read_evidence(baseline) if baseline else None,
        waivers=load_waivers(waivers, loaded),
        evidence_path=evidence,
        engine=load_engine(cel),
    )
    print_out(json_text(as_json(found)) if form == "json" else as_text(found, terminal_style()))
    return 0


def _note_changes(verdict: Verdict | None, policies: PolicySet) -> None:
    """Say where the policies are not those of the verdict: an author explains by what is being edited."""
    from gatepost.judge.consistency import check_rules

    for check in check_rules(verdict, policies)[:2] if verdict is not None else ():
        if check.state == "inconsistent":
            what = f"{check.what} changed since the verdict, and this explains by what they are now: {check.detail}"
            note(what)
