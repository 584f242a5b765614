"""Turning what MLflow holds into the shapes of the evidence."""

from __future__ import annotations

import datetime
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatepost.collect.digests import file_digest, files_below
from gatepost.collect.interface import CollectorError, Context
from gatepost.collect.requirements import conda_pins, pip_pins
from gatepost.secrets import without_credentials

__all__ = ["Software", "environment", "model_files", "moment", "run_facts", "saved_model"]

_SEEDS = ("seed", "random_state", "random_seed")
_LIBRARIES = {"pytorch": "torch", "sentence_transformers": "sentence-transformers"}
_FORMATS = {
    ".bin": "binary",
    ".h5": "hdf5",
    ".joblib": "joblib",
    ".json": "json",
    ".keras": "keras",
    ".md": "text",
    ".npy": "numpy",
    ".npz": "numpy",
    ".onnx": "onnx",
    ".parquet": "parquet",
    ".pb": "protobuf",
    ".pickle": "pickle",
    ".pkl": "pickle",
    ".pt": "torch",
    ".pth": "torch",
    ".py": "python",
    ".safetensors": "safetensors",
    ".skops": "skops",
    ".txt": "text",
    ".yaml": "yaml",
    ".yml": "yaml",
}


def moment(milliseconds: int) -> str:
    """Give milliseconds since 1970 as RFC 3339 in UTC."""
    at = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def run_facts(run: Any, context: Context) -> tuple[dict[str, Any], list[str]]:
    """Give ``training`` as a run has it, and notes on what was left out."""
    notes: list[str] = []
    facts: dict[str, Any] = {"run_id": run.info.run_id}
    tags = run.data.tags
    user = run.info.user_id or tags.get("mlflow.user")
    if user:
        facts["user"] = user
    if run.info.start_time:
        facts["started_at"] = moment(run.info.start_time)
    if run.info.end_time:
        facts["ended_at"] = moment(run.info.end_time)
    if run.info.status != "FINISHED":
        notes.append(f"the run is {run.info.status}, not FINISHED")
    if run.data.params:
        facts["params"] = dict(run.data.params)
        facts |= _seed(run.data.params, notes)
    metrics = {key: value for key, value in run.data.metrics.items() if math.isfinite(value)}
    lost = sorted(set(run.data.metrics) - set(metrics))
    if metrics:
        facts["metrics"] = metrics
    if lost:
        notes.append(f"metrics that are no finite number: {', '.join(lost)}")
    git = {"commit": tags.get("mlflow.source.git.commit", "")}
    git["remote"] = without_credentials(tags.get("mlflow.source.git.repoURL", ""))
    if any(git.values()):
        facts["git"] = {key: value for key, value in git.items() if value}
    datasets = [_dataset(entry, context) for entry in (run.inputs.dataset_inputs if run.inputs else ())]
    if datasets:
        facts["datasets"] = datasets
    return facts, notes


def _seed(params: Mapping[str, str], notes: list[str]) -> dict[str, int]:
    """Find the seed: a param of that name, else one of a step of a pipeline (``clf__random_state``)."""
    own = {value for key, value in params.items() if key.lower() in _SEEDS}
    nested = {value for key, value in params.items() if key.lower().rpartition("__")[2] in _SEEDS}
    for values in (own, nested):
        numbers = sorted(int(value) for value in values if re.fullmatch(r"-?[0-9]{1,18}", value))
        if len(numbers) == 1:
            return {"seed": numbers[0]}
        if numbers:
            notes.append(f"no seed: the params have several ({', '.join(map(str, numbers))})")
            break
    return {}


def _dataset(entry: Any, context: Context) -> dict[str, Any]:
    data = entry.dataset
    facts: dict[str, Any] = {"name": data.name}
    role = next((tag.value for tag in entry.tags if tag.key == "mlflow.data.context"), "")
    source = _source(_json(data.source), context)
    rows = _json(data.profile).get("num_rows")
    found = {"role": role, "digest": data.digest, "source": source}
    facts |= {key: value for key, value in found.items() if value}
    if isinstance(rows, int) and rows >= 0:
        facts["rows"] = rows
    return facts


def _source(source: Mapping[str, Any], context: Context) -> str:
    """Give where a data set lies; a file of the repository by its path in it."""
    for key in ("uri", "url", "path", "table_name", "delta_table_name"):
        value = source.get(key)
        if isinstance(value, str) and value:
            local = Path(value.removeprefix("file://"))
            return context.shown(local) if local.is_absolute() else without_credentials(value)
    return ""


