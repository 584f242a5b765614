"""The model under attack, as attacks see it: classes by number, a loss, a count of the questions."""

from __future__ import annotations

from typing import Any

import numpy as np

from gatepost.collect.attacks import Array
from gatepost.collect.interface import CollectorError
from gatepost.collect.models.loading import Model

__all__ = ["Victim", "class_numbers"]


class Victim:
    """A classifier. ``classes`` are its labels; everywhere else a class is its number in there."""

    def __init__(self, model: Model, frame: Any, label: Any) -> None:
        """Look which classes there are: those of the estimator, else what label and predictions hold.

        Raises:
            CollectorError: the model is no classifier, or fails on the data.
        """
        self.model = model
        self.queries = 0
        known = getattr(model.estimator, "classes_", None) if model.is_sklearn else None
        predicted = model.predict(frame)
        if known is None:
            if not set(_plain(predicted)) & set(_plain(label)):
                raise CollectorError(
                    "the model predicts no value that the label has, so it is no classifier of it",
                    option=("model",),
                    advice="robustness is measured for classifiers only",
                )
            known = np.unique(np.concatenate([np.asarray(predicted, object), np.asarray(label, object)]))
        self.classes = np.asarray(known)

    def labels(self, frame: Any) -> Array:
        """Give the predicted class of each row, by number."""
        self.queries += len(frame)
        return class_numbers(self.model.predict(frame), self.classes, ("model",), "the model predicts")

    def judge(self, frame: Any, truth: Array) -> tuple[Array, Array]:
        """Give the predicted class of each row, and its loss: -log of the probability of the true class.

        A model without probabilities has the loss 1 for a wrong prediction and 0 for a right one.
        """
        labels = self.labels(frame)
        estimator = self.model.estimator
        if not self.model.is_sklearn or not hasattr(estimator, "predict_proba"):
            return labels, (labels != truth).astype(float)
        probabilities = np.asarray(estimator.predict_proba(frame))
        own = probabilities[np.arange(len(truth)), truth]
        return labels, -np.log(np.maximum(own, 1e-300))


def class_numbers(values: Any, classes: Array, option: tuple[str, ...], who: str) -> Array:
    """Give for each value its number among the classes.

    Raises:
        CollectorError: a value is none of them.
    """
    numbers = {value: number for number, value in enumerate(_plain(classes))}
    plain = _plain(values)
    unknown = sorted({str(value) for value in plain if value not in numbers})
    if unknown:
        raise CollectorError(
            f"{who} {', '.join(unknown[:5])}, which is none of the model's classes",
            option=option,
            advice=f"they are: {', '.join(str(value) for value in numbers)}",
        )
    return np.array([numbers[value] for value in plain], dtype=int)


def _plain(values: Any) -> list[Any]:
    return list(np.asarray(values).tolist())
