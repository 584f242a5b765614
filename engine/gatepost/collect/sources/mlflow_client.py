"""Calling mlflow: without its noise, its long retries and its telemetry, and with errors a person can act on."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
from collections.abc import Iterator
from typing import Any

from gatepost.collect.interface import CollectorError
from gatepost.collect.process_wide import PROCESS_WIDE
from gatepost.collect.sources.mlflow_store import Stores
from gatepost.secrets import redacted, without_credentials

__all__ = ["calls", "open_client", "quiet"]

_FIXED = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # mlflow refuses folders of runs unless it is asked; reading them is harmless.
    "MLFLOW_ALLOW_FILE_STORE": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
# Its own defaults keep somebody waiting for minutes where a server is down. Who set these, is obeyed.
_PATIENCE = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
}
_LOGGERS = ("mlflow", "alembic", "sqlalchemy", "urllib3")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Import mlflow, and keep it silent, offline but for its stores, and impatient, until the end.

    Raises:
        CollectorError: mlflow is not installed.
    """
    with PROCESS_WIDE, _environment(), contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import mlflow  # noqa: F401 - it sets up its logging when it is imported
        except ImportError as error:
            raise CollectorError(
                "reading from MLflow needs mlflow", advice="pip install 'gatepost[mlflow]'"
            ) from error
        levels = {logger: logging.getLogger(logger).level for logger in _LOGGERS}
        try:
            for logger in _LOGGERS:
                logging.getLogger(logger).setLevel(logging.CRITICAL)
            yield
        finally:
            for logger, level in levels.items():
                logging.getLogger(logger).setLevel(level)


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    settings = _FIXED | {key: value for key, value in _PATIENCE.items() if key not in os.environ}
    before = {key: os.environ.get(key) for key in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def open_client(stores: Stores) -> Any:
    """Open both stores.

    Raises:
        CollectorError: mlflow cannot open them.
    """
    from mlflow import MlflowClient

    with calls(stores, "tracking_uri"):
        return MlflowClient(tracking_uri=stores.tracking, registry_uri=stores.registry)


@contextlib.contextmanager
def calls(stores: Stores, option: str, what: str = "") -> Iterator[None]:
    """Turn what mlflow raises into a :class:`CollectorError` that names the store.

    ``option`` is ``tracking_uri`` or ``registry_uri``; ``what`` says what was tried, where that is more telling.
    """
    uri = without_credentials(stores.registry if option == "registry_uri" else stores.tracking)
    blamed = option if stores.registry != stores.tracking else "tracking_uri"
    try:
        yield
    except CollectorError:
        raise
    except Exception as error:  # mlflow passes on whatever its back ends raise
        reason = _network_reason(error)
        if reason:
            raise CollectorError(
                f"the MLflow server {uri} does not answer: {reason}",
                option=(blamed,),
                advice="check the address and that the server runs: `mlflow server`",
            ) from error
        said = redacted(str(error)).strip().splitlines()
        head = what or f"MLflow cannot read {uri}"
        raise CollectorError(
            f"{head}: {said[0] if said else type(error).__name__}", option=(blamed,), advice=_advice(error)
        ) from error


def _network_reason(error: BaseException | None) -> str:
    """Give why a server was not reached, in a few words; nothing where that was not the trouble."""
    unreached = False
    for cause in _causes(error):
        kind = type(cause).__name__
        if kind in ("ConnectTimeout", "ReadTimeout", "ConnectTimeoutError", "ReadTimeoutError", "TimeoutError"):
            return "no answer in time"
        if kind in ("gaierror", "NameResolutionError"):
            return "no such host"
        if isinstance(cause, ConnectionError):
            return cause.strerror or kind
        unreached = unreached or (kind == "ConnectionError" and type(cause).__module__.startswith("requests"))
    return "no connection" if unreached else ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        reason = getattr(error, "reason", None)
        error = error.__cause__ or error.__context__ or (reason if isinstance(reason, BaseException) else None)


def _advice(error: BaseException) -> str:
    text = str(error)
    if getattr(error, "error_code", "") in ("UNAUTHENTICATED", "PERMISSION_DENIED") or "error code 40" in text:
        return "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
    if "schema" in text and "upgrade" in text:
        return "the database is of another version of MLflow: install that version, or run `mlflow db upgrade`"
    return ""
