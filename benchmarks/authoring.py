"""What an author and a gate with many rules wait for: `python benchmarks/authoring.py [--runs 9]`.

Whole processes: `gatepost judge` of one evidence with 200 fields by 100 rules, with JUnit and SARIF written, and
`gatepost policy lint` of 500 rules. Each command runs once without counting; the median counts. With --imports the
imports of the judgement that take longest are listed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from startup import ENVIRONMENT, GATEPOST, measure

HEAD = """policy: {name}
version: 1.0.0
title: T
owner: o
params: {{limit: {{type: number, default: 0.5, minimum: 0, maximum: 1}}}}
rules:
"""
RULE = """  - id: r{n}
    title: Metric {n} is high enough
    severity: high
    enforcement: block
    controls: [eu-ai-act/15.1]
    require: evidence.performance.metrics.m{n}.value >= params.limit
    message: "m{n} is {{evidence.performance.metrics.m{n}.value}}, below {{params.limit}}"
"""


def write_policies(folder: Path, rules: int, each: int) -> None:
    """Write policies with this many rules, so many a file."""
    folder.mkdir()
    for first in range(0, rules, each):
        text = HEAD.format(name=f"p{first}") + "".join(RULE.format(n=n) for n in range(first, first + each))
        (folder / f"p{first}.yaml").write_text(text)


def write_evidence(path: Path, metrics: int) -> None:
    """Write evidence with two fields a metric."""
    found = {f"m{n}": {"value": 0.9 if n % 20 else 0.4, "n": 1000} for n in range(metrics)}
    evidence = {"performance": {"metrics": found}}
    path.write_text(json.dumps({"schema": "gatepost.evidence/1", "subject": {"name": "m"}, "evidence": evidence}))


def imports(command: list[str], folder: Path) -> None:
    """List the imports of a command that take longest, with what they import."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *command], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True
    )
    rows = [
        line.split("|") for line in done.stderr.splitlines() if line.startswith("import time:") and "self" not in line
    ]
    found = sorted(((int(row[1]), row[2].strip()) for row in rows), reverse=True)
    for microseconds, name in found[:25]:
        print(f"{microseconds / 1000:8.1f} ms  {name}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--imports", action="store_true")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp())
    write_evidence(folder / "e.json", 100)
    write_policies(folder / "hundred", 100, 25)
    write_policies(folder / "many", 500, 25)
    judge = ["judge", "e.json", "--policies", "hundred"]
    reports = ["--report", "junit=j.xml", "--report", "sarif=s.sarif"]
    rows = [
        ("judge, 100 rules, JUnit and SARIF", [*judge, *reports], (1,)),
        ("judge, 100 rules", judge, (1,)),
        ("policy lint, 500 rules", ["policy", "lint", "many"], (0,)),
    ]
    print(f"{'command':<36} {'median':>8} {'min':>8} {'max':>8}  seconds")
    for name, arguments, codes in rows:
        found = measure([GATEPOST, *arguments], folder, options.runs, codes)
        print(f"{name:<36} {statistics.median(found):8.3f} {min(found):8.3f} {max(found):8.3f}  {len(found)} runs")
    if options.imports:
        imports([GATEPOST, *judge, *reports], folder)


if __name__ == "__main__":
    main()
