"""``gatepost verify``: whether what a run left was edited since."""

from __future__ import annotations

import dataclasses
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gatepost.problems import GatepostError, Place
from gatepost.state import STATE_FOLDER, State

if TYPE_CHECKING:
    from gatepost.cli.rules import Rules
    from gatepost.evidence.document import Evidence
    from gatepost.judge.consistency import Check
    from gatepost.policy.model import PolicySet, WaiverFile
    from gatepost.verdict import Verdict

__all__ = ["verify"]

_EVERYTHING = 1_000_000_000


@click.command()
@click.argument("path", required=False)
@click.option("--config", metavar="FILE", help="Where policies and waivers are named; default: that of PATH.")
@click.option("--policies", multiple=True, metavar="X", help="Policies in place of those of --config; repeatable.")
@click.option("--waivers", metavar="FILE", help="A file of waivers, in place of that of --config.")
@click.option("--baseline", metavar="FILE", help="Evidence of the champion, in place of that of --config.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to print it.")
def verify(
    path: str | None,
    config: str | None,
    policies: tuple[str, ...],
    waivers: str | None,
    baseline: str | None,
    form: str,
) -> int:
    """Check that a verdict agrees with itself, its evidence, and the policies and waivers that it names.

    PATH is a folder with a verdict.json, or a verdict (default: what the last run left in .gatepost). What is absent
    is not checked. Without a signature this finds careless edits only: who edits everything alike is not found.

    The exit code is 0 where nothing is inconsistent, else 2.
    """
    from gatepost.cli.consistent import evidence_of, read_verdict
    from gatepost.cli.output import print_out
    from gatepost.judge.consistency import check_verdict

    target = Path(path or State(config or "gatepost.yaml").folder)
    file = str(target / "verdict.json" if path is None or target.is_dir() else target)
    verdict = read_verdict(file)
    if verdict.problems:
        what = f"nothing was judged, so there is nothing to verify: {verdict.problems[0].what}"
        raise GatepostError.of(what, Place(file), "judge again with `gatepost run`")
    rules = _Rules(config or _config_of(Path(file)), config is not None, policies, waivers, baseline)
    own = (*check_verdict(verdict), *evidence_of(verdict, file))
    checks = (*own, *rules.checks(verdict, file, own))
    print_out(_as_json(file, checks) if form == "json" else _as_text(file, verdict, checks))
    return 2 if any(check.state == "inconsistent" for check in checks) else 0


def _config_of(verdict: Path) -> str:
    """Return the configuration whose state a verdict is; gatepost.yaml here for one that lies elsewhere."""
    folder = Path(os.path.normpath(Path.cwd() / verdict.parent))
    if folder.name == STATE_FOLDER:
        found = folder.parent / "gatepost.yaml"
    elif folder.parent.name == STATE_FOLDER:
        name = folder.name
        found = folder.parent.parent / (name[1:] if name.startswith("@") else f"{name}.yaml")
    else:
        return "gatepost.yaml"
    return os.path.relpath(found)


