"""Why a rule came out as it did: its expressions traced, the item that was looked at, and what is missing."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.cel.interface import Engine
from gatepost.cel.reads import reads
from gatepost.evidence.document import Evidence
from gatepost.evidence.locations import place_of, source_of
from gatepost.evidence.schema import collectors_for, describe
from gatepost.judge.evaluation import Bindings
from gatepost.judge.judging import Judge
from gatepost.judge.rules import named_items
from gatepost.judge.scope import Absent, Scope
from gatepost.judge.trace import Traced, trace
from gatepost.policy.model import Expression, InForce, PolicySet, Rule, Waiver
from gatepost.problems import GatepostError, did_you_mean
from gatepost.ranking import ranked
from gatepost.verdict import OUTCOMES, Result

__all__ = ["Explanation", "MissingField", "explain_rule"]

_EVERYTHING = 1_000_000_000


@dataclass(frozen=True, slots=True)
class MissingField:
    """A field that is absent: ``instead`` is what stands where its path breaks off.

    ``ran`` are the sources whose collector could have filled it.
    """

    path: str
    meaning: str
    instead: str
    collectors: tuple[str, ...]
    ran: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One item of a rule with all that led to its outcome.

    ``counts`` says how the items of the rule came out, ``excluded`` how many ``where`` left out; ``parts`` are the
    rule's expressions by their key (``when``, ``where``, ``require``, ...), traced.
    """

    rule: Rule
    result: Result
    counts: Mapping[str, int]
    excluded: int
    parts: tuple[tuple[str, Traced], ...]
    missing: tuple[MissingField, ...]


def explain_rule(
    policies: PolicySet,
    name: str,
    evidence: Evidence,
    *,
    now: datetime.datetime,
    item: str | None = None,
    baseline: Evidence | None = None,
    waivers: Iterable[Waiver] = (),
    evidence_path: str = "evidence.json",
    engine: Engine | None = None,
) -> Explanation:
    """Explain one item of a rule: the one that is named, else the one that counts most.

    Raises:
        GatepostError: no loaded policy has the rule, or the rule no such item.
    """
    judge = Judge(_only(policies, name), engine)
    (program,) = judge.rules
    verdict = judge.judge(
        evidence,
        now=now,
        waivers=waivers,
        baseline=baseline,
        evidence_path=evidence_path,
        max_findings=_EVERYTHING,
        each_pass=True,
    )
    whole = judge.bindings(evidence, now.astimezone(datetime.UTC).replace(microsecond=0), baseline)
    rule = program.in_force.rule
    named = dict(named_items(program, whole[rule.policy]))
    result = _chosen(verdict.results, item, rule, named)
    bindings = whole[rule.policy] if result.item is None else named.get(result.item, whole[rule.policy])
    origins = _Origins(policies, rule, evidence)
    return Explanation(
        rule=rule,
        result=result,
        counts={outcome: sum(r.outcome == outcome for r in verdict.results) for outcome in OUTCOMES},
        excluded=verdict.counts.excluded,
        parts=tuple(_parts(policies, rule, result, bindings, origins)),
        missing=tuple(_missing(rule, result, bindings, evidence)),
    )


def _only(policies: PolicySet, name: str) -> PolicySet:
    """Leave one rule in force; a rule of a loaded policy that no profile selects can be explained too."""
    found = [entry for entry in policies.rules if entry.rule.name == name]
    if not found:
        rules = (rule for policy in policies.policies for rule in policy.rules if rule.name == name)
        found = [InForce(rule, rule.enforcement, "the policy; it is not in force") for rule in rules]
    if not found:
        known = sorted(policies.rule_names())
        advice = did_you_mean(name, known) or "known: " + ", ".join(known)
        raise GatepostError.of(f"no loaded policy has a rule `{name}`", advice=advice)
    return dataclasses.replace(policies, rules=tuple(found))


