"""The commands: a line each. A command's module is imported when the command is used."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

__all__ = ["COMMANDS", "LazyGroup"]

COMMANDS: dict[str, tuple[str, str]] = {
    # name: (module:attribute, what it does)
    "init": ("gatepost.cli.init:init", "Write a first configuration for the project here."),
    "run": ("gatepost.cli.run:run", "Collect evidence, judge it, write reports: the job in CI."),
    "collect": ("gatepost.cli.collect:collect", "Collect evidence only."),
    "judge": ("gatepost.cli.judge:judge", "Judge an evidence file only."),
    "report": ("gatepost.cli.report:report", "Make any report from a verdict."),
    "verify": ("gatepost.cli.verify:verify", "Check that a verdict and its evidence were not edited."),
    "explain": ("gatepost.cli.explain:explain", "Say why a rule came out as it did."),
    "policy": ("gatepost.cli.policy:policy", "For policy authors."),
    "evidence": ("gatepost.cli.evidence:evidence", "Look into evidence."),
    "cache": ("gatepost.cli.cache:cache", "What is kept of earlier runs."),
    "doctor": ("gatepost.cli.doctor:doctor", "Say what is there, and what each collector would need."),
    "demo": ("gatepost.cli.demo:demo", "The whole thing on a small real model."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported one by one, when they are needed."""

    def __init__(self, *args: Any, lazy: dict[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of the registry."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; say what was meant where there is none of that name."""
        if cmd_name not in self.lazy:
            from gatepost.problems import did_you_mean

            advice = did_you_mean(cmd_name, self.lazy)
            if ctx.resilient_parsing or not advice:
                return None
            raise click.UsageError(f"no command `{cmd_name}`: {advice}", ctx)
        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry[1]) for name, entry in self.lazy.items()])
