"""The values of params: the policy's own default, then profiles, then gatepost.yaml, then the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gatepost.located_yaml import Document, Node, parse
from gatepost.policy.expressions import raise_all
from gatepost.policy.model import ParamSpec, ParamValue, Policy
from gatepost.problems import GatepostError, Place, Problem, did_you_mean
from gatepost.typed import Schema, check

__all__ = ["Assignment", "resolve"]


@dataclass(frozen=True, slots=True)
class Assignment:
    """A value for a param by its full name, as it is written somewhere; ``origin`` says where, for people."""

    name: str
    document: Document
    node: Node
    place: Place | None
    origin: str

    @classmethod
    def of_text(cls, name: str, text: str, origin: str) -> Assignment:
        """Take a value from the command line; lists are written as in YAML.

        Raises:
            GatepostError: the value is no YAML.
        """
        document = parse(text or '""', origin)
        return cls(name, document, document.root, None, origin)


def resolve(
    policies: Mapping[str, Policy], in_force: Iterable[str], assigned: Iterable[Assignment]
) -> dict[str, dict[str, ParamValue]]:
    """Return each param its value, by policy and name; the last assignment counts.

    Raises:
        GatepostError: an unknown param, a value of another type or out of its range, or a param of a policy in
            force that has no value.
    """
    problems: list[Problem] = []
    values: dict[str, dict[str, ParamValue]] = {name: {} for name in policies}
    for policy in policies.values():
        for spec in policy.params.values():
            if spec.default is not None:
                place = policy.document.place(spec.default)
                value = check(policy.document, Schema(spec.schema), spec.default)
                values[policy.name][spec.name] = _value(spec, value, f"{place.path}:{place.line}")
    for assignment in assigned:
        try:
            spec = _spec(policies, assignment, len(problems))
            value = check(assignment.document, Schema(spec.schema), assignment.node)
        except GatepostError as error:
            problems += [_about(problem, assignment) for problem in error.problems]
        else:
            policy_name = assignment.name.partition(".")[0]
            values[policy_name][spec.name] = _value(spec, value, assignment.origin)
    for name in in_force:
        for spec in policies[name].params.values():
            if not problems and spec.name not in values[name]:
                place = policies[name].document.place(policies[name].document.find(("params", spec.name)))
                advice = f"give one, e.g. --param {name}.{spec.name}=VALUE"
                what = f"the param `{name}.{spec.name}` has no value"
                problems.append(policies[name].document.problem(what, place, advice))
    raise_all(problems)
    return values


def _value(spec: ParamSpec, value: object, origin: str) -> ParamValue:
    # What is called a number is a double for CEL, whether it was written 1 or 1.0.
    return ParamValue(float(value) if spec.schema["type"] == "number" else value, origin)  # type: ignore[arg-type]


def _spec(policies: Mapping[str, Policy], assignment: Assignment, told: int) -> ParamSpec:
    policy, _, name = assignment.name.partition(".")
    if policy not in policies or name not in policies[policy].params:
        known = [] if told > 20 else [f"{p.name}.{spec}" for p in policies.values() for spec in p.params]
        advice = did_you_mean(assignment.name, known) or ("known: " + ", ".join(sorted(known)) if known else "")
        what = f"no loaded policy has a param `{assignment.name}`"
        if assignment.place is None:
            raise GatepostError.of(what, advice=advice)
        raise GatepostError(assignment.document.problem(what, assignment.place, advice))
    return policies[policy].params[name]


def _about(problem: Problem, assignment: Assignment) -> Problem:
    what = problem.what.replace("the file", f"the param `{assignment.name}`", 1)
    place, line = (problem.place, problem.source_line) if assignment.place else (None, "")
    return Problem(what, place or Place(assignment.origin), problem.advice, line)