def _chosen(results: tuple[Result, ...], item: str | None, rule: Rule, named: Iterable[str]) -> Result:
    worst = ranked(results)[0]
    if item is None:
        return worst
    for result in results:
        if result.item == item:
            return result
    names = list(named)
    if item in names:
        words = "left out by `where`" if worst.outcome != "skip" else worst.reason
        return dataclasses.replace(worst, item=item, outcome="skip", message="", fix="", reason=words)
    advice = did_you_mean(item, names) or ("items: " + ", ".join(names[:10]) if names else "it has no items")
    raise GatepostError.of(f"{rule.name} has no item `{item}`", advice=advice)


def _parts(
    policies: PolicySet, rule: Rule, result: Result, bindings: Bindings, origins: _Origins
) -> Iterable[tuple[str, Traced]]:
    policy = next(policy for policy in policies.policies if policy.name == rule.policy)
    of_document: list[tuple[str, Expression | None]] = [("applies_to", policy.applies_to), ("when", rule.when)]
    of_item: list[tuple[str, Expression | None]] = [("where", rule.where), ("require", rule.require)]
    for key, expression in (*of_document, *of_item):
        if expression is None or (key in ("where", "require") and rule.for_each and bindings.item is None):
            continue
        traced = trace(expression.written, rule.lets, bindings, origins.of)
        yield key, traced
        if traced.value != "true":
            return  # what comes after it was not asked


def _missing(rule: Rule, result: Result, bindings: Bindings, evidence: Evidence) -> Iterable[MissingField]:
    if result.outcome not in ("missing", "waived"):
        return
    seen: list[Absent] = []
    if rule.for_each is not None and bindings.item is None:
        seen += [key for key in bindings.scope.keys(rule.for_each.path) if isinstance(key, Absent)]
        seen = seen or [Absent(rule.for_each.path, empty=True)]
    for expression in (rule.when, rule.where, rule.require):
        if expression is not None and not seen:
            seen = bindings.scope.absent(reads(expression.tree))
    for absent in seen:
        collectors = collectors_for(absent.path)
        ran = tuple(source for source in evidence.sources if source["collector"] in collectors)
        instead = "an empty list" if absent.empty else _there_instead(bindings.scope, absent)
        yield MissingField(str(absent), describe(absent.path), instead, collectors, ran)


def _there_instead(scope: Scope, absent: Absent) -> str:
    """Say what stands where the path breaks off; nothing where that is nothing."""
    above = scope.value(absent.path[:-1]) if len(absent.path) > 1 else scope.data
    if isinstance(above, dict):
        return ", ".join(sorted(above))
    return f"a list of {len(above)}" if isinstance(above, list) else ""


class _Origins:
    """Tells where values came from: the source with its digest, and the line where a person can fix it."""

    def __init__(self, policies: PolicySet, rule: Rule, evidence: Evidence) -> None:
        self.params = policies.params[rule.policy]
        self.evidence = evidence

    def of(self, path: tuple[str | int, ...]) -> str:
        if path[0] == "params":
            return f"from {self.params[str(path[1])].origin}" if len(path) > 1 else ""
        if path[0] not in ("evidence", "subject"):
            return {"baseline": "of the baseline", "now": "the time of the judgement"}.get(str(path[0]), "")
        source = source_of(self.evidence, tuple(map(str, path))) if path[0] == "evidence" else None
        parts = [] if source is None else [source["name"], *_origin(source)]
        place = place_of(self.evidence, tuple(map(str, path))) or (source or {}).get("location")
        if place is not None:
            parts.append(f"{place['path']}:{place['line']}" if "line" in place else place["path"])
        return f"from {', '.join(parts)}" if parts else ""


def _origin(source: Mapping[str, Any]) -> Iterable[str]:
    if source.get("uri"):
        yield str(source["uri"])
    if source.get("digest"):
        algorithm, _, digest = str(source["digest"]).partition(":")
        yield f"{algorithm} {digest[:12]}"
