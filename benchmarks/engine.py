"""The engine in one process, on one core: `python benchmarks/engine.py [--documents 10000] [--items 100000]`.

Prints outcomes a second for many documents, the engine's own time for the same evaluations in the same run (so that
our overhead is seen), the time of one `for_each` over many items, and the peak of the memory.
"""

from __future__ import annotations

import argparse
import datetime
import resource
import time
from typing import Any

from gatepost.cel.cel_expr import CelExpr
from gatepost.evidence.document import Evidence, from_data
from gatepost.judge.judging import Judge
from gatepost.located_yaml import parse
from gatepost.policy.environment import VARIABLES
from gatepost.policy.model import InForce, PolicySet
from gatepost.policy.params import resolve
from gatepost.policy.reading import read_policy

NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
HEAD = "policy: p\nversion: 1.0.0\ntitle: T\nowner: o\nparams: {limit: {type: number, default: 0.5}}\nrules:\n"
RULE = "  - {{id: r{n}, title: T, severity: low, enforcement: block, message: m, {rest}}}\n"


def policies(rules: list[str]) -> PolicySet:
    """Give a policy with these rules in force."""
    text = HEAD + "".join(RULE.format(n=n, rest=rest) for n, rest in enumerate(rules))
    policy = read_policy(parse(text, "p.yaml"))
    in_force = tuple(InForce(rule, rule.enforcement, "p") for rule in policy.rules)
    return PolicySet((policy,), in_force, resolve({"p": policy}, ["p"], []))


def document(**sections: Any) -> Evidence:
    """Give evidence with these sections."""
    return from_data({"schema": "gatepost.evidence/1", "subject": {"name": "m"}, "evidence": sections}, "e.json")


def peak() -> float:
    """Give the largest memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def many_documents(count: int) -> None:
    """Judge many documents by 100 rules, and let the engine alone evaluate the same."""
    names = [f"m{n}" for n in range(100)]
    sources = [f"evidence.performance.metrics.{name}.value >= params.limit" for name in names]
    judge = Judge(policies([f"require: {source}" for source in sources]))
    metric = {"value": 0.75, "low": 0.7, "high": 0.8, "n": 100}
    evidence = document(performance={"metrics": dict.fromkeys(names, metric)})
    judge.judge(evidence, now=NOW)
    before = peak()
    begun = time.perf_counter()
    for _ in range(count):
        judge.judge(evidence, now=NOW)
    ours = time.perf_counter() - begun
    grown = peak() - before
    engine = CelExpr()
    programs = [engine.compile(source, VARIABLES) for source in sources]
    data = {"evidence": evidence.sections, "params": {"limit": 0.5}}
    begun = time.perf_counter()
    for _ in range(count):
        bound = engine.bind(VARIABLES, data)
        for program in programs:
            program.evaluate(bound)
    bare = time.perf_counter() - begun
    outcomes = count * len(sources)
    print(f"{count} documents x {len(sources)} rules: {ours:.1f} s, {outcomes / ours:,.0f} outcomes a second")
    print(
        f"  a rule outcome {ours / outcomes * 1e6:.1f} us, the engine alone {bare / outcomes * 1e6:.1f} us, ", end=""
    )
    print(f"overhead {(ours - bare) / outcomes * 1e6:.1f} us; memory grew by {grown:.1f} MiB")


def many_items(count: int) -> None:
    """Judge one rule over many items."""
    rule = "for_each: {g: evidence.fairness.groups}, item: '{g.group}', require: g.impact_ratio.value >= params.limit"
    ratio = {"value": 0.9, "low": 0.8, "high": 1.0, "n": 100}
    groups = [{"attribute": "a", "group": str(n), "n": 100, "impact_ratio": ratio} for n in range(count)]
    judge, evidence = Judge(policies([rule])), document(fairness={"groups": groups})
    begun = time.perf_counter()
    verdict = judge.judge(evidence, now=NOW)
    print(f"for_each over {count} items: {time.perf_counter() - begun:.2f} s ({verdict.counts.passed} pass)")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=10_000)
    parser.add_argument("--items", type=int, default=100_000)
    options = parser.parse_args()
    many_documents(options.documents)
    many_items(options.items)


if __name__ == "__main__":
    main()
