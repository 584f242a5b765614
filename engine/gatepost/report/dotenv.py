"""The decision as ``KEY=value`` lines, for jobs that follow: GitLab's dotenv report, GitHub's step outputs.

Nothing of the evidence stands in it: a word and three numbers.
"""

from __future__ import annotations

from gatepost.ranking import is_blocking
from gatepost.report.interface import Style
from gatepost.verdict import ACTIVE, Verdict

__all__ = ["name", "render"]

name = "dotenv"


def render(verdict: Verdict, style: Style) -> str:
    """Return the decision, the exit code, and how many findings block and warn."""
    blocked = sum(1 + result.hidden for result in verdict.results if is_blocking(result))
    active = [result for result in verdict.results if result.outcome in ACTIVE and not is_blocking(result)]
    warned = sum(1 + result.hidden for result in active if result.enforcement == "warn")
    values = {"decision": verdict.decision, "exit_code": verdict.exit_code, "blocked": blocked, "warned": warned}
    return "".join(f"gatepost_{key}={value}\n" for key, value in values.items())
