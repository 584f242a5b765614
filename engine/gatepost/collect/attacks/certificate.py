"""Proof, from a model's structure, that the movable columns cannot change its prediction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from gatepost.collect.attacks import Array

__all__ = ["certificate"]

_ONE_TO_ONE = ("MaxAbsScaler", "MinMaxScaler", "RobustScaler", "StandardScaler", "SimpleImputer")
_FORESTS = ("ExtraTreesClassifier", "RandomForestClassifier")
_LINEAR = (
    "LinearDiscriminantAnalysis",
    "LinearSVC",
    "LogisticRegression",
    "LogisticRegressionCV",
    "Perceptron",
    "RidgeClassifier",
    "SGDClassifier",
)


def certificate(estimator: Any, features: Sequence[str], columns: Sequence[str]) -> str:
    """Say why no change of ``columns`` changes a prediction, or give an empty string where nothing is proven.

    Known are scikit-learn's linear models with zero weights for these columns, trees and forests that never
    split on them, behind scalers, imputers and a ColumnTransformer, which may also drop them.
    """
    steps = [step for _name, step in estimator.steps] if type(estimator).__name__ == "Pipeline" else [estimator]
    reached: Array = np.isin(np.asarray(features, dtype=object), list(columns))
    for step in steps[:-1]:
        outputs = _passed_through(step, list(features), reached)
        if outputs is None:
            return ""
        reached = outputs
    if not reached.any():
        return "the model drops the mutable columns before its last step"
    used = _used(steps[-1])
    if used is None or len(used) != len(reached):
        return ""
    return "" if (used & reached).any() else "the model gives no weight to the mutable columns"


def _passed_through(step: Any, features: list[str], reached: Array) -> Array | None:
    """Mark the outputs of a step that depend on the marked inputs; None where that is not known."""
    if _is_one_to_one(step, len(reached)):
        return reached
    if type(step).__name__ == "ColumnTransformer" and type(step).__module__.startswith("sklearn."):
        return _through_columns(step, features, reached)
    return None


def _is_one_to_one(step: Any, width: int) -> bool:
    """Tell whether each output of a step depends on the input at the same place alone."""
    if isinstance(step, str):
        return step == "passthrough"
    if not type(step).__module__.startswith("sklearn."):
        return False
    if type(step).__name__ == "Pipeline":
        return all(_is_one_to_one(inner, width) for _name, inner in step.steps)
    if type(step).__name__ == "FunctionTransformer":  # how a fitted ColumnTransformer writes "passthrough"
        return step.func is None
    known = type(step).__name__ in _ONE_TO_ONE and not getattr(step, "add_indicator", False)
    return known and len(step.get_feature_names_out()) == width == step.n_features_in_


def _through_columns(step: Any, features: list[str], reached: Array) -> Array | None:
    if len(features) != len(reached) or list(getattr(step, "feature_names_in_", features)) != features:
        return None
    outputs: Array = np.zeros(max(part.stop for part in step.output_indices_.values()), dtype=bool)
    for name, transformer, columns in step.transformers_:
        columns = [columns] if isinstance(columns, str) else columns
        if not isinstance(columns, Iterable) or not all(_is_name(column) for column in columns):
            return None
        inputs = [features.index(column) if isinstance(column, str) else int(column) for column in columns]
        place = step.output_indices_[name]
        width = place.stop - place.start
        if inputs and width == len(inputs) and _is_one_to_one(transformer, width):
            outputs[place] = reached[inputs]
        else:
            outputs[place] = bool(reached[inputs].any()) if inputs else False
    return outputs


def _is_name(column: Any) -> bool:
    return isinstance(column, (str, int, np.integer)) and not isinstance(column, bool)


def _used(last: Any) -> Array | None:
    """Mark the inputs that the last step uses; None for a kind that is not known."""
    kind = type(last).__name__
    if not type(last).__module__.startswith("sklearn."):
        return None
    if kind in _LINEAR:
        return np.asarray((np.atleast_2d(last.coef_) != 0).any(axis=0))
    trees = [last] if kind == "DecisionTreeClassifier" else last.estimators_ if kind in _FORESTS else []
    if not trees:
        return None
    used = np.zeros(last.n_features_in_, dtype=bool)
    for tree in trees:
        split = tree.tree_.feature
        used[split[split >= 0]] = True
    return used
