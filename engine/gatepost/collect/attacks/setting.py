"""What all attacks of a run share: the sample, the model, and what is known of both before an attack."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gatepost.collect.attacks import Array
from gatepost.collect.attacks.linear import LinearView, linear_view
from gatepost.collect.attacks.space import Space, make_space
from gatepost.collect.attacks.victim import Victim, class_numbers
from gatepost.collect.favorable import check_two
from gatepost.collect.interface import CollectorError
from gatepost.collect.models.loading import Model
from gatepost.collect.spelling import check_labels
from gatepost.collect.tabular.columns import label_value
from gatepost.problems import did_you_mean

__all__ = ["Setting", "Task", "check_label", "prepare"]


@dataclass(frozen=True)
class Task:
    """What gatepost.yaml says; ``rows`` is None where it does not say how many, ``binary`` what the subject is."""

    label: str
    mutable: list[str]
    units: str = "sd"
    favorable: str | int | bool | None = None
    rows: int | None = None
    seed: int = 0
    labels: str = ""
    binary: bool = False
    say: Callable[[str], None] = field(default=lambda _text: None)


@dataclass(frozen=True)
class Setting:
    """The sample under attack.

    ``truth``, ``labels`` and ``loss`` hold, for all n rows, the true class, the predicted class and the loss of
    the model before any attack; ``attacked`` are the numbers of the rows that are worth attacking.
    """

    space: Space
    victim: Victim
    view: LinearView | None
    truth: Array
    labels: Array
    loss: Array
    attacked: Array
    seed: int
    say: Callable[[str], None]
    notes: tuple[str, ...]


def prepare(task: Task, model: Model, table: Any, features: list[str], count: int) -> Setting:
    """Draw the sample and let the model predict it.

    A row is attacked where the model gets it right; with ``favorable`` only where it is not favorable already.

    Raises:
        CollectorError: mutable columns, label or favorable class do not fit data and model.
    """
    label = table[task.label].to_numpy()
    chosen = _sample(label, count, task.seed)
    space, notes = make_space(table, chosen, features, task.mutable, task.units)
    victim = Victim(model, space.frame, label)
    spelled = check_labels(
        [Counter(map(label_value, label.tolist())), dict.fromkeys(map(label_value, victim.classes.tolist()), 0)],
        {"labels": task.labels},
    )
    if task.binary:
        check_two(victim.classes.tolist())
    truth = class_numbers(label[chosen], victim.classes, ("label",), f"`{task.label}` holds")
    wanted = _wanted(task.favorable, victim.classes)
    labels, loss = victim.judge(space.frame, truth)
    attacked = labels == truth if wanted is None else (labels == truth) & (labels != wanted)
    return Setting(
        space=space,
        victim=victim,
        view=linear_view(victim, space, task.seed),
        truth=truth,
        labels=labels,
        loss=loss,
        attacked=np.flatnonzero(attacked),
        seed=task.seed,
        say=task.say,
        notes=(*notes, *spelled),
    )


def check_label(table: Any, label: str) -> None:
    """Look whether accuracy can be told by this label.

    Raises:
        CollectorError: no such column, missing values in it, or a single class.
    """
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
