"""A classifier of several classes: accuracy, means over the classes, and each class against the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatepost.collect.favorable import check_kinds
from gatepost.collect.interface import CollectorError
from gatepost.collect.statistics.confusion_matrix import class_means
from gatepost.collect.statistics.proportions import proportion
from gatepost.collect.tabular.labels import labels_by_role
from gatepost.collect.tabular.measured import Measured
from gatepost.collect.tabular.rates import confusion, f1, indicator, share
from gatepost.collect.tabular.totals import group_name, totals
from gatepost.collect.tasks.paired import agreement

__all__ = ["Multiclass"]

_MAX_LISTED = 100


class Multiclass:
    """Measures a classifier of several classes; ``notes`` grows while it does."""

    def __init__(self, data: Measured, options: Mapping[str, Any]) -> None:
        if "predicted" not in data.view.roles:
            raise CollectorError(
                "a threshold parts two classes only", option=("threshold",), advice="name `prediction`"
            )
        self.view = data.view
        self.notes: list[str] = []
        self.labels = labels_by_role(data.view, options, self.notes)
        self.truth, self.predicted = self.labels["truth"], self.labels["predicted"]
        check_kinds(list(self.truth), list(self.predicted))
        self.classes = sorted({*self.truth, *self.predicted}, key=str)

    def metrics(self, crossings: list[tuple[str, ...]]) -> dict[tuple[str, ...], dict[str, dict[str, Any]]]:
        """Give the metrics of each group of each crossing."""
        return {by: self._of(by) for by in crossings}

    def whole(self) -> dict[str, Any]:
        """Give the metrics of each class that occurs in the labels, against the rest."""
        if len(self.truth) > _MAX_LISTED:
            self.notes.append(f"there are {len(self.truth)} classes; they are listed one by one up to {_MAX_LISTED}")
            return {}
        return {"classes": [self._class(value) for value in self.truth]}

    def versus(self) -> dict[str, dict[str, Any]]:
        """Give the difference of accuracies to the baseline on the same rows."""
        other = self.labels["other"]
        check_kinds(list(self.truth), list(other))
        return agreement(self.view, self._is_right("predicted", self.predicted), self._is_right("other", other))

    def _is_right(self, role: str, values: Mapping[Any, list[Any]]) -> Any:
        return self._code("truth", self.truth) == self._code(role, values)

    def _of(self, by: tuple[str, ...]) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        right = {
            name: proportion(share(group, ("right",), ("right", "wrong"))) for name, group in self._right(by).items()
        }
        for name, (sums, squares, rows) in self._matrices(by).items():
            # Rows of a cluster fall into several cells, so that cells alone cannot tell how they depend.
            found[name] = class_means(sums, None if "cluster" in self.view.roles else squares, rows)
            accuracy = right[name]
            if accuracy is not None:
                found[name]["accuracy"] = accuracy
        return found

    def _right(self, by: tuple[str, ...]) -> Any:
        is_right = self._is_right("predicted", self.predicted)
        return totals(self.view, by, {"right": is_right, "wrong": ~is_right})

    def _matrices(self, by: tuple[str, ...]) -> dict[str, tuple[Any, Any, int]]:
        """Give the confusion matrix of each group: sums of weights, of their squares, and the rows."""
        import ibis
        import numpy as np

        weight = self.view.table.weight if "weight" in self.view.roles else ibis.literal(1.0)
        table = self.view.table.select(
            *by, t=self._code("truth", self.truth), p=self._code("predicted", self.predicted), w=weight
        )
        square = table.w if self.view.frequency else table.w * table.w
        rows = table.w.sum() if self.view.frequency else table.count()
        with self.view.opened.reading():
            cells = table.group_by([*by, "t", "p"]).aggregate(n=rows, w=table.w.sum(), w2=square.sum()).to_pyarrow()
        size = len(self.classes)
        found: dict[str, tuple[Any, Any, int]] = {}
        for cell in cells.to_pylist():
            name = group_name(tuple(cell[role] for role in by))
            sums, squares, n = found.get(name, (np.zeros((size, size)), np.zeros((size, size)), 0))
            sums[cell["t"], cell["p"]] += cell["w"]
            squares[cell["t"], cell["p"]] += cell["w2"]
            found[name] = (sums, squares, n + round(cell["n"]))
        return found

    def _code(self, role: str, values: Mapping[Any, list[Any]]) -> Any:
        import ibis

        number = {value: place for place, value in enumerate(self.classes)}
        column = self.view.table[role]
        cases = [(column == one, number[value]) for value, ones in values.items() if value in number for one in ones]
        return ibis.cases(*cases, else_=-1).cast("int64")

    def _class(self, value: Any) -> dict[str, Any]:
        truth = indicator(self.view, "truth", self.truth[value])
        predicted = indicator(self.view, "predicted", self.predicted.get(value, ()))
        counted = confusion(self.view, (), truth, predicted)
        shares = {"recall": counted.share("", "tpr"), "precision": counted.share("", "precision")}
        metrics = {name: proportion(one) for name, one in {**shares, "f1": f1(counted.cells[""])}.items()}
        kept = {name: metric for name, metric in metrics.items() if metric is not None}
        return {"class": str(value), "n": counted.rows("", ("tp", "fn")), "metrics": kept}
