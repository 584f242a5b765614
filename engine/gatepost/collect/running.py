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
from gatepost.collect.merge import Merged, merge
from gatepost.collect.progress import Progress, Silent
from gatepost.collect.source_run import Settings, SourceRun, stamp
from gatepost.config import Config
from gatepost.evidence.document import SCHEMA, Evidence, from_data
from gatepost.problems import GatepostError, Place, Problem

__all__ = ["Collection", "collect"]


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
    merged = _merged(runs, config)
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "subject": _subject(merged.subject, config.subject),
        "collected_at": stamp(started),
        "evidence": merged.sections,
        "sources": [config.known.within(_source(run)) for run in runs],
        "locations": {pointer: _place(place) for pointer, place in sorted(merged.locations.items())},
    }
    if config.evidence_schema is not None:
        document["custom_schema"] = config.evidence_schema
    if not document["locations"]:
        del document["locations"]
    problems = [problem for run in runs for problem in run.problems]
    required = [problem for run in runs if run.entry.required for problem in run.problems]
    return Collection(from_data(document, "the evidence"), tuple(problems), tuple(required))


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
    if collected is None:
        source["error"] = run.error
        return source
    found = {"uri": collected.uri, "digest": collected.digest, "notes": list(collected.notes)}
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
