"""Whether evidence from a file may be judged: it is of the expected subject, and its time fits."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Mapping
from pathlib import Path

from gatepost.config import configured_subject
from gatepost.evidence.document import Evidence
from gatepost.problems import GatepostError, Place
from gatepost.text import harmless

__all__ = ["CLOCK_SKEW", "check_configured_subject", "check_subject", "check_time", "parse_age"]

CLOCK_SKEW = datetime.timedelta(minutes=5)
"""How far the clock of the machine that collected may be ahead of ``now``."""
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def parse_age(text: str | None) -> datetime.timedelta | None:
    """Read the value of ``--max-age``, such as ``24h``.

    Raises:
        GatepostError: it is not a number with a unit.
    """
    if text is None:
        return None
    found = re.fullmatch("([1-9][0-9]{0,5})([mhd])", text, re.ASCII)
    if found is None:
        what = f'invalid --max-age value "{harmless(text)}": expected a number and a unit'
        raise GatepostError.of(what, advice="m, h or d for minutes, hours or days: --max-age 24h, --max-age 7d")
    return datetime.timedelta(**{_UNITS[found[2]]: int(found[1])})


def check_subject(evidence: Evidence, path: str, wanted: str | None) -> None:
    """Refuse evidence of another subject than ``--subject`` names; its version counts where ``wanted`` has one.

    Raises:
        GatepostError: with both names.
    """
    name = str(evidence.subject["name"])
    if wanted is not None and wanted not in (name, f"{name}@{evidence.subject.get('version', '')}"):
        what = f"{path} is evidence of {_shown(evidence.subject)}, and --subject names {harmless(wanted)}"
        raise GatepostError.of(what, Place(path), "judge the evidence of that subject, or change --subject")


def check_configured_subject(evidence: Evidence, path: str, config: str | None) -> None:
    """Refuse evidence of another subject than the configuration names.

    ``config`` is the value of ``--config``; without it, the gatepost.yaml of the working folder counts, if any.

    Raises:
        GatepostError: with both names; or the configuration cannot be read.
    """
    file = config or "gatepost.yaml"
    if config is not None and not Path(config).is_file():
        raise GatepostError.of(f"there is no {harmless(config)}", Place(config), "--config names a configuration")
    wanted = configured_subject(Path(file), os.environ)
    if any(evidence.subject.get(key) != value for key, value in wanted.items()):
        found = _shown(evidence.subject)
        what = f"{path} is evidence of {found}, and {file} names {_shown(wanted)}"
        advice = (
            f"if it is meant: --subject {found}; or name the configuration that it was collected by: --config FILE"
        )
        raise GatepostError.of(what, Place(path), advice)


def check_time(evidence: Evidence, path: str, now: datetime.datetime, max_age: datetime.timedelta | None) -> None:
    """Refuse evidence that was collected after ``now``, or longer than ``max_age`` before.

    Raises:
        GatepostError: also where it does not state when it was collected, and ``max_age`` requires that.
    """
    if evidence.collected_at is None:
        if max_age is None:
            return
        what = f"{path} does not state when it was collected, which --max-age requires"
        raise GatepostError.of(what, Place(path), "collect it with `gatepost collect`, which writes `collected_at`")
    try:
        age = now - datetime.datetime.fromisoformat(evidence.collected_at)
    except ValueError as error:  # a leap second, which RFC 3339 allows
        what = f"{path}: `collected_at` is {evidence.collected_at}, a time that clocks do not show"
        raise GatepostError.of(what, Place(path), "use the second before") from error
    if -age > CLOCK_SKEW:
        what = f"{path} was collected at {evidence.collected_at}, {_duration(-age)} after now ({_stamp(now)})"
        advice = "to judge a past run again, use the time of its verdict: --now TIME; else check the machine's clock"
        raise GatepostError.of(what, Place(path), advice)
    if max_age is not None and age > max_age:
        what = f"{path} was collected {_duration(age)} ago, at {evidence.collected_at}"
        what = f"{what}; --max-age allows {_duration(max_age)}"
        raise GatepostError.of(what, Place(path), "collect it again")


def _shown(subject: Mapping[str, object]) -> str:
    """Return a subject as ``--subject`` takes it."""
    return "@".join(harmless(str(subject[key])) for key in ("name", "version") if key in subject)


def _duration(length: datetime.timedelta) -> str:
    """Return a length of time in its largest whole unit, cut."""
    seconds = int(length.total_seconds())
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        number = seconds // size
        if number or unit == "second":
            break
    return f"{number} {unit}{'' if number == 1 else 's'}"


def _stamp(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
