"""``gatepost run``: collect, judge, report; the job in CI."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatepost.cli.collect_options import collect_options, config_option
from gatepost.cli.consistent import read_past
from gatepost.cli.judging import enforcing, judging_options, parse_context, parse_now
from gatepost.cli.old_reports import replace_left, replace_requested
from gatepost.cli.output import note, warn
from gatepost.cli.reporting import Request, judge_and_report, parse_requests
from gatepost.verdict import Verdict

if TYPE_CHECKING:
    from gatepost.cli.trusted_sources import TrustedSources
    from gatepost.evidence.document import Evidence
    from gatepost.state import State

__all__ = ["run"]


@click.command()
@config_option
@judging_options
@collect_options
@click.option(
    "--trusted-ref",
    metavar="REF",
    help="Take policies, waivers, params and the list of sources from this git ref; the working tree gives the "
    "model, the data and the code.",
)
def run(
    config: str,
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
    jobs: int | None,
    no_cache: bool,
    data_roots: tuple[str, ...],
    repository: str | None,
    trusted_ref: str | None,
) -> int:
    """Collect evidence, judge it, and write reports.

    Leaves evidence.json and verdict.json in .gatepost beside gatepost.yaml, or in .gatepost/NAME for another
    configuration NAME.yaml. What is given here adds to gatepost.yaml (policies, params, reports) or stands in its
    place (waivers, baseline).
    """
    from gatepost.state import State

    folder = Path(config).parent
    state = State(config)
    # After what is needed of the past, before anything that can crash: no old report may pass for one of this run.
    earlier = read_past(new_only)
    replace_left(state, new_only)
    requests = parse_requests(reports)
    replace_requested(requests, state)

    from gatepost.cel.engines import load_engine
    from gatepost.cli.collecting import CollectOptions, baseline_to, collect_to, open_cache
    from gatepost.cli.consistent import read_judged
    from gatepost.cli.evidence_checks import check_subject, check_time, parse_age
    from gatepost.cli.rules import Given, Rules, load_rules, take_demands
    from gatepost.config import configured_reports
    from gatepost.judge.judging import Judge

    def verdict() -> Verdict:
        with ExitStack() as stack:
            cache = open_cache(state, no_cache=no_cache, trusted_ref=trusted_ref is not None)
            sources = None
            if trusted_ref is not None:
                sources = _trusted(trusted_ref, folder, repository, state, stack)
            root = sources.tree.top if sources is not None else _untrusted(folder, repository, quiet)
            given = Given(config, policies, params, waivers, baseline, root)
            where = sources or Path
            # Before anything else: where the rest cannot be used, they are written as error reports.
            replace_requested(_add_configured(requests, configured_reports(where(config)), state), state)
            # Rules are loaded first: a mistake in them should not cost the time of collecting.
            rules = load_rules(given, where)
            enforce = enforcing(new_only, where, earlier)
            longest, stated = parse_age(max_age), parse_now(now) if now is not None else None
            engine = load_engine(cel)
            asked = rules.config
            demands: tuple[str, ...] = ()
            if sources is not None:
                asked, demands = take_demands(asked, sources)
            state.prepare()
            how = CollectOptions(state, quiet, jobs, cache, data_roots)
            collected_baseline = baseline_to(asked, state.baseline, how)
            collection = collect_to(asked, state.evidence, how)
            check_subject(collection.evidence, str(state.evidence), subject)
            moment = stated or parse_now(None)  # after collecting: what is judged was collected before it is

            def judged(rules: Rules, where: Callable[[str], Path], evidence: Evidence) -> Verdict:
                other = collected_baseline
                if rules.baseline:
                    other = read_judged(rules.baseline, where)
                    check_time(other, rules.baseline, moment, longest)
                judge = Judge(rules.policies, engine)

                def limited(listed: int) -> Verdict:
                    return judge.judge(
                        evidence,
                        now=moment,
                        waivers=rules.waivers,
                        baseline=other,
                        context=parse_context(context),
                        evidence_path=os.path.normpath(state.evidence),
                        max_findings=listed,
                    )

                return enforce(limited, max_findings)

            found = judged(rules, where, collection.evidence)
            if sources is None:
                return found
            from gatepost.cli.proposing import with_proposed

            return with_proposed(found, rules, given, sources, demands, collection, judged)

    return judge_and_report(verdict, requests, quiet=quiet, fail_on=fail_on, state=state)


def _untrusted(folder: Path, repository: str | None, quiet: bool) -> Path | None:
    """Return the root that ``--repository`` names; say where another repository decides under a trusted ref."""
    from gatepost.git.deciding import note_on_submodule, root_of

    found = "" if quiet else note_on_submodule(folder)
    if found:
        note(found)
    return root_of(folder, repository)


def _trusted(ref: str, folder: Path, repository: str | None, state: State, stack: ExitStack) -> TrustedSources:
    """Open what is at the ref, for as long as the stack is."""
    from tempfile import TemporaryDirectory

    from gatepost.cli.trusted_sources import TrustedSources

    target = Path(stack.enter_context(TemporaryDirectory(prefix="gatepost-")))
    sources = TrustedSources(ref, folder, target, repository)
    for warning in sources.tree.notes:
        warn(warning)
    sources.check_folder(state.top)
    sources.check_python_path(os.environ.get("PYTHONPATH", ""))
    return sources


def _add_configured(requests: list[Request], configured: tuple[tuple[str, str], ...], state: State) -> list[Request]:
    """Add the reports of gatepost.yaml, where the command line has none of the same place, and return them.

    One outside of the checkout is left out: it is an error, and must not be written as an error report either.
    """
    folder = Path(state.config).parent
    added: list[Request] = []
    for name, path in configured:
        there = path if path == "-" else os.path.normpath(folder / path)
        inside = path == "-" or Path(os.path.normpath(folder.resolve() / path)).is_relative_to(state.checkout)
        if inside and all(request.path != there for request in requests):
            requests += parse_requests([f"{name}={there}"])
            added.append(requests[-1])
    return added
