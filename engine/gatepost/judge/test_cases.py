"""What the judge is given for a test of a policy: evidence inline or from a file, with its changes."""

from __future__ import annotations

import copy
import datetime
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gatepost.evidence.custom import Custom
from gatepost.evidence.document import Evidence, from_data, parse
from gatepost.evidence.pointers import pointer
from gatepost.files import read_input
from gatepost.paths import leads_out
from gatepost.policy.model import InForce, Policy, PolicySet, Waiver
from gatepost.policy.params import resolve
from gatepost.policy.test_files import Change, PolicyTest
from gatepost.policy.waivers import read_waivers
from gatepost.problems import GatepostError, Place

__all__ = ["Case", "prepare"]

_NOW = "2026-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Case:
    """What the judge is given for a test."""

    policies: PolicySet
    evidence: Evidence
    baseline: Evidence | None
    now: datetime.datetime
    waivers: tuple[Waiver, ...]


def prepare(test: PolicyTest, policy: Policy, custom: Custom | None = None) -> Case:
    """Make ready what a test judges; ``custom`` is what the team declares of its own.

    Raises:
        GatepostError: the evidence, a change, a param or a waiver cannot be used.
    """
    rules = tuple(InForce(rule, rule.enforcement, "the policy") for rule in policy.rules)
    values = resolve({policy.name: policy}, [policy.name], test.params)
    loaded = PolicySet((policy,), rules, values)
    now = test.data.get("now", _NOW)
    return Case(
        policies=loaded,
        evidence=_evidence(test, now, custom),
        baseline=_made(test, "baseline", now, custom) if "baseline" in test.data else None,
        now=datetime.datetime.fromisoformat(now),
        waivers=read_waivers(test.document, loaded, test.waivers) if test.waivers else (),
    )


def _evidence(test: PolicyTest, now: str, custom: Custom | None) -> Evidence:
    evidence = _made(test, "evidence", now, custom) if test.file is None else _from_file(test, test.file)
    if not test.changes:
        return evidence
    data = copy.deepcopy(dict(evidence.data))
    for change in test.changes:
        _change(test, data, change)
    return from_data(data, str(test.place), texts=False)


def _from_file(test: PolicyTest, path: Path) -> Evidence:
    if leads_out(path):
        what = f"{path} is, or lies behind, a symbolic link that leads out of the checkout"
        raise GatepostError(test.document.problem(what, test.place, "put the file itself there"))
    try:
        content = read_input(path)
    except OSError as error:
        what = f"cannot read {path}: {error.strerror or error}"
        raise GatepostError(test.document.problem(what, test.place, "name a file relative to this one")) from error
    evidence = parse(content, str(path))
    if not test.data.keys() & {"subject", "sources", "collected_at"}:
        return evidence
    data = {**evidence.data, **{key: test.data[key] for key in ("sources", "collected_at") if key in test.data}}
    data["subject"] = {**evidence.subject, **test.data.get("subject", {})}
    return from_data(data, str(test.place), texts=False)


def _made(test: PolicyTest, key: str, now: str, custom: Custom | None) -> Evidence:
    document = {
        "schema": "gatepost.evidence/1",
        "subject": {"name": "test", **test.data.get("subject", {})},
        "collected_at": test.data.get("collected_at", now),
        "evidence": test.data.get(key, {}),
        "sources": test.data.get("sources", []),
    }
    fields = custom.fields() if custom is not None else {}
    return from_data({**document, **fields}, str(test.place), texts=False)


def _change(test: PolicyTest, data: dict[str, Any], change: Change) -> None:
    above: Any = data
    for depth, part in enumerate(change.path[:-1]):
        above = _below(test, above, change, depth, part)
    last = change.path[-1]
    if isinstance(above, list):
        at = int(last) if last.isdecimal() else -1
        if change.value is not None and (last == "-" or at == len(above)):
            above.append(change.value)
            return
        if not 0 <= at < len(above):
            raise _nowhere(test, change.path, change.place, f"the list has {len(above)} entries")
        above[at : at + 1] = [] if change.value is None else [change.value]
    elif isinstance(above, dict) and (change.value is not None or last in above):
        if change.value is None:
            del above[last]
        else:
            above[last] = change.value
    else:
        raise _nowhere(test, change.path, change.place, "there is nothing to take away")


def _below(test: PolicyTest, above: Any, change: Change, depth: int, part: str) -> Any:
    if isinstance(above, dict) and part in above:
        return above[part]
    if isinstance(above, list) and part.isdecimal() and int(part) < len(above):
        return above[int(part)]
    advice = "there is: " + ", ".join(sorted(above)) if isinstance(above, dict) else ""
    raise _nowhere(test, change.path[: depth + 1], change.place, advice)


def _nowhere(test: PolicyTest, path: tuple[str, ...], place: Place, advice: str) -> GatepostError:
    return GatepostError(test.document.problem(f"the evidence has no {pointer(path)}", place, advice))
