"""Performance on a table: metrics by scikit-learn, each with its interval and its own denominator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from gatepost.collect import tables
from gatepost.collect.favorable import favorable_label
from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.collect.statistics.means import area_under_curve, mean, resampled
from gatepost.collect.statistics.proportions import proportion

__all__ = ["collect", "describe", "extra", "fingerprint", "name", "options", "sections", "version"]

name = "performance"
version = "1"
sections = ("performance",)
extra = "fairness"
options: Mapping[str, Any] = {
    "type": "object",
    "description": "Measures how well predictions match labels.",
    "examples": [{"data": "data/holdout.parquet", "label": "label", "prediction": "prediction"}],
    "properties": {
        **tables.OPTIONS,
        "task": {
            "enum": ["binary", "multiclass", "regression"],
            "type": "string",
            "description": "What is predicted.",
        },
        "slices": {
            "type": "array",
            "items": {"type": "string", "minLength": 1},
            "description": "Columns whose values make parts of the data that are measured on their own.",
        },
    },
    "required": ["data", "label"],
    "additionalProperties": False,
}
_MAX_SLICES = 200


def describe(options: Mapping[str, Any]) -> str:
    """Name the data."""
    return str(options.get("data", ""))


def fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Give the digests of the data and the model."""
    return tables.table_fingerprint(options, context)


def collect(options: Mapping[str, Any], context: Context) -> Collected:
    """Measure.

    Raises:
        CollectorError: the data cannot be used.
    """
    if "prediction" not in options and "model" not in options:
        raise CollectorError("neither `prediction` nor `model` is named", advice="name one of the two")
    slices = [(column, ("slices", index)) for index, column in enumerate(options.get("slices", ()))]
    table = tables.read(options, context, [(options["label"], ("label",)), *slices])
    frame, shown = table.frame, options["data"]
    assert table.prediction is not None
    truth = tables.labels(frame, options["label"], ("label",), shown)
    predicted = tables.labels(frame, table.prediction, ("prediction",), shown)
    task = options.get("task") or context.subject.get("task") or _guess(truth)
    notes: list[str] = []
    section: dict[str, Any] = {
        "dataset": table.name,
        "n": len(frame),
        "task": task,
        "label": options["label"],
        "prediction": options.get("prediction") or options.get("model"),
    }
    measure: _Binary | _Multiclass | _Regression
    if task == "regression":
        measure = _Regression(truth, predicted)
    elif task == "multiclass":
        _same_type(truth, predicted)
        measure = _Multiclass(truth, predicted)
    else:
        favorable = favorable_label(options, truth, predicted)
        section["favorable"] = favorable
        measure = _Binary(truth, predicted, favorable, _score(table, frame, truth, favorable, options), notes)
    if table.score is not None and task == "binary":
        section["score"] = table.score
    section["metrics"] = measure.metrics(range(len(truth)))
    if isinstance(measure, _Multiclass):
        section["classes"] = measure.classes()
    found = _slices(frame, options.get("slices", ()), measure)
    if found:
        section["slices"] = found
    return Collected({"performance": section}, uri=table.name, digest=table.digest, notes=tuple(notes))


def _guess(truth: list[Any]) -> str:
    if all(isinstance(value, float) for value in truth):
        return "regression"
    return "binary" if len(set(truth)) <= 2 else "multiclass"


def _same_type(truth: list[Any], predicted: list[Any]) -> None:
    unknown = set(predicted) - set(truth)
    if unknown and not set(predicted) & set(truth):
        what = f"the predictions ({_some(predicted)}) are none of the labels ({_some(truth)})"
        raise CollectorError(what, option=("prediction",), advice="give both the same values")


def _some(values: list[Any]) -> str:
    return ", ".join(sorted({str(value) for value in values})[:5])


def _score(table: tables.Table, frame: Any, truth: list[Any], favorable: Any, options: Mapping[str, Any]) -> Any:
    """Give the score of the favorable class as an array, or nothing where there is none."""
    import numpy as np

    if table.score is None:
        return None
    score = frame[table.score].to_numpy(dtype=float, na_value=math.nan)
    bad = int((~np.isfinite(score)).sum())
    if bad:
        what = f"{bad} of {len(score)} scores in `{table.score}` are missing or infinite"
        raise CollectorError(what, option=("score",), advice="remove these rows, or mend the score")
    # A model gives the probability of the second of its sorted classes.
    from_model = "score" not in options
    if from_model and favorable != sorted(set(truth), key=str)[-1]:
        return 1 - score
    return score


