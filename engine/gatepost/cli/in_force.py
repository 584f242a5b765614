"""The policies that a command for authors looks at: those that are named, else gatepost.yaml's, else what ships."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from gatepost.policy import shipped
from gatepost.policy.loading import load_policies
from gatepost.policy.model import PolicySet

__all__ = ["named_or_configured"]


def named_or_configured(sources: Sequence[str], config: str) -> PolicySet:
    """Load the policies.

    Raises:
        GatepostError: with all mistakes found.
    """
    if sources:
        return load_policies(sources)
    path = Path(config)
    if not path.is_file():
        return load_policies([f"profile/{name}" for name in shipped.profile_names()[:1]])
    from gatepost.cli.collecting import load_config
    from gatepost.cli.configured import from_here

    found = load_config(config)
    moved = [from_here(source, path.parent) for source in found.policies]
    return load_policies(moved, params=found.params, custom=found.custom)
