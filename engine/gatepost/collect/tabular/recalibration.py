"""Slope and intercept of the logistic recalibration, fitted where the data is."""

from __future__ import annotations

import math
from typing import Any

from gatepost.collect.statistics.means import Z95
from gatepost.collect.tabular.columns import View
from gatepost.collect.tabular.totals import totals

__all__ = ["recalibration"]

_EPSILON = 1e-12
_STEPS = 25
_FAR = 1e3


def recalibration(view: View, truth: Any) -> dict[str, dict[str, Any]]:
    """Fit P(true) = expit(intercept + slope * logit(score)) (Cox, Biometrika 45, 1958), by Newton's method.

    Each step is one pass over the data. The standard errors are those of the sandwich (White, Econometrica 50, 1982),
    summed over clusters where rows are clustered. Scores are kept 1e-12 away from 0 and 1.
    """
    import ibis
    import numpy as np

    clipped = ibis.greatest(ibis.least(view.table.score, 1 - _EPSILON), _EPSILON)
    x, y = (clipped / (1 - clipped)).ln(), truth.cast("float64")
    beta = np.zeros(2)
    for _ in range(_STEPS):
        p = 1 / (1 + (-(x * float(beta[1]) + float(beta[0]))).exp())
        residual, spread = y - p, p * (1 - p)
        columns = {"r0": residual, "r1": residual * x, "h00": spread, "h01": spread * x, "h11": spread * x * x}
        found = totals(view, (), columns, products=True)[""]
        score = np.array([found.sums["r0"], found.sums["r1"]])
        hessian = np.array([[found.sums["h00"], found.sums["h01"]], [found.sums["h01"], found.sums["h11"]]])
        if not np.isfinite(hessian).all() or np.linalg.cond(hessian) > 1e12:
            return _undefined(found.n)
        step = np.linalg.solve(hessian, score)
        beta = beta + step
        if np.abs(beta).max() > _FAR:
            return _undefined(found.n)
        if np.abs(step).max() < 1e-9:
            break
    else:
        return _undefined(found.n)
    inverse = np.linalg.inv(hessian)
    meat = np.array([[found.product(one, other) for other in ("r0", "r1")] for one in ("r0", "r1")])
    errors = np.sqrt(np.diag(inverse @ meat @ inverse) * found.units / max(1, found.units - 1))
    return {
        name: _metric(float(value), float(error), found.n)
        for name, value, error in zip(("intercept", "slope"), beta, errors, strict=True)
    }


def _metric(value: float, error: float, n: int) -> dict[str, Any]:
    metric: dict[str, Any] = {"value": value, "n": n}
    if not math.isfinite(error):
        return metric
    return {**metric, "low": value - Z95 * error, "high": value + Z95 * error, "method": "wald, sandwich"}


def _undefined(n: int) -> dict[str, dict[str, Any]]:
    reason = "there is no best fit: the scores do not vary, or part the classes wholly"
    return {name: {"n": n, "undefined_reason": reason} for name in ("intercept", "slope")}
