"""What ships with Gatepost: the one look-up of ``policies/``, the same from a wheel and an editable install."""

from __future__ import annotations

from pathlib import Path

__all__ = ["policies_folder", "profile_names", "profile_path", "rule_files"]


def policies_folder() -> Path:
    """Return the folder of the shipped policies."""
    return Path(__file__).parent.parent / "policies"


def profile_path(name: str) -> Path:
    """Return the file of a shipped profile; it need not be there."""
    return policies_folder() / "profiles" / f"{name}.yaml"


def profile_names() -> list[str]:
    """Return the names of the shipped profiles."""
    return sorted(path.stem for path in (policies_folder() / "profiles").glob("*.yaml"))


def rule_files() -> list[Path]:
    """Return the files of the shipped rules, tests left out."""
    return sorted(p for p in (policies_folder() / "rules").rglob("*.yaml") if not p.name.endswith(".test.yaml"))