class _Binary:
    def __init__(self, truth: list[Any], predicted: list[Any], favorable: Any, score: Any, notes: list[str]) -> None:
        import numpy as np

        self.truth = np.array([value == favorable for value in truth])
        self.predicted = np.array([value == favorable for value in predicted])
        self.score = score
        self.notes = notes

    def metrics(self, rows: Any) -> dict[str, Any]:
        import numpy as np

        index = np.fromiter(rows, dtype=int)
        truth, predicted = self.truth[index], self.predicted[index]
        tp, fp = int((truth & predicted).sum()), int((~truth & predicted).sum())
        fn, tn = int((truth & ~predicted).sum()), int((~truth & ~predicted).sum())
        found = {
            "accuracy": proportion(tp + tn, tp + fp + fn + tn),
            "precision": proportion(tp, tp + fp),
            "recall": proportion(tp, tp + fn),
            "specificity": proportion(tn, tn + fp),
        }
        counts = np.array([tp, fp, fn, tn])
        if tp + fp + fn:
            found["f1"] = resampled(
                counts, lambda c: 2 * c[..., 0] / (2 * c[..., 0] + c[..., 1] + c[..., 2]), len(truth)
            )
        if tp + fn and tn + fp:
            found["balanced_accuracy"] = resampled(counts, _balanced, len(truth))
        if self.score is not None:
            found |= self._scored(truth, self.score[index])
        return {key: metric for key, metric in found.items() if metric is not None}

    def _scored(self, truth: Any, score: Any) -> dict[str, Any]:
        import numpy as np

        if truth.all() or not truth.any():
            note = "only one class occurs in the labels: roc_auc is undefined"
            if note not in self.notes:
                self.notes.append(note)
            found = {}
        else:
            found = {"roc_auc": area_under_curve(truth, score)}
        if ((score >= 0) & (score <= 1)).all():
            found["brier"] = mean((score - truth) ** 2)
            clipped = np.clip(score, np.finfo(float).eps, 1 - np.finfo(float).eps)
            found["log_loss"] = mean(-np.where(truth, np.log(clipped), np.log1p(-clipped)))
        return found


def _balanced(counts: Any) -> Any:
    tp, fp, fn, tn = (counts[..., cell] for cell in range(4))
    return (tp / (tp + fn) + tn / (tn + fp)) / 2


class _Multiclass:
    def __init__(self, truth: list[Any], predicted: list[Any]) -> None:
        self.truth = truth
        self.predicted = predicted

    def metrics(self, rows: Any) -> dict[str, Any]:
        from sklearn.metrics import f1_score

        chosen = list(rows)
        truth, predicted = [self.truth[i] for i in chosen], [self.predicted[i] for i in chosen]
        right = sum(a == b for a, b in zip(truth, predicted, strict=True))
        macro = float(
            f1_score([str(v) for v in truth], [str(v) for v in predicted], average="macro", zero_division=0)
        )
        return {
            "accuracy": proportion(right, len(chosen)),
            "f1_macro": {"value": macro, "n": len(chosen)},
        }

    def classes(self) -> list[dict[str, Any]]:
        found = []
        for value in sorted(set(self.truth), key=str):
            pairs = list(zip(self.truth, self.predicted, strict=True))
            hit = sum(a == value and b == value for a, b in pairs)
            actual, said = sum(a == value for a, _ in pairs), sum(b == value for _, b in pairs)
            metrics = {"recall": proportion(hit, actual), "precision": proportion(hit, said)}
            kept = {key: metric for key, metric in metrics.items() if metric is not None}
            found.append({"class": str(value), "n": actual, "metrics": kept})
        return found


class _Regression:
    def __init__(self, truth: list[Any], predicted: list[Any]) -> None:
        import numpy as np

        try:
            self.truth, self.predicted = np.array(truth, dtype=float), np.array(predicted, dtype=float)
        except (TypeError, ValueError) as error:
            raise CollectorError(
                f"a regression needs numbers, and a value is none: {error}", option=("label",), advice="see `task`"
            ) from error
        if not (np.isfinite(self.truth).all() and np.isfinite(self.predicted).all()):
            raise CollectorError("a label or a prediction is infinite", option=("label",))

    def metrics(self, rows: Any) -> dict[str, Any]:
        import numpy as np
        from sklearn.metrics import r2_score

        index = np.fromiter(rows, dtype=int)
        truth, predicted = self.truth[index], self.predicted[index]
        error = predicted - truth
        found = {"mae": mean(np.abs(error)), "rmse": mean(error**2, math.sqrt)}
        if len(truth) > 1 and np.ptp(truth) > 0:
            found["r2"] = {"value": float(r2_score(truth, predicted)), "n": len(truth)}
        return found


def _slices(frame: Any, columns: Any, measure: _Binary | _Multiclass | _Regression) -> list[dict[str, Any]]:
    found = []
    for index, column in enumerate(columns):
        values = frame[column].astype("string").fillna("(missing)")
        kinds = sorted(values.unique())
        if len(kinds) > _MAX_SLICES:
            what = f"`{column}` has {len(kinds)} different values; {_MAX_SLICES} is the most"
            raise CollectorError(what, option=("slices", index), advice="group its values in a column of its own")
        for kind in kinds:
            rows = (values == kind).to_numpy().nonzero()[0]
            found.append({"name": f"{column}={kind}", "n": len(rows), "metrics": measure.metrics(rows)})
    return found
