"""What a collector is: the plug point of ``gatepost.collectors``.

A collector is a module (or any object) with the attributes of :class:`Collector`. It imports its heavy library
inside :meth:`Collector.collect`, never at the top.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from gatepost.collect.digests import resolved_tree
from gatepost.paths import OutsideError, Roots, inside_repository
from gatepost.problems import Place

__all__ = ["Collected", "Collector", "CollectorError", "Context", "Fingerprint", "Option"]

Option = tuple[str | int, ...]
"""The path of an option in a collector's entry, to point at it."""


class CollectorError(Exception):
    """A collector could not do its work, for a reason a person can act on.

    ``option`` is the path of the option in the collector's entry that is to blame (``("prediction",)``), so
    that the message can point at it in gatepost.yaml; ``advice`` says what to do.
    """

    def __init__(self, what: str, *, option: Option = (), advice: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.option = option
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Context:
    """Where a collector runs.

    ``folder`` is the folder of gatepost.yaml, to which the paths in the options are relative; ``repository`` is
    the root of the repository, to which the paths in locations are relative. ``subject`` is what gatepost.yaml
    says of the subject. ``say`` reports progress on standard error.
    """

    folder: Path
    repository: Path
    subject: Mapping[str, Any] = field(default_factory=dict)
    say: Callable[[str], None] = lambda _text: None
    timeout_seconds: float = 1800.0
    memory_bytes: int = 8 * 1024**3
    trusted: Path | None = None
    """The root of what a trusted ref demands: see :meth:`demand`."""
    data_roots: tuple[str, ...] = ()
    """Absolute folders and addresses outside the repository that data and models may come from."""
    trusted_types: tuple[str, ...] = ()
    allow_model_code: bool = False
    require_isolation: bool = False
    network: bool = False
    """Whether the child process of this entry may open connections."""
    inputs: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    """In the child process: the paths of the entry's inputs, by kind and by what the option says."""
    in_child: bool = False

    def demand(self, value: str, option: Option = ()) -> Path:
        """Resolve a path to what is demanded of the data or the model (a suite of checks).

        A merge request must not judge itself by what it changed: where there is a trusted ref, its file is returned.

        Raises:
            CollectorError: as :meth:`path`.
        """
        return self.at_ref(value) or self.path(value, option)

    def at_ref(self, value: str) -> Path | None:
        """Return where the trusted ref's file for a path of gatepost.yaml is, which need not exist.

        None where there is no trusted ref, or the path lies outside of the repository: a merge request cannot change
        what lies there. The option says so in its schema, by ``"x-input": "demand"`` or ``"x-governed": true``.
        """
        inside = inside_repository(value, self.folder, self.repository)
        return None if self.trusted is None or inside is None else self.trusted / inside

    def path(self, value: str, option: Option = ()) -> Path:
        """Resolve a path of gatepost.yaml; it must stay inside the repository or a data root.

        Raises:
            CollectorError: the path leads outside, also by a symbolic link, or into a ``.git`` folder.
        """
        return self.check(Path(value), option)

    def check(self, path: Path, option: Option = ()) -> Path:
        """Resolve a path that was found (by a glob, in a folder, in stored data), as :meth:`path` does.

        A link keeps its own name, which tells the format of what it leads to.

        Raises:
            CollectorError: as :meth:`path`.
        """
        try:
            resolved = self.roots.resolve(path, self.folder)
        except OutsideError as error:
            raise CollectorError(error.what, option=option, advice=error.advice) from error
        plain = Path(os.path.normpath(self.folder / path))
        return plain if plain.resolve() == resolved else resolved

    def to_data(self) -> dict[str, Any]:
        """Return what the child process needs of this, as JSON has it."""
        kept = ("timeout_seconds", "memory_bytes", "allow_model_code", "require_isolation", "network")
        return {
            "folder": str(self.folder),
            "repository": str(self.repository),
            "subject": dict(self.subject),
            "trusted": None if self.trusted is None else str(self.trusted),
            "data_roots": list(self.data_roots),
            "trusted_types": list(self.trusted_types),
            **{key: getattr(self, key) for key in kept},
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Context:
        """Make a context of what :meth:`to_data` returned, and the ``inputs``."""
        paths = {key: Path(data[key]) for key in ("folder", "repository")}
        lists = {key: tuple(data[key]) for key in ("data_roots", "trusted_types")}
        inputs = {key: tuple(map(Path, found)) for key, found in data["inputs"].items()}
        trusted = None if data["trusted"] is None else Path(data["trusted"])
        return cls(**{**data, **paths, **lists, "inputs": inputs, "trusted": trusted})

    def check_tree(self, path: Path, option: Option = ()) -> tuple[Path, ...]:
        """Resolve a file, or a folder and what the links in it lead to, as :meth:`check` does each.

        Returns:
            all of them without links.

        Raises:
            CollectorError: as :meth:`path`.
        """
        return tuple(self.check(one, option) for one in resolved_tree(self.check(path, option)))

    @property
    def roots(self) -> Roots:
        """The places that may be read."""
        return Roots(self.repository, self.data_roots)

    def shown(self, path: Path) -> str:
        """Give a path as evidence and locations hold it: from the root of the repository, with ``/``."""
        plain = Path(os.path.normpath(path))
        for one in (plain, path.resolve()):
            for root in (self.repository, self.trusted):
                if root is not None and one.is_relative_to(root.resolve()):
                    return one.relative_to(root.resolve()).as_posix()
        return path.as_posix()


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a collector's result depends on, told without a heavy import.

    ``parts`` are names with digests or versions; equal parts mean an equal result. ``cacheable`` is false for
    what has no snapshot (a live server); ``reason`` then says why.
    """

    parts: Mapping[str, str]
    cacheable: bool = True
    reason: str = ""

    @classmethod
    def together(cls, found: Mapping[str, Fingerprint]) -> Fingerprint:
        """Put the fingerprints of several inputs together, each part under the name of its input."""
        parts = {f"{key}.{part}": value for key, one in found.items() for part, value in one.parts.items()}
        reason = next((one.reason for one in found.values() if not one.cacheable), "")
        return cls(parts, all(one.cacheable for one in found.values()), reason)


@dataclass(frozen=True, slots=True)
class Collected:
    """What a collector found.

    ``sections`` maps a section's name to its content, as the evidence schema has it; what is unknown is left
    out, never null. ``subject`` holds what the collector knows of the subject (version, uri, digest).
    ``locations`` maps JSON pointers into the sections (``/documentation/owner``, ``/data/checks/3``) to places
    with paths from the repository's root. ``uri`` (without credentials) and ``digest`` name what was read. ``read``
    are the local files and folders whose place only stored data tells (a model of MLflow), with their digests: what
    was collected before is only taken again where they are still the same.
    """

    sections: Mapping[str, Any]
    subject: Mapping[str, Any] = field(default_factory=dict)
    locations: Mapping[str, Place] = field(default_factory=dict)
    uri: str = ""
    digest: str = ""
    notes: tuple[str, ...] = ()
    read: Mapping[str, str] = field(default_factory=dict)

    def to_data(self) -> dict[str, Any]:
        """Return this as JSON has it."""
        places = {pointer: asdict(place) for pointer, place in self.locations.items()}
        kept = {"sections": self.sections, "subject": self.subject, "locations": places}
        return {**kept, "uri": self.uri, "digest": self.digest, "notes": list(self.notes), "read": dict(self.read)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Collected:
        """Make it of what :meth:`to_data` returned.

        Raises:
            KeyError, TypeError, AttributeError: it is of another shape.
        """
        places = {pointer: Place(**place) for pointer, place in data["locations"].items()}
        texts = (data["uri"], data["digest"], tuple(data["notes"]))
        return cls(data["sections"], data["subject"], places, *texts, dict(data["read"]))


class Collector(Protocol):
    """Fills sections of the evidence.

    ``options`` is the JSON Schema of the options under the collector's key in gatepost.yaml. An option with
    ``"x-input"`` names an input that a merge request can change, and moves the work into the child process (see
    :mod:`gatepost.collect.inputs`). ``extra`` names the extra that brings the heavy library, for the message when it
    is missing.
    """

    name: str
    version: str
    sections: tuple[str, ...]
    extra: str
    options: Mapping[str, Any]

    def describe(self, options: Mapping[str, Any]) -> str:
        """Say in a few words what this entry reads (``models:/credit-risk@candidate``), for progress."""
        ...

    def fingerprint(self, options: Mapping[str, Any], context: Context) -> Fingerprint:
        """Tell cheaply what the result depends on, without importing the heavy library."""
        ...

    def collect(self, options: Mapping[str, Any], context: Context) -> Collected:
        """Do the work.

        Raises:
            CollectorError: with what a person can do about it.
        """
        ...
