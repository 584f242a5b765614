"""``gatepost run``: collect, judge, report; the job in CI."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import click

from gatepost.cli.collect_options import collect_options, config_option
from gatepost.cli.configured import from_here
from gatepost.cli.judging import (
    cli_params,
    enforcing,
    judging_options,
    load_waivers,
    parse_context,
    parse_now,
    read_evidence,
)
from gatepost.cli.reporting import Request, judge_and_report, parse_requests
from gatepost.verdict import Verdict

__all__ = ["run"]


@click.command()
@config_option
@judging_options
@collect_options
def run(
    config: str,
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
    jobs: int | None,
    no_cache: bool,
) -> int:
    """Collect evidence, judge it, and write reports.

    Leaves .gatepost/evidence.json and .gatepost/verdict.json beside gatepost.yaml. What is given here adds to
    gatepost.yaml (policies, params, reports) or stands in its place (waivers, baseline).
    """
    from gatepost.cli.collecting import Way, baseline_to, collect_to, load_config
    from gatepost.config import configured_reports

    requests = parse_requests(reports)
    folder = Path(config).parent
    left = folder / ".gatepost"

    def verdict() -> Verdict:
        from gatepost.cel.engines import load_engine
        from gatepost.judge.judging import Judge
        from gatepost.policy.loading import load_policies

        # Before anything else: where the rest cannot be used, they are written as error reports.
        _add_configured(requests, configured_reports(Path(config)), folder)
        loaded_config = load_config(config)
        custom = loaded_config.evidence_schema
        assigned = [*loaded_config.params, *cli_params(params)]
        # Policies are loaded first: a mistake in them should not cost the time of collecting.
        moved = [from_here(source, folder) for source in loaded_config.policies]
        loaded = load_policies([*moved, *policies], params=assigned, custom=custom)
        waived_by = waivers or (from_here(loaded_config.waivers, folder) if loaded_config.waivers else None)
        exceptions = load_waivers(waived_by, Path(), loaded)
        enforce = enforcing(new_only)
        moment = parse_now(now)
        engine = load_engine(cel)
        _prepare(left)
        if baseline is not None:
            loaded_config = replace(loaded_config, baseline=None)
        how = Way(quiet, jobs, no_cache)
        champion = baseline or baseline_to(loaded_config, left / "baseline.json", how)
        collection = collect_to(loaded_config, left / "evidence.json", how)
        other = read_evidence(champion) if champion else None

        def judged(listed: int) -> Verdict:
            return Judge(loaded, engine).judge(
                collection.evidence,
                now=moment,
                waivers=exceptions,
                baseline=other,
                context=parse_context(context),
                evidence_path=os.path.normpath(left / "evidence.json"),
                max_findings=listed,
            )

        return enforce(judged, max_findings)

    return judge_and_report(verdict, requests, quiet=quiet, fail_on=fail_on, always=left / "verdict.json")


def _add_configured(requests: list[Request], configured: tuple[tuple[str, str], ...], folder: Path) -> None:
    """Add the reports of gatepost.yaml, where the command line has none of the same place."""
    for name, path in configured:
        there = path if path == "-" else os.path.normpath(folder / path)
        if all(request.path != there for request in requests):
            requests += parse_requests([f"{name}={there}"])


def _prepare(folder: Path) -> None:
    """Make the folder for what a run leaves, which git shall not see."""
    from gatepost.files import write_whole

    ignore = folder / ".gitignore"
    if not ignore.exists():
        write_whole(ignore, "*\n")
