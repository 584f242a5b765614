"""The MLmodel file of an MLflow model: its flavors, and the files that they name."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatepost.collect.interface import CollectorError

__all__ = ["MLmodel", "read_mlmodel"]

_MOST_BYTES = 10 * 1024**2
# The settings of a flavor that name files or folders, all relative to the model's folder.
_PATHS = frozenset(
    """
    pickled_model model_path model_data data code artifacts python_model model_code_path env conda virtualenv
    saved_model_dir saved_input_example_info artifact_path path model_binary tokenizer_binary components_binary
    model_config prompt_template extra_files requirements_file pickle_module_info
    """.split()
)


@dataclass(frozen=True, slots=True)
class MLmodel:
    """A model folder and what its MLmodel file says; ``name`` is how messages call the folder."""

    folder: Path
    name: str
    data: Mapping[str, Any]

    @property
    def flavors(self) -> Mapping[str, Any]:
        """The settings of each flavor."""
        flavors: Mapping[str, Any] = self.data["flavors"]
        return flavors

    def flavor(self, name: str) -> Mapping[str, Any] | None:
        """Return the settings of a flavor, or None for one that the model does not have."""
        found = self.flavors.get(name)
        return found if isinstance(found, dict) else None

    def file(self, value: Any) -> Path:
        """Return the file that a setting names.

        Raises:
            CollectorError: it lies outside the folder, or is not there.
        """
        path = _inside(self.folder, self.name, value)
        if not path.is_file():
            raise CollectorError(f"{self.name} lacks its file {value}", option=("model",))
        return path


def read_mlmodel(folder: Path, name: str) -> MLmodel:
    """Read the MLmodel file of a folder, and check the paths in it.

    Raises:
        CollectorError: it cannot be read, or names a file outside of the folder.
    """
    import yaml

    file = folder / "MLmodel"
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise CollectorError(f"the MLmodel file of {name} is larger than 10 MiB", option=("model",))
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        why = next(iter(str(error).strip().splitlines()), type(error).__name__)[:300]
        raise CollectorError(f"the MLmodel file of {name} cannot be read: {why}", option=("model",)) from error
    if not isinstance(data, dict) or not isinstance(data.get("flavors"), dict):
        raise CollectorError(f"the MLmodel file of {name} names no flavors", option=("model",))
    for value in _path_values(data["flavors"], False):
        _inside(folder, name, value)
    return MLmodel(folder, name, data)


def _path_values(settings: Any, named: bool) -> Iterator[str]:
    """Yield every text that stands below the name of a path; the address that an artifact came from is not one."""
    if isinstance(settings, dict):
        for key, value in settings.items():
            if key != "uri":
                yield from _path_values(value, named or key in _PATHS)
    elif isinstance(settings, list):
        for value in settings:
            yield from _path_values(value, named)
    elif named and isinstance(settings, str):
        yield settings


def _inside(folder: Path, name: str, value: Any) -> Path:
    steps = str(value).replace("\\", "/").split("/")
    path = folder / str(value)
    resolved = os.path.realpath(path)
    if not isinstance(value, str) or ".." in steps or not Path(resolved).is_relative_to(folder.resolve()):
        raise CollectorError(
            f"the MLmodel file of {name} names {value!r}, which is not a path inside the model's folder",
            option=("model",),
            advice="put the file into the model's folder, and name it relative to that",
        )
    return path
