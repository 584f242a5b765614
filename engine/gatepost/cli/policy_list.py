"""``gatepost policy list``: the rules in force."""

from __future__ import annotations

import click

__all__ = ["list_rules"]


@click.command(name="list")
@click.argument("policies", nargs=-1, metavar="[X...]")
@click.option("--config", default="gatepost.yaml", metavar="FILE", help="What names the policies where no X does.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
def list_rules(policies: tuple[str, ...], config: str, form: str) -> int:
    """List the rules of X... (files, folders, profile/NAME) with severity, enforcement and where that comes from.

    Without X it lists what gatepost.yaml puts into force; without a gatepost.yaml, the profile baseline.
    """
    from gatepost.cli.in_force import named_or_configured
    from gatepost.cli.output import print_out
    from gatepost.text import harmless, json_text

    loaded = named_or_configured(policies, config)
    if form == "json":
        rows = [
            {
                "rule": entry.rule.name,
                "title": entry.rule.title,
                "severity": entry.rule.severity,
                "enforcement": entry.enforcement,
                "from": entry.origin,
                "controls": list(entry.rule.controls),
                "place": str(entry.rule.place),
            }
            for entry in loaded.rules
        ]
        print_out(json_text(rows))
        return 0
    width = max((len(entry.rule.name) for entry in loaded.rules), default=0)
    for entry in loaded.rules:
        rule = entry.rule
        print_out(harmless(f"{rule.name:<{width}}  {rule.severity:<8}  {entry.enforcement:<5}  {rule.title}"))
    blocking = sum(entry.enforcement == "block" for entry in loaded.rules)
    print_out(f"{len(loaded.rules)} rules of {len(loaded.policies)} policies, {blocking} of them block")
    return 0
