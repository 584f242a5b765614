"""The lint: every file that a team writes for the judge, checked without any evidence."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from gatepost.cel.interface import Engine
from gatepost.evidence.custom import Custom
from gatepost.located_yaml import Document, read
from gatepost.policy import shipped
from gatepost.policy.catalogues import read_catalogue, shipped_controls
from gatepost.policy.environment import variables
from gatepost.policy.folders import not_in_force, yaml_files
from gatepost.policy.lint_checks import CHECKS, Subject
from gatepost.policy.lint_codes import UNREADABLE
from gatepost.policy.loading import first_key
from gatepost.policy.model import Policy, Profile
from gatepost.policy.reading import read_policy, read_profile
from gatepost.policy.test_files import policy_beside, read_tests
from gatepost.problems import GatepostError, Place, Problem, did_you_mean
from gatepost.typed import check, load_schema

__all__ = ["Linted", "lint"]


@dataclasses.dataclass(frozen=True, slots=True)
class Linted:
    """What the lint found, each problem with its code, in the order of files and lines; how much it read."""

    problems: tuple[Problem, ...]
    files: int
    rules: int


def lint(paths: Iterable[Path], engine: Engine, custom: Custom | None = None) -> Linted:
    """Check the files at the paths, and those in folders; ``custom`` is what the team declares of its own.

    Raises:
        GatepostError: a path leads nowhere, or no file is at it.
    """
    run = _Run(engine, custom)
    for path in paths:
        run.add(path)
    problems = sorted(run.problems(), key=_order)
    return Linted(tuple(dict.fromkeys(problems)), len(run.documents), run.rules)


def _order(problem: Problem) -> tuple[str, int, int, str]:
    place = problem.place or Place("")
    return place.path, place.line or 0, place.column or 0, problem.code


class _Run:
    def __init__(self, engine: Engine, custom: Custom | None) -> None:
        self.engine = engine
        self.custom = custom
        self.documents: dict[str, Document | None] = {}
        self.kinds: dict[str, str] = {}
        self.policies: dict[str, Policy] = {}
        self.profiles: list[Profile] = []
        self.controls: set[str] = set()
        self.found: list[Problem] = []
        self.rules = 0

    def add(self, path: Path) -> None:
        """Read a file, or the files of a folder."""
        if path.is_dir():
            files = list(yaml_files(path))
            left_out = [_left_out(file, reason) for file, reason in not_in_force(path)]
            if not files:
                advice = "; ".join(f"{problem.place}: {problem.what}" for problem in left_out[:5])
                raise GatepostError.of(f"no YAML file in the folder {path}", Place(str(path)), advice)
            self.found += left_out
        elif path.exists():
            files = [path]
        else:
            near = did_you_mean(path.name, [child.name for child in path.parent.glob("*")])
            raise GatepostError.of(f"there is no {path}", Place(str(path)), near)
        for file in files:
            shown = str(file)
            if shown not in self.documents:
                self.documents[shown] = None
                self._try(self._read, file, shown)

    def _try(self, function: Any, *arguments: Any) -> None:
        try:
            function(*arguments)
        except GatepostError as error:
            self.found += error.problems

    def _read(self, file: Path, shown: str) -> None:
        document = read(file, shown)
        kind = first_key(document)
        self.documents[shown] = document
        self.kinds[shown] = kind
        if kind == "policy":
            policy = read_policy(document, self.custom)
            self._add_policy(policy)
        elif kind == "profile":
            self.profiles.append(read_profile(document))
        elif kind == "catalogue":
            self.controls |= set(read_catalogue(document).controls)
        elif kind == "waivers":
            check(document, load_schema("gatepost.policy.schema", "waivers.json"))

    def _add_policy(self, policy: Policy) -> None:
        self.rules += len(policy.rules)
        known = next((other for other in self.policies.values() if other.name == policy.name), None)
        if known is not None:
            document = policy.document
            what = f"the policy `{policy.name}` stands in {known.document.path} too"
            place = document.place(document.find(("policy",)))
            self.found.append(document.problem(what, place, "rename one of the two", "GP-L017"))
        self.policies[policy.document.path] = policy

    def problems(self) -> Iterator[Problem]:
        """Return all that is wrong, with a code each."""
        controls = frozenset(self.controls | set(shipped_controls()))
        for policy in self.policies.values():
            subject = Subject(policy, variables(policy.params, self.custom), controls, self.engine)
            for one in CHECKS:
                yield from one(subject)
        for path, kind in self.kinds.items():
            if kind == "tests":
                self._try(self._tests, path)
        names = self._rule_names()
        for profile in self.profiles:
            yield from _profile(profile, names)
        yield from (p if p.code else dataclasses.replace(p, code=UNREADABLE) for p in self.found)

    def _tests(self, path: str) -> None:
        document = self.documents[path]
        assert document is not None
        beside = policy_beside(Path(path))
        policy = self.policies.get(str(beside))
        if policy is None and str(beside) in self.documents:
            return  # the policy has mistakes of its own
        if policy is None and not beside.exists():
            what = f"there is no policy {beside.name} beside these tests"
            raise GatepostError(document.problem(what, document.place(document.root)))
        read_tests(document, policy or read_policy(read(beside, str(beside)), self.custom))

    def _rule_names(self) -> list[str]:
        names = [rule.name for policy in self.policies.values() for rule in policy.rules]
        if self.profiles:
            own = {policy.name for policy in self.policies.values()}
            others = (path for path in shipped.rule_files() if path.stem not in own)
            names += [rule.name for path in others for rule in read_policy(read(path)).rules]
        return names


def _left_out(file: Path, reason: str) -> Problem:
    try:
        with file.open(encoding="utf-8-sig", errors="replace") as stream:
            line = stream.readline(200).rstrip("\n")
    except OSError:  # a link to a folder, or to nothing
        line = ""
    what = f"the policy or profile is not in force: {reason}"
    return Problem(what, Place(str(file), 1, 1), "rename it, or move it out of the folder", line, "GP-L029")


def _profile(profile: Profile, names: list[str]) -> Iterator[Problem]:
    document, told = profile.document, 0
    for index, (patterns, _) in enumerate(profile.select):
        for number, pattern in enumerate(patterns):
            if not any(fnmatchcase(name, pattern) for name in names):
                place = document.place(document.find(("select", index, "rules", number)))
                advice = (
                    did_you_mean(pattern, names, told)
                    or "lint the profile together with the policies that it selects"
                )
                yield document.problem(f"`{pattern}` selects no rule", place, advice, "GP-L028")
                told += 1
