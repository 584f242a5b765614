"""``gatepost doctor``: what is there, and what each collector would need."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from gatepost.__about__ import __version__
from gatepost.cli.collect_options import config_option
from gatepost.cli.output import print_out, relayed
from gatepost.text import harmless

__all__ = ["doctor"]

_ENGINES = {"cel-expr-python": "", "cel-python": "cel-python"}
_PROGRAMS = {"git": "the collector git, and --trusted-ref", "java": "Spark, which Deequ and Spark tables need"}


@dataclass(frozen=True, slots=True)
class _Line:
    """Whether something is there, what it is, and what it says or needs."""

    there: bool
    name: str
    text: str = ""


@click.command()
@config_option
def doctor(config: str) -> int:
    """Say which extras, programs and files are there, and what each collector would need.

    The exit code is 2 where gatepost.yaml needs what is not there.
    """
    print_out(f"gatepost {__version__} on Python {platform.python_version()}, {platform.platform(terse=True)}")
    _print("engines and programs", [*_engines(), *_programs()])
    with relayed():
        collectors = list(_collectors())
    _print("collectors", collectors)
    if config == "gatepost.yaml" and not Path(config).is_file():
        print_out(f"\nthere is no {harmless(config)}: `gatepost init` writes one")
        return 0
    with relayed():
        entries = list(_entries(config))
    _print(config, entries)
    return 0 if all(line.there for line in entries) else 2


def _print(title: str, lines: list[_Line]) -> None:
    print_out(f"\n{harmless(title)}")
    width = max(len(harmless(line.name)) for line in lines) + 2
    for line in lines:
        print_out(
            f"  {'ok' if line.there else 'lacks':<7}{harmless(line.name):<{width}}{harmless(line.text)}".rstrip()
        )


def _engines() -> Iterator[_Line]:
    from importlib import metadata

    for name, extra in _ENGINES.items():
        try:
            yield _Line(True, name, metadata.version(name))
        except metadata.PackageNotFoundError:
            package = f"'gatepost[{extra}]'" if extra else name
            yield _Line(False, name, f"pip install {package}")


def _programs() -> Iterator[_Line]:
    for name, use in _PROGRAMS.items():
        found = shutil.which(name)
        yield _Line(found is not None, name, found or f"needed by {use}")


def _collectors() -> Iterator[_Line]:
    from gatepost.cli.installed import lacking
    from gatepost.collect.registry import Registry
    from gatepost.problems import GatepostError

    registry = Registry()
    for name in registry.names():
        try:
            collector = registry.get(name)
        except GatepostError as error:
            yield _Line(False, name, str(error))
            continue
        extra = collector.extra if collector is not None else ""
        missing = lacking(extra) if extra else ()
        advice = f"pip install 'gatepost[{extra}]' ({', '.join(missing)})"
        yield _Line(not missing, name, advice if missing else "")


def _entries(config: str) -> Iterator[_Line]:
    """Ask each source what it would read, which tells what is not there; nothing is collected."""
    from gatepost.cli.installed import lacking
    from gatepost.cli.rules import Given, load_rules
    from gatepost.collect.interface import CollectorError, Context
    from gatepost.problems import GatepostError

    try:
        loaded = load_rules(Given(config)).config
    except GatepostError as error:
        for problem in error.problems:
            advice = f" ({problem.advice})" if problem.advice else ""
            yield _Line(False, str(problem.place or config), problem.what + advice)
        return
    clean = loaded.known.message
    context = Context(folder=loaded.folder, repository=loaded.repository, subject=loaded.subject)
    for entry in loaded.entries:
        extra = entry.collector.extra
        missing = lacking(extra) if extra else ()
        try:
            what = entry.collector.describe(entry.options)
            entry.collector.fingerprint(entry.options, context)
        except CollectorError as error:
            advice = f" ({error.advice})" if error.advice else ""
            yield _Line(False, entry.name, clean(f"{error.what}{advice}"))
            continue
        except Exception as error:  # noqa: BLE001 - whatever a collector of another package does
            yield _Line(False, entry.name, clean(f"{type(error).__name__}: {error}"))
            continue
        needs = f"pip install 'gatepost[{extra}]'" if missing else ""
        yield _Line(not missing, entry.name, needs or clean(what))
