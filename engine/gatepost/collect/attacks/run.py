"""The whole of the attack, as the child process runs it."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gatepost.collect.attacks import Array
from gatepost.collect.attacks.certificate import certificate
from gatepost.collect.attacks.lattice import whole_steps
from gatepost.collect.attacks.measure import Attempt, entry, versus_noise, worst_case
from gatepost.collect.attacks.methods import gradient_attack, hopskipjump, noise_draws
from gatepost.collect.attacks.setting import Setting, Task, check_label, prepare
from gatepost.collect.attacks.space import NORMS
from gatepost.collect.interface import CollectorError
from gatepost.collect.models.loading import load, read_table
from gatepost.collect.models.trust import ModelFiles

__all__ = ["attack_model", "run_attacks"]

DEFAULT_EPS = (0.1, 0.25, 0.5)
_GRADIENT = ("pgd", "fgsm")
_ROWS_WITH_GRADIENT = 200
_ROWS_WITHOUT = 100


def attack_model(
    model: ModelFiles, data: str, task: dict[str, Any], attacks: list[dict[str, Any]], say: Callable[[str], None]
) -> dict[str, Any]:
    """Load a model, attack it on a sample of the data, and give ``{"section": ..., "notes": [...]}``.

    ``task`` holds the fields of :class:`Task`; ``attacks`` the entries of gatepost.yaml, none for the defaults.

    Raises:
        CollectorError: model, data and options do not fit each other.
    """
    _check_art()
    wanted = Task(**task, say=say)
    table = read_table(Path(data))
    check_label(table, wanted.label)
    loaded = load(model)
    features = loaded.columns(list(table.columns), wanted.label, None)
    setting = prepare(wanted, loaded, table, features, wanted.rows or _ROWS_WITH_GRADIENT)
    if wanted.rows is None and setting.view is None:
        setting = prepare(wanted, loaded, table, features, _ROWS_WITHOUT)
    attempts = run_attacks(setting, attacks or _defaults(setting), _proof(setting, wanted, features))
    section: dict[str, Any] = {"n": len(setting.truth), "mutable": wanted.mutable, "attacks": []}
    for attempt in attempts:
        found = entry(attempt, wanted.units, wanted.seed)
        versus = versus_noise(attempt, attempts)
        section["attacks"].append(found | ({"versus_noise": versus} if versus else {}))
    worst = worst_case(attempts, wanted.units)
    return {
        "section": section | ({"worst_case": worst} if worst else {}),
        "notes": [*loaded.notes, *setting.notes],
    }


def run_attacks(setting: Setting, attacks: Iterable[Mapping[str, Any]], proof: str = "") -> list[Attempt]:
    """Run each attack with each of its budgets.

    ``proof`` says why no attack can succeed, where that is certain; then none is run.

    Raises:
        CollectorError: an attack that does not fit the model.
    """
    attempts: list[Attempt] = []
    for at, wanted in enumerate(attacks):
        name, norm = str(wanted["name"]), str(wanted.get("norm", "inf"))
        budgets = [float(eps) for eps in wanted.get("eps", DEFAULT_EPS)]
        reason = proof or _hopeless(setting)
        if reason:
            status = "certified" if proof else "inconclusive"
            attempts += [_unmoved(setting, name, norm, eps, status, reason) for eps in budgets]
            continue
        if name in _GRADIENT and setting.view is None:
            raise CollectorError(
                f"{name} needs a model with a gradient, and this one has none that is known",
                option=("attacks", at, "name"),
                advice="use hopskipjump and noise; pgd and fgsm are for linear models",
            )
        setting.say(f"{name}, {'linf' if norm == 'inf' else 'l2'}, on {len(setting.attacked)} rows")
        before = setting.victim.queries
        found = _nearest(setting, wanted, norm) if name == "hopskipjump" else None
        shared = setting.victim.queries - before
        for eps in budgets:
            before = setting.victim.queries
            candidates = [found] if found is not None else _candidates(setting, wanted, norm, eps)
            values, labels, loss = _scored(setting, candidates, norm, eps)
            queries = shared + setting.victim.queries - before
            attempts.append(_attempt(setting, name, norm, eps, values, labels, loss, queries))
    return attempts


def _check_art() -> None:
    # Looked for, not imported: it takes seconds, and a mistake in the options is told sooner without.
    if importlib.util.find_spec("art") is None:
        raise CollectorError(
            "adversarial-robustness-toolbox is not installed", advice="pip install 'gatepost[robustness]'"
        )
    logging.getLogger("art").setLevel(logging.ERROR)


def _proof(setting: Setting, task: Task, features: list[str]) -> str:
    if not set(task.mutable) & set(features):
        return "the model reads none of the mutable columns"
    model, columns = setting.victim.model, setting.space.columns
    return certificate(model.estimator, features, columns) if model.is_sklearn and columns else ""


def _defaults(setting: Setting) -> list[dict[str, Any]]:
    return [{"name": "hopskipjump" if setting.view is None else "pgd"}, {"name": "noise"}]


def _hopeless(setting: Setting) -> str:
    if not setting.space.columns:
        return "no mutable column has a range to move in"
    return "" if len(setting.attacked) else "the model gets no row right that could be attacked"


def _candidates(setting: Setting, wanted: Mapping[str, Any], norm: str, eps: float) -> Iterable[Array]:
    rows = setting.attacked
    if wanted["name"] == "noise":
        return noise_draws(setting.space, rows, norm, eps, setting.seed, int(wanted.get("draws", 10)))
    assert setting.view is not None
    name, truth, steps = str(wanted["name"]), setting.truth[rows], int(wanted.get("max_iter", 40))
    found = gradient_attack(name, setting.space, setting.view, rows, truth, norm, eps, steps)
    if name == "pgd" and norm == "2" and setting.space.whole.any():
        return [found, *whole_steps(setting.space, setting.view, rows, truth, eps)]
    return [found]


def _nearest(setting: Setting, wanted: Mapping[str, Any], norm: str) -> Array:
    """Run HopSkipJump once for all budgets: it looks for the nearest wrong point, however far that is."""
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
        view is None,
        lambda done: setting.say(f"hopskipjump, {done} of {len(rows)} rows"),
    )


def _scored(setting: Setting, candidates: Iterable[Array], norm: str, eps: float) -> tuple[Array, Array, Array]:
    """Project candidates, ask the whole model about them, and keep the worst of each row: values, class, loss."""
    rows, space = setting.attacked, setting.space
    truth = setting.truth[rows]
    best = space.start[rows].copy()
    labels, loss = setting.labels[rows].copy(), np.full(len(rows), -np.inf)
    for candidate in candidates:
        values = space.project(candidate, rows, eps, norm)
        new_labels, new_loss = setting.victim.judge(space.with_values(values, rows), truth)
        was_wrong, is_wrong = labels != truth, new_labels != truth
        better = (is_wrong & ~was_wrong) | ((is_wrong == was_wrong) & (new_loss > loss))
        best[better], labels[better], loss[better] = values[better], new_labels[better], new_loss[better]
    return best, labels, loss


def _attempt(
    setting: Setting, name: str, norm: str, eps: float, values: Array, labels: Array, loss: Array, queries: int
) -> Attempt:
    rows, space = setting.attacked, setting.space
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
    attempt = _unmoved(setting, name, norm, eps, status, reason, queries)
    attempt.flipped[rows] = flips
    for kind in NORMS:
        attempt.distance[kind][rows] = space.distance(values, rows, kind)
    return attempt


def _unmoved(
    setting: Setting, name: str, norm: str, eps: float, status: str, reason: str, queries: int = 0
) -> Attempt:
    n = len(setting.truth)
    return Attempt(
        name=name,
        norm=norm,
        eps=eps,
        status=status,
        reason=reason,
        right=setting.labels == setting.truth,
        attacked=np.isin(np.arange(n), setting.attacked),
        flipped=np.zeros(n, dtype=bool),
        distance={kind: np.zeros(n) for kind in NORMS},
        queries=queries,
    )
