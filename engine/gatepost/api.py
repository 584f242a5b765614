"""The Python API: ``collect``, ``judge`` and ``load_policies``."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gatepost.evidence.document import Evidence, from_data, parse
from gatepost.judge.judging import Judge
from gatepost.located_yaml import read
from gatepost.policy.loading import load_policies as _load_policies
from gatepost.policy.model import PolicySet
from gatepost.policy.params import Assignment
from gatepost.policy.waivers import read_waiver_file
from gatepost.verdict import Verdict

__all__ = ["collect", "judge", "load_policies"]


def load_policies(*sources: str | Path, params: Mapping[str, Any] | None = None, base: str | Path = ".") -> PolicySet:
    """Load policies: files, folders, or ``profile/NAME`` for a profile that ships.

    ``params`` maps full names (``fairness.min_impact_ratio``) to values. Paths are relative to ``base``.

    Raises:
        GatepostError: with every mistake found, each with its file, line and column.
    """
    assigned = [Assignment.of_text(name, json.dumps(value), "the caller") for name, value in (params or {}).items()]
    return _load_policies([str(source) for source in sources], params=assigned, where=Path(base).joinpath)


def judge(
    evidence: Evidence | Mapping[str, Any] | str | Path,
    policies: PolicySet,
    *,
    now: datetime.datetime,
    waivers: str | Path | None = None,
    baseline: Evidence | Mapping[str, Any] | str | Path | None = None,
    context: Mapping[str, str] | None = None,
    max_findings: int = 100,
) -> Verdict:
    """Judge evidence: a document, plain data, or the path of a file.

    ``now`` is an aware time: the judge has no clock.

    Raises:
        GatepostError: the evidence, the waivers or an expression cannot be used.
    """
    document, path = _document(evidence)
    return Judge(policies).judge(
        document,
        now=now,
        waivers=() if waivers is None else read_waiver_file(read(Path(waivers)), policies),
        baseline=None if baseline is None else _document(baseline)[0],
        context=context,
        evidence_path=path,
        max_findings=max_findings,
    )


def _document(evidence: Evidence | Mapping[str, Any] | str | Path) -> tuple[Evidence, str]:
    if isinstance(evidence, Evidence):
        return evidence, "evidence.json"
    if isinstance(evidence, Mapping):
        return from_data(evidence, "evidence.json"), "evidence.json"
    return parse(Path(evidence).read_bytes(), str(evidence)), str(evidence)


def collect(config: str | Path = "gatepost.yaml") -> Evidence:
    """Collect the evidence that a gatepost.yaml asks for.

    Raises:
        GatepostError: the configuration is wrong, or a required source failed.
    """
    import os

    from gatepost.collect.running import collect as collect_all
    from gatepost.config import load

    collection = collect_all(load(Path(config), os.environ), now=lambda: datetime.datetime.now(datetime.UTC))
    collection.raise_failures()
    return collection.evidence