def _json(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def saved_model(folder: Path, uri: str) -> dict[str, Any]:
    """Give ``framework``, ``flavor`` and ``signature`` from the ``MLmodel`` file; nothing is loaded.

    Raises:
        CollectorError: the file is not there, or cannot be read.
    """
    from mlflow.models import Model

    if not (folder / "MLmodel").is_file():
        there = ", ".join(sorted(entry.name for entry in folder.iterdir())[:5])
        raise CollectorError(
            f"the files of {uri} have no MLmodel file",
            option=("model",),
            advice=f"there is: {there}" if there else "the folder is empty",
        )
    try:
        model = Model.load(str(folder))
        signature = model.signature.to_dict() if model.signature is not None else {}
        flavors = [flavor for flavor in model.flavors if flavor != "python_function"]
    except Exception as error:  # whatever a damaged file makes mlflow raise
        raise CollectorError(f"cannot read the MLmodel file of {uri}: {error}", option=("model",)) from error
    facts: dict[str, Any] = {"flavor": "python_function"} if model.flavors else {}
    if flavors:
        facts = {"flavor": flavors[0], "framework": _LIBRARIES.get(flavors[0], flavors[0])}
    columns = {part: _columns(text) for part, text in signature.items() if isinstance(text, str)}
    columns = {part: found for part, found in columns.items() if found}
    return facts | ({"signature": columns} if columns else {})


def _columns(text: str) -> list[dict[str, Any]]:
    """Give the columns of a part of the signature, which mlflow writes as JSON."""
    found = []
    for column in json.loads(text):
        tensor = column.get("tensor-spec", {})
        kind = tensor.get("dtype") or column.get("type") or column.get("dtype")
        facts = {"name": column.get("name"), "type": kind, "required": column.get("required")}
        facts["shape"] = tensor.get("shape") or column.get("shape")
        found.append({key: value for key, value in facts.items() if value is not None})
    return found


def model_files(folder: Path) -> list[dict[str, Any]]:
    """Give ``path`` (from the folder), ``sha256``, ``format`` and ``size_bytes`` of each file.

    Raises:
        CollectorError: a file cannot be read.
    """
    try:
        return [
            {
                "path": relative,
                "sha256": file_digest(path).removeprefix("sha256:"),
                "format": _format(path),
                "size_bytes": path.stat().st_size,
            }
            for relative, path in files_below(folder)
            if path.is_file()
        ]
    except OSError as error:
        raise CollectorError(f"cannot read a file of the model: {error}", option=("model",)) from error


def _format(path: Path) -> str:
    """Tell the format by the name, but a pickle by its first bytes, whatever it is called."""
    with path.open("rb") as stream:
        head = stream.read(2)
    known = _FORMATS.get(path.suffix.lower(), "")
    if head[:1] == b"\x80" and head[1:] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return known if known in ("joblib", "torch") else "pickle"
    if path.name == "MLmodel":
        return "yaml"
    return known or "unknown"


@dataclass(frozen=True, slots=True)
class Software:
    """``training.environment``, and notes on what it leaves open."""

    facts: dict[str, Any]
    notes: tuple[str, ...] = ()


def environment(folder: Path) -> Software:
    """Read the software that was logged with a model: ``python``, ``packages``, ``locked`` and ``unpinned``.

    Everything that MLflow would install counts: ``requirements.txt`` (without one, the ``pip`` part of
    ``conda.yaml``), the dependencies of ``python_env.yaml``, and those of ``conda.yaml`` outside ``pip``. ``locked``
    is whether all of it is pinned.
    """
    loose: list[str] = []
    conda, python_env = (_yaml(folder / name, loose) for name in ("conda.yaml", "python_env.yaml"))
    specs, conda_pip = _conda(conda, loose)
    own = [str(line) for line in _list(python_env.get("dependencies")) if line != "-r requirements.txt"]
    requirements = folder / "requirements.txt"
    if requirements.is_file():
        lines = requirements.read_text("utf-8-sig", errors="replace").splitlines()
    else:
        lines = conda_pip
    packages: dict[str, str] = {}
    for pins in (conda_pins(specs), pip_pins(own), pip_pins(lines)):
        packages |= pins.packages
        loose += pins.loose
    python = python_env.get("python") or next(filter(None, map(_python_version, specs)), None)
    facts: dict[str, Any] = {"python": str(python)} if python else {}
    if packages:
        facts["packages"] = packages
    if packages or loose:
        facts["locked"] = not loose
    if not loose:
        return Software(facts)
    unpinned = list(dict.fromkeys(loose))
    return Software(facts | {"unpinned": unpinned}, (f"not pinned to one version: {', '.join(unpinned)}",))


def _conda(conda: Mapping[str, Any], loose: list[str]) -> tuple[list[str], list[Any]]:
    """Return the dependencies outside ``pip``, and those in it; what is neither is loose."""
    specs, lines = [], []
    for entry in _list(conda.get("dependencies")):
        if isinstance(entry, str):
            specs.append(entry)
        elif isinstance(entry, dict) and set(entry) == {"pip"}:
            lines += _list(entry["pip"])
        else:
            loose.append(f"{entry} (conda.yaml)")
    return specs, lines


def _python_version(spec: str) -> str | None:
    found = re.fullmatch(r"(?:\S+::)?python\s*==?\s*([0-9.]+)(?:=\S+)?", spec.strip())
    return found[1] if found else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _yaml(path: Path, unreadable: list[str]) -> dict[str, Any]:
    import yaml

    try:
        found = yaml.safe_load(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, yaml.YAMLError, RecursionError):
        found = None
    if isinstance(found, dict):
        return found
    unreadable.append(f"{path.name} (cannot be read)")
    return {}
