"""What training data gives away: common rows, and how well each feature alone predicts the label."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gatepost.collect.favorable import check_two
from gatepost.collect.interface import CollectorError
from gatepost.collect.spelling import check_labels
from gatepost.collect.statistics.means import area_under_curve
from gatepost.collect.tabular import binning
from gatepost.collect.tabular.binning import MAX_CATEGORIES, Column
from gatepost.collect.tabular.opening import Opened, ask_together

__all__ = ["Leaks", "overlap"]

_BINS = 50
_MAX_CLASSES = 20
_MOST_WHOLE = 2**62  # of doubles that are whole, and surely fit into 64 bits


def overlap(train: Opened, test: Opened, names: Sequence[str]) -> dict[str, Any]:
    """Count the rows of the test data that stand in the training data too, by a hash of all columns.

    ``duplicate_share`` is how many stand in the test data itself more than once: where it is high, rows are alike by
    chance.

    Raises:
        CollectorError: a column is a number in one table and a text in the other, so that no row could be equal.
    """
    for name in names:
        kinds = [binning.number(table.table, name) is None for table in (train, test)]
        if kinds[0] != kinds[1]:
            what = f"`{name}` holds {'texts' if kinds[0] else 'numbers'} in {train.name}, and not in {test.name}"
            raise CollectorError(what, option=("test",), advice="give both the same type")
    tables = {name: _hashed(table, names) for name, table in (("train", train), ("test", test))}
    found = ask_together(
        tables,
        """
        SELECT sum(n) AS n, coalesce(sum(n) FILTER (row IN (SELECT row FROM train)), 0) AS common,
               coalesce(sum(n) FILTER (n > 1), 0) AS twice
        FROM (SELECT row, count(*) AS n FROM test GROUP BY row)
        """,
    )
    n, common = int(found["n"]), int(found["common"])
    return {"rows": common, "share": common / n, "n": n, "duplicate_share": int(found["twice"]) / n}


def _hashed(opened: Opened, names: Sequence[str]) -> Opened:
    """Return a table of the hashes of rows; numbers are equal by value, whatever type holds them."""
    import ibis

    parts = []
    for name in names:
        text = _exact(opened.table[name])
        # With its length before it, no text ends where another column's begins. A missing value is equal to a missing
        # one, and to no text.
        parts.append(ibis.coalesce(text.length().cast("string") + "=" + text, ibis.literal("-")))
    row = ibis.array(parts).join("") if len(parts) > 1 else parts[0]
    return replace(opened, table=opened.table.select(row=row.hash()))


def _exact(column: Any) -> Any:
    """Return a text that is the same for equal values, and for these alone; none for a missing value.

    A whole number reads the same whatever type holds it, 0 and -0 alike; a time has all its digits.
    """
    import ibis

    kind = column.type()
    if kind.is_date() or kind.is_timestamp():
        return column.cast("timestamp").cast("string")
    if kind.is_decimal() or kind.is_floating():
        value = column.nullif(float("nan")) if kind.is_floating() else column
        is_whole = (value == value.floor()) & (value.abs() < _MOST_WHOLE)
        return ibis.ifelse(is_whole, value.try_cast("int64").cast("string"), value.cast("float64").cast("string"))
    return column.cast("string")


class Leaks:
    """How well each feature alone predicts the label; ``notes`` grows while it is asked.

    What a feature says is learnt from the training data (the mean label of each of its bins or categories) and judged
    on the test data, so that a feature of many values is not flattered.
    """

    def __init__(
        self, train: Opened, test: Opened, options: Mapping[str, Any], regression: bool | None, binary: bool
    ) -> None:
        self.tables = (train, test)
        self.label = label = str(options["label"])
        self.notes: list[str] = []
        column = binning.columns(train, [label])[label]
        for table in self.tables:
            missing = binning.columns(table, [label])[label].missing
            if missing:
                raise CollectorError(f"{table.name}: {missing} values of `{label}` are missing", option=("label",))
        # Sums are taken about it, for the squares of large numbers would drown their differences.
        self.middle = (column.low + column.high) / 2
        self.regression = column.numeric and not column.few if regression is None else regression
        if self.regression and not column.numeric:
            raise CollectorError(f"`{label}` holds no numbers", option=("label",), advice="task: classification")
        self.classes: list[str] = []
        if not self.regression:
            counts = [self._labels(table) for table in self.tables]
            self.notes += check_labels(counts, options)
            self.classes = sorted({str(key) for found in counts for key in found})
            if binary:
                check_two(self.classes)
            if len(self.classes) > _MAX_CLASSES:
                what = f"`{label}` has {len(self.classes)} classes; {_MAX_CLASSES} is the most"
                raise CollectorError(what, option=("label",), advice="task: regression, or fewer classes")

    def entries(self, names: Sequence[str], say: Callable[[str], None]) -> list[dict[str, Any]]:
        """Return feature, score and rows of each feature, the best predictor first.

        The score is the area under the ROC curve, of several classes that of the class that is told best; for a
        regression R squared, 0 where it is negative.
        """
        looked = binning.columns(self.tables[0], names)
        other = binning.columns(self.tables[1], names)
        found = []
        for name in names:
            if any(column[name].missing == column[name].n for column in (looked, other)):
                self.notes.append(f"`{name}` has no value in the training or the test data: it is not judged")
                continue
            say(f"ask what {name} says")
            score = self._score(looked[name])
            if score is not None:
                found.append({"feature": name, "score": score, "n": other[name].n})
        if not found:
            raise CollectorError("no feature can be judged", option=("label",), advice="; ".join(self.notes[:3]))
        return sorted(found, key=lambda entry: (-entry["score"], entry["feature"]))

    def _labels(self, table: Opened) -> dict[Any, int]:
        labels = table.table.select(self._label(table))
        with table.reading():
            rows = labels.group_by("label").aggregate(n=labels.count()).limit(_MAX_CLASSES + 1).to_pyarrow()
        return {row["label"]: int(row["n"]) for row in rows.to_pylist()}

    def _label(self, table: Opened) -> Any:
        value = binning.number(table.table, self.label)
        return (table.table[self.label].cast("string") if value is None else value).name("label")

    def _score(self, column: Column) -> float | None:
        train, test = self.tables
        ends = binning.edges(train, column, _BINS) if column.numeric and not column.few else None
        if ends is None and binning.categories(train, column) is None:
            self.notes.append(f"`{column.name}` has more than {MAX_CATEGORIES} different values: it is not judged")
            return None
        old, new = (self._counted(table, column.name, ends) for table in (train, test))
        return _explained(old, new) if self.regression else self._area(old, new)

    def _counted(self, table: Opened, name: str, ends: Sequence[float] | None) -> list[dict[str, Any]]:
        """Return rows by bin and label, with sums of the label for a regression."""
        import ibis

        value, label = binning.number(table.table, name), self._label(table)
        if ends is None:
            text = (table.table[name] if value is None else value).cast("string")
            part = ibis.coalesce(ibis.literal("=") + text, ibis.literal("-"))
        else:
            part = sum(((value > end).cast("int64") for end in ends), start=value.isnull().cast("int64") * 0)
            part = part.fill_null(-1)
        if self.regression:
            rows = table.table.select(part=part, y=label - self.middle)
            asked = rows.group_by("part").aggregate(n=rows.count(), y=rows.y.sum(), y2=(rows.y * rows.y).sum())
        else:
            rows = table.table.select(part=part, label=label)
            asked = rows.group_by(["part", "label"]).aggregate(n=rows.count())
        with table.reading():
            found: list[dict[str, Any]] = asked.to_pyarrow().to_pylist()
        return found

    def _area(self, old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> float | None:
        areas = [_area_of(old, new, one) for one in (self.classes[1:] if len(self.classes) == 2 else self.classes)]
        known = [area for area in areas if area is not None]
        if not known and "only one class occurs in the test data: no feature can be judged" not in self.notes:
            self.notes.append("only one class occurs in the test data: no feature can be judged")
        return max(known, default=None)


def _area_of(old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]], one: str) -> float | None:
    import numpy as np

    n: dict[Any, int] = {}
    positive: dict[Any, int] = {}
    for row in old:
        n[row["part"]] = n.get(row["part"], 0) + row["n"]
        positive[row["part"]] = positive.get(row["part"], 0) + row["n"] * (str(row["label"]) == one)
    overall = sum(positive.values()) / sum(n.values())
    rates = {part: positive[part] / n[part] for part in n}
    cells = sorted((rates.get(row["part"], overall), str(row["label"]) == one, row["n"]) for row in new)
    rate, truth, counts = (np.array(values) for values in zip(*cells, strict=True))
    area = area_under_curve(truth, rate, counts.astype(float))
    return None if area is None else area.value


def _explained(old: Sequence[dict[str, Any]], new: Sequence[dict[str, Any]]) -> float | None:
    overall = sum(row["y"] for row in old) / sum(row["n"] for row in old)
    means = {row["part"]: row["y"] / row["n"] for row in old}
    lost = 0.0
    for row in new:
        mean = means.get(row["part"], overall)
        lost += row["y2"] - 2 * mean * row["y"] + mean * mean * row["n"]
    n, total = sum(row["n"] for row in new), sum(row["y"] for row in new)
    spread = sum(row["y2"] for row in new) - total * total / n
    return max(0.0, 1 - lost / spread) if spread > 0 else None
