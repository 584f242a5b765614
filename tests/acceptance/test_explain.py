"""``gatepost explain`` on a small project."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Run = Callable[..., Any]

MISSING = """missing  docs/owner
  The model has an owner
  written at policies/docs.yaml:8:9
  Missing: evidence.documentation.owner is not there.

require:
> evidence.documentation.owner.size() >= params.least  missing
>   evidence.documentation.owner.size()   missing
>     evidence.documentation.owner        missing
>   params.least                          1  from policies/docs.yaml:6

missing  evidence.documentation.owner
  It is: Person or team that answers for the model.
  Available fields: contact
  The source model_card (gatepost.yaml:3) ran and left it out.
  In gatepost.yaml this would fill it with what it lacks:
    collect:
      - model_card: {path: MODEL_CARD.md}
      - file: {path: documentation.yaml, section: documentation}
"""
FAIL = """fail  docs/owner
  The model has an owner
  written at policies/docs.yaml:8:9
  The owner someone@example.com is too short

require:
> evidence.documentation.owner.size() >= params.least  false  short by 81
>   evidence.documentation.owner.size()   19
>     evidence.documentation.owner        "someone@example.com"
          from model_card, MODEL_CARD.md, sha256 DIGEST, MODEL_CARD.md:3
>   params.least                          100  from --param docs.least
"""


def test_a_missing_field_is_explained(gatepost: Run, project: Path) -> None:
    (project / "MODEL_CARD.md").write_text("---\nlicense: mit\ncontact: me\n---\n# A model\n")
    gatepost("run", cwd=project)
    done = gatepost("explain", "docs/owner", cwd=project)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == MISSING


def test_a_failure_is_explained_with_its_margin_and_origins(gatepost: Run, project: Path) -> None:
    policy = project / "policies" / "docs.yaml"
    policy.write_text(policy.read_text().replace("maximum: 9", "maximum: 999"))
    gatepost("run", cwd=project)
    done = gatepost("explain", "docs/owner", "--param", "docs.least=100", cwd=project)
    digest = json.loads((project / ".gatepost" / "evidence.json").read_text())["sources"][0]["digest"]
    assert done.stdout == FAIL.replace("DIGEST", digest.removeprefix("sha256:")[:12])


def test_it_works_without_configuration_and_as_json(gatepost: Run, project: Path) -> None:
    gatepost("run", cwd=project)
    (project / "gatepost.yaml").unlink()
    options = ["--policies", "policies", "--evidence", ".gatepost/evidence.json", "--format", "json"]
    done = gatepost("explain", "docs/owner", *options, cwd=project)
    found = json.loads(done.stdout)
    assert (found["outcome"], found["expressions"]["require"]["value"], found["missing"]) == ("pass", "true", [])


def test_mistakes_are_one_message(gatepost: Run, project: Path) -> None:
    before = gatepost("explain", "docs/owner", cwd=project)
    assert (before.returncode, before.stdout) == (2, "")
    assert before.stderr.startswith("error: cannot read .gatepost/evidence.json: No such file or directory\n")
    gatepost("run", cwd=project)
    typo = gatepost("explain", "docs/ownr", cwd=project)
    assert typo.returncode == 2
    assert typo.stderr == "error: no loaded policy has a rule `docs/ownr`\n  did you mean `docs/owner`?\n"
    item = gatepost("explain", "docs/owner", "--item", "x", cwd=project)
    assert item.stderr == "error: docs/owner has no item `x`\n  it has no items\n"


def test_the_lines_it_suggests_are_valid(project: Path) -> None:
    from gatepost.collect.registry import BUILT_IN, Registry
    from gatepost.collect.suggestion import entry_line
    from gatepost.config import load

    collectors = [Registry().get(name) for name in BUILT_IN]
    lines = "\n".join(f"  {entry_line(collector, 'risk')}" for collector in collectors if collector is not None)
    (project / "gatepost.yaml").write_text(f"subject: {{name: s}}\ncollect:\n{lines}\npolicies: [policies/]\n")
    assert [entry.name for entry in load(project / "gatepost.yaml", {}).entries] == list(BUILT_IN)
