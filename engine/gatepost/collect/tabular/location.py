"""Where a table lies: files of the repository, or a database; told without opening it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from gatepost.collect.digests import file_digest, text_digest
from gatepost.collect.interface import CollectorError, Context, Fingerprint, Option
from gatepost.problems import did_you_mean
from gatepost.secrets import without_credentials

__all__ = [
    "SUFFIXES",
    "checked",
    "database_file",
    "files",
    "files_of",
    "fingerprint",
    "is_database",
    "is_pattern",
    "located",
    "of_one_kind",
    "one_file",
    "plain",
    "shown_name",
    "table_files",
]

SUFFIXES = (".parquet", ".pq", ".csv", ".tsv", ".arrow", ".feather", ".ipc")
_URL = re.compile(r"[a-z][a-z0-9+]*:(//|$)", re.IGNORECASE)
_DATASET = "mlflow:"
_FILE_DATABASE = re.compile(r"(?:duckdb|sqlite)(?:\+\w+)?:///(?P<path>[^?]+)", re.IGNORECASE)


def is_database(written: str) -> bool:
    """Tell whether ``data`` names a database (``postgresql://...``) rather than files."""
    return bool(_URL.match(written))


def shown_name(written: str) -> str:
    """Give how evidence and messages call the table."""
    return without_credentials(written)


def database_file(written: str, context: Context, option: Option) -> Path | None:
    """Give the file of an embedded database; none where it is a server.

    Raises:
        CollectorError: it is not there, or outside the repository.
    """
    found = _FILE_DATABASE.match(written)
    if not found:
        return None
    if f"table {written}" in context.inputs:
        return context.inputs[f"table {written}"][0]
    path = context.path(found["path"], option)
    if not path.is_file():
        raise CollectorError(f"there is no file {found['path']}", option=option)
    return path


def files(written: str, context: Context, option: Option) -> list[Path]:
    """Give the files that a path, a folder or a glob (``part-*.parquet``, ``**/*.parquet``) finds, sorted.

    Raises:
        CollectorError: there are none, or they are of several or of unknown kinds.
    """
    if f"table {written}" in context.inputs:
        return list(context.inputs[f"table {written}"])
    start, pattern = _split(written, context.folder)
    path = context.path(start, option)
    if pattern:
        found = sorted(path.glob(pattern))
    elif path.is_dir():
        found = sorted(file for suffix in SUFFIXES for file in path.rglob(f"*{suffix}"))
    else:
        found = [path]
    if not any(map(_is_data, found)):
        near = did_you_mean(path.name, [p.name for p in path.parent.glob("*")] if path.parent.is_dir() else [])
        kinds = f"it has none that ends in {', '.join(SUFFIXES)}" if path.is_dir() else near
        what = f"there is no table in {written}" if path.is_dir() else f"there is no file {written}"
        raise CollectorError(what, option=option, advice=kinds)
    return checked(found, written, context, option)


def table_files(written: str, context: Context, option: Option, tracking_uri: str | None = None) -> list[Path]:
    """Return all files that a table is read from: none for a database on a server.

    Raises:
        CollectorError: there are none, or one lies outside of what may be read.
    """
    found = located(written, context, option, tracking_uri)
    if isinstance(found, list):
        return found
    if not is_database(found):
        return files(found, context, option)
    file = database_file(found, context, option)
    return [] if file is None else [context.check(path, option) for path in files_of(file)]


def files_of(file: Path) -> list[Path]:
    """Return the files of an embedded database: its own, and the logs beside it, which are a part of it."""
    beside = (file.with_name(f"{file.name}{end}") for end in ("-wal", ".wal", "-journal"))
    return [file, *(path for path in beside if path.is_file())]


def one_file(data: str | list[Path], written: str, context: Context, option: Option) -> Path:
    """Give the file that a model shall predict.

    Raises:
        CollectorError: it is a database, or several files.
    """
    if isinstance(data, str) and is_database(data):
        raise CollectorError("a model predicts a file, not a query", option=option, advice="export the rows first")
    found = files(data, context, option) if isinstance(data, str) else data
    if len(found) != 1:
        what = f"a model predicts one file, and {written} finds {len(found)}"
        raise CollectorError(what, option=option, advice="put the rows into one file")
    return found[0]


def checked(found: list[Path], written: str, context: Context, option: Option) -> list[Path]:
    """Return the files that hold data, without hidden ones.

    Raises:
        CollectorError: one lies outside of what may be read, or as :func:`of_one_kind`.
    """
    return of_one_kind([context.check(file, option) for file in found if _is_data(file)], written, option)


def of_one_kind(found: list[Path], written: str, option: Option) -> list[Path]:
    """Return the files that hold data, without hidden ones.

    Raises:
        CollectorError: they are of several or of unknown kinds, or one is empty.
    """
    found = [file for file in found if _is_data(file)]
    kinds_found = {file.suffix.lower() for file in found}
    if len(kinds_found) > 1:
        what = f"{written} finds files of several kinds: {', '.join(sorted(kinds_found))}"
        raise CollectorError(what, option=option, advice="name one kind, as in data/*.parquet")
    if not kinds_found <= set(SUFFIXES):
        what = f"{written} is no kind of table that Gatepost reads"
        raise CollectorError(what, option=option, advice=f"it reads {', '.join(SUFFIXES)}")
    if any(file.stat().st_size == 0 for file in found):
        raise CollectorError(f"{written} is empty", option=option)
    return found


def located(
    written: str, context: Context, option: Option = ("data",), tracking_uri: str | None = None
) -> str | list[Path]:
    """Give the files of a data set of MLflow (``mlflow:NAME``); anything else as it is written.

    Raises:
        CollectorError: there is no such data set.
    """
    if not written.startswith(_DATASET):
        return written
    if f"table {written}" in context.inputs:
        return list(context.inputs[f"table {written}"])
    from gatepost.collect.tabular.datasets import dataset_files

    return dataset_files(written, tracking_uri, context, option)


def fingerprint(written: str, context: Context, option: Option = ("data",)) -> Fingerprint:
    """Give the digests of the files; a database on a server has no snapshot.

    Raises:
        CollectorError: there are no such files.
    """
    if written.startswith(_DATASET):
        return Fingerprint({}, False, "where MLflow keeps a data set is not told without asking it")
    if not is_database(written):
        return Fingerprint({context.shown(file): file_digest(file) for file in files(written, context, option)})
    file = database_file(written, context, option)
    if file is None:
        return Fingerprint({}, False, "a database on a server may change at any time")
    digests = "\n".join(file_digest(context.check(path, option)) for path in files_of(file))
    return Fingerprint({context.shown(file): text_digest(digests)})


def _is_data(file: Path) -> bool:
    return file.is_file() and not file.name.startswith((".", "_"))


def is_pattern(name: str) -> bool:
    """Tell whether a name has a sign that makes it a pattern."""
    return plain(name) != name


def plain(name: str) -> str:
    """Return a name without the signs of a pattern."""
    return re.sub(r"[*?\[]", "_", name)


def _split(written: str, folder: Path) -> tuple[str, str]:
    """Split a glob into the folder before the first part with a wildcard, and the rest.

    A part is no wildcard where a file or folder has that very name.
    """
    parts = written.split("/")
    for index, part in enumerate(parts):
        if is_pattern(part) and not os.path.lexists(folder / "/".join(parts[: index + 1])):
            return "/".join(parts[:index]) or ".", "/".join(parts[index:])
    return written, ""
