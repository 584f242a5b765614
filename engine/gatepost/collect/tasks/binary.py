"""A binary classifier: rates, and what the score tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gatepost.collect.favorable import check_kinds, favorable_label
from gatepost.collect.statistics.calibration import calibration_error, calibration_null95
from gatepost.collect.statistics.proportions import proportion
from gatepost.collect.tabular import averages, scores
from gatepost.collect.tabular.columns import label_value
from gatepost.collect.tabular.labels import labels_by_role
from gatepost.collect.tabular.measured import Measured
from gatepost.collect.tabular.rates import Groups, balanced_accuracy, confusion, f1, indicator
from gatepost.collect.tabular.recalibration import recalibration
from gatepost.collect.tasks.paired import normal, paired_means, paired_rates

__all__ = ["Binary"]

_RATES = {"accuracy": "accuracy", "precision": "precision", "recall": "tpr", "specificity": "tnr"}


class Binary:
    """Measures a binary classifier; ``notes`` grows while it does."""

    def __init__(self, data: Measured, options: Mapping[str, Any]) -> None:
        self.notes: list[str] = []
        found = labels_by_role(data.view, options, self.notes)
        truth, predicted = found["truth"], found.get("predicted")
        self.favorable = favorable_label(options, list(truth), list(truth if predicted is None else predicted))
        self.options = options
        self.labels = found
        self.view = data.favoring(self.favorable)
        self.has_score = data.score is not None
        self.truth = indicator(self.view, "truth", truth.get(self.favorable, ()))
        if predicted is None:
            self.predicted = self.view.reaches("score", options["threshold"])
        else:
            self.predicted = indicator(self.view, "predicted", predicted.get(self.favorable, ()))
        self.is_probability = self.has_score and scores.are_probabilities(self.view)

    def metrics(self, crossings: list[tuple[str, ...]]) -> dict[tuple[str, ...], dict[str, dict[str, Any]]]:
        """Return the metrics of each group of each crossing."""
        found = {by: _rates(confusion(self.view, by, self.truth, self.predicted)) for by in crossings}
        if not self.has_score:
            return found
        if self.view.n > scores.MAX_RANKED:
            self.notes.append(f"roc_auc is left out: more than {scores.MAX_RANKED} rows would be ranked")
        else:
            for by, areas in scores.areas(self.view, crossings, self.truth).items():
                for group, area in areas.items():
                    found[by][group]["roc_auc"] = area
            if () in found and "roc_auc" not in found[()][""]:
                self.notes.append("only one class occurs in the labels: roc_auc is undefined")
        if self.is_probability:
            for by in crossings:
                for group, losses in averages.scoring(self.view, by, self.truth).items():
                    found[by][group] |= losses
        return found

    def whole(self) -> dict[str, Any]:
        """Return what else there is to tell of all rows: the favorable label, thresholds, calibration."""
        found: dict[str, Any] = {"favorable": label_value(self.favorable)}
        if self.has_score and "thresholds" in self.options:
            found["thresholds"] = [self._at(threshold) for threshold in self.options["thresholds"]]
        if self.is_probability:
            found["calibration"] = self._calibration()
        return found

    def versus(self) -> dict[str, dict[str, Any]]:
        """Return the differences to the baseline on the same rows."""
        found: dict[str, dict[str, Any]] = {}
        roles, table = self.view.roles, self.view.table
        if "other" in roles:
            theirs = self.labels["other"]
            check_kinds(list(self.labels["truth"]), list(theirs))
            other = indicator(self.view, "other", theirs.get(self.favorable, ()))
            found |= paired_rates(self.view, self.truth, self.predicted, other)
        elif "threshold" in self.options:
            other = self.view.reaches("other_score", self.options["threshold"])
            found |= paired_rates(self.view, self.truth, self.predicted, other)
        if "other_score" not in roles or not self.has_score:
            return found
        area = scores.paired_area(self.view, self.truth) if self.view.n <= scores.MAX_RANKED else None
        if area is not None:
            found["roc_auc"] = normal(area[0], None if "cluster" in roles else area[1], self.view.n, "paired, delong")
        if self.is_probability and scores.are_probabilities(self.view, "other_score"):
            own = averages.losses(table.score, self.truth)
            theirs_by_name = averages.losses(table.other_score, self.truth)
            found |= paired_means(self.view, {name: (own[name], theirs_by_name[name]) for name in own})
        return found

    def _at(self, threshold: float) -> dict[str, Any]:
        counted = confusion(self.view, (), self.truth, self.view.reaches("score", threshold))
        selected = proportion(counted.share("", "selection_rate"))
        return {"threshold": threshold, "metrics": {**_rates(counted)[""], "selection_rate": selected}}

    def _calibration(self) -> dict[str, Any]:
        parts = scores.bins(self.view, (), self.truth)[""]
        null95 = calibration_null95(parts)
        n = sum(part.n for part in parts)
        return {
            "method": "equal_width",
            "n_bins": scores.BINS,
            "ece": {"value": calibration_error(parts), "n": n, "null95": null95},
            "ece_null95": null95,
            "brier": averages.scoring(self.view, (), self.truth)[""]["brier"],
            **recalibration(self.view, self.truth),
            "bins": [
                {
                    "low": part.low,
                    "high": part.high,
                    "n": part.n,
                    "mean_score": part.mean_score,
                    "observed_rate": part.observed_rate,
                }
                for part in parts
            ],
        }


def _rates(counted: Groups) -> dict[str, dict[str, Any]]:
    found = {}
    for group, cells in counted.cells.items():
        shares = {name: counted.share(group, rate) for name, rate in _RATES.items()}
        shares |= {"f1": f1(cells), "balanced_accuracy": balanced_accuracy(cells)}
        metrics = {name: proportion(share) for name, share in shares.items()}
        found[group] = {name: metric for name, metric in metrics.items() if metric is not None}
    return found
