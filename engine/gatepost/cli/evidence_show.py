"""``gatepost evidence show``: what is known, by section, and where it came from."""

from __future__ import annotations

from typing import Any

import click

from gatepost.cli.collect_options import config_option
from gatepost.cli.judging import read_evidence

__all__ = ["show"]


@click.command()
@click.argument("file", required=False)
@config_option
@click.option("--pointer", metavar="POINTER", help="Show one part as JSON, e.g. /evidence/fairness/groups/0.")
@click.option("--all", "everything", is_flag=True, help="Show every entry of long lists.")
def show(file: str | None, config: str, pointer: str | None, everything: bool) -> int:
    """Show the evidence in FILE (default: what the last run with --config left).

    Under each section stand the sources that filled it; a fact that a person wrote has its place.
    """
    from gatepost.cli.evidence_text import origin_lines, section_lines
    from gatepost.cli.output import message, print_out
    from gatepost.cli.reporting import terminal_style
    from gatepost.state import State
    from gatepost.text import json_text

    evidence = read_evidence(file or str(State(config).evidence))
    if pointer is None:
        print_out(section_lines(evidence, terminal_style().width, everything=everything), newline=False)
        return 0
    path, value = _at(evidence.data, pointer)
    print_out(json_text(value))
    for line in origin_lines(evidence, path):
        message(line)
    return 0


def _at(data: Any, pointer: str) -> tuple[tuple[str, ...], Any]:
    """Return the path of a pointer and the value there; say what is there instead."""
    from gatepost.evidence.pointers import parse_pointer
    from gatepost.evidence.pointers import pointer as write
    from gatepost.problems import GatepostError, did_you_mean

    try:
        path = parse_pointer(pointer)
    except ValueError as error:
        raise GatepostError.of(str(error)) from error
    for depth, part in enumerate(path):
        if isinstance(data, dict) and part in data:
            data = data[part]
        elif isinstance(data, list) and part.isdecimal() and int(part) < len(data):
            data = data[int(part)]
        else:
            advice = (
                f"{write(path[:depth]) or 'the document'} is a value" if not isinstance(data, (dict, list)) else ""
            )
            if isinstance(data, dict):
                advice = did_you_mean(part, data) or "there is: " + ", ".join(sorted(data))
            elif isinstance(data, list):
                advice = f"the list has {len(data)} entries"
            raise GatepostError.of(f"the evidence has no {write(path[: depth + 1])}", advice=advice)
    return path, data
