"""Running one entry of gatepost.yaml: the cache answers first, then its collector works."""

from __future__ import annotations

import datetime
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gatepost.collect.cache import Cache, Damaged, cache_key
from gatepost.collect.digests import tree_digest
from gatepost.collect.interface import Collected, CollectorError, Context
from gatepost.collect.isolation.collecting import collect
from gatepost.collect.progress import Progress
from gatepost.config import Config, Entry
from gatepost.evidence.consistency import contradictions
from gatepost.evidence.pointers import pointer
from gatepost.problems import GatepostError, Place, Problem

__all__ = ["Settings", "SourceRun", "check_consistency", "stamp"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What all entries of a run share."""

    config: Config
    now: Callable[[], datetime.datetime]
    progress: Progress
    cache: Cache | None = None
    debug: bool = False


@dataclass(slots=True)
class SourceRun:
    """One entry, and what came of it: ``collected``, or ``failure`` and ``problems``.

    ``failure`` is what the evidence keeps of the problems: what, where and what to do, without the source's name.
    """

    entry: Entry
    settings: Settings
    started_at: str = ""
    seconds: float = 0.0
    cached: bool = False
    collected: Collected | None = None
    failure: Problem | None = None
    problems: list[Problem] = field(default_factory=list)
    _key: str | None = None

    def look_up(self) -> bool:
        """Take the result from the cache, where it is there; give whether it was."""
        begun = time.monotonic()
        self.started_at = stamp(self.settings.now())
        cache = self.settings.cache
        if cache is None:
            return False
        self._key = self._current_key()
        if self._key is None:
            return False
        try:
            self.collected = cache.get(self._key)
        except Damaged as damaged:
            self.settings.progress.warned(self.entry.name, f"the cache's {damaged}: it is collected again")
        if self.collected is not None and not _unchanged(self.collected.read):
            self.collected = None
        if self.collected is None:
            return False
        self.collected = self._without_secrets(self.collected)  # a secret may be known only now
        self.cached = True
        self.seconds = round(time.monotonic() - begun, 3)
        self.settings.progress.started(self.entry.name, self.description())
        self.settings.progress.finished(self.entry.name, self.seconds, "cached")
        return True

    def work(self) -> None:
        """Have the collector do its work; what goes wrong is kept, not raised."""
        entry, progress = self.entry, self.settings.progress
        progress.started(entry.name, self.description())
        self.started_at = stamp(self.settings.now())
        begun = time.monotonic()
        try:
            found = self._without_secrets(collect(entry.collector, entry.options, self._context()))
            check_consistency(found, entry.option_place(()))
            self.collected = found
        except CollectorError as error:
            self._failed(error.what, error.option, error.advice)
        except GatepostError as error:
            first = error.problems[0]
            self._fail(Problem(str(error), first.place, first.advice), error.problems)
        except ImportError as error:
            advice = f"pip install 'gatepost[{entry.collector.extra}]'" if entry.collector.extra else ""
            self._failed(f"a library is not there: {error}", (), advice)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a library does, the other sources go on
            if self.settings.debug:
                traceback.print_exc()
            self._failed(f"{type(error).__name__}: {error}", (), "run it with `gatepost --debug` for more")
        self.seconds = round(time.monotonic() - begun, 3)
        progress.finished(entry.name, self.seconds, "failed" if self.collected is None else "collected")
        self._keep()

    def description(self) -> str:
        """Say in a few words what is read."""
        try:
            return self.clean(self.entry.collector.describe(self.entry.options))
        except Exception:  # noqa: BLE001 - what cannot be described may still be collected
            return ""

    def clean(self, text: str) -> str:
        """Take out credentials and what came from the environment."""
        return self.settings.config.known.message(text)

    def _context(self) -> Context:
        config, progress, name = self.settings.config, self.settings.progress, self.entry.name
        return Context(
            folder=config.folder,
            repository=config.repository,
            subject=config.subject,
            trusted=config.trusted,
            data_roots=config.data_roots,
            trusted_types=config.trusted_types,
            allow_model_code=config.allow_model_code,
            require_isolation=config.require_isolation,
            network=self.entry.network,
            say=lambda text: progress.said(name, text),
        )

    def _current_key(self) -> str | None:
        """Give the key of what would be collected now; none where that cannot be told, or has no snapshot."""
        context = self._context()
        try:
            fingerprint = self.entry.collector.fingerprint(self.entry.options, context)
        except Exception:  # noqa: BLE001 - what is wrong is said by the collector, when it collects
            return None
        return cache_key(self.entry, fingerprint, context) if fingerprint.cacheable else None

    def _keep(self) -> None:
        cache = self.settings.cache
        if cache is None or self._key is None or self.collected is None:
            return
        read = list(self.collected.read)
        if self.settings.config.known.within(read) != read:  # paths that hold a secret; without it, nothing is there
            return
        # What was read may have changed under way: then it is not known which state the result is of.
        if self._current_key() != self._key:
            return
        about = {"source": self.clean(self.entry.name), "description": self.description()}
        try:
            cache.put(self._key, self.collected, {**about, "at": self.started_at, "seconds": self.seconds})
        except GatepostError as error:
            self.settings.progress.warned(self.entry.name, f"the cache did not keep it: {error}")

    def _without_secrets(self, found: Collected) -> Collected:
        clean = self.settings.config.known.within
        return replace(
            found,
            sections=clean(dict(found.sections)),
            subject=clean(dict(found.subject)),
            locations={clean(at): replace(place, path=clean(place.path)) for at, place in found.locations.items()},
            uri=clean(found.uri),
            digest=clean(found.digest),
            notes=tuple(self.clean(note) for note in found.notes),
        )

    def _failed(self, what: str, option: tuple[str | int, ...], advice: str) -> None:
        entry = self.entry
        place = entry.option_place(option)
        failure = Problem(what.strip() or "it failed without a message", place, advice)
        shown = replace(failure, what=f"collector {entry.name}: {failure.what}", source_line=entry.source_line(place))
        self._fail(failure, (shown,))

    def _fail(self, failure: Problem, problems: Iterable[Problem]) -> None:
        clean = self.settings.config.known.problem
        self.failure = clean(failure)
        self.problems += map(clean, problems)


def check_consistency(found: Collected, entry: Place) -> None:
    """Refuse what contradicts itself; problems stand where the source says that the numbers come from.

    Raises:
        GatepostError: with every contradiction; ``entry`` is its place where the source names none.
    """
    problems = []
    for fault in contradictions(dict(found.sections)):
        above = (pointer(fault.path[1:length]) for length in range(len(fault.path), 1, -1))
        place = next((found.locations[at] for at in above if at in found.locations), entry)
        problems.append(Problem(fault.what.removeprefix("/evidence"), place, fault.advice))
    if problems:
        raise GatepostError(*problems)


def _unchanged(read: Mapping[str, str]) -> bool:
    """Tell whether local files and folders still have the digests that they had when they were read."""
    try:
        return all(tree_digest(Path(path)) == digest for path, digest in read.items())
    except OSError:
        return False


def stamp(moment: datetime.datetime) -> str:
    """Give a moment as evidence holds it: RFC 3339, UTC, whole seconds."""
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
