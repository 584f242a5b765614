"""From what attacks found to the entries of the section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gatepost.collect.attacks import Array

__all__ = ["Attempt", "entry", "share", "versus_noise", "worst_case"]


@dataclass(frozen=True)
class Attempt:
    """One attack with one budget, on all n rows.

    ``right`` says which rows the model got right before, ``attacked`` which of them were attacked, ``flipped``
    which of those the attack turned. ``distance`` is how far each row was moved, by norm, in units of the
    budget. ``status`` and ``reason`` are those of the evidence.
    """

    name: str
    norm: str
    eps: float
    status: str
    reason: str
    right: Array
    attacked: Array
    flipped: Array
    distance: dict[str, Array]
    queries: int


def share(count: int, n: int) -> dict[str, Any]:
    """Give ``count / n`` as a metric with its 95 % interval of Wilson (1927)."""
    from scipy.stats import binomtest

    interval = binomtest(int(count), int(n)).proportion_ci(0.95, method="wilson")
    return {
        "value": int(count) / int(n),
        "low": float(interval.low),
        "high": float(interval.high),
        "n": int(n),
        "method": "wilson",
    }


def entry(attempt: Attempt, units: str, seed: int) -> dict[str, Any]:
    """Give the attempt as an entry of ``attacks``; an inconclusive one has no accuracy after the attack."""
    n = len(attempt.right)
    found: dict[str, Any] = {
        "name": attempt.name,
        "norm": attempt.norm,
        "knowledge": "white_box" if attempt.name in ("pgd", "fgsm") else "black_box",
        "eps": attempt.eps,
        "units": units,
        "n": n,
        "seed": seed,
        "status": attempt.status,
        "clean_accuracy": share(attempt.right.sum(), n),
        "queries": attempt.queries,
    }
    if attempt.reason:
        found["reason"] = attempt.reason
    if attempt.status == "inconclusive":
        return found
    found["robust_accuracy"] = share((attempt.right & ~attempt.flipped).sum(), n)
    found["accuracy_drop"] = share((attempt.right & attempt.flipped).sum(), n)
    if attempt.attacked.any():
        found["success_rate"] = share(attempt.flipped.sum(), attempt.attacked.sum())
    if attempt.flipped.any():
        found["mean_distance"] = float(attempt.distance[attempt.norm][attempt.flipped].mean())
    return found


def versus_noise(attempt: Attempt, attempts: Sequence[Attempt]) -> dict[str, Any] | None:
    """Compare with random noise of the same norm and budget on the same rows; None where there is none.

    ``p_value`` is of McNemar's exact test: among the rows that one of the two turned and the other did not, both
    are equally likely if the attack is no better than noise.
    """
    from scipy.stats import binomtest

    noise = next(
        (a for a in attempts if (a.name, a.norm, a.eps, a.status) == ("noise", attempt.norm, attempt.eps, "ok")), None
    )
    if noise is None or attempt.name == "noise" or attempt.status != "ok" or not attempt.attacked.any():
        return None
    only_attack = int((attempt.flipped & ~noise.flipped).sum())
    only_noise = int((noise.flipped & ~attempt.flipped).sum())
    n = int(attempt.attacked.sum())
    either = only_attack + only_noise
    p_value = binomtest(only_attack, either, 0.5).pvalue if either else 1.0
    return {"difference": (only_attack - only_noise) / n, "p_value": float(p_value), "n": n}


def worst_case(attempts: Sequence[Attempt], units: str) -> list[dict[str, Any]]:
    """Take for each norm and budget the worst of all attacks on each row.

    Every point that an attack found counts where it lies within the budget, also that of an attack with a
    smaller budget or in the other norm.
    """
    rows = []
    conclusive = [attempt for attempt in attempts if attempt.status != "inconclusive"]
    for norm, eps in dict.fromkeys((attempt.norm, attempt.eps) for attempt in conclusive):
        right = conclusive[0].right
        turned: Array = np.zeros(len(right), dtype=bool)
        names = []
        for attempt in conclusive:
            within = attempt.distance[norm] <= eps * (1 + 1e-9)
            if (attempt.norm, attempt.eps) == (norm, eps) or (attempt.flipped & within).any():
                names.append(attempt.name)
            turned |= attempt.flipped & within
        rows.append(
            {
                "norm": norm,
                "eps": eps,
                "units": units,
                "n": len(right),
                "attacks": list(dict.fromkeys(names)),
                "clean_accuracy": share(right.sum(), len(right)),
                "robust_accuracy": share((right & ~turned).sum(), len(right)),
                "accuracy_drop": share((right & turned).sum(), len(right)),
            }
        )
    return sorted(rows, key=lambda row: (row["norm"] != "inf", row["eps"]))
