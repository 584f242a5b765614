from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest

from gatepost.cel.engines import load_engine
from gatepost.cel.interface import Engine
from gatepost.evidence.document import from_data
from gatepost.judge.judging import Judge
from gatepost.located_yaml import parse
from gatepost.policy.model import InForce, PolicySet
from gatepost.policy.params import Assignment, resolve
from gatepost.policy.reading import read_policy
from gatepost.policy.waivers import read_waivers
from gatepost.verdict import Verdict

NOW = datetime.datetime(2026, 6, 1, 12, 0, tzinfo=datetime.UTC)
RULE = "{id: r, title: T, severity: high, enforcement: block, "


@pytest.fixture(scope="session")
def engine() -> Engine:
    return load_engine()


@pytest.fixture(scope="session")
def judge(engine: Engine) -> Callable[..., Verdict]:
    """Judge one evidence by rules written as YAML flow maps (without the parts all rules share) or whole."""

    def run(
        rules: str | list[str],
        evidence: dict[str, Any] | None = None,
        *,
        head: str = "",
        params: dict[str, str] | None = None,
        waivers: str = "",
        sources: list[dict[str, Any]] | None = None,
        baseline: dict[str, Any] | None = None,
        subject: dict[str, Any] | None = None,
        locations: dict[str, Any] | None = None,
        enforcement: str = "block",
        **options: Any,
    ) -> Verdict:
        written = [rules] if isinstance(rules, str) else rules
        lines = [
            f"  - {RULE.replace('id: r', f'id: r{n}' if n else 'id: r')}"
            f"{'' if 'message:' in rule else 'message: m, '}{rule}}}"
            for n, rule in enumerate(written)
        ]
        text = "policy: p\nversion: 1.0.0\ntitle: T\nowner: o\n" + head + "rules:\n" + "\n".join(lines) + "\n"
        policy = read_policy(parse(text, "p.yaml"))
        assigned = [Assignment.of_text(f"p.{name}", value, "the test") for name, value in (params or {}).items()]
        values = resolve({"p": policy}, ["p"], assigned)
        in_force = tuple(InForce(rule, enforcement, str(rule.place)) for rule in policy.rules)  # type: ignore[arg-type]
        loaded = PolicySet((policy,), in_force, values)

        def document(sections: dict[str, Any] | None) -> Any:
            data: dict[str, Any] = {
                "schema": "gatepost.evidence/1",
                "subject": {"name": "credit", **(subject or {})},
                "collected_at": "2026-05-31T00:00:00Z",
                "evidence": sections or {},
                "sources": sources or [],
            }
            return from_data({**data, "locations": locations} if locations else data, "evidence.json")

        return Judge(loaded, engine).judge(
            document(evidence),
            now=options.pop("now", NOW),
            waivers=read_waivers(parse(waivers, "w.yaml"), loaded) if waivers else (),
            baseline=document(baseline) if baseline is not None else None,
            **options,
        )

    return run
