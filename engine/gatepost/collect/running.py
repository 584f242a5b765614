"""Running the entries of gatepost.yaml, and making evidence of what they find."""

from __future__ import annotations

import contextlib
import datetime
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gatepost.collect.cache import Cache
from gatepost.collect.inputs import governed_options
from gatepost.collect.merge import Merged, merge
from gatepost.collect.progress import Progress, Silent
from gatepost.collect.source_run import Settings, SourceRun, stamp
from gatepost.config import Config
from gatepost.evidence.completed import completed
from gatepost.evidence.document import SCHEMA, Evidence, from_data
from gatepost.evidence.subject import unknown_words
from gatepost.problems import GatepostError, Place, Problem

__all__ = ["Collection", "collect"]


@dataclass(frozen=True, slots=True)
class Collection:
    """The evidence, and what kept a source from giving its part; ``required`` are the ones that matter."""

    evidence: Evidence
    problems: tuple[Problem, ...] = ()
    required: tuple[Problem, ...] = ()
    proposed: Evidence | None = None
    """Under a trusted ref: the evidence with the governed sections of the working tree, where these are others."""
    proposed_problems: tuple[Problem, ...] = ()

    def raise_failures(self) -> None:
        """Raise the problems of the sources that are required.

        Raises:
            GatepostError: a required source failed.
        """
        if self.required:
            raise GatepostError(*self.required)


def collect(
    config: Config,
    *,
    now: Callable[[], datetime.datetime],
    progress: Progress | None = None,
    cache: Cache | None = None,
    jobs: int | None = None,
    debug: bool = False,
) -> Collection:
    """Run every entry; one that fails leaves its part out, and the others go on.

    ``jobs`` is how many sources are collected at the same time; as many as there are processors where it is not
    given. Without a ``cache`` everything is collected.

    Raises:
        GatepostError: two sources disagree, or what was found is no evidence.
    """
    settings = Settings(config, now, progress or Silent(), cache, debug)
    started = now()
    runs = [SourceRun(entry, settings) for entry in config.entries]
    # Standard output belongs to the reports, whatever a library has to say.
    with contextlib.redirect_stdout(sys.stderr):
        _work([run for run in runs if not run.look_up()], jobs or len(os.sched_getaffinity(0)))
    evidence = _evidence(runs, config, started)
    problems = tuple(problem for run in runs for problem in run.problems)
    collection = Collection(evidence, problems, _required(runs))
    return _with_proposed(collection, runs, settings, started)


def _required(runs: list[SourceRun]) -> tuple[Problem, ...]:
    return tuple(problem for run in runs if run.entry.required for problem in run.problems)


def _with_proposed(
    collection: Collection, runs: list[SourceRun], settings: Settings, started: datetime.datetime
) -> Collection:
    """Add what the working tree has in the place of what came from the trusted ref: such files are read again."""
    if settings.config.trusted is None:
        return collection
    own = replace(settings, config=replace(settings.config, trusted=None), progress=Silent(), cache=None)
    again = [
        SourceRun(run.entry, own) if governed_options(run.entry.collector, run.entry.options) else run for run in runs
    ]
    fresh = [run for run, before in zip(again, runs, strict=True) if run is not before]
    for run in fresh:
        run.work()
    if _required(fresh):
        return replace(collection, proposed_problems=_required(fresh))
    try:
        proposed = _evidence(again, settings.config, started)
    except GatepostError as error:
        return replace(collection, proposed_problems=error.problems)
    same = proposed.sections == collection.evidence.sections
    return collection if same else replace(collection, proposed=proposed)


def _evidence(runs: list[SourceRun], config: Config, started: datetime.datetime) -> Evidence:
    """Make evidence of what the sources found.

    Raises:
        GatepostError: two sources disagree, or what was found is not evidence.
    """
    merged = _merged(runs, config)
    subject = _subject(merged.subject, config.subject)
    unknown = unknown_words(subject, config.custom.risk_tiers)
    if unknown:
        found = (Problem(f"a source sets `subject.{field}`: {what}") for field, what in unknown.items())
        raise GatepostError(*found)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "subject": subject,
        "collected_at": stamp(started),
        "evidence": completed(merged.sections),
        "sources": [config.known.within(_source(run)) for run in runs],
        "locations": {pointer: _place(place) for pointer, place in sorted(merged.locations.items())},
    }
    document |= config.custom.fields()
    if not document["locations"]:
        del document["locations"]
    return from_data(document, "the evidence")


def _work(runs: list[SourceRun], jobs: int) -> None:
    if min(jobs, len(runs)) <= 1:
        for run in runs:
            run.work()
        return
    from concurrent.futures import ThreadPoolExecutor  # not needed where the cache answers

    pool = ThreadPoolExecutor(jobs, "gatepost")
    try:
        for done in [pool.submit(run.work) for run in runs]:
            done.result()
    except BaseException:  # Ctrl-C: what was not begun is not, what a child computes ends, and nothing is waited for
        from gatepost.collect.isolation import sandbox

        pool.shutdown(wait=False, cancel_futures=True)
        sandbox.kill_all()
        raise
    pool.shutdown()


def _merged(runs: list[SourceRun], config: Config) -> Merged:
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


def _source(run: SourceRun) -> dict[str, Any]:
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
        "cached": run.cached,
        "status": "failed" if collected is None else "ok",
        "required": entry.required,
        "location": _place(entry.place),
    }
    found: dict[str, Any] = {}
    if collected is not None:
        found = {"uri": collected.uri, "digest": collected.digest, "notes": list(collected.notes)}
    elif run.failure is not None:
        place = run.failure.place
        found = {"error": run.failure.what, "advice": run.failure.advice, "error_location": place and _place(place)}
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
