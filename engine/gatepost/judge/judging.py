"""The judge: a pure function of evidence, policies, params, waivers, baseline, now and context."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from gatepost.__about__ import __version__
from gatepost.cel.engines import load_engine
from gatepost.cel.interface import Engine
from gatepost.evidence.completed import completed
from gatepost.evidence.counts import uncounted
from gatepost.evidence.document import Evidence
from gatepost.evidence.subject import document_tiers, unknown_words
from gatepost.judge.decision import decide
from gatepost.judge.evaluation import Bindings, evaluate
from gatepost.judge.explaining import why_false
from gatepost.judge.findings import Findings
from gatepost.judge.programs import Compiled, Programs, RuleProgram
from gatepost.judge.rules import Item, Judged, judge_rule
from gatepost.judge.scope import Absent
from gatepost.policy.environment import VARIABLES
from gatepost.policy.expressions import raise_all
from gatepost.policy.model import InForce, PolicySet, Waiver, WaiverFile
from gatepost.problems import Place, Problem
from gatepost.verdict import Engine as EngineName
from gatepost.verdict import GatepostEntry, Result, Source, Verdict

__all__ = ["Judge", "first_day_of", "sources_of"]

Path = tuple[str | int, ...]


class Judge:
    """Policies made ready to judge any number of documents.

    Raises:
        GatepostError: the engine refuses an expression.
    """

    def __init__(self, policies: PolicySet, engine: Engine | None = None) -> None:
        self.policies = policies
        self.programs = Programs(engine or load_engine())
        problems: list[Problem] = []
        self.rules = self.programs.all(policies, problems)
        in_force = {program.in_force.rule.policy for program in self.rules}
        self._applies: dict[str, Compiled | None] = {
            policy.name: self.programs.policy(policy, problems)
            for policy in policies.policies
            if policy.name in in_force
        }
        raise_all(problems)
        self._passes: dict[int, Result] = {}
        self._description = _describe(policies)
        self._engine = EngineName(self.programs.engine.name, self.programs.engine.version)
        self._days = {id(program.in_force): first_day_of(program.in_force, policies) for program in self.rules}
        self._params = {
            name: {param: value.value for param, value in values.items()} for name, values in policies.params.items()
        }

    def judge(
        self,
        evidence: Evidence,
        *,
        now: datetime.datetime,
        waivers: WaiverFile | Iterable[Waiver] = (),
        baseline: Evidence | None = None,
        context: Mapping[str, str] | None = None,
        evidence_path: str = "evidence.json",
        max_findings: int = 100,
        each_pass: bool = False,
    ) -> Verdict:
        """Judge one document. ``now`` is aware; ``max_findings`` is how many findings a rule may list.

        ``each_pass`` lists the passing items of a rule one by one. The verdict names the file of ``waivers``, where
        that is known.
        """
        now = now.astimezone(datetime.UTC).replace(microsecond=0)
        sources = sources_of(evidence)
        unusable = {**_failed_sections(sources), **_uncounted_lists(evidence, baseline)}
        waivers_file = waivers.entry if isinstance(waivers, WaiverFile) else None
        waivers = tuple(waivers)
        findings = Findings(evidence, evidence_path, waivers, now.date(), max_findings, each_pass, self._passes)
        whole = self.bindings(evidence, now, baseline)
        applies = {name: self._judge_applies(compiled, whole[name]) for name, compiled in self._applies.items()}
        today = now.date()
        for program in self.rules:
            entry = program.in_force
            judged = self._judge_rule(program, whole[entry.rule.policy], applies[entry.rule.policy], unusable)
            first_day = self._days[id(entry)]
            if first_day is not None and today < first_day:
                later = f"in force from {first_day.isoformat()}"
                findings.add(InForce(entry.rule, "info", later), later, judged)
            else:
                findings.add(entry, "", judged)
        results, counts = findings.results(), findings.counts()
        decision, exit_code, reasons = decide(findings.effects(), counts, sources)
        return Verdict(
            decision=decision,
            exit_code=exit_code,
            now=now.isoformat().replace("+00:00", "Z"),
            subject=dict(evidence.subject),
            evidence={"digest": evidence.digest, "path": evidence_path},
            baseline=None if baseline is None else {"digest": baseline.digest},
            context=dict(context or {}),
            engine=self._engine,
            gatepost=GatepostEntry(version=__version__),
            **self._description,
            waivers=findings.waiver_states(),
            waivers_file=waivers_file,
            counts=counts,
            results=results,
            sources=sources,
            reasons=(*reasons, *self.policies.notes),
        )

    def bindings(
        self, evidence: Evidence, now: datetime.datetime, baseline: Evidence | None = None
    ) -> dict[str, Bindings]:
        """Return what the expressions of each policy in force are evaluated on."""
        # Values are converted for the engine when they are first read, and kept: one set of bindings a policy.
        document = _variables(evidence, baseline, now)
        return {
            name: Bindings(self.programs, VARIABLES, data, data)
            for name in self._applies
            for data in ({**document, "params": self._params[name]},)
        }

    def _judge_applies(self, compiled: Compiled | None, bindings: Bindings) -> Item | None:
        """Return the item that all rules of a policy get because of ``applies_to``, if any."""
        if compiled is None:
            return None
        decided = evaluate(compiled, bindings, allow_empty=False)
        if decided.truth is True:
            return None
        if decided.truth is False:
            return Item("skip", bindings, reason=why_false("applies_to", compiled.expression, {}, bindings))
        if decided.absent:
            return Item("missing", bindings, absent=decided.absent, failed_in=compiled)
        return Item("error", bindings, error=decided.error, failed_in=compiled)

    def _judge_rule(
        self,
        program: RuleProgram,
        whole: Bindings,
        applies: Item | None,
        unusable: Mapping[Path, _Unusable],
    ) -> Judged:
        if applies is not None:
            return Judged((applies,))
        for path, why in unusable.items():
            if any(_touches(read, path, why.whole) for read in _all_reads(program)):
                absent = (Absent(why.absent),)
                return Judged((Item("missing", whole, absent=absent, reason=why.reason, fix=why.fix),))
        return judge_rule(program, whole)


def _variables(evidence: Evidence, baseline: Evidence | None, now: datetime.datetime) -> dict[str, Any]:
    # A rule that reads a word which nobody knows is missing: compared, it would be skipped, whatever was meant.
    unknown = unknown_words(evidence.subject, document_tiers(evidence.data))
    champion = {} if baseline is None else completed(baseline.sections)
    data: dict[str, Any] = {
        "subject": {key: value for key, value in evidence.subject.items() if key not in unknown},
        "evidence": completed(evidence.sections, champion),
        "baseline": champion,
        "sources": list(evidence.sources),
        "now": now,
    }
    if evidence.collected_at:
        data["collected_at"] = datetime.datetime.fromisoformat(evidence.collected_at)
    return data


def sources_of(evidence: Evidence) -> tuple[Source, ...]:
    """Return the runs of collectors as the verdict holds them."""
    return tuple(_source(data) for data in evidence.sources)


def _source(data: Mapping[str, Any]) -> Source:
    lists = {name: tuple(data.get(name, ())) for name in ("sections", "notes")}
    places = {name: Place(**data[name]) for name in ("location", "error_location") if data.get(name)}
    return Source(**{**data, **lists, **places})


@dataclass(frozen=True, slots=True)
class _Unusable:
    """Why no rule may rest on a part of the evidence: what is absent, the reason, what to do.

    ``whole`` says that it also holds for rules that read what the part is in.
    """

    absent: Path
    reason: str
    fix: str
    whole: bool


def _failed_sections(sources: Iterable[Source]) -> dict[Path, _Unusable]:
    """Return the paths of the sections of which a filler failed."""
    failed: dict[Path, _Unusable] = {}
    for source in sources:
        if source.status == "failed":
            reason = f"the source {source.name} failed: {source.error}"
            place = source.error_location or source.location
            where = f" ({place})" if place else ""
            fix = f"See the source {source.name}{where}{f': {source.advice}' if source.advice else ''}"
            for section in source.sections:
                path = ("evidence", *section.split("."))
                failed.setdefault(path, _Unusable(path, reason, fix, whole=True))
    return failed


def _uncounted_lists(evidence: Evidence, baseline: Evidence | None) -> dict[Path, _Unusable]:
    """Return the lists that lost the count which their source put beside them: entries may be gone as well."""
    found: dict[Path, _Unusable] = {}
    for root, document in (("evidence", evidence), ("baseline", baseline)):
        lists = uncounted(document.sections, document.sources) if document is not None else {}
        for path, count in lists.items():
            reason = f"without it, nothing shows that `{path[-1]}` is complete"
            fix = "Collect the evidence again, and judge it as it was written."
            found[(root, *path)] = _Unusable((root, *count), reason, fix, whole=False)
    return found


def _all_reads(program: RuleProgram) -> list[tuple[Any, ...]]:
    rule = program.in_force.rule
    paths = [
        path
        for compiled in (program.when, program.where, program.require)
        if compiled is not None
        for path in (*compiled.reads.paths, *compiled.reads.guarded)
    ]
    return [*paths, rule.for_each.path] if rule.for_each is not None else paths


def _touches(read: tuple[Any, ...], path: Path, whole: bool) -> bool:
    shared = min(len(read), len(path)) if whole else len(path)
    return read[:shared] == path[:shared]


def first_day_of(in_force: InForce, policies: PolicySet) -> datetime.date | None:
    """Return the day from which a rule is enforced, where it or its policy names one."""
    policy = next(policy for policy in policies.policies if policy.name == in_force.rule.policy)
    days = [day for day in (in_force.rule.effective_from, policy.effective_from) if day is not None]
    return max(days, default=None)


def _describe(policies: PolicySet) -> dict[str, Any]:
    """Return what the verdict says of the policies, the same for every document."""
    return {
        "policies": tuple(
            {"policy": policy.name, "version": policy.version, "digest": policy.digest}
            for policy in policies.policies
        ),
        "profiles": tuple({"profile": p.name, "version": p.version, "digest": p.digest} for p in policies.profiles),
        "params": {
            f"{name}.{param}": {"value": value.value, "from": value.origin}
            for name, values in policies.params.items()
            for param, value in values.items()
        },
    }
