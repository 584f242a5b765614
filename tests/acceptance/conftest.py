from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


# PYTHONPATH, so that a worktree tests its own package and not the one that is installed.
KEPT = ("PATH", "HOME", "LANG", "XDG_STATE_HOME", "PYTHONPATH")


def clean_environment(**extra: str) -> dict[str, str]:
    """Give an environment with nothing that could steer the command."""
    kept = {key: os.environ[key] for key in KEPT if key in os.environ}
    return {**kept, "MLFLOW_DISABLE_TELEMETRY": "true", "GX_ANALYTICS_ENABLED": "false", **extra}


@pytest.fixture(scope="session")
def gatepost() -> Run:
    """Run the command as a user would, in a process of its own."""

    def run(*arguments: str, cwd: Path, env: dict[str, str] | None = None, **options: Any) -> Any:
        return subprocess.run(
            [sys.executable, "-m", "gatepost", *arguments],
            cwd=cwd,
            env=clean_environment(**(env or {})),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            **options,
        )

    return run


POLICY = """policy: docs
version: 1.0.0
title: Docs
owner: o@example.com
params:
  least: {type: integer, default: 1, minimum: 0, maximum: 9}
rules:
  - id: owner
    title: The model has an owner
    severity: high
    enforcement: block
    require: evidence.documentation.owner.size() >= params.least
    message: "The owner {evidence.documentation.owner} is too short"
"""
CARD = """---
license: mit
owner: someone@example.com
---
# A model
"""
CONFIG = """subject: {name: credit, location: MODEL_CARD.md}
collect:
  - model_card: {path: MODEL_CARD.md}
policies: [policies/]
reports: [{junit: gatepost.xml}]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a small project that passes."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "docs.yaml").write_text(POLICY)
    (tmp_path / "MODEL_CARD.md").write_text(CARD)
    (tmp_path / "gatepost.yaml").write_text(CONFIG)
    return tmp_path
