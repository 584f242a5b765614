"""Loading what is in force: policies and profiles from files, folders and the ones that ship."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from gatepost.evidence.custom import Custom
from gatepost.located_yaml import Document, read
from gatepost.policy import shipped
from gatepost.policy.expressions import raise_all
from gatepost.policy.folders import not_in_force, yaml_files
from gatepost.policy.model import InForce, Policy, PolicySet, Profile
from gatepost.policy.params import Assignment, resolve
from gatepost.policy.reading import read_policy, read_profile
from gatepost.problems import GatepostError, Place, Problem, did_you_mean

__all__ = ["SHIPPED_PREFIX", "first_key", "load_policies"]

SHIPPED_PREFIX = "gatepost/policies"
_FIRST_KEYS = ("policy", "profile", "waivers", "tests", "catalogue")


@dataclass
class _Loaded:
    policies: dict[str, Policy] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    explicit: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def load_policies(
    sources: Iterable[str],
    *,
    params: Iterable[Assignment] = (),
    where: Callable[[str], Path] = Path,
    custom: Custom | None = None,
) -> PolicySet:
    """Load policies and profiles: each source is a file, a folder, or ``profile/NAME`` for one that ships.

    ``params`` are assignments in their order, the last one counts. ``where`` gives the file or
    folder to read for a path. ``custom`` is what the team declares of its own.

    Raises:
        GatepostError: with all mistakes found; an unknown profile, an empty folder and a pattern that selects
            nothing are mistakes.
    """
    sources = list(sources)
    if not sources:
        names = " or ".join(f"profile/{name}" for name in shipped.profile_names())
        raise GatepostError.of("no policies are given", advice=f"name a file, a folder, or {names}")
    loaded = _Loaded()
    problems: list[Problem] = []
    for source in sources:
        try:
            _load_source(loaded, source, where(source), custom)
        except GatepostError as error:
            problems += error.problems
    raise_all(problems)
    chain = _profile_chain(loaded)
    rules = _in_force(loaded, chain, custom)
    in_force = {entry.rule.policy for entry in rules}
    assigned = [*_profile_params(chain), *params]
    values = resolve(loaded.policies, in_force, assigned)
    return PolicySet(tuple(loaded.policies.values()), rules, values, tuple(chain), tuple(dict.fromkeys(loaded.notes)))


def _load_source(loaded: _Loaded, source: str, path: Path, custom: Custom | None) -> None:
    if source.startswith("profile/") and not path.exists():
        name = source.removeprefix("profile/")
        _add_profile(loaded, _shipped_profile(name, Place(source)))
        loaded.order.append(name)
        return
    if path.is_dir():
        _load_folder(loaded, source, path, custom)
        return
    if not path.exists():
        known = [f"profile/{name}" for name in shipped.profile_names()]
        near = did_you_mean(source, [*known, *(child.name for child in path.parent.glob("*"))])
        advice = near or "a file, a folder, or " + ", ".join(known)
        raise GatepostError.of(f"no policies at {source}", Place(source), advice)
    if not _add_file(loaded, path, source, custom):
        raise GatepostError.of(f"{source} is no policy and no profile", Place(source, 1, 1))


def _load_folder(loaded: _Loaded, source: str, path: Path, custom: Custom | None) -> None:
    def shown(child: Path) -> str:
        return f"{source.rstrip('/')}/{child.relative_to(path).as_posix()}"

    left_out = [f"not in force: {shown(child)} ({reason})" for child, reason in not_in_force(path)]
    if not sum(_add_file(loaded, child, shown(child), custom) for child in yaml_files(path)):
        advice = "; ".join(left_out[:5]) or "a policy is a .yaml file that starts with `policy:`"
        raise GatepostError.of(f"no policy in the folder {source}", Place(source), advice)
    loaded.notes += left_out


def first_key(document: Document) -> str:
    """Tell what a document is by its first key.

    Raises:
        GatepostError: the key is none that Gatepost knows.
    """
    root = document.root.value
    if isinstance(root, dict) and root:
        first = next(iter(root))
        if first in _FIRST_KEYS:
            return first
        place = document.key_place(document.root, first)
        advice = did_you_mean(first, _FIRST_KEYS) or "a policy starts with `policy:`"
        raise GatepostError(document.problem(f"unrecognised file type: the first key is `{first}`", place, advice))
    place = document.place(document.root)
    raise GatepostError(document.problem("this is no policy", place, "a policy starts with `policy:`"))


def _add_file(loaded: _Loaded, path: Path, shown: str, custom: Custom | None) -> int:
    document = read(path, shown)
    kind = first_key(document)
    if kind == "policy":
        policy = _add_policy(loaded, read_policy(document, custom))
        if policy.name not in loaded.explicit:
            loaded.explicit.append(policy.name)
        return 1
    if kind == "profile":
        profile = _add_profile(loaded, read_profile(document))
        loaded.order.append(profile.name)
        return 1
    return 0


def _add_policy(loaded: _Loaded, policy: Policy) -> Policy:
    known = loaded.policies.setdefault(policy.name, policy)
    if known.digest != policy.digest:
        what = f"the policy `{policy.name}` stands in {known.document.path} too, with another content"
        raise GatepostError(_at_first_key(policy.document, what, "rename one of the two"))
    return known


def _add_profile(loaded: _Loaded, profile: Profile) -> Profile:
    known = loaded.profiles.setdefault(profile.name, profile)
    if known.document.text != profile.document.text:
        what = f"the profile `{profile.name}` stands in {known.document.path} too, with another content"
        raise GatepostError(_at_first_key(profile.document, what, "rename one of the two"))
    return known


def _at_first_key(document: Document, what: str, advice: str) -> Problem:
    root = document.root.value
    assert isinstance(root, dict)
    return document.problem(what, document.place(next(iter(root.values()))), advice)


def _shipped_profile(name: str, place: Place) -> Profile:
    path = shipped.profile_path(name)
    if "/" in name or not path.is_file():
        known = shipped.profile_names()
        advice = did_you_mean(name, known) or "known: " + ", ".join(f"profile/{known_name}" for known_name in known)
        raise GatepostError.of(f"no profile is called `{name}`", place, advice)
    return read_profile(read(path, f"{SHIPPED_PREFIX}/profiles/{name}.yaml"))


def _profile_chain(loaded: _Loaded) -> list[Profile]:
    """Return the profiles in the order in which they count: what is extended comes before what extends it."""
    chain: list[Profile] = []

    def add(profile: Profile, above: tuple[str, ...]) -> None:
        if profile.name in above:
            what = f"the profile `{profile.name}` extends itself"
            raise GatepostError(_at_first_key(profile.document, what, "remove it from `extends`"))
        for index, reference in enumerate(profile.extends):
            name = reference.removeprefix("profile/")
            place = profile.document.place(profile.document.find(("extends", index)))
            parent = loaded.profiles.get(name) or _shipped_profile(name, place)
            add(_add_profile(loaded, parent), (*above, profile.name))
        if profile not in chain:
            chain.append(profile)

    for name in loaded.order:
        add(loaded.profiles[name], ())
    return chain


def _in_force(loaded: _Loaded, chain: list[Profile], custom: Custom | None) -> tuple[InForce, ...]:
    """Return the rules in force: all of the policies that are named, and what the profiles select."""
    found: dict[str, InForce] = {}
    for name in loaded.explicit:
        for rule in loaded.policies[name].rules:
            found[rule.name] = InForce(rule, rule.enforcement, str(rule.place))
    problems: list[Problem] = []
    for profile in chain:
        for index, (patterns, enforcement) in enumerate(profile.select):
            for number, pattern in enumerate(patterns):
                _load_shipped_rules(loaded, pattern, custom)
                matched = _matching(loaded, pattern)
                if not matched:
                    node = profile.document.find(("select", index, "rules", number))
                    what = f"`{pattern}` selects no rule"
                    known = [rule.name for policy in loaded.policies.values() for rule in policy.rules]
                    problems.append(
                        profile.document.problem(
                            what, profile.document.place(node), did_you_mean(pattern, known, len(problems))
                        )
                    )
                for entry in matched:
                    before = found.get(entry.rule.name, entry)
                    origin = f"profile/{profile.name}"
                    found[entry.rule.name] = InForce(before.rule, enforcement, origin) if enforcement else before
    raise_all(problems)
    return tuple(found.values())


def _load_shipped_rules(loaded: _Loaded, pattern: str, custom: Custom | None) -> None:
    """Load the shipped policies that a pattern may mean; a policy of the user with that name comes first."""
    wanted = pattern.partition("/")[0]
    for path in shipped.rule_files():
        if path.stem not in loaded.policies and fnmatchcase(path.stem, wanted):
            name = path.relative_to(shipped.policies_folder()).as_posix()
            _add_policy(loaded, read_policy(read(path, f"{SHIPPED_PREFIX}/{name}"), custom))


def _matching(loaded: _Loaded, pattern: str) -> list[InForce]:
    return [
        InForce(rule, rule.enforcement, str(rule.place))
        for policy in loaded.policies.values()
        for rule in policy.rules
        if fnmatchcase(rule.name, pattern)
    ]


def _profile_params(chain: list[Profile]) -> Iterator[Assignment]:
    for profile in chain:
        params = profile.document.find(("params",))
        for name, node in profile.params.items():
            place = profile.document.key_place(params, name)
            yield Assignment(name, profile.document, node, place, f"profile/{profile.name}")
