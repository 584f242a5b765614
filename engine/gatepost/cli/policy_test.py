"""``gatepost policy test``: run the tests that lie beside policies."""

from __future__ import annotations

from pathlib import Path

import click

from gatepost.cel.engines import DEFAULT, ENGINES

__all__ = ["test"]


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--report", "reports", multiple=True, metavar="junit=PATH", help="Write the results as JUnit XML.")
@click.option("--coverage", is_flag=True, help="Say what no test has seen: outcomes, conditions both ways.")
@click.option(
    "--coverage-min", type=click.FloatRange(0, 100), metavar="PERCENT", help="Fail where less was seen; e.g. 90."
)
@click.option("--mutate", is_flag=True, help="Change the policy in small ways; fail where no test notices.")
@click.option("--config", default="gatepost.yaml", metavar="FILE", help="Where `evidence_schema` is declared.")
@click.option("--cel", metavar="ENGINE", default=DEFAULT, help=f"The CEL engine: {' or '.join(ENGINES)}.")
@click.option("--quiet", "-q", is_flag=True, help="Print failures and the summary only.")
def test(
    paths: tuple[str, ...],
    reports: tuple[str, ...],
    coverage: bool,
    coverage_min: float | None,
    mutate: bool,
    config: str,
    cel: str,
    quiet: bool,
) -> int:
    """Run the tests of the policies at PATH... (files or folders).

    The exit code is 0 where all passed, 1 where one failed (or the coverage is too low, or a change went unnoticed),
    2 where there is nothing to run.
    """
    from gatepost.cel.engines import load_engine
    from gatepost.cli import policy_tested as shown
    from gatepost.cli.output import print_out
    from gatepost.config import declared
    from gatepost.files import write_whole
    from gatepost.judge.coverage import measure
    from gatepost.judge.mutation import mutate as mutate_suite
    from gatepost.judge.policy_tests import find_suites, run_suite
    from gatepost.problems import GatepostError, Place

    targets = shown.junit_paths(reports)
    custom, engine = declared(Path(config)), load_engine(cel)
    suites = []
    for path in paths:
        if not Path(path).exists():
            raise GatepostError.of(f"there is no {path}", Place(path))
        suites += find_suites(Path(path), path, custom)
    results = []
    for suite in suites:
        done = run_suite(suite, custom, engine)
        results += done
        print_out("".join(shown.result_lines(result, quiet=quiet) for result in done), newline=False)
    failed = sum(bool(result.problems) for result in results)
    for target in targets:
        write_whole(Path(target), shown.junit(results))
    code = 1 if failed else 0
    if coverage or coverage_min is not None:
        text, percent = shown.coverage_lines([rule for suite in suites for rule in measure(suite, custom, engine)])
        print_out(text, newline=False)
        if coverage_min is not None and percent < coverage_min:
            print_out(f"the coverage is below {coverage_min:g} %")
            code = 1
    if mutate and not failed:  # with a test that fails every change would be noticed
        found = [mutate_suite(suite, custom, engine) for suite in suites]
        print_out(shown.mutation_lines(found), newline=False)
        code = max(code, *(int(bool(one.survived)) for one in found))
    print_out(f"{len(results) - failed} passed, {failed} failed")
    return code
