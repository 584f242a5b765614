"""Where the state of a configuration lies: what its last run left, and its cache.

Each configuration has a folder of its own: ``gatepost.yaml`` has ``.gatepost`` beside it, ``NAME.yaml`` has
``.gatepost/NAME``. Any other name (``NAME.yml``, ``cache.yaml``) has ``.gatepost/@`` and its full name, so that no
two configurations share a folder and none gets that of another's files.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gatepost.files import read_input, read_whole, write_whole
from gatepost.nofollow import checkout_above

__all__ = ["STATE_FOLDER", "State", "read_file"]

STATE_FOLDER = ".gatepost"
_DEFAULT = "gatepost.yaml"
_OURS = ("cache", "evidence.json", "verdict.json", "baseline.json")


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
