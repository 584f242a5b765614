"""Performance on a table: metrics by scikit-learn, each with its interval and its own denominator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from gatepost.collect.favorable import check_kinds, favorable_label
from gatepost.collect.interface import Collected, CollectorError, Context, Fingerprint
from gatepost.collect.statistics.means import area_metric, area_under_curve, mean, resampled
from gatepost.collect.statistics.proportions import counted, proportion
from gatepost.collect.tabular import measured
from gatepost.collect.tabular.columns import Role, plain
from gatepost.collect.tabular.totals import group_name

__all__ = ["collect", "describe", "extra", "fingerprint", "name", "options", "sections", "version"]

name = "performance"
version = "1"
sections = ("performance",)
extra = "fairness"
_UNWEIGHTED = ("weight", "weight_kind", "cluster")
options: Mapping[str, Any] = {
    "type": "object",
    "description": "Measures how well predictions match labels.",
    "examples": [{"data": "data/holdout.parquet", "label": "label", "prediction": "prediction"}],
    "properties": {
        **{key: schema for key, schema in measured.OPTIONS.items() if key not in _UNWEIGHTED},
        "favorable": {
            "type": ["string", "number", "boolean"],
            "description": "The label that is good for the person; required unless labels are 0/1 or booleans.",
        },
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
    return measured.describe(options)


def fingerprint(options: Mapping[str, Any], context: Context) -> Fingerprint:
    """Give the digests of the data and the model."""
    return measured.fingerprint(options, context)


def collect(options: Mapping[str, Any], context: Context) -> Collected:
    """Measure.

    Raises:
        CollectorError: the data cannot be used.
    """
    slices = [Role(column, ("slices", index)) for index, column in enumerate(options.get("slices", ()))]
    with measured.measured(options, context, slices) as table, table.view.opened.reading():
        frame = table.view.table.to_pyarrow().to_pandas()
    truth, predicted = ([plain(value) for value in frame[role].tolist()] for role in ("truth", "predicted"))
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
        check_kinds(truth, predicted)
        measure = _Multiclass(truth, predicted)
    else:
        favorable = favorable_label(options, truth, predicted)
        section["favorable"] = favorable
        measure = _Binary(truth, predicted, favorable, _score(table, frame, truth, favorable), notes)
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


def _score(table: measured.Measured, frame: Any, truth: list[Any], favorable: Any) -> Any:
    """Give the score of the favorable class as an array, or nothing where there is none."""
    if table.score is None:
        return None
    score = frame["score"].to_numpy()
    # A model gives the probability of the second of its sorted classes.
    return 1 - score if table.score_of_model and favorable != sorted(set(truth), key=str)[-1] else score


def _mean(values: Any, *, root: bool = False) -> dict[str, Any]:
    n = len(values)
    error = float(values.std(ddof=1)) / math.sqrt(n) if n > 1 else None
    return mean(float(values.mean()), error, n, n - 1, "student-t", root=root)


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
            "accuracy": proportion(counted(tp + tn, tp + fp + fn + tn)),
            "precision": proportion(counted(tp, tp + fp)),
            "recall": proportion(counted(tp, tp + fn)),
            "specificity": proportion(counted(tn, tn + fp)),
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
            order = np.argsort(score, kind="stable")
            area = area_under_curve(truth[order], score[order])
            assert area is not None
            found = {"roc_auc": area_metric(area)}
        if ((score >= 0) & (score <= 1)).all():
            found["brier"] = _mean((score - truth) ** 2)
            clipped = np.clip(score, np.finfo(float).eps, 1 - np.finfo(float).eps)
            found["log_loss"] = _mean(-np.where(truth, np.log(clipped), np.log1p(-clipped)))
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
            "accuracy": proportion(counted(right, len(chosen))),
            "f1_macro": {"value": macro, "n": len(chosen)},
        }

    def classes(self) -> list[dict[str, Any]]:
        found = []
        for value in sorted(set(self.truth), key=str):
            pairs = list(zip(self.truth, self.predicted, strict=True))
            hit = sum(a == value and b == value for a, b in pairs)
            actual, said = sum(a == value for a, _ in pairs), sum(b == value for _, b in pairs)
            metrics = {"recall": proportion(counted(hit, actual)), "precision": proportion(counted(hit, said))}
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
        found = {"mae": _mean(np.abs(error)), "rmse": _mean(error**2, root=True)}
        if len(truth) > 1 and np.ptp(truth) > 0:
            found["r2"] = {"value": float(r2_score(truth, predicted)), "n": len(truth)}
        return found


def _slices(frame: Any, columns: Any, measure: _Binary | _Multiclass | _Regression) -> list[dict[str, Any]]:
    found = []
    for index, column in enumerate(columns):
        values = frame[f"by{index}"].map(lambda value: group_name((value,)))
        kinds = sorted(values.unique())
        if len(kinds) > _MAX_SLICES:
            what = f"`{column}` has {len(kinds)} different values; {_MAX_SLICES} is the most"
            raise CollectorError(what, option=("slices", index), advice="group its values in a column of its own")
        for kind in kinds:
            rows = (values == kind).to_numpy().nonzero()[0]
            found.append({"name": f"{column}={kind}", "n": len(rows), "metrics": measure.metrics(rows)})
    return found
