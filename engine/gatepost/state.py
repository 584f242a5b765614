"""Where the state of a configuration lies: what its last run left, and its cache.

Each configuration has a folder of its own: ``gatepost.yaml`` has ``.gatepost`` beside it, ``NAME.yaml`` has
``.gatepost/NAME``. Any other name (``NAME.yml``, ``cache.yaml``) has ``.gatepost/@`` and its full name, so that no
two configurations share a folder and none gets that of another's files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from gatepost.files import opened, read_input, read_whole, replace_whole, write_whole
from gatepost.nofollow import checkout_above
from gatepost.problems import GatepostError, Place

__all__ = ["STATE_FOLDER", "LeftReport", "State", "read_file"]

STATE_FOLDER = ".gatepost"
_DEFAULT = "gatepost.yaml"
_OURS = ("cache", "evidence.json", "verdict.json", "baseline.json", "state.json")
_SCHEMA = "gatepost.state/1"
_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class LeftReport:
    """A report that a run left: its format, and its path from the root of the checkout, with ``/``."""

    format: str
    path: str


@dataclass(frozen=True, slots=True)
class State:
    """The state of the configuration at a path, which need not exist. Paths are seen from the working folder."""

    config: str

    @property
    def top(self) -> Path:
        """The folder ``.gatepost``, which holds the state of all configurations beside it."""
        return Path(self.config).parent / STATE_FOLDER

    @property
    def folder(self) -> Path:
        """The folder of this configuration's state."""
        name = Path(self.config).name
        return self.top if name == _DEFAULT else self.top / _own(name)

    @property
    def evidence(self) -> Path:
        """The evidence of the last run."""
        return self.folder / "evidence.json"

    @property
    def verdict(self) -> Path:
        """The verdict of the last run."""
        return self.folder / "verdict.json"

    @property
    def baseline(self) -> Path:
        """The champion's evidence, where the last run collected it."""
        return self.folder / "baseline.json"

    @property
    def cache(self) -> Path:
        """The folder of what earlier runs collected."""
        return self.folder / "cache"

    @property
    def report_list(self) -> Path:
        """The list of the reports that the last run left."""
        return self.folder / "state.json"

    @property
    def checkout(self) -> Path:
        """The folder in which no link is followed: the checkout, or what stands for it where there is no ``.git``."""
        folder, here = Path(self.config).parent.resolve(), Path.cwd()
        above = checkout_above(folder)
        if above is None and here != here.parent and folder.is_relative_to(here):
            return here
        return above or folder

    def is_wanted(self) -> bool:
        """Tell whether there is something to keep state of; a path that is mistyped gets no folder."""
        return Path(self.config).is_file() or self.folder.is_dir()

    def prepare(self) -> None:
        """Make the folder, which git shall not see.

        Raises:
            GatepostError: it cannot be written, or is or lies behind a symbolic link.
        """
        ignore = self.top / ".gitignore"
        try:
            read_whole(ignore, self.checkout)
        except OSError:  # it is not there, or is nothing that git would read
            write_whole(ignore, "*\n", self.checkout)

    def write(self, path: Path, content: str | bytes) -> None:
        """Write a file whole.

        Raises:
            GatepostError: as :func:`gatepost.files.write_whole`.
        """
        write_whole(path, content, self.checkout)

    def left_reports(self) -> tuple[LeftReport, ...]:
        """Return the reports that the last run left in the checkout.

        Raises:
            GatepostError: the list is not one that a run writes; a merge request may have brought it along.
        """
        try:
            with opened(self.report_list, self.checkout) as descriptor:
                content = os.read(descriptor, _MAX_BYTES)
            data = json.loads(content)
            if data["schema"] != _SCHEMA:
                raise ValueError("unknown schema")
            return tuple(_left_report(**one) for one in data["reports"])
        except FileNotFoundError:
            return ()
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            what = f"{self.report_list} is not a list of reports that a run left"
            raise GatepostError.of(what, Place(str(self.report_list)), "remove it") from error

    def write_list(self, reports: Iterable[LeftReport]) -> None:
        """Write the list of the reports that a run leaves.

        Raises:
            GatepostError: as :meth:`write`.
        """
        self.write(self.report_list, _list_text(reports))

    def shorten_list(self, reports: Iterable[LeftReport]) -> None:
        """Take from the list what does not stand there any more.

        Raises:
            GatepostError: as :meth:`write`.
        """
        replace_whole(self.report_list, _list_text(reports), self.checkout)

    def left_report(self, form: str, path: str) -> LeftReport | None:
        """Return the entry of a report at a path from the working folder; None where it is not in the checkout."""
        real = Path(os.path.realpath(Path(path).parent)) / Path(path).name
        inside = real.is_relative_to(self.checkout)
        return LeftReport(form, real.relative_to(self.checkout).as_posix()) if inside else None


def _list_text(reports: Iterable[LeftReport]) -> str:
    return json.dumps({"schema": _SCHEMA, "reports": [asdict(one) for one in reports]}, indent=1) + "\n"


def _left_report(format: str, path: str) -> LeftReport:
    """Check an entry of the list.

    Raises:
        ValueError: it leaves the checkout, or is not text.
    """
    if not (isinstance(format, str) and isinstance(path, str)):
        raise ValueError("not a text")
    if not path or "\0" in path or path.startswith(("/", "../")) or os.path.normpath(path) != path or path == "..":
        raise ValueError("not a path in the checkout")
    return LeftReport(format, path)


def read_file(path: Path) -> bytes:
    """Read a file that a command is given; one that a run left (in ``.gatepost``) is not read through a link.

    Raises:
        GatepostError: it lies in ``.gatepost``, and it or a folder on the way is a symbolic link of the checkout.
        OSError: it cannot be read.
    """
    parts = path.parts
    if STATE_FOLDER not in parts:
        return read_input(path)
    above = Path(*parts[: parts.index(STATE_FOLDER)])
    return read_whole(path, above)


def _own(name: str) -> str:
    """Return the name of a configuration's folder, a different one for each name of a file."""
    stem = name.removesuffix(".yaml")
    plain = stem != name and stem and not stem.startswith((".", "@")) and stem not in _OURS
    return stem if plain else f"@{name}"
