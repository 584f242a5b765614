"""``gatepost judge``: judge an evidence file."""

from __future__ import annotations

import click

from gatepost.cli.judging import (
    cli_params,
    enforcing,
    judging_options,
    load_waivers,
    parse_context,
    parse_now,
    read_evidence,
)
from gatepost.cli.reporting import judge_and_report, parse_requests
from gatepost.verdict import Verdict

__all__ = ["judge"]


@click.command()
@click.argument("evidence")
@judging_options
def judge(
    evidence: str,
    policies: tuple[str, ...],
    params: tuple[str, ...],
    waivers: str | None,
    baseline: str | None,
    now: str | None,
    cel: str,
    context: tuple[str, ...],
    reports: tuple[str, ...],
    new_only: str | None,
    max_findings: int,
    fail_on: str,
    quiet: bool,
) -> int:
    """Judge the file EVIDENCE: no network, the same result for the same bytes."""

    def verdict() -> Verdict:
        from gatepost.cel.engines import load_engine
        from gatepost.judge.judging import Judge
        from gatepost.policy.loading import load_policies

        enforce = enforcing(new_only)
        document = read_evidence(evidence)
        loaded = load_policies(policies, params=cli_params(params), custom=document.custom)
        engine = load_engine(cel)
        exceptions, champion = load_waivers(waivers, loaded), read_evidence(baseline) if baseline else None

        def judged(listed: int) -> Verdict:
            return Judge(loaded, engine).judge(
                document,
                now=parse_now(now),
                waivers=exceptions,
                baseline=champion,
                context=parse_context(context),
                evidence_path=evidence,
                max_findings=listed,
            )

        return enforce(judged, max_findings)

    return judge_and_report(verdict, parse_requests(reports), quiet=quiet, fail_on=fail_on)
