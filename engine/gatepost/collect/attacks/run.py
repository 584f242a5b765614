"""The whole of the attack, as the child process runs it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gatepost.collect.attacks import Array
from gatepost.collect.attacks.certificate import certificate
from gatepost.collect.attacks.linear import LinearView, linear_view
from gatepost.collect.attacks.measure import Attempt, entry, versus_noise, worst_case
from gatepost.collect.attacks.methods import gradient_attack, hopskipjump, noise_draws
from gatepost.collect.attacks.space import NORMS, Space, make_space
from gatepost.collect.attacks.victim import Victim, class_numbers
from gatepost.collect.interface import CollectorError
from gatepost.collect.model_loading import load, read_table
from gatepost.problems import did_you_mean

__all__ = ["attack_model"]

DEFAULT_EPS = (0.1, 0.25, 0.5)
_ROWS_WITH_GRADIENT = 200
_ROWS_WITHOUT = 100


@dataclass(frozen=True)
class _Setting:
    """What all attacks of a run share. ``attacked`` are the numbers of the rows under attack."""

    space: Space
    victim: Victim
    view: LinearView | None
    truth: Array
    labels: Array
    loss: Array
    attacked: Array
    wanted: int | None
    seed: int
    say: Callable[[str], None]


def attack_model(
    model: str,
    data: str,
    label: str,
    favorable: str | int | bool | None,
    mutable: list[str],
    units: str,
    attacks: list[dict[str, Any]] | None,
    rows: int | None,
    seed: int,
    say: Callable[[str], None],
) -> dict[str, Any]:
    """Load a model, attack it on a sample of the data, and give ``{"section": ..., "notes": [...]}``.

    Raises:
        CollectorError: model, data and options do not fit each other.
    """
    _check_art()
    loaded = load(Path(model))
    table = read_table(Path(data))
    _check_label(table, label)
    features = loaded.columns(list(table.columns), label, None)
    count = rows or _ROWS_WITH_GRADIENT
    setting, notes = _prepared(loaded, table, features, label, favorable, mutable, units, count, seed, say)
    if rows is None and setting.view is None and len(setting.truth) > _ROWS_WITHOUT:
        setting, notes = _prepared(
            loaded, table, features, label, favorable, mutable, units, _ROWS_WITHOUT, seed, say
        )
    proof = certificate(loaded.estimator, features, setting.space.columns) if loaded.is_sklearn else ""
    if all(name not in features for name in mutable):
        proof = "the model reads none of the mutable columns"
    attempts: list[Attempt] = []
    for at, wanted in enumerate(attacks or _defaults(setting.view)):
        for attempt in _attempts(setting, wanted, at, proof):
            attempts.append(attempt)
    entries = []
    for attempt in attempts:
        found = entry(attempt, units, seed)
        versus = versus_noise(attempt, attempts)
        entries.append(found | ({"versus_noise": versus} if versus else {}))
    section: dict[str, Any] = {"n": len(setting.truth), "mutable": mutable, "attacks": entries}
    worst = worst_case(attempts, units)
    return {"section": section | ({"worst_case": worst} if worst else {}), "notes": [*loaded.notes, *notes]}


def _check_art() -> None:
    try:
        import art  # noqa: F401
    except ImportError as error:
        raise CollectorError(
            f"the package of the attacks cannot be imported: {error}", advice="pip install 'gatepost[robustness]'"
        ) from error
    logging.getLogger("art").setLevel(logging.ERROR)


def _check_label(table: Any, label: str) -> None:
    names = [str(name) for name in table.columns]
    if label not in names:
        raise CollectorError(
            f"the data has no column `{label}`",
            option=("label",),
            advice=did_you_mean(label, names) or f"it has: {', '.join(names[:20])}",
        )
    missing = int(table[label].isna().sum())
    if missing:
        raise CollectorError(
            f"{missing} of {len(table)} rows have no `{label}`", option=("label",), advice="leave these rows out"
        )
    if table[label].nunique() < 2:
        raise CollectorError(
            f"`{label}` holds a single class, {table[label].iloc[0]}",
            option=("label",),
            advice="accuracy on one class says nothing; name data with all classes",
        )


def _prepared(
    loaded: Any,
    table: Any,
    features: Sequence[str],
    label: str,
    favorable: str | int | bool | None,
    mutable: Sequence[str],
    units: str,
    count: int,
    seed: int,
    say: Callable[[str], None],
) -> tuple[_Setting, tuple[str, ...]]:
    chosen = _sample(table[label].to_numpy(), count, seed)
    space, notes = make_space(table, chosen, features, mutable, units)
    victim = Victim(loaded, space.frame, table[label].to_numpy())
    truth = class_numbers(table[label].to_numpy()[chosen], victim.classes, ("label",), f"`{label}` holds")
    wanted = _wanted(favorable, victim.classes)
    labels, loss = victim.judge(space.frame, truth)
    attacked = labels == truth if wanted is None else (labels == truth) & (labels != wanted)
    view = linear_view(victim, space, seed)
    numbers = np.flatnonzero(attacked)
    return _Setting(space, victim, view, truth, labels, loss, numbers, wanted, seed, say), notes


def _sample(label: Array, count: int, seed: int) -> Array:
    """Choose ``count`` rows, each class by its share (largest remainders), in their order."""
    if count >= len(label):
        return np.arange(len(label))
    kinds, which = np.unique(label.astype(str), return_inverse=True)
    exact = np.bincount(which) * count / len(label)
    quota = np.floor(exact).astype(int)
    quota[np.argsort(quota - exact, kind="stable")[: count - quota.sum()]] += 1
    random = np.random.default_rng([seed, 0])
    parts = [random.permutation(np.flatnonzero(which == number))[: quota[number]] for number in range(len(kinds))]
    return np.sort(np.concatenate(parts))


def _wanted(favorable: str | int | bool | None, classes: Array) -> int | None:
    if favorable is None:
        return None
    if len(classes) != 2:
        raise CollectorError(
            f"`favorable` is for two classes; this model has {len(classes)}",
            option=("favorable",),
            advice="leave it out: then any wrong prediction counts",
        )
    texts = [str(value) for value in classes.tolist()]
    if str(favorable) not in texts:
        raise CollectorError(
            f"the model has no class {favorable}",
            option=("favorable",),
            advice=did_you_mean(str(favorable), texts) or f"it has: {', '.join(texts)}",
        )
    return texts.index(str(favorable))


def _defaults(view: LinearView | None) -> list[dict[str, Any]]:
    return [{"name": "hopskipjump" if view is None else "pgd"}, {"name": "noise"}]


def _attempts(setting: _Setting, wanted: Mapping[str, Any], at: int, proof: str) -> list[Attempt]:
    """Run one entry of ``attacks`` with each of its budgets."""
    name, norm = str(wanted["name"]), str(wanted.get("norm", "inf"))
    if norm not in NORMS:
        raise CollectorError(f"unknown norm {norm}", option=("attacks", at, "norm"), advice="write inf or 2")
    budgets = [float(eps) for eps in wanted.get("eps", DEFAULT_EPS)]
    if name in ("pgd", "fgsm") and setting.view is None and not proof and setting.space.columns:
        raise CollectorError(
            f"{name} needs a model with a gradient, and this one has none that is known",
            option=("attacks", at, "name"),
            advice="use hopskipjump and noise; pgd and fgsm are for linear models",
        )
    if proof or not setting.space.columns or not len(setting.attacked):
        reason = proof or "no mutable column has a range to move in"
        status = "certified" if proof else "inconclusive"
        if not proof and setting.space.columns:
            reason = "the model gets no row right that could be attacked"
        return [_unmoved(setting, name, norm, eps, status, reason) for eps in budgets]
    setting.say(f"{name}, {'linf' if norm == 'inf' else 'l2'}, on {len(setting.attacked)} rows")
    before = setting.victim.queries
    found = _hopskipjump(setting, wanted, norm) if name == "hopskipjump" else None
    shared = setting.victim.queries - before
    attempts = []
    for eps in budgets:
        before = setting.victim.queries - shared
        if found is not None:
            values, judged = _scored(setting, [found], norm, eps)
        elif name == "noise":
            draws = noise_draws(
                setting.space, setting.attacked, norm, eps, setting.seed, int(wanted.get("draws", 10))
            )
            values, judged = _scored(setting, draws, norm, eps)
        else:
            values, judged = _scored(setting, [_gradient(setting, wanted, norm, eps)], norm, eps)
        attempts.append(_attempt(setting, name, norm, eps, values, judged, setting.victim.queries - before))
    return attempts


def _gradient(setting: _Setting, wanted: Mapping[str, Any], norm: str, eps: float) -> Array:
    assert setting.view is not None
    rows = setting.attacked
    steps = int(wanted.get("max_iter", 40))
    return gradient_attack(
        str(wanted["name"]), setting.space, setting.view, rows, setting.truth[rows], norm, eps, steps
    )


def _hopskipjump(setting: _Setting, wanted: Mapping[str, Any], norm: str) -> Array:
    space, view, victim = setting.space, setting.view, setting.victim

    def oracle(values: Array, rows: Array) -> Array:
        if view is None:
            return victim.labels(space.with_values(values, rows))
        victim.queries += len(rows)
        return view.labels(space.shift(values, rows), rows)

    rows = setting.attacked
    return hopskipjump(
        space,
        oracle,
        rows,
        setting.labels[rows],
        norm,
        setting.seed,
        int(wanted.get("max_iter", 10)),
        int(wanted.get("max_queries", 5000)),
        lambda done: setting.say(f"hopskipjump, {done} of {len(rows)} rows"),
    )


def _scored(setting: _Setting, candidates: Any, norm: str, eps: float) -> tuple[Array, tuple[Array, Array]]:
    """Project candidates, ask the whole model about them, and keep the worst one of each row."""
    rows, space = setting.attacked, setting.space
    best = space.start[rows].copy()
    labels, loss = setting.labels[rows].copy(), np.full(len(rows), -np.inf)
    truth = setting.truth[rows]
    for candidate in candidates:
        values = space.project(candidate, rows, eps, norm)
        new_labels, new_loss = setting.victim.judge(space.with_values(values, rows), truth)
        was_wrong, is_wrong = labels != truth, new_labels != truth
        better = (is_wrong & ~was_wrong) | ((is_wrong == was_wrong) & (new_loss > loss))
        best[better], labels[better], loss[better] = values[better], new_labels[better], new_loss[better]
    return best, (labels, loss)


def _attempt(
    setting: _Setting, name: str, norm: str, eps: float, values: Array, judged: tuple[Array, Array], queries: int
) -> Attempt:
    rows, space = setting.attacked, setting.space
    labels, loss = judged
    flips = labels != setting.truth[rows]
    moved = (space.shift(values, rows) != 0).any(axis=1)
    raised = loss.sum() > setting.loss[rows].sum() + 1e-9
    status, reason = "ok", ""
    if not moved.any():
        status, reason = "inconclusive", "the attack moved no row"
    elif not flips.any() and not raised:
        status, reason = "inconclusive", "the attack could not raise the model's loss"
    elif name == "hopskipjump" and not moved.all():
        reason = f"it met no wrong prediction for {int((~moved).sum())} of {len(rows)} rows, which proves nothing"
    base = _unmoved(setting, name, norm, eps, status, reason)
    base.flipped[rows] = flips
    for kind in NORMS:
        base.distance[kind][rows] = space.distance(values, rows, kind)
    return Attempt(name, norm, eps, status, reason, base.right, base.attacked, base.flipped, base.distance, queries)


def _unmoved(setting: _Setting, name: str, norm: str, eps: float, status: str, reason: str) -> Attempt:
    n = len(setting.truth)
    attacked = np.zeros(n, dtype=bool)
    attacked[setting.attacked] = True
    nothing = np.zeros(n, dtype=bool)
    distance = {kind: np.zeros(n) for kind in NORMS}
    return Attempt(name, norm, eps, status, reason, setting.labels == setting.truth, attacked, nothing, distance, 0)
