"""``gatepost judge``: judge an evidence file."""

from __future__ import annotations

import click

from gatepost.cli.consistent import read_past
from gatepost.cli.evidence_checks import check_configured_subject, check_subject, check_time, parse_age
from gatepost.cli.judging import (
    cli_params,
    enforcing,
    judging_options,
    load_waivers,
    parse_context,
    parse_now,
    read_evidence,
)
from gatepost.cli.old_reports import replace_requested
from gatepost.cli.reporting import judge_and_report, parse_requests
from gatepost.verdict import Verdict

__all__ = ["judge"]


@click.command()
@click.argument("evidence")
@click.option(
    "--config",
    metavar="FILE",
    help="The configuration whose subject the evidence must have; default: gatepost.yaml, where it exists.",
)
@judging_options
def judge(
    evidence: str,
    config: str | None,
    policies: tuple[str, ...],
    params: tuple[str, ...],
    waivers: str | None,
    baseline: str | None,
    now: str | None,
    cel: str,
    subject: str | None,
    max_age: str | None,
    context: tuple[str, ...],
    reports: tuple[str, ...],
    new_only: str | None,
    max_findings: int,
    fail_on: str,
    quiet: bool,
) -> int:
    """Judge the file EVIDENCE: no network, the same result for the same bytes.

    Evidence of another subject than --subject or gatepost.yaml names, or collected after --now, is refused (exit 2).
    """
    requests, earlier = parse_requests(reports), read_past(new_only)
    replace_requested(requests)

    def verdict() -> Verdict:
        from gatepost.cel.engines import load_engine
        from gatepost.judge.judging import Judge
        from gatepost.policy.loading import load_policies

        enforce = enforcing(new_only, content=earlier)
        moment, longest = parse_now(now), parse_age(max_age)
        document = read_evidence(evidence)
        if subject is None:
            check_configured_subject(document, evidence, config)
        check_subject(document, evidence, subject)
        check_time(document, evidence, moment, longest)
        loaded = load_policies(policies, params=cli_params(params), custom=document.custom)
        engine = load_engine(cel)
        exceptions, champion = load_waivers(waivers, loaded), read_evidence(baseline) if baseline else None
        if baseline and champion:
            check_time(champion, baseline, moment, longest)

        def judged(listed: int) -> Verdict:
            return Judge(loaded, engine).judge(
                document,
                now=moment,
                waivers=exceptions,
                baseline=champion,
                context=parse_context(context),
                evidence_path=evidence,
                max_findings=listed,
            )

        return enforce(judged, max_findings)

    return judge_and_report(verdict, requests, quiet=quiet, fail_on=fail_on)
