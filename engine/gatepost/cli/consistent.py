"""Reading what earlier commands left: a verdict and its evidence, with the check that nothing was edited since."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from gatepost.cli.judging import read_evidence
from gatepost.evidence.document import Evidence
from gatepost.judge.consistency import Check, check_evidence, check_verdict
from gatepost.problems import GatepostError, Place
from gatepost.state import read_file
from gatepost.verdict import Verdict
from gatepost.verdict_reading import parse

__all__ = [
    "evidence_of",
    "read_judged",
    "read_past",
    "read_verdict",
    "require_consistent",
    "same_evidence",
    "verdict_beside",
]

_VERDICT = "verdict.json"


def read_past(path: str | None) -> bytes | None:
    """Return the content of an earlier verdict, before the place where it stands is written to.

    None where there is none, or it cannot be read: :func:`read_verdict` says why.
    """
    try:
        return None if path is None else read_file(Path(path))
    except (OSError, GatepostError):
        return None


def read_verdict(path: str, where: Callable[[str], Path] = Path, content: bytes | None = None) -> Verdict:
    """Read a verdict file; ``where`` gives the file that is read for a path, ``content`` is what stood at the path.

    Raises:
        GatepostError: it cannot be read, is not a verdict, or is damaged.
    """
    if content is None or where(path) != Path(path):
        content = _content(path, where)
    return parse(content, path)


def _content(path: str, where: Callable[[str], Path]) -> bytes:
    try:
        return read_file(where(path))
    except OSError as error:
        advice = "`gatepost run --report json=FILE` makes one" if isinstance(error, FileNotFoundError) else ""
        raise GatepostError.of(f"cannot read {path}: {error.strerror or error}", Place(path), advice) from error


def require_consistent(checks: Iterable[Check], path: str) -> None:
    """Refuse a verdict that was edited; ``path`` is where it was read.

    Raises:
        GatepostError: a check is inconsistent; the first is told.
    """
    wrong = [check for check in checks if check.state == "inconsistent"]
    if wrong:
        more = f" ({len(wrong) - 1} more)" if len(wrong) > 1 else ""
        what = f"the verdict is inconsistent: {wrong[0].what}: {wrong[0].detail}{more}"
        advice = "judge again with `gatepost run`; `gatepost verify` lists every check"
        raise GatepostError.of(what, Place(path), advice)


def evidence_of(verdict: Verdict, path: str) -> tuple[Check, ...]:
    """Check a verdict, which was read at ``path``, against the evidence that lies beside it or where it says.

    Evidence with another digest that belongs to another verdict beside it, as that of a later run, is not compared.
    """
    named = verdict.evidence.get("path", "")
    if not named:
        return check_evidence(verdict, "the verdict names no evidence")
    reason = f"{named} is not there"
    wrong: tuple[Check, ...] = ()
    for place in _places(verdict, path):
        try:
            found = read_evidence(place)
        except GatepostError:
            unreadable = Check("evidence", "inconsistent", f"{place} is not evidence any more")
            wrong = wrong or (unreadable, *check_evidence(verdict, "the evidence cannot be read")[1:])
            continue
        if found.digest == verdict.evidence.get("digest"):
            return check_evidence(verdict, found, place)
        if _has_own_verdict(place, found, path):
            reason = f"{place} is that of another verdict"
        else:
            wrong = wrong or check_evidence(verdict, found, place)
    return wrong or check_evidence(verdict, reason)


def same_evidence(verdict: Verdict, path: str) -> Evidence | None:
    """Return the evidence that a verdict, which was read at ``path``, names, where it is there unchanged."""
    for place in _places(verdict, path):
        try:
            found = read_evidence(place)
        except GatepostError:
            continue
        if found.digest == verdict.evidence.get("digest"):
            return found
    return None


def _places(verdict: Verdict, path: str) -> list[str]:
    """Return where the evidence of a verdict may lie: beside the verdict, or where it says."""
    named = verdict.evidence.get("path", "")
    both = (str(Path(path).parent / Path(named).name), os.path.normpath(named)) if named else ()
    return [place for place in dict.fromkeys(both) if _is_file(Path(place))]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long
        return False


def _has_own_verdict(place: str, evidence: Evidence, path: str) -> bool:
    beside = Path(place).with_name(_VERDICT)
    if not _is_file(beside) or beside.samefile(path):
        return False
    try:
        return read_verdict(str(beside)).evidence.get("digest") == evidence.digest
    except GatepostError:
        return False


def verdict_beside(path: str, evidence: Evidence, where: Callable[[str], Path] = Path) -> Verdict | None:
    """Return the verdict on an evidence file that lies beside it, where there is one that names the file.

    Raises:
        GatepostError: the verdict is damaged or inconsistent, or the evidence is not the one that was judged.
    """
    beside = str(Path(path).parent / _VERDICT)
    try:
        if not _is_file(where(beside)):
            return None
    except GatepostError:  # a trusted ref does not have it
        return None
    content = _content(beside, where)
    if b'"gatepost.verdict/' not in content:
        return None
    verdict = parse(content, beside)
    named = verdict.evidence.get("path", "")
    if Path(named).name != Path(path).name:
        return None
    require_consistent((*check_verdict(verdict), *check_evidence(verdict, evidence, path)), beside)
    return verdict


def read_judged(path: str, where: Callable[[str], Path] = Path) -> Evidence:
    """Read evidence, such as a baseline, that a verdict beside it may name.

    Raises:
        GatepostError: it cannot be read, or as :func:`verdict_beside`.
    """
    found = read_evidence(path, where)
    verdict_beside(path, found, where)
    return found
