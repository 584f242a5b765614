"""Running the entries of gatepost.yaml, and making evidence of what they find."""

from __future__ import annotations

import contextlib
import datetime
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from gatepost.collect.interface import Collected, CollectorError, Context
from gatepost.collect.merge import Merged, merge
from gatepost.collect.uris import hidden, redacted_within, without_credentials
from gatepost.config import Config, Entry
from gatepost.evidence.document import SCHEMA, Evidence, from_data
from gatepost.problems import GatepostError, Place, Problem

__all__ = ["Collection", "Progress", "Silent", "collect"]


class Progress(Protocol):
    """Hears what is going on, while it is."""

    def started(self, name: str, description: str) -> None:
        """Hear that a source was begun."""
        ...

    def said(self, name: str, text: str) -> None:
        """Hear how far a source is."""
        ...

    def finished(self, name: str, seconds: float, failed: bool) -> None:
        """Hear that a source is done."""
        ...


class Silent:
    """Says nothing."""

    def started(self, name: str, description: str) -> None:
        """Say nothing."""

    def said(self, name: str, text: str) -> None:
        """Say nothing."""

    def finished(self, name: str, seconds: float, failed: bool) -> None:
        """Say nothing."""


@dataclass(frozen=True, slots=True)
class Collection:
    """The evidence, and what kept a source from giving its part; ``required`` are the ones that matter."""

    evidence: Evidence
    problems: tuple[Problem, ...] = ()
    required: tuple[Problem, ...] = ()

    def raise_failures(self) -> None:
        """Raise the problems of the sources that are required.

        Raises:
            GatepostError: a required source failed.
        """
        if self.required:
            raise GatepostError(*self.required)


@dataclass(slots=True)
class _Run:
    entry: Entry
    started_at: str
    seconds: float = 0.0
    collected: Collected | None = None
    error: str = ""
    problems: list[Problem] = field(default_factory=list)


def collect(
    config: Config,
    *,
    now: Callable[[], datetime.datetime],
    progress: Progress | None = None,
    debug: bool = False,
) -> Collection:
    """Run every entry; one that fails leaves its part out, and the others go on.

    Raises:
        GatepostError: two sources disagree, or what was found is no evidence.
    """
    progress = progress or Silent()
    started = now()
    runs = [_run(entry, config, now, progress, debug) for entry in config.entries]
    merged = _merged(runs, config)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "subject": _subject(merged.subject, config.subject),
        "collected_at": _stamp(started),
        "evidence": merged.sections,
        "sources": [_source(run) for run in runs],
        "locations": {pointer: _place(place) for pointer, place in sorted(merged.locations.items())},
    }
    if config.evidence_schema is not None:
        document["custom_schema"] = config.evidence_schema
    if not document["locations"]:
        del document["locations"]
    problems = [problem for run in runs for problem in run.problems]
    required = [problem for run in runs if run.entry.required for problem in run.problems]
    return Collection(from_data(document, "the evidence"), tuple(problems), tuple(required))


def _merged(runs: list[_Run], config: Config) -> Merged:
    merged = Merged(given=config.subject)
    problems: list[Problem] = []
    for run in runs:
        if run.collected is None:
            continue
        try:
            merge(merged, run.collected, run.entry.name, run.entry.more, run.entry.option_place(()))
        except ValueError as error:
            place = run.entry.option_place(())
            what = f"collector {run.entry.name}: {error}"
            problems.append(Problem(what, place, "tell its authors", run.entry.source_line(place)))
        except GatepostError as error:
            problems += [replace(p, source_line=run.entry.source_line(p.place or Place(""))) for p in error.problems]
    if problems:
        raise GatepostError(*problems)
    return merged


def _subject(found: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Put what gatepost.yaml says of the subject over what the sources found, in maps entry by entry."""
    subject = {**found, **given}
    for key in found.keys() & given.keys():
        if isinstance(found[key], dict) and isinstance(given[key], dict):
            subject[key] = {**found[key], **given[key]}
    return subject


def _stamp(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _run(entry: Entry, config: Config, now: Callable[[], datetime.datetime], progress: Progress, debug: bool) -> _Run:
    context = Context(
        folder=config.folder,
        repository=config.repository,
        subject=config.subject,
        say=lambda text: progress.said(entry.name, text),
    )
    run = _Run(entry, _stamp(now()))
    progress.started(entry.name, _description(entry))
    begun = time.monotonic()
    try:
        # Standard output belongs to the reports, whatever a library has to say.
        with contextlib.redirect_stdout(sys.stderr):
            run.collected = _without_secrets(entry.collector.collect(entry.options, context))
    except CollectorError as error:
        _failed(run, error.what, error.option, error.advice)
    except GatepostError as error:
        run.error = _clean(entry, str(error))
        run.problems += [
            replace(p, what=_clean(entry, p.what), advice=_clean(entry, p.advice)) for p in error.problems
        ]
    except ImportError as error:
        advice = f"pip install 'gatepost[{entry.collector.extra}]'" if entry.collector.extra else ""
        _failed(run, f"a library is not there: {error}", (), advice)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a library does, the other sources go on
        if debug:
            traceback.print_exc()
        _failed(run, f"{type(error).__name__}: {error}", (), "run it with `gatepost --debug` for more")
    run.seconds = round(time.monotonic() - begun, 3)
    progress.finished(entry.name, run.seconds, run.collected is None)
    return run


def _description(entry: Entry) -> str:
    try:
        return _clean(entry, entry.collector.describe(entry.options))
    except Exception:  # noqa: BLE001 - what cannot be described may still be collected
        return ""


def _failed(run: _Run, what: str, option: tuple[str | int, ...], advice: str) -> None:
    entry = run.entry
    run.error = _clean(entry, what.strip() or "it failed without a word")
    place = entry.option_place(option)
    problem = Problem(f"collector {entry.name}: {run.error}", place, _clean(entry, advice), entry.source_line(place))
    run.problems.append(problem)


def _clean(entry: Entry, text: str) -> str:
    """Take out credentials and what came from the environment."""
    return hidden(text, entry.secrets)


def _without_secrets(collected: Collected) -> Collected:
    return replace(
        collected,
        sections=redacted_within(dict(collected.sections)),
        subject=redacted_within(dict(collected.subject)),
        uri=without_credentials(collected.uri),
    )


def _source(run: _Run) -> dict[str, Any]:
    entry = run.entry
    collected = run.collected
    names: tuple[str, ...] = entry.collector.sections
    if collected is not None:
        names = tuple(name for name, section in collected.sections.items() if section not in ({}, []))
    elif isinstance(entry.options.get("section"), str):
        names = (entry.options["section"],)  # a collector that can fill any section is asked for one
    source: dict[str, Any] = {
        "name": entry.name,
        "collector": entry.collector.name,
        "version": entry.collector.version,
        "sections": [f"more.{entry.more}.{name}" if entry.more else name for name in names],
        "started_at": run.started_at,
        "seconds": run.seconds,
        "cached": False,
        "status": "failed" if collected is None else "ok",
        "required": entry.required,
        "location": _place(entry.place),
    }
    if collected is None:
        source["error"] = run.error
        return source
    notes = [_clean(entry, note) for note in collected.notes]
    found = {"uri": collected.uri, "digest": collected.digest, "notes": notes}
    return source | {key: value for key, value in found.items() if value}


def _place(place: Place) -> Mapping[str, Any]:
    parts = {
        "path": place.path,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
    }
    return {key: value for key, value in parts.items() if value is not None}