@dataclasses.dataclass(frozen=True, slots=True)
class _Rules:
    """What the verdict is compared with; a configuration that is not ``demanded`` may be absent or unreadable."""

    config: str
    demanded: bool
    policies: tuple[str, ...]
    waivers: str | None
    baseline: str | None

    def checks(self, verdict: Verdict, file: str, own: tuple[Check, ...]) -> tuple[Check, ...]:
        """Compare with the policies, the waivers and the baseline, and judge again where all are the same."""
        from gatepost.cli.judging import load_waivers
        from gatepost.judge.consistency import check_baseline, check_outcomes, check_rules, check_waivers
        from gatepost.policy.loading import load_policies

        configured = self._configured()
        loaded: PolicySet | str = configured if isinstance(configured, str) else configured.policies
        exceptions: WaiverFile | str = configured if isinstance(configured, str) else configured.waivers
        if self.policies:
            loaded = load_policies(self.policies)
        if self.waivers is not None and not isinstance(loaded, str):
            exceptions = load_waivers(self.waivers, loaded)
        champion = self._baseline(configured)
        found = (
            *check_rules(verdict, loaded),
            check_waivers(verdict, exceptions),
            check_baseline(verdict, champion),
        )
        return (*found, check_outcomes(verdict, _again(verdict, file, loaded, exceptions, champion, (*own, *found))))

    def _configured(self) -> Rules | str:
        from gatepost.cli.rules import Given, load_rules

        if not self.demanded and (self.policies or not Path(self.config).is_file()):
            return "name it by an option" if self.policies else f"there is no {self.config}; --policies names them"
        try:
            return load_rules(Given(self.config))
        except GatepostError as error:
            if self.demanded:
                raise
            return f"{self.config} cannot be used: {error.problems[0].what}"

    def _baseline(self, configured: Rules | str) -> Evidence | str:
        from gatepost.cli.judging import read_evidence

        path = self.baseline
        if path is None:
            if isinstance(configured, str):
                return "--baseline names it"
            path = configured.baseline or str(State(self.config).baseline)
            if not Path(path).is_file():
                return f"{path} is not there"
        return read_evidence(path)


def _again(
    verdict: Verdict,
    file: str,
    policies: PolicySet | str,
    waivers: WaiverFile | str,
    baseline: Evidence | str,
    checks: tuple[Check, ...],
) -> Verdict | str:
    """Judge the same evidence by the same rules; a string says why that cannot be done."""
    from gatepost.cel.engines import load_engine
    from gatepost.cli.consistent import same_evidence
    from gatepost.judge.judging import Judge

    evidence = same_evidence(verdict, file)
    needed = [check for check in checks if check.what not in ("waiver file", "baseline")]
    needed += [check for check in checks if check.what == "waiver file" and verdict.waivers]
    needed += [check for check in checks if check.what == "baseline" and verdict.baseline]
    if evidence is None or isinstance(policies, str) or any(check.state != "ok" for check in needed):
        return "needs the same evidence and rules"
    engine = verdict.engine.name if verdict.engine is not None else ""
    try:
        judge = Judge(policies, load_engine(engine))
    except GatepostError as error:
        return error.problems[0].what
    import datetime

    return judge.judge(
        evidence,
        now=datetime.datetime.fromisoformat(verdict.now),
        waivers=() if isinstance(waivers, str) else waivers,
        baseline=None if verdict.baseline is None or isinstance(baseline, str) else baseline,
        evidence_path=verdict.evidence.get("path", ""),
        max_findings=_EVERYTHING,
    )


def _as_json(file: str, checks: tuple[Check, ...]) -> str:
    consistent = all(check.state != "inconsistent" for check in checks)
    data = {"verdict": file, "consistent": consistent, "checks": [dataclasses.asdict(check) for check in checks]}
    return json.dumps(data, indent=2)


def _as_text(file: str, verdict: Verdict, checks: tuple[Check, ...]) -> str:
    from gatepost.cli.reporting import terminal_style
    from gatepost.report.wording import DECISIONS
    from gatepost.text import harmless, wrapped

    width = terminal_style().width
    column = max(len(check.what) for check in checks) + 2
    subject = " ".join(str(verdict.subject[key]) for key in ("name", "version") if key in verdict.subject)
    by = f" by gatepost {verdict.gatepost['version']}" if verdict.gatepost is not None else ""
    lines = wrapped(f"{file}: {DECISIONS[verdict.decision]} {subject}, judged at {verdict.now}{by}", width, "  ", "")
    lines.append("")
    for check in checks:
        lead = f"{check.state:<14}{check.what:<{column}}"
        lines += wrapped(check.detail, width, " " * len(lead), lead) if check.detail else [lead.rstrip()]
    number = {state: sum(check.state == state for check in checks) for state in ("ok", "inconsistent", "not checked")}
    word = "INCONSISTENT" if number["inconsistent"] else "CONSISTENT"
    told = ", ".join(f"{count} {state}" for state, count in number.items() if count)
    return "\n".join([*map(harmless, lines), "", f"{word}  {told}"])
