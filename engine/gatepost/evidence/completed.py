"""What follows from the facts of a document: directions, half-widths, accuracy drops, differences from the champion.

Collecting writes them into the evidence. The judge adds them to a document that lacks them (one of an earlier
version, or made by hand), so that a rule reads the same field of each. What needs the baseline's document only the
judge knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatepost.evidence.directions import higher_is_better
from gatepost.evidence.exact import difference, half_width
from gatepost.evidence.naming import is_metric

__all__ = ["MODEL_SECTIONS", "completed"]

MODEL_SECTIONS = ("performance", "fairness", "robustness")
"""The sections whose metrics are those of the model; in ``privacy`` they are those of an attacker."""
_OF_BASELINE = "difference_from_baseline"


def completed(sections: Mapping[str, Any], baseline: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return sections of evidence with all that follows from them; ``baseline`` are those of the champion."""
    found = dict(sections)
    for name in MODEL_SECTIONS:
        if name in sections:
            found[name] = _of_any("", sections[name])
    if "performance" in found:
        found["performance"] = _versus(found["performance"], (baseline or {}).get("performance", {}))
    if "more" in sections:
        others = (baseline or {}).get("more", {})
        found["more"] = {name: completed(other, others.get(name)) for name, other in sections["more"].items()}
    return found


def _of_any(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_of_any("", item) for item in value] if value and isinstance(value[0], dict) else value
    if not isinstance(value, dict):
        return value
    if is_metric(value):
        return {**_direction(name, value), **_half_width(value), **value}
    found = {key: _of_any(key, part) for key, part in value.items()}
    if "difference" in value:
        return {**_direction(name, value), **found}
    if "clean_accuracy" in found and "robust_accuracy" in found:
        found = {**_drop(found["clean_accuracy"], found["robust_accuracy"]), **found}
    return found


def _direction(name: str, value: Mapping[str, Any]) -> dict[str, bool]:
    known = None if "higher_is_better" in value else higher_is_better(name)
    return {} if known is None else {"higher_is_better": known}


def _half_width(metric: Mapping[str, Any]) -> dict[str, float]:
    return {"half_width": half_width(metric["low"], metric["high"])} if "low" in metric and "high" in metric else {}


def _drop(clean: Mapping[str, Any], robust: Mapping[str, Any]) -> dict[str, Any]:
    if not (is_metric(clean) and is_metric(robust)):
        return {}
    lost = difference(clean, robust)
    rows = {"n": clean["n"]} if "n" in clean and clean["n"] == robust.get("n") else {}
    return {} if lost is None else {"accuracy_drop": {"value": lost, **rows, "higher_is_better": False}}


def _versus(performance: Mapping[str, Any], baseline: Mapping[str, Any]) -> dict[str, Any]:
    """Return performance with the difference of each metric to the same one of the baseline, where both have it."""
    if "metrics" not in performance:
        return dict(performance)
    theirs = baseline.get("metrics", {})
    metrics = {}
    for name, metric in performance["metrics"].items():
        own = {key: part for key, part in metric.items() if key != _OF_BASELINE}
        other = theirs.get(name, {})
        by = difference(own, other) if is_metric(own) and is_metric(other) else None
        metrics[name] = own if by is None else {**own, _OF_BASELINE: by}
    return {**performance, "metrics": metrics}
