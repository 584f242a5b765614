"""What is drawn of evidence: numbers with their intervals beside the limit, and accuracy by the size of an attack."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gatepost.evidence.directions import direction_of
from gatepost.evidence.naming import entry_names
from gatepost.evidence.numbers import digits_for, show
from gatepost.evidence.rows import value_text
from gatepost.report.html.scale import Scale, scale
from gatepost.verdict import Verdict

__all__ = ["Chart", "Mark", "Series", "charts"]

_PARAM = re.compile(r"\bparams\.(\w+)")
_MOST_ROWS = 40
_LEFT, _WIDTH, _ROW = 250.0, 420.0, 26.0
_PLOT_HEIGHT = 220.0


@dataclass(frozen=True, slots=True)
class Mark:
    """A number on a chart: ``x`` (and ``y`` for a curve) is its place; ``note`` is what it says in words."""

    label: str
    text: str
    x: float
    low: float | None
    high: float | None
    y: float
    beyond: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """A curve: its name, its marks, and the line through them as ``x,y x,y``."""

    name: str
    marks: tuple[Mark, ...]
    line: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing. ``kind`` is ``dots`` (a row a number) or ``curves``; ``limit`` is where the limit stands."""

    kind: str
    key: str
    title: str
    axis: str
    x: Scale
    y: Scale | None
    height: float
    marks: tuple[Mark, ...] = ()
    series: tuple[Series, ...] = ()
    limit: float | None = None
    limit_text: str = ""
    left_out: int = 0

    @property
    def description(self) -> str:
        """Say in a sentence what the drawing shows, for those who do not see it."""
        beyond = [mark.label for mark in self.marks if mark.beyond]
        limit = f" {self.limit_text}." if self.limit_text else ""
        told = (
            f" Beyond it: {', '.join(beyond)}." if beyond else " None is beyond it." if limit and self.marks else ""
        )
        return f"{self.title}, {self.axis}.{limit}{told} The numbers stand in the table below."


def charts(sections: Mapping[str, Any], verdict: Verdict) -> list[Chart]:
    """Draw what there is: groups, attacks, drift, the comparison with the baseline, and the metrics."""
    limits = _limits(verdict)
    found = [*_groups(sections, limits), *_attacks(sections, limits), *_drift(sections, limits)]
    return [chart for chart in (*found, _versus(sections), _metrics(sections, limits)) if chart is not None]


def _limits(verdict: Verdict) -> dict[str, Any]:
    """Return the values of params by their last names: of those that failing rules read, else of all.

    A name that then has several values is left out: the drawing cannot know which of them is meant.
    """
    read = {
        f"{result.rule.partition('/')[0]}.{name}"
        for result in verdict.results
        if result.outcome in ("fail", "waived")
        for step in result.explanation
        for name in _PARAM.findall(step.expression)
    }
    named: dict[str, dict[str, Any]] = {}
    for full, entry in verdict.params.items():
        named.setdefault(full.rpartition(".")[2], {})[full] = entry["value"]
    limits = {}
    for name, values in named.items():
        first, *others = [value for full, value in values.items() if full in read] or values.values()
        if all(other == first for other in others):
            limits[name] = first
    return limits


def _groups(sections: Mapping[str, Any], limits: Mapping[str, Any]) -> Iterator[Chart | None]:
    groups = sections.get("fairness", {}).get("groups", [])
    rows = list(zip(entry_names(groups), groups, strict=True))
    unit = (0.0, 1.0)
    rates = [(name, group.get("selection_rate"), _size(group)) for name, group in rows]
    yield _dots("selection-rate", "Selection rate by group", "share that the model selected", rates, least=unit)
    ratios = [
        (name, group.get("impact_ratio"), _size(group)) for name, group in rows if not group.get("is_reference")
    ]
    least = _number(limits.get("min_impact_ratio"))
    axis = "selection rate divided by that of the reference group"
    yield _dots("impact-ratio", "Impact ratio by group", axis, ratios, limit=least, below=True, least=unit)


def _size(group: Mapping[str, Any]) -> str:
    parts = [f"{group['n']} rows"] if "n" in group else []
    parts += ["reference"] if group.get("is_reference") else []
    return ", ".join([*parts, *([str(group["excluded_reason"])] if group.get("excluded_reason") else [])])


