"""What is fuzzed: for each kind of file, good ones to start from and all that reads one."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gatepost.cel.engines import load_engine
from gatepost.cli.formatted import formatted
from gatepost.cli.report import read_verdict
from gatepost.collect.interface import CollectorError, Context
from gatepost.collect.sources import file as file_source
from gatepost.collect.sources import model_card
from gatepost.config import load as load_config
from gatepost.evidence.document import Evidence, canonical, from_data, parse
from gatepost.judge.judging import Judge
from gatepost.judge.policy_tests import find_suites
from gatepost.judge.test_cases import prepare
from gatepost.located_yaml import read
from gatepost.policy.linting import lint
from gatepost.policy.loading import load_policies
from gatepost.policy.shipped import policies_folder
from gatepost.policy.waivers import read_waivers
from gatepost.problems import GatepostError, format_problem
from gatepost.report import registry
from gatepost.report.interface import Style
from gatepost.verdict import Verdict

__all__ = ["TARGETS", "Target"]

REPOSITORY = Path(__file__).parents[2]
NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class Target:
    """``corpus`` gives good files; ``read`` reads a file at a path, and may raise what a user is told."""

    name: str
    corpus: Callable[[], list[bytes]]
    read: Callable[[Path], None]
    suffix: str

    def run(self, content: bytes, folder: Path) -> None:
        """Read a file of this content; anything raised is a fault."""
        path = folder / f"fuzzed{self.suffix}"
        path.write_bytes(content)
        try:
            self.read(path)
        except GatepostError as error:
            for problem in error.problems:
                format_problem(problem)
        except CollectorError:
            pass


def _files(*patterns: str) -> list[bytes]:
    found = [path for pattern in patterns for path in sorted(REPOSITORY.glob(pattern)) if path.is_file()]
    assert found, patterns
    return [path.read_bytes() for path in found]


@cache
def _evidence() -> tuple[Evidence, ...]:
    """The evidence of the tests of all shipped policies; some with a schema of its own."""
    suites = find_suites(policies_folder() / "rules", "rules")
    found = [prepare(test, suite.policy).evidence for suite in suites if suite.policy for test in suite.tests]
    own = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/b"}},
        "$defs": {"b": {"type": "array", "items": {}}},
    }
    data = {**found[0].data, "evidence": {"custom": {"a": [1, [2]]}}, "custom_schema": own}
    return (*found[::3], from_data(data, "evidence.json"))


@cache
def _judge() -> Judge:
    return Judge(load_policies(["profile/baseline", str(policies_folder() / "rules")]))


def _verdicts() -> list[bytes]:
    judged = [_judge().judge(evidence, now=NOW) for evidence in _evidence()[::4]]
    failed = Verdict.of_problems(GatepostError.of("no evidence", advice="collect it"), "2026-06-01T00:00:00Z")
    return [json.dumps(verdict.to_json(), indent=1).encode() for verdict in (*judged, failed)]


def _read_yaml(path: Path) -> None:
    """Read a gatepost.yaml, a section file and whatever else the content may be."""
    errors: list[GatepostError] = []
    context = Context(folder=path.parent, repository=path.parent)
    for reader in (
        lambda: load_config(path, {}, repository=path.parent),
        lambda: read_waivers(read(path), _judge().policies),
        lambda: file_source.collect({"path": path.name}, context),
        lambda: file_source.collect({"path": path.name, "section": "risk"}, context),
        lambda: formatted(path, path.parent),
    ):
        try:
            reader()
        except (GatepostError, CollectorError) as error:
            errors += [error] if isinstance(error, GatepostError) else []
    if errors:
        raise errors[0]


def _read_evidence(path: Path) -> None:
    evidence = parse(path.read_bytes(), str(path))
    assert from_data(json.loads(canonical(evidence.data)), "again").digest == evidence.digest
    verdict = _judge().judge(evidence, now=NOW)
    registry.load("text").render(verdict, Style())


def _read_policy(path: Path) -> None:
    lint([path], load_engine())
    judge = Judge(load_policies([str(path)]))
    for evidence in _evidence()[::20]:
        verdict = judge.judge(evidence, now=NOW)
        registry.load("text").render(verdict, Style())


def _read_card(path: Path) -> None:
    model_card.collect({"path": path.name}, Context(folder=path.parent, repository=path.parent))


def _read_verdict(path: Path) -> None:
    verdict = read_verdict(str(path))
    for name in registry.FORMATS:
        registry.load(name).render(verdict, Style()).encode()


def _yaml_corpus() -> list[bytes]:
    return _files("examples/**/*.yaml", "examples/**/*.json", "policies/profiles/*.yaml", "policies/controls/*.yaml")


def _cards() -> list[bytes]:
    return [
        *_files("examples/**/*.md"),
        b"---\nlicense: mit\nowner: a@b\n---\n# Limitations\n- one {{ two }}\n> three\n",
    ]


TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        Target("yaml", _yaml_corpus, _read_yaml, ".yaml"),
        Target("evidence", lambda: [canonical(evidence.data) for evidence in _evidence()], _read_evidence, ".json"),
        Target(
            "policy", lambda: _files("policies/rules/**/*.yaml", "examples/**/policies/*.yaml"), _read_policy, ".yaml"
        ),
        Target("card", _cards, _read_card, ".md"),
        Target("verdict", _verdicts, _read_verdict, ".json"),
    )
}
