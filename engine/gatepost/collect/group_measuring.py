"""Measuring the groups of each attribute and crossing: what fills ``fairness.groups`` and ``fairness.attributes``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gatepost.collect.comparing import MIN_REFERENCE_N, SMALL_SHARE, Comparing, attribute_summary
from gatepost.collect.favorable import favorable_labels
from gatepost.collect.interface import CollectorError
from gatepost.collect.spelling import similar_groups
from gatepost.collect.statistics.calibration import calibration_error, calibration_null95
from gatepost.collect.tabular import averages, scores
from gatepost.collect.tabular.columns import View, label_value, values_shown
from gatepost.collect.tabular.labels import labels_by_role
from gatepost.collect.tabular.measured import Measured
from gatepost.collect.tabular.rates import Groups, confusion, indicator

__all__ = ["MAX_GROUPS", "Measuring"]

MAX_GROUPS = 200


class Measuring:
    """Fills ``groups``, ``summaries`` and ``notes``, crossing by crossing."""

    def __init__(
        self, data: Measured, options: Mapping[str, Any], attributes: tuple[str, ...], *, binary: bool = False
    ) -> None:
        self.data = data
        self.binary = binary
        self.view = data.view
        self.attributes = attributes
        self.comparing = Comparing(
            options.get("reference", "most_selected"), options.get("min_reference_n", MIN_REFERENCE_N)
        )
        self.options = options
        self.groups: list[dict[str, Any]] = []
        self.summaries: list[dict[str, Any]] = []
        self.notes: list[str] = []
        self.favorable: list[Any] = []
        for number in range(len(attributes)):
            self._check_size((f"by{number}",), *values_shown(self.view, f"by{number}"))

    def classification(self, crossings: list[tuple[str, ...]], say: Callable[[str], None]) -> None:
        """Measure how often each group is selected, and how often rightly, by favorable class."""
        found_labels = labels_by_role(self.view, self.options, self.notes)
        truth, predicted = found_labels.get("truth"), found_labels["predicted"]
        known = None if truth is None else list(truth)
        self.favorable = favorable_labels(self.options, known, list(predicted), binary=self.binary)
        classes = len({*predicted, *(truth or ())})
        if classes > 2 and self.data.score is not None:
            self.notes.append("scores are of one class, and there are several: they are not measured")
        for favorable in self.favorable:
            is_true = None if truth is None else indicator(self.view, "truth", truth.get(favorable, ()))
            is_selected = indicator(self.view, "predicted", predicted.get(favorable, ()))
            found: dict[tuple[str, ...], dict[str, dict[str, Any]]] = {}
            for crossing in crossings:
                say(f"count {self._attribute(crossing)}")
                counted = confusion(self.view, crossing, is_true, is_selected)
                named = label_value(favorable) if classes > 2 else None
                found[crossing] = self._measure(crossing, counted, named)
            if self.data.score is not None and classes <= 2:
                say("rank the scores")
                _Scores(self, self.data.favoring(favorable)).add(found, is_true)

    def errors(self, crossings: list[tuple[str, ...]]) -> None:
        """Measure the errors of a regression in each group."""
        for crossing in crossings:
            attribute = self._attribute(crossing)
            found = averages.regression(self.view, crossing)
            self._check_size(crossing, len(found), str(len(found)))
            sizes = {name: metrics["mae"]["n"] for name, metrics in found.items()}
            self._note_similar(crossing, sizes)
            rows = [self._row(attribute, name, sizes) | metrics for name, metrics in found.items()]
            self.groups += rows
            compared = sum("excluded_reason" not in row for row in rows)
            self.summaries.append({"name": attribute, "n_groups": compared, "dataset": self.data.name})

    def _attribute(self, crossing: tuple[str, ...]) -> str:
        return " x ".join(self.attributes[int(role.removeprefix("by"))] for role in crossing)

    def _check_size(self, crossing: tuple[str, ...], size: int, shown: str) -> None:
        if size > MAX_GROUPS:
            what = f"`{self._attribute(crossing)}` has {shown} groups; {MAX_GROUPS} is the most"
            advice = "group the values (age into bands, rare ones together) in a column of their own"
            option = self.view.roles[crossing[0]].option if len(crossing) == 1 else ("attributes",)
            raise CollectorError(what, option=option, advice=advice)

    def _row(self, attribute: str, group: str, sizes: Mapping[str, int]) -> dict[str, Any]:
        total = sum(sizes.values())
        row = {"attribute": attribute, "group": group, "n": sizes[group], "share": sizes[group] / total}
        row |= {"is_reference": False, "is_small": sizes[group] < SMALL_SHARE * total, "dataset": self.data.name}
        if sizes[group] < self.comparing.least:
            row["excluded_reason"] = f"fewer than {self.comparing.least} rows"
        return row

    def _measure(self, crossing: tuple[str, ...], counted: Groups, named: Any) -> dict[str, dict[str, Any]]:
        attribute = self._attribute(crossing)
        self._check_size(crossing, len(counted.cells), str(len(counted.cells)))
        sizes = {name: counted.rows(name) for name in counted.cells}
        self._note_similar(crossing, sizes)
        shares = {name: share for name in sizes if (share := counted.share(name, "selection_rate"))}
        reference = self.comparing.choose(attribute, shares)
        ratios: dict[str, Any] = {}
        differences: dict[str, Any] = {}
        if reference is None:
            self._note(f"{attribute}: no group has the {self.comparing.least} rows and 2 % that a reference needs")
        else:
            ratios = self.comparing.ratios(shares, reference)
            differences = self.comparing.differences(shares, reference)
            if shares[reference].value == 0:
                self._note(
                    f"{attribute}: no one of the reference group was selected, so that impact ratios are undefined"
                )
        rows: dict[str, dict[str, Any]] = {}
        for name in sizes:
            row = self._row(attribute, name, sizes) | counted.rates(name)
            row["is_reference"] = name == reference
            row["n_selected"] = counted.selected(name)
            if counted.labelled:
                row["n_positive"] = counted.rows(name, ("tp", "fn"))
            if "weight" in self.view.roles or "cluster" in self.view.roles:
                row["n_effective"] = shares[name].n_effective
            if name in ratios:
                row["impact_ratio"] = ratios[name]
            if name in differences:
                row["selection_rate_difference"] = differences[name]
            if named is not None:
                row["class"] = str(named)
            rows[name] = row
        self.groups += rows.values()
        compared = [name for name, row in rows.items() if "excluded_reason" not in row]
        summary = {"name": attribute, "n_groups": len(compared), "dataset": self.data.name}
        summary |= attribute_summary(counted, compared)
        if reference is not None:
            summary["reference"] = reference
        if named is not None:
            summary["class"] = str(named)
        self.summaries.append(summary)
        return rows

    def _note_similar(self, crossing: tuple[str, ...], sizes: Mapping[str, int]) -> None:
        if len(crossing) == 1:  # else what is alike was noted already
            for note in similar_groups(self._attribute(crossing), sizes):
                self._note(note)

    def _note(self, text: str) -> None:
        if text not in self.notes:
            self.notes.append(text)


class _Scores:
    """Adds what scores tell to the rows of groups."""

    def __init__(self, measuring: Measuring, view: View) -> None:
        self.measuring = measuring
        self.view = view

    def add(self, found: Mapping[tuple[str, ...], dict[str, dict[str, Any]]], truth: Any) -> None:
        """Add the scoring rate, and with labels the area under the curve and calibration."""
        self._scoring_rates(found)
        if truth is None:
            return
        if self.view.n > scores.MAX_RANKED:
            self.measuring.notes.append(f"auc is left out: more than {scores.MAX_RANKED} rows would be ranked")
        else:
            for crossing, groups in scores.areas(self.view, list(found), truth).items():
                for name, metric in groups.items():
                    found[crossing][name]["auc"] = metric
        if scores.are_probabilities(self.view):
            self._calibration(found, truth)

    def _scoring_rates(self, found: Mapping[tuple[str, ...], dict[str, dict[str, Any]]]) -> None:
        """Give the share of each group above the median of all, and its ratio to the highest (6 RCNY 5-301)."""
        middle = scores.median(self.view)
        comparing = Comparing("most_selected", self.measuring.comparing.least)
        for crossing, rows in found.items():
            counted = confusion(self.view, crossing, None, self.view.table.score > middle)
            shares = {name: share for name in rows if (share := counted.share(name, "selection_rate"))}
            for name in counted.cells:
                rows[name]["scoring_rate"] = counted.rates(name)["selection_rate"]
            reference = comparing.choose(" x ", shares)
            if reference is not None:
                for name, ratio in comparing.ratios(shares, reference).items():
                    rows[name]["scoring_impact_ratio"] = ratio

    def _calibration(self, found: Mapping[tuple[str, ...], dict[str, dict[str, Any]]], truth: Any) -> None:
        for crossing, rows in found.items():
            for name, metrics in averages.scoring(self.view, crossing, truth).items():
                rows[name]["brier"] = metrics["brier"]
            for name, parts in scores.bins(self.view, crossing, truth).items():
                error = {"value": calibration_error(parts), "n": sum(part.n for part in parts)}
                rows[name]["ece"] = {**error, "null95": calibration_null95(parts)}