def _drift(sections: Mapping[str, Any], limits: Mapping[str, Any]) -> Iterator[Chart | None]:
    columns = sections.get("drift", {}).get("columns", [])
    rows = []
    for name, column in zip(entry_names(columns), columns, strict=True):
        value = column.get("psi")
        chance = f"chance alone gives up to {show(column['psi_null95'])}" if "psi_null95" in column else ""
        rows.append((name, None if value is None else {"value": value}, chance))
    most = _number(limits.get("max_psi"))
    yield _dots("drift", "Drift by column", "population stability index (PSI)", rows, limit=most, least=(0.0, 0.1))


def _versus(sections: Mapping[str, Any]) -> Chart | None:
    found = sections.get("performance", {}).get("versus_baseline", {})
    rows = []
    for name, entry in found.items():
        value = entry.get("difference")
        p = f"p {show(entry['p_value'])}" if "p_value" in entry else ""
        note = "; ".join(filter(None, (p, _compared(value, direction_of(name, entry)))))
        rows.append((name, None if value is None else {**entry, "value": value}, note))
    axis = "this model minus the baseline, on the same rows"
    return _dots("versus-baseline", "Metrics against the baseline", axis, rows, limit=0.0, limit_word="No difference")


def _compared(value: float | None, higher: bool | None) -> str:
    """Say whether a difference is one for the better; nothing where the metric has no direction."""
    if higher is None or value is None:
        return ""
    words = "higher is better" if higher else "lower is better"
    return f"{words}: {'better' if (value > 0) is higher else 'worse'} than the baseline" if value else words


def _metrics(sections: Mapping[str, Any], limits: Mapping[str, Any]) -> Chart | None:
    found = sections.get("performance", {}).get("metrics", {})
    rows = []
    for name, metric in found.items():
        if 0.0 <= (_number(metric.get("value")) or 0.0) <= 1.0:
            rows.append((name, metric, _limited(name, metric, limits)))
    return _dots("metrics", "Metrics of the model", "value with its 95 % interval", rows, least=(0.0, 1.0))


def _limited(name: str, metric: Mapping[str, Any], limits: Mapping[str, Any]) -> str:
    """Say what a metric must reach or must not exceed, and where lower values are the better ones."""
    least, most = (_number(limits.get(f"{end}_{name}")) for end in ("min", "max"))
    parts = [f"at least {_beside(least, metric)}"] if least is not None else []
    parts += [f"at most {_beside(most, metric)}"] if most is not None else []
    return ", ".join(parts + (["lower is better"] if direction_of(name, metric) is False else []))


def _beside(limit: float, metric: Mapping[str, Any]) -> str:
    return show(limit, digits_for((limit, metric.get("value"))))


def _dots(
    key: str,
    title: str,
    axis: str,
    rows: Sequence[tuple[str, Any, str]],
    *,
    limit: float | None = None,
    below: bool = False,
    limit_word: str = "",
    least: tuple[float, float] | None = None,
) -> Chart | None:
    """Draw a row a number; those beyond the limit come first where not all can be shown."""
    known = [
        (name, metric, note) for name, metric, note in rows if metric and _number(metric.get("value")) is not None
    ]
    if not known:
        return None

    def beyond(value: float) -> bool:
        return limit is not None and not limit_word and (value < limit if below else value > limit)

    if len(known) > _MOST_ROWS:
        known.sort(key=lambda row: row[1]["value"] if below else -row[1]["value"])
    shown = known[:_MOST_ROWS]
    ends = [v for _, m, _ in shown for v in map(_number, (m.get("low"), m["value"], m.get("high"))) if v is not None]
    x = scale([*ends, *([] if limit is None else [limit])], _LEFT, _WIDTH, least=least)
    marks = tuple(_mark(row, number, x, beyond, limit) for number, row in enumerate(shown))
    text = (
        "" if limit is None else limit_word or f"Limit: {'at least' if below else 'at most'} {_apart(limit, shown)}"
    )
    place = None if limit is None else x.at(limit)
    height = len(marks) * _ROW
    return Chart("dots", key, title, axis, x, None, height, marks, (), place, text, len(known) - len(shown))


