"""``gatepost policy fmt``: one form for policies and the files beside them."""

from __future__ import annotations

import os
from pathlib import Path

import click

__all__ = ["fmt"]

_FOLDER = ".gatepost-schemas"


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 where a file is not in the form.")
@click.option("--diff", is_flag=True, help="Print what changes.")
@click.option("--schemas", metavar="DIR", help=f"Where the schemas for editors go ({_FOLDER} beside .git).")
@click.option("--no-schemas", is_flag=True, help="Write no schemas and no line that names one.")
def fmt(paths: tuple[str, ...], check: bool, diff: bool, schemas: str | None, no_schemas: bool) -> int:
    """Format policies, profiles, waivers, tests, catalogues and gatepost.yaml at PATH... (files or folders).

    Comments stay, and the meaning: keys come in one order, indented by two. A first line names the file's JSON Schema
    to YAML editors. The exit code is 0, 1 where --check found something, 2 where a file cannot be formatted.
    """
    from gatepost.cli import formatted
    from gatepost.cli.output import print_out, show_problems
    from gatepost.files import write_whole
    from gatepost.problems import GatepostError
    from gatepost.text import harmless

    folder = None if no_schemas else Path(schemas) if schemas else formatted.root() / _FOLDER
    code = 0
    changed = 0
    kinds: set[str] = set()
    files = formatted.files(paths)
    for file in files:
        if file.is_symlink():  # it may lead out of the repository; what it leads to inside has a path of its own
            print_out(f"skipped  {harmless(str(file))}, a symbolic link")
            continue
        try:
            before, after, kind = formatted.formatted(file, folder)
        except GatepostError as error:
            code = 2
            show_problems(error.problems)
            continue
        kinds.add(kind)
        if before == after:
            continue
        changed += 1
        print_out(f"{'would change' if check else 'formatted'}  {harmless(str(file))}")
        if diff:
            print_out(formatted.difference(before, after, harmless(str(file))), newline=False)
        if not check:
            write_whole(file, after)
    if folder is not None and not check:
        for kind in sorted(kinds):
            path, text = folder / f"{kind}.json", formatted.schema_text(kind)
            if path.is_symlink() or not path.exists() or path.read_text("utf-8") != text:
                write_whole(path, text)
                print_out(f"wrote  {harmless(os.path.relpath(path))}")
    print_out(f"{changed} of {len(files)} files {'would change' if check else 'changed'}")
    return code or (1 if check and changed else 0)
