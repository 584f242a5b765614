"""What a merge request changes of the rules, and how it would be judged by its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gatepost.cli.rules import Given, Rules, load_rules
from gatepost.cli.trusted_sources import TrustedSources
from gatepost.collect.running import Collection
from gatepost.config import variables
from gatepost.evidence.document import Evidence
from gatepost.judge.proposed import beside_proposed
from gatepost.judge.proposed_evidence import proposed_evidence
from gatepost.paths import leads_out
from gatepost.policy.folders import yaml_files
from gatepost.problems import GatepostError, Place
from gatepost.verdict import Verdict

__all__ = ["with_proposed"]


def with_proposed(
    verdict: Verdict,
    rules: Rules,
    given: Given,
    sources: TrustedSources,
    demands: tuple[str, ...],
    collection: Collection,
    judged: Callable[[Rules, Callable[[str], Path], Evidence], Verdict],
) -> Verdict:
    """Judge by the rules and the approvals of the working tree, where these are others, and state both decisions.

    ``demands`` are the files by which sources were judged when they were collected (suites of checks). Sources are
    not collected as proposed, but for the files of governed sections: that would hand what the job's environment
    holds to what nobody reviewed.
    """
    tree, working = sources.tree, _Working(sources)
    edits = bool(_changes(sources.used, sources))  # among them gatepost.yaml, which names the others
    if not edits and collection.proposed is None and not collection.proposed_problems:
        return beside_proposed(verdict, tree.ref, tree.commit)
    collects = False
    try:
        own = rules
        if edits:
            _check_variables(given.config, sources)
            own = load_rules(given, working)
            collects = _collected(own) != _collected(rules)
        if collection.proposed_problems:
            raise GatepostError(*collection.proposed_problems)
        proposed = judged(own, Path if edits else sources, collection.proposed or collection.evidence)
    except GatepostError as error:
        proposed = Verdict.of_problems(error)
    changed = _changes([*sources.used, *working.used], sources) if edits else {}
    return beside_proposed(
        verdict,
        tree.ref,
        tree.commit,
        changed=list(changed.values()),
        evidence=proposed_evidence(collection.evidence, collection.proposed or collection.evidence),
        proposed=proposed,
        collects=collects or any(path in changed for path in demands),
    )


class _Working:
    """The working tree as a place to read from, which keeps what was asked for."""

    def __init__(self, sources: TrustedSources) -> None:
        self.sources = sources
        self.used: list[str] = []

    def __call__(self, path: str) -> Path:
        inside = self.sources.relative(path)
        if inside is not None and Path(path).exists() and self.sources.is_tracked(path):
            self.used.append(inside)
        return Path(path)


def _check_variables(config: str, sources: TrustedSources) -> None:
    """Refuse a variable in a param or another value of the rules, which reports show, unless the ref has it too."""
    if not Path(config).is_file():
        return
    new = sorted(variables(Path(config)) - variables(sources(config)))
    if new:
        what = f"outside of `collect`, it uses {', '.join(f'${{{name}}}' for name in new)}"
        raise GatepostError.of(what, Place(config), f"what {sources.tree.ref} does not use is not given to it")


def _collected(rules: Rules) -> object:
    config = rules.config
    entries = [(e.collector.name, e.name, dict(e.options), e.required, e.more) for e in config.entries]
    return entries, dict(config.subject), config.custom, config.baseline


def _changes(roots: list[str], sources: TrustedSources) -> dict[str, str]:
    """Return the files below the roots that differ, as they are shown, with what was done; line ends do not count."""
    found: dict[str, str] = {}
    for root in dict.fromkeys(roots):
        before, after = sources.tree.files(root), _files(sources.tree.top, root)
        for path in {**before, **after}:
            if path not in after:
                found[path] = f"{path} (removed)"
            elif path not in before:
                found[path] = f"{path} (added)"
            elif before[path].replace(b"\r\n", b"\n") != after[path].replace(b"\r\n", b"\n"):
                found[path] = path
    return {path: found[path] for path in sorted(found)}


def _files(top: Path, root: str) -> dict[str, bytes]:
    path = top / root
    if path.is_dir():
        return {
            f"{root}/{file.relative_to(path).as_posix()}".lstrip("/"): _content(file) for file in yaml_files(path)
        }
    return {root: _content(path)} if path.is_file() else {}


def _content(file: Path) -> bytes:
    """Return the content of a file of the working tree; what a link out of it leads to is not read."""
    return b"" if leads_out(file) else file.read_bytes()