def _apart(limit: float, rows: Iterable[tuple[str, Any, str]]) -> str:
    """Return the limit with as many digits as tell it from every value."""
    return show(limit, max(digits_for((limit, metric["value"])) for _, metric, _ in rows))


def _mark(
    row: tuple[str, Any, str], number: int, x: Scale, beyond: Callable[[float], bool], limit: float | None
) -> Mark:
    name, metric, note = row
    value, low, high = (_number(metric.get(key)) for key in ("value", "low", "high"))
    assert value is not None
    return Mark(
        label=name,
        text=_text(metric, limit),
        x=x.at(value),
        low=None if low is None else x.at(low),
        high=None if high is None else x.at(high),
        y=number * _ROW + _ROW / 2,
        beyond=beyond(value),
        note=note,
    )


def _attacks(sections: Mapping[str, Any], limits: Mapping[str, Any]) -> Iterator[Chart | None]:
    """Draw a chart for each norm and unit: a budget of one is no budget of another."""
    robustness = sections.get("robustness", {})
    entries = [(str(attack.get("name", "attack")), attack) for attack in robustness.get("attacks", [])]
    # Over a single attack the worst case is that attack.
    entries += [("worst case", one) for one in robustness.get("worst_case", []) if len(one.get("attacks", ())) != 1]
    spaces: dict[tuple[str, str], dict[str, list[Any]]] = {}
    for name, entry in entries:
        if _number(entry.get("eps")) is None or not _values(entry):
            continue
        space = spaces.setdefault((str(entry.get("norm", "")), str(entry.get("units", ""))), {})
        space.setdefault(name, []).append(entry)
    for (norm, units), curves in spaces.items():
        yield _curves(norm, units, curves, _number(limits.get("min_robust_accuracy")))


def _values(entry: Mapping[str, Any]) -> bool:
    return _number(entry.get("robust_accuracy", {}).get("value")) is not None


def _curves(norm: str, units: str, curves: Mapping[str, list[Any]], limit: float | None) -> Chart:
    budgets = [entry["eps"] for entries in curves.values() for entry in entries]
    x = scale([0.0, *budgets], 60.0, 560.0)
    y = scale((), _PLOT_HEIGHT, -_PLOT_HEIGHT, least=(0.0, 1.0))
    series = tuple(_curve(name, entries, x, y, limit) for name, entries in curves.items())
    title = f"Accuracy under attack, norm {norm}" if norm else "Accuracy under attack"
    axis = f"budget of the attack ({units.replace('_', ' ') or 'eps'})"
    text = "" if limit is None else f"Limit: at least {show(limit)}"
    place = None if limit is None else y.at(limit)
    key = re.sub(r"[^a-z0-9]+", "-", f"robustness-{norm}-{units}".lower())
    return Chart("curves", key, title, axis, x, y, _PLOT_HEIGHT, (), series, place, text)


def _curve(name: str, entries: list[Any], x: Scale, y: Scale, limit: float | None) -> Series:
    marks: list[Mark] = []
    for entry in sorted(entries, key=lambda entry: float(entry["eps"])):
        if not marks and _number(entry.get("clean_accuracy", {}).get("value")) is not None and entry["eps"] > 0:
            marks.append(_point(f"{name}, before", 0.0, entry["clean_accuracy"], x, y, limit))
        marks.append(_point(f"{name} {show(entry['eps'])}", entry["eps"], entry["robust_accuracy"], x, y, limit))
    return Series(name, tuple(marks), " ".join(f"{mark.x},{mark.y}" for mark in marks))


def _point(label: str, eps: float, metric: Mapping[str, Any], x: Scale, y: Scale, limit: float | None) -> Mark:
    value, low, high = (_number(metric.get(key)) for key in ("value", "low", "high"))
    assert value is not None
    lower, upper = (None if end is None else y.at(end) for end in (low, high))
    return Mark(label, _text(metric, limit), x.at(eps), lower, upper, y.at(value))


def _text(metric: Mapping[str, Any], limit: float | None = None) -> str:
    """Return a metric with its interval; with as many digits as tell its value from the limit."""
    shown = {key: metric[key] for key in ("value", "low", "high") if key in metric}
    return value_text(shown, digits_for((shown["value"], limit)))


def _number(value: Any) -> float | None:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else None
